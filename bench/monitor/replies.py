"""Replies of a release to a list of questions, by the embedded model or by the obedient scripted one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import date

from verax.drill.obedient import ObedientModel
from verax.kernel.release import Release
from verax.models.base import Delta, ModelCall
from verax.models.embedded import EmbeddedSettings
from verax.models.registry import Backends, BackendSettings
from verax.turn.compose import compose
from verax.turn.request import Caller, InputItem, SamplingRequest, TurnRequest

__all__ = ["answer", "obey", "with_line"]

_CHANNEL = "assistant"
_TODAY = date(2026, 1, 1)


def with_line(release: Release, line: str) -> Release:
    """Return the release with one line more at the end of its system prompt.

    It reads its prompt in batches: byte for byte the same on every machine is not needed here.
    """
    manifest = release.manifest
    manifest["model"]["deterministic"] = False
    manifest["prompt"]["system"] += f" {line}" if line else ""
    return Release.from_manifest(manifest)


def answer(releases: Sequence[Release], questions: Sequence[str], max_tokens: int, threads: int) -> list[list[str]]:
    """Return the replies of the embedded model, a list for each release in the order of the questions."""
    return asyncio.run(_answer(releases, questions, max_tokens, threads))


async def _answer(
    releases: Sequence[Release], questions: Sequence[str], max_tokens: int, threads: int
) -> list[list[str]]:
    settings = EmbeddedSettings(threads=threads, queue_length=len(questions) * len(releases))
    backends = Backends(BackendSettings(embedded=settings), lambda _: "")
    try:
        return [
            list(await asyncio.gather(*(_one(backends, release, question, max_tokens) for question in questions)))
            for release in releases
        ]
    finally:
        await backends.close()


async def _one(backends: Backends, release: Release, question: str, max_tokens: int) -> str:
    request = TurnRequest(
        _CHANNEL, Caller("bench"), (InputItem("user", question),), SamplingRequest(max_tokens=max_tokens)
    )
    composed = compose(release, request, frozenset(), _TODAY, 0)
    backend = await backends.resolve(release)
    call = ModelCall(release, composed.segments, composed.options, stream=False)
    return "".join([event.text async for event in backend.generate(call) if isinstance(event, Delta)])


def obey(system: str, questions: Sequence[str], model: ObedientModel) -> list[str]:
    """Return the obedient model's replies under a system prompt."""
    return [
        model.answer(json.dumps([{"role": "system", "content": system}, {"role": "user", "content": question}]))
        for question in questions
    ]
