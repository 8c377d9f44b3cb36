"""One question, one answer, from a model behind an OpenAI-compatible address: for judges, which no release names.

Retried: 429 and 503, with growing waits. Everything else is told at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from verax.kernel.errors import ModelError, ModelUnavailable

__all__ = ["ChatAddress", "ask_once"]

_TIMEOUT_S = 120.0
_TRIES = 4


@dataclass(frozen=True, slots=True)
class ChatAddress:
    """Where a model is reached.

    Attributes:
        url: Base address, ``/v1`` included.
        model: Name of the model there.
        key: Sent as a bearer token where it is not empty.
        setting: Name of the setting that holds the address, for messages.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)
    setting: str = ""


async def ask_once(
    session: aiohttp.ClientSession,
    address: ChatAddress,
    prompt: str,
    max_tokens: int,
    wait_s: Callable[[int], float] = lambda tried: float(2**tried),
    *,
    extra: Mapping[str, Any] | None = None,
) -> str:
    """Return the words of the answer, drawn greedily.

    Args:
        extra: More fields of the request, as that model's server takes them.

    Raises:
        ModelUnavailable: it could not be reached, or stayed busy.
        ModelError: it answered something that is no reply.
    """
    body = {
        "model": address.model,
        "messages": [{"role": "user", "content": prompt}],
        "temperature": 0,
        "max_tokens": max_tokens,
        **(extra or {}),
    }
    url, timeout = f"{address.url.rstrip('/')}/chat/completions", aiohttp.ClientTimeout(total=_TIMEOUT_S)
    headers = {"Authorization": f"Bearer {address.key}"} if address.key else {}
    for tried in range(_TRIES):
        try:
            async with session.post(url, json=body, headers=headers, timeout=timeout, allow_redirects=False) as answer:
                if answer.status not in (429, 503):
                    return _words_of(answer.status, await answer.json(content_type=None))
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise ModelUnavailable(
                f"judge {address.model}: it could not be reached: {type(error).__name__}",
                hint=f"{address.setting} names its address" if address.setting else "",
            ) from None
        await asyncio.sleep(wait_s(tried))
    raise ModelUnavailable(f"judge {address.model}: it was busy {_TRIES} times", hint="try again later")


def _words_of(status: int, body: Any) -> str:
    if status != 200:
        raise ModelError(f"judge: expected a reply, found HTTP {status}", hint="check its model name and key")
    try:
        choices: Sequence[Mapping[str, Any]] = body["choices"]
        return str(choices[0]["message"]["content"] or "")
    except (LookupError, TypeError):
        raise ModelError("judge: its answer has not the shape of a chat completion") from None
