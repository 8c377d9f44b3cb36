"""From the events of a turn to chat completions: whole bodies and stream chunks.

* The unchanging front of every chunk is built once a stream; a text delta costs one
  string to encode.
* A chunk always has a choice, except the usage chunk that the caller asked for: many
  clients index ``choices[0]`` without looking.
* The last chunk before ``[DONE]`` carries the whole `verax` object; the first one carries
  the part of it that is known before any text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verax.surfaces.http.faults import Fault
from verax.surfaces.http.reply import (
    dump,
    logprobs_object,
    refusal_text,
    system_fingerprint,
    verax_object,
)
from verax.surfaces.verdicts import claim_object
from verax.turn.events import Choice, ClaimVerdict, Completed, Refusal, Started, TextDelta, ToolCall, ToolCallDelta

__all__ = ["DONE", "ChatStream", "chat_body", "error_chunk"]

DONE = b"data: [DONE]\n\n"

# A turn whose input was refused never asked the model; OpenAI's clients still expect a choice.
_NOTHING_SAID = (Choice("", "content_filter"),)


def chat_body(
    started: Started,
    completed: Completed,
    refusals: Mapping[int, Refusal],
    *,
    verax: Mapping[str, Any],
    with_logprobs: bool,
    metadata: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the body of a chat completion that was not streamed."""
    body: dict[str, Any] = {
        "id": f"chatcmpl-{started.turn_id}",
        "object": "chat.completion",
        "created": started.created_s,
        "model": started.channel,
        "choices": [
            _choice(index, choice, refusals.get(index), with_logprobs=with_logprobs)
            for index, choice in enumerate(completed.choices or _NOTHING_SAID)
        ],
        "usage": _usage(completed),
        "service_tier": "default",
        "system_fingerprint": system_fingerprint(started),
    }
    if metadata is not None:
        body["metadata"] = dict(metadata)
    body["verax"] = dict(verax)
    return body


def error_chunk(fault: Fault) -> bytes:
    """Return the event that ends a stream which had already begun."""
    return b"data: " + fault.to_event_bytes() + b"\n\n"


class ChatStream:
    """Writes the chunks of one stream.

    Args:
        started: The first event of the turn.
        base_url: Where this server is reached, for the receipt's URL.
        choices: Number of choices asked for.
        with_usage: Whether the caller asked for a usage chunk.
        with_logprobs: Whether the caller asked for log probabilities.
        metadata: What the caller wants back.
    """

    def __init__(
        self,
        started: Started,
        base_url: str,
        *,
        choices: int,
        with_usage: bool,
        with_logprobs: bool,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        self._started = started
        self._base_url = base_url
        self._choices = choices
        self._with_usage = with_usage
        self._with_logprobs = with_logprobs
        self._metadata = metadata
        head = {
            "id": f"chatcmpl-{started.turn_id}",
            "object": "chat.completion.chunk",
            "created": started.created_s,
            "model": started.channel,
            "service_tier": "default",
            "system_fingerprint": system_fingerprint(started),
        }
        self._front = b"data: " + dump(head)[:-1]
        self._usage_field = b',"usage":null' if with_usage else b""
        self._text_front = [self._front + b',"choices":[{"index":%d,"delta":{"content":' % i for i in range(choices)]
        self._text_back = b'},"logprobs":null,"finish_reason":null}]' + self._usage_field + b"}\n\n"
        self._claims: list[ClaimVerdict] = []

    def opening(self) -> bytes:
        """Return the chunks that give each choice its role; the first says what answers."""
        delta = {"role": "assistant", "content": "", "refusal": None}
        extra = {"verax": verax_object(self._started, self._base_url)}
        return b"".join(
            self._chunk(index, delta, extra=extra if index == 0 else None) for index in range(self._choices)
        )

    def text(self, event: TextDelta) -> bytes:
        """Return the chunk of more text."""
        if event.logprobs and self._with_logprobs:
            return self._chunk(event.choice, {"content": event.text}, logprobs=logprobs_object(event.logprobs))
        return self._text_front[event.choice] + dump(event.text) + self._text_back

    def tool_call(self, event: ToolCallDelta) -> bytes:
        """Return the chunk of more of one tool call."""
        call: dict[str, Any] = {"index": event.index}
        if event.name:
            call |= {"id": event.call_id, "type": "function"}
        call["function"] = {"name": event.name} if event.name else {}
        call["function"]["arguments"] = event.arguments
        return self._chunk(event.choice, {"tool_calls": [call]})

    def claim(self, event: ClaimVerdict) -> bytes:
        """Return a chunk without text that carries a verdict."""
        self._claims.append(event)
        return self._chunk(event.choice, {}, extra={"verax": {"claim": claim_object(event)}})

    def refusal(self, event: Refusal) -> bytes:
        """Return the chunk that says what was refused and what to do instead."""
        return self._chunk(event.choice, {"refusal": refusal_text(event)})

    def closing(self, completed: Completed) -> bytes:
        """Return the end of the stream: how each choice ended, usage if asked, then ``[DONE]``."""
        extra: dict[str, Any] = {} if self._metadata is None else {"metadata": dict(self._metadata)}
        extra["verax"] = verax_object(self._started, self._base_url, completed, self._claims)
        choices = completed.choices or _NOTHING_SAID * self._choices
        last = len(choices) - 1
        chunks = [
            self._chunk(
                index,
                {},
                finish_reason=choice.finish_reason,
                extra=extra if index == last and not self._with_usage else None,
            )
            for index, choice in enumerate(choices)
        ]
        if self._with_usage:
            tail = {"choices": [], "usage": _usage(completed), **extra}
            chunks.append(self._front + b"," + dump(tail)[1:] + b"\n\n")
        chunks.append(DONE)
        return b"".join(chunks)

    def _chunk(
        self,
        index: int,
        delta: Mapping[str, Any],
        *,
        logprobs: list[dict[str, Any]] | None = None,
        finish_reason: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> bytes:
        choice = {
            "index": index,
            "delta": delta,
            "logprobs": None if logprobs is None else {"content": logprobs, "refusal": None},
            "finish_reason": finish_reason,
        }
        data = self._front + b',"choices":[' + dump(choice) + b"]" + self._usage_field
        if extra is not None:
            data += b"," + dump(extra)[1:-1]
        return data + b"}\n\n"


def _choice(index: int, choice: Choice, refusal: Refusal | None, *, with_logprobs: bool) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": choice.text if choice.text or not (choice.tool_calls or refusal) else None,
        "refusal": None if refusal is None else refusal_text(refusal),
        "annotations": [],
    }
    if choice.tool_calls:
        message["tool_calls"] = [_tool_call(call) for call in choice.tool_calls]
    logprobs = {"content": logprobs_object(choice.logprobs), "refusal": None} if with_logprobs else None
    return {"index": index, "message": message, "logprobs": logprobs, "finish_reason": choice.finish_reason}


def _tool_call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _usage(completed: Completed) -> dict[str, int]:
    return {
        "prompt_tokens": completed.prompt_tokens,
        "completion_tokens": completed.completion_tokens,
        "total_tokens": completed.prompt_tokens + completed.completion_tokens,
    }
