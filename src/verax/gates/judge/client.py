"""A judge behind an OpenAI-compatible address."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import aiohttp

from verax.gates.items import Sample
from verax.gates.judge.verdicts import PROMPT_DIGEST, judge_prompt, read_verdict
from verax.gates.report import JudgedMark
from verax.gates.verdict import decimal
from verax.models.plain_chat import ChatAddress, ask_once
from verax.models.remote import open_session

__all__ = ["Judge", "JudgeSettings"]

_MAX_WORDS = 2000
_MAX_TOKENS = 40


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """Where a judge is reached.

    Attributes:
        url: Base address, ``/v1`` included.
        model: Name of the model there.
        key: Sent as a bearer token where it is not empty.
        connections: Calls side by side.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)
    connections: int = 4


class Judge:
    """Asks a model for a verdict on each sample."""

    def __init__(self, settings: JudgeSettings, wait_s: Callable[[int], float] = lambda tried: float(2**tried)) -> None:
        self._settings = settings
        self._wait_s = wait_s

    @property
    def name(self) -> str:
        """What a report says of the judge: its model, and the prompt it reads."""
        return f"{self._settings.model}, prompt {PROMPT_DIGEST[:12]}"

    async def judge(self, criterion: str, samples: Sequence[Sample], seed: str) -> dict[str, JudgedMark]:
        """Return a mark for each sample, by item id.

        Raises:
            ModelError: the judge could not be reached, or answered something that is no reply.
        """
        slots = asyncio.Semaphore(self._settings.connections)
        async with open_session() as session:

            async def one(sample: Sample) -> JudgedMark:
                async with slots:
                    words = await self._ask(session, judge_prompt(criterion, sample, seed))
                return JudgedMark(decimal(read_verdict(words)), words[:_MAX_WORDS])

            marks = await asyncio.gather(*(one(sample) for sample in samples))
        return {sample.item.id: mark for sample, mark in zip(samples, marks, strict=True)}

    async def _ask(self, session: aiohttp.ClientSession, prompt: str) -> str:
        settings = self._settings
        address = ChatAddress(settings.url, settings.model, settings.key, "gates_judge_url")
        return await ask_once(session, address, prompt, _MAX_TOKENS, self._wait_s)
