"""From the events of a turn to the Responses API: the response object and its stream.

A stream is ``response.created`` and ``response.in_progress``, then for every output item its
``added``, deltas and ``done`` events, then ``response.completed``, ``response.incomplete`` or
``response.failed``. Sequence numbers count from 0. The `verax` object stands in the response
object, whole in the last event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verax.surfaces.http.faults import Fault
from verax.surfaces.http.reply import dump, logprobs_object, refusal_text
from verax.surfaces.http.responses_request import ResponseRequest
from verax.surfaces.verdicts import claim_object
from verax.turn.events import Choice, ClaimVerdict, Completed, Refusal, Started, TextDelta, ToolCall, ToolCallDelta

__all__ = ["ResponseStream", "completed_object", "failed_object", "output_items", "response_object"]

_INCOMPLETE = {"length": "max_output_tokens", "withdrawn": "content_filter"}


def response_object(
    started: Started, body: ResponseRequest, *, verax: Mapping[str, Any], status: str = "in_progress"
) -> dict[str, Any]:
    """Return the response object before any output."""
    form = body.text.format if body.text is not None else None
    tools = [tool.model_dump() for tool in body.tools or ()]
    choice = body.tool_choice or "auto"
    return {
        "id": f"resp_{started.turn_id}",
        "object": "response",
        "created_at": started.created_s,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": body.instructions,
        "max_output_tokens": body.max_output_tokens,
        "metadata": dict(body.metadata or {}),
        "model": started.channel,
        "output": [],
        "parallel_tool_calls": True,
        "previous_response_id": body.previous_response_id,
        "reasoning": {"effort": None, "summary": None},
        "service_tier": "default",
        "store": body.store is not False,
        "temperature": body.temperature,
        "text": {"format": {"type": "text"} if form is None else form.model_dump(by_alias=True, exclude_none=True)},
        "tool_choice": choice if isinstance(choice, str) else choice.model_dump(),
        "tools": tools,
        "top_logprobs": body.top_logprobs,
        "top_p": body.top_p,
        "truncation": "disabled",
        "usage": None,
        "verax": dict(verax),
    }


def completed_object(
    draft: Mapping[str, Any], completed: Completed, output: Sequence[Mapping[str, Any]], verax: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the response object of a turn that is recorded."""
    reason = _INCOMPLETE.get(completed.status)
    if completed.status == "refused" and any(choice.text for choice in completed.choices):
        reason = "content_filter"
    return {
        **draft,
        "status": "completed" if reason is None else "incomplete",
        "incomplete_details": None if reason is None else {"reason": reason},
        "output": list(output),
        "usage": {
            "input_tokens": completed.prompt_tokens,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": completed.completion_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": completed.prompt_tokens + completed.completion_tokens,
        },
        "verax": dict(verax),
    }


def failed_object(draft: Mapping[str, Any], fault: Fault) -> dict[str, Any]:
    """Return the response object of a turn that failed after its stream began."""
    code = "rate_limit_exceeded" if fault.status == 429 else "server_error"
    error = {"code": code, "message": fault.message, "reason_code": fault.code, "hint": fault.hint}
    return {**draft, "status": "failed", "error": error}


def output_items(
    turn_id: str, choice: Choice | None, refusal: Refusal | None, *, with_logprobs: bool
) -> list[dict[str, Any]]:
    """Return the output of a whole reply: its message, then its calls."""
    text = "" if choice is None else choice.text
    calls = () if choice is None else choice.tool_calls
    items: list[dict[str, Any]] = []
    if text or refusal is not None or not calls:
        parts = []
        if text or refusal is None:
            logprobs = choice.logprobs if choice is not None and with_logprobs else ()
            parts.append(_text_part(text, logprobs_object(logprobs)))
        if refusal is not None:
            parts.append({"type": "refusal", "refusal": refusal_text(refusal)})
        items.append(_message(turn_id, "completed", parts))
    items += [_call(call, "completed") for call in calls]
    return items


@dataclass(slots=True)
class _OpenCall:
    """A function call whose arguments are being written."""

    output_index: int
    call: ToolCall


class ResponseStream:
    """Writes the events of one stream; keeps what is needed to close every item."""

    def __init__(self, started: Started, draft: Mapping[str, Any], *, with_logprobs: bool) -> None:
        self._turn_id = started.turn_id
        self._draft = draft
        self._with_logprobs = with_logprobs
        self._sequence = 0
        self._outputs = 0
        self._message_index: int | None = None
        self._parts: list[dict[str, Any]] = []
        self._is_writing = False
        self._text: list[str] = []
        self._logprobs: list[dict[str, Any]] = []
        self._calls: dict[int, _OpenCall] = {}

    def opening(self) -> bytes:
        """Return the events before any output."""
        return self._event("response.created", response=self._draft) + self._event(
            "response.in_progress", response=self._draft
        )

    def text(self, event: TextDelta) -> bytes:
        """Return the events of more text."""
        logprobs = logprobs_object(event.logprobs) if self._with_logprobs else []
        data = self._open_text()
        self._text.append(event.text)
        self._logprobs += logprobs
        return data + self._event("response.output_text.delta", **self._place(), logprobs=logprobs, delta=event.text)

    def claim(self, event: ClaimVerdict) -> bytes:
        """Return a delta without text that carries a verdict; none where the text is closed."""
        if not self._is_writing:
            return b""
        told = {"claim": claim_object(event)}
        return self._event("response.output_text.delta", **self._place(), logprobs=[], delta="", verax=told)

    def refusal(self, event: Refusal) -> bytes:
        """Return the events of a refusal: a content part of its own."""
        text = refusal_text(event)
        data = self._close_text() + self._open_part({"type": "refusal", "refusal": ""})
        self._parts[-1] = {"type": "refusal", "refusal": text}
        data += self._event("response.refusal.delta", **self._place(), delta=text)
        data += self._event("response.refusal.done", **self._place(), refusal=text)
        return data + self._event("response.content_part.done", **self._place(), part=self._parts[-1])

    def tool_call(self, event: ToolCallDelta) -> bytes:
        """Return the events of more of one call."""
        data = b""
        opened = self._calls.get(event.index)
        if opened is None:
            opened = _OpenCall(self._take_output(), ToolCall(event.call_id, event.name, ""))
            self._calls[event.index] = opened
            data = self._event(
                "response.output_item.added", output_index=opened.output_index, item=_call(opened.call, "in_progress")
            )
        call = opened.call
        opened.call = ToolCall(call.call_id, call.name, call.arguments + event.arguments)
        return data + self._event(
            "response.function_call_arguments.delta",
            item_id=_call_item_id(call),
            output_index=opened.output_index,
            delta=event.arguments,
        )

    def close_items(self) -> bytes:
        """Return the events that end every open item; afterwards `output` is whole."""
        is_empty = self._message_index is None and not self._calls
        data = (self._open_text() if is_empty else b"") + self._close_text()
        if self._message_index is not None:
            item = _message(self._turn_id, "completed", self._parts)
            data += self._event("response.output_item.done", output_index=self._message_index, item=item)
        for opened in self._calls.values():
            place = {"item_id": _call_item_id(opened.call), "output_index": opened.output_index}
            data += self._event("response.function_call_arguments.done", **place, arguments=opened.call.arguments)
            data += self._event(
                "response.output_item.done", output_index=opened.output_index, item=_call(opened.call, "completed")
            )
        return data

    def output(self) -> list[dict[str, Any]]:
        """Return the output items in the order in which they were opened."""
        items = {opened.output_index: _call(opened.call, "completed") for opened in self._calls.values()}
        if self._message_index is not None:
            items[self._message_index] = _message(self._turn_id, "completed", self._parts)
        return [items[index] for index in sorted(items)]

    def closing(self, response: Mapping[str, Any]) -> bytes:
        """Return the last event: its name follows from the response's status."""
        return self._event(f"response.{response['status']}", response=response)

    def _open_text(self) -> bytes:
        if self._is_writing:
            return b""
        self._is_writing = True
        return self._open_part(_text_part("", []))

    def _close_text(self) -> bytes:
        if not self._is_writing:
            return b""
        self._is_writing = False
        text = "".join(self._text)
        self._parts[-1] = _text_part(text, self._logprobs)
        data = self._event("response.output_text.done", **self._place(), logprobs=self._logprobs, text=text)
        return data + self._event("response.content_part.done", **self._place(), part=self._parts[-1])

    def _open_part(self, part: dict[str, Any]) -> bytes:
        data = b""
        if self._message_index is None:
            self._message_index = self._take_output()
            item = _message(self._turn_id, "in_progress", [])
            data = self._event("response.output_item.added", output_index=self._message_index, item=item)
        self._parts.append(part)
        return data + self._event("response.content_part.added", **self._place(), part=part)

    def _place(self) -> dict[str, Any]:
        return {
            "item_id": f"msg_{self._turn_id}",
            "output_index": self._message_index,
            "content_index": len(self._parts) - 1,
        }

    def _take_output(self) -> int:
        self._outputs += 1
        return self._outputs - 1

    def _event(self, kind: str, **fields: Any) -> bytes:
        data = dump({"type": kind, "sequence_number": self._sequence, **fields})
        self._sequence += 1
        return b"event: " + kind.encode("ascii") + b"\ndata: " + data + b"\n\n"


def _message(turn_id: str, status: str, parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"id": f"msg_{turn_id}", "type": "message", "status": status, "role": "assistant", "content": list(parts)}


def _text_part(text: str, logprobs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": list(logprobs)}


def _call(call: ToolCall, status: str) -> dict[str, Any]:
    return {
        "id": _call_item_id(call),
        "type": "function_call",
        "status": status,
        "call_id": call.call_id,
        "name": call.name,
        "arguments": call.arguments,
    }


def _call_item_id(call: ToolCall) -> str:
    return f"fc_{call.call_id.removeprefix('call_')}"
