"""A judge behind an OpenAI-compatible address."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from verax.gates.items import Sample
from verax.gates.judge.verdicts import PROMPT_DIGEST, judge_prompt, read_verdict
from verax.gates.report import JudgedMark
from verax.gates.verdict import decimal
from verax.kernel.errors import ModelError, ModelUnavailable
from verax.models.remote import open_session

__all__ = ["Judge", "JudgeSettings"]

_MAX_WORDS = 2000
_MAX_TOKENS = 40
_TIMEOUT_S = 120.0
_TRIES = 4


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
        body = {
            "model": settings.model,
            "messages": [{"role": "user", "content": prompt}],
            "temperature": 0,
            "max_tokens": _MAX_TOKENS,
        }
        url, timeout = f"{settings.url}/chat/completions", aiohttp.ClientTimeout(total=_TIMEOUT_S)
        headers = {"Authorization": f"Bearer {settings.key}"} if settings.key else {}
        for tried in range(_TRIES):
            try:
                async with session.post(url, json=body, headers=headers, timeout=timeout) as answer:
                    if answer.status not in (429, 503):
                        return _words_of(answer.status, await answer.json(content_type=None))
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                raise ModelUnavailable(
                    f"judge {settings.model}: it could not be reached: {type(error).__name__}",
                    hint="gates_judge_url names its address",
                ) from None
            await asyncio.sleep(self._wait_s(tried))
        raise ModelUnavailable(f"judge {settings.model}: it was busy {_TRIES} times", hint="try again later")


def _words_of(status: int, body: Any) -> str:
    if status != 200:
        raise ModelError(f"judge: expected a reply, found HTTP {status}", hint="check its model name and key")
    try:
        choices: Sequence[Mapping[str, Any]] = body["choices"]
        return str(choices[0]["message"]["content"] or "")
    except (LookupError, TypeError):
        raise ModelError("judge: its answer has not the shape of a chat completion") from None
