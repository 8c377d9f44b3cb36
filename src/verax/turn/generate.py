"""Step 6, generate: one call of one model, held to the prompt that was composed.

* The adapter's first event says what it is about to send. Segments that differ from the
  composed ones fail the turn with an alarm before anything is sent (clause 7).
* For constrained tool calls (style ``schema``) the JSON is read when it is whole and leaves
  as a tool call or as text; it never leaves as raw JSON.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import cast

from verax.kernel.errors import IntegrityError, ModelError
from verax.models.base import Backend, Delta, Finish, ModelCall, ModelEvent, Sent, ToolDelta, Usage
from verax.turn.toolcall import read_tool_reply

__all__ = ["PromptDiffers", "generate"]


class PromptDiffers(IntegrityError):
    """The adapter was about to send a prompt that is not the composed one."""

    code = "prompt/differs"
    status = 500


async def generate(
    backend: Backend, call: ModelCall, tool_style: str, call_id: Callable[[], str]
) -> AsyncGenerator[ModelEvent, None]:
    """Run `call` and yield its events, `Sent` first.

    Args:
        tool_style: ``schema`` when the reply is JSON that holds a tool call.
        call_id: Makes a fresh id for a tool call read from JSON.

    Raises:
        PromptDiffers: the adapter's segments are not those of `call`.
        ModelError: the backend broke the order of events, or the model failed.
    """
    events = cast("AsyncGenerator[ModelEvent, None]", backend.generate(call))
    async with aclosing(events):
        first = await anext(events, None)
        if not isinstance(first, Sent):
            raise ModelError("model: the backend did not say what it sends", code="model/protocol")
        if first.segments != call.segments:
            raise PromptDiffers("model adapter: the prompt differs from the composed one, nothing was sent")
        yield first
        if tool_style == "schema":
            async for event in _read_tools(events, call_id):
                yield event
            return
        async for event in events:
            yield event


async def _read_tools(events: AsyncIterator[ModelEvent], call_id: Callable[[], str]) -> AsyncIterator[ModelEvent]:
    texts: dict[int, str] = {}
    async for event in events:
        if isinstance(event, Delta):
            texts[event.choice] = texts.get(event.choice, "") + event.text
        elif isinstance(event, Finish):
            if event.reason == "length":
                raise ModelError(
                    "model: the tool call ended at the token limit before it was complete",
                    hint="allow more tokens with max_tokens",
                    code="model/incomplete-json",
                )
            for read in _events_of(texts.get(event.choice, ""), event.choice, call_id):
                yield read
        elif isinstance(event, Usage):
            yield event


def _events_of(text: str, choice: int, call_id: Callable[[], str]) -> list[ModelEvent]:
    reply = read_tool_reply(text)
    if reply.name:
        call = ToolDelta(index=0, arguments=reply.arguments, choice=choice, call_id=call_id(), name=reply.name)
        return [call, Finish("tool_calls", choice)]
    return [Delta(reply.text, choice), Finish("stop", choice)]
