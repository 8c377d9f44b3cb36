"""The lines of a chat request: who speaks, and text parts only."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from verax.surfaces.http.tools import MAX_TOOLS, JsonObject, ToolName
from verax.surfaces.http.validation import WireModel
from verax.turn.events import ToolCall
from verax.turn.request import InputItem

__all__ = ["ChatMessage", "item_of_message"]


class TextPart(WireModel):
    """A part of a message; this server reads text only."""

    type: Literal["text"]
    text: str


class RefusalPart(WireModel):
    """A refusal that an assistant line repeats."""

    type: Literal["refusal"]
    refusal: str


_Parts = Annotated[list[TextPart], Field(min_length=1)]


class SystemMessage(WireModel):
    """A caller's own instructions; they stand in the prompt as the app's, never as the release's."""

    role: Literal["system", "developer"]
    content: str | _Parts


class UserMessage(WireModel):
    """What is asked."""

    role: Literal["user"]
    content: str | _Parts


class FunctionCall(WireModel):
    """Name and JSON text of one call."""

    name: ToolName
    arguments: str


class MessageToolCall(WireModel):
    """A call that an assistant line claims to have made."""

    id: str
    type: Literal["function"] = "function"
    function: FunctionCall


class AssistantMessage(WireModel):
    """A line that the caller claims the assistant said."""

    role: Literal["assistant"]
    content: str | Annotated[list[TextPart | RefusalPart], Field(min_length=1)] | None = None
    refusal: str | None = None
    tool_calls: Annotated[list[MessageToolCall], Field(max_length=MAX_TOOLS)] | None = None
    annotations: Annotated[list[JsonObject], Field(max_length=0)] | None = None
    audio: None = None
    function_call: None = None


class ToolMessage(WireModel):
    """What a tool answered."""

    role: Literal["tool"]
    content: str | _Parts
    tool_call_id: str


ChatMessage = Annotated[SystemMessage | UserMessage | AssistantMessage | ToolMessage, Field(discriminator="role")]


def item_of_message(message: SystemMessage | UserMessage | AssistantMessage | ToolMessage) -> InputItem:
    """Translate a line; what an assistant line says of itself is never believed here."""
    if isinstance(message, AssistantMessage):
        text = message.refusal or "" if message.content is None else _text(message.content)
        calls = tuple(
            ToolCall(call.id, call.function.name, call.function.arguments) for call in message.tool_calls or ()
        )
        return InputItem("assistant", text, tool_calls=calls)
    if isinstance(message, ToolMessage):
        return InputItem("tool", _text(message.content), tool_call_id=message.tool_call_id)
    return InputItem(message.role, _text(message.content))


def _text(content: str | list[TextPart] | list[TextPart | RefusalPart]) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part.text if isinstance(part, TextPart) else part.refusal for part in content)
