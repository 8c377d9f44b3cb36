"""What reads sentences for the guard of this process: opened once, closed with the installation."""

from __future__ import annotations

import contextlib

import aiohttp

from verax.guard.classifiers import LocalClassifier
from verax.guard.guarding import Guarding
from verax.guard.judges import Judge, LocalJudge, OutsideJudge
from verax.guard.remote import open_guard
from verax.kernel.release_parts import GuardJudge
from verax.models.plain_chat import ChatAddress
from verax.store.model_keys import ModelKeys

__all__ = ["local_judge", "open_guarding"]


def local_judge() -> Judge | None:
    """Return the classifier that ships; None where its weights or what runs them are missing."""
    classifier = LocalClassifier()
    return LocalJudge(classifier) if classifier.is_available else None


def open_guarding(keys: ModelKeys, stack: contextlib.AsyncExitStack) -> Guarding:
    """Return what judges for releases; connections to guards by URL are closed with `stack`."""
    sessions: list[aiohttp.ClientSession] = []

    async def close() -> None:
        for session in sessions:
            await session.close()

    def open_remote(judge: GuardJudge) -> Judge:
        key = keys.key_of(judge.key_name) if judge.key_name else ""
        if not sessions:
            sessions.append(aiohttp.ClientSession())
        return open_guard(judge.form, sessions[0], ChatAddress(judge.url, judge.name, key))

    stack.push_async_callback(close)
    classifier = LocalClassifier()
    outside = OutsideJudge(classifier) if classifier.is_available else None
    return Guarding(local_judge(), open_remote, outside)
