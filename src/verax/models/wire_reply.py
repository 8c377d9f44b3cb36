"""Chat completions as a server sends them, turned into model events.

Reads both shapes: the chunks of a stream (``delta``) and a whole answer (``message``). What a
server adds beyond OpenAI's shape (reasoning, timings) is left alone: it is not the reply.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from verax.kernel.errors import ModelError
from verax.models.base import Delta, Finish, FinishReason, ModelEvent, TokenLogprob, ToolDelta, Usage

__all__ = ["MAX_REPLY_CHARS", "ReplyReader"]

MAX_REPLY_CHARS = 16 * 2**20

_REASONS: Mapping[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
}


class ReplyReader:
    """Reads one reply with `n` choices, chunk by chunk."""

    def __init__(self, n: int) -> None:
        self._n = n
        self._open = set(range(n))
        self._chars = 0
        self._usage = Usage(0, 0)
        self._named: set[tuple[int, int]] = set()

    @property
    def is_complete(self) -> bool:
        """Whether every choice has ended."""
        return not self._open

    @property
    def usage(self) -> Usage:
        """Tokens as the server counts them; zeros where it does not say."""
        return self._usage

    def read(self, data: bytes) -> list[ModelEvent]:
        """Return the events of one chunk, or of a whole answer.

        Raises:
            ModelError: the server reports an error, or this is no chat completion.
        """
        try:
            found = json.loads(data)
            if "error" in found and found["error"] is not None:
                raise ModelError("model server: it broke off with an error of its own", code="model/upstream-error")
            events = [event for choice in found.get("choices") or () for event in self._choice(choice)]
            if found.get("usage"):
                self._usage = _usage(found["usage"])
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ModelError(
                f"model server: expected a chat completion, found something else ({type(error).__name__})",
                hint="check that the URL of the model ends in /v1 and speaks OpenAI's API",
                code="model/protocol",
            ) from None
        if self._chars > MAX_REPLY_CHARS:
            raise ModelError(f"model server: the reply has over {MAX_REPLY_CHARS} characters", code="model/protocol")
        return events

    def check_complete(self) -> None:
        """Raise `ModelError` unless every choice has ended."""
        if self._open:
            raise ModelError("model server: the reply ended in the middle", code="model/cut-short")

    def _choice(self, choice: Mapping[str, Any]) -> list[ModelEvent]:
        index = choice.get("index") or 0
        if not 0 <= index < self._n:
            raise ValueError(index)
        part = choice.get("delta") or choice.get("message") or {}
        events: list[ModelEvent] = []
        text = part.get("content") or ""
        logprobs = _logprobs(choice.get("logprobs"))
        if text or logprobs:
            self._chars += len(text)
            events.append(Delta(text, index, logprobs))
        for position, call in enumerate(part.get("tool_calls") or ()):
            events.append(self._tool(index, position, call))
        if choice.get("finish_reason"):
            events.append(self._finish(index, choice["finish_reason"]))
        return events

    def _tool(self, choice: int, position: int, call: Mapping[str, Any]) -> ToolDelta:
        index = int(call.get("index", position))
        function = call.get("function") or {}
        arguments = function.get("arguments") or ""
        self._chars += len(arguments)
        if (choice, index) in self._named:
            return ToolDelta(index, arguments, choice)
        self._named.add((choice, index))
        call_id, name = call.get("id") or f"call_{choice}_{index}", function["name"]
        return ToolDelta(index, arguments, choice, call_id, name)

    def _finish(self, choice: int, found: str) -> Finish:
        if found == "content_filter":
            raise ModelError("model server: its own content filter ended the reply", code="model/filtered")
        self._open.discard(choice)
        return Finish(_REASONS.get(found, "stop"), choice)


def _usage(found: Mapping[str, Any]) -> Usage:
    return Usage(int(found.get("prompt_tokens") or 0), int(found.get("completion_tokens") or 0))


def _logprobs(found: Mapping[str, Any] | None) -> tuple[TokenLogprob, ...]:
    if not found or not found.get("content"):
        return ()
    return tuple(
        TokenLogprob(
            token=item["token"],
            logprob=float(item["logprob"]),
            bytes=tuple(item["bytes"]) if item.get("bytes") is not None else None,
            top=tuple((other["token"], float(other["logprob"])) for other in item.get("top_logprobs") or ()),
        )
        for item in found["content"]
    )
