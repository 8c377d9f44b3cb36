"""The lines of a response's conversation: as they are sent, as they are stored, as a turn reads them.

* Calls that follow an assistant line, and calls in a row, are one line of the conversation.
* An assistant line that names a reply of this installation by its id is handed on with that
  id; the turn path believes it only if it holds the commitment (clause 7).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from verax.store.messages_types import Line
from verax.surfaces.http.tools import JsonObject, ToolName
from verax.surfaces.http.validation import WireModel
from verax.turn.events import ToolCall
from verax.turn.request import InputItem

__all__ = ["InputLine", "item_of_line", "items_of_input", "line_of_item"]

_REPLY_ID = re.compile(r"msg_([0-9a-f]{32})\Z")
_Status = Literal["in_progress", "completed", "incomplete"]


class InputText(WireModel):
    """Text that somebody wrote."""

    type: Literal["input_text"]
    text: str


class OutputText(WireModel):
    """Text that a reply held; annotations and log probabilities are not read back."""

    type: Literal["output_text"]
    text: str
    annotations: list[JsonObject] | None = None
    logprobs: list[JsonObject] | None = Field(default=None, description="Of the reply's tokens.")


class OutputRefusal(WireModel):
    """A refusal that a reply held."""

    type: Literal["refusal"]
    refusal: str


_Part = Annotated[InputText | OutputText | OutputRefusal, Field(discriminator="type")]
_Parts = Annotated[list[_Part], Field(min_length=1)]


class InputMessage(WireModel):
    """One line of the conversation."""

    type: Literal["message"] = "message"
    role: Literal["user", "assistant", "system", "developer"]
    content: str | _Parts
    id: str | None = None
    status: _Status | None = None
    phase: None = None


class InputCall(WireModel):
    """A call that an assistant line claims to have made."""

    type: Literal["function_call"]
    call_id: str
    name: ToolName
    arguments: str
    id: str | None = None
    status: _Status | None = None


class InputCallOutput(WireModel):
    """What a function answered."""

    type: Literal["function_call_output"]
    call_id: str
    output: str | Annotated[list[InputText], Field(min_length=1)]
    id: str | None = None
    status: _Status | None = None


def _kind_of(item: Any) -> str:
    return str(item.get("type", "message")) if isinstance(item, dict) else "message"


InputLine = Annotated[
    Annotated[InputMessage, Tag("message")]
    | Annotated[InputCall, Tag("function_call")]
    | Annotated[InputCallOutput, Tag("function_call_output")],
    Discriminator(_kind_of),
]


def items_of_input(given: str | Sequence[InputMessage | InputCall | InputCallOutput]) -> tuple[InputItem, ...]:
    """Return the lines that a request adds to the conversation."""
    if isinstance(given, str):
        return (InputItem("user", given),)
    items: list[InputItem] = []
    for line in given:
        if isinstance(line, InputCallOutput):
            items.append(InputItem("tool", _text(line.output), tool_call_id=line.call_id))
        elif isinstance(line, InputMessage):
            named = _REPLY_ID.match(line.id or "") if line.role == "assistant" else None
            items.append(InputItem(line.role, _text(line.content), reply_id=named[1] if named else ""))
        else:
            _add_call(items, ToolCall(line.call_id, line.name, line.arguments))
    return tuple(items)


def line_of_item(item: InputItem) -> Line:
    """Return a line of the conversation as it is stored."""
    data: JsonObject = {}
    if item.tool_calls:
        data["tool_calls"] = [{"id": c.call_id, "name": c.name, "arguments": c.arguments} for c in item.tool_calls]
    if item.tool_call_id:
        data["tool_call_id"] = item.tool_call_id
    return Line(item.role, item.text, data, item.reply_id)


def item_of_line(line: Line) -> InputItem:
    """Return a stored line as a line of a request; the turn path checks whose reply it is."""
    calls = tuple(ToolCall(call["id"], call["name"], call["arguments"]) for call in line.data.get("tool_calls", ()))
    return InputItem(line.role, line.text, calls, str(line.data.get("tool_call_id", "")), line.turn_id)


def _add_call(items: list[InputItem], call: ToolCall) -> None:
    if items and items[-1].role == "assistant":
        items[-1] = replace(items[-1], tool_calls=(*items[-1].tool_calls, call))
    else:
        items.append(InputItem("assistant", "", tool_calls=(call,)))


def _text(content: str | Sequence[InputText | OutputText | OutputRefusal]) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part.refusal if isinstance(part, OutputRefusal) else part.text for part in content)
