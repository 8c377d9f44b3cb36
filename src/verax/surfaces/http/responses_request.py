"""The body of ``POST /v1/responses`` and its translation into a `TurnRequest`.

* `instructions` stand first, as the app's; they are not inherited from a previous response.
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

from verax.kernel.errors import RequestError, TooLarge
from verax.store.messages_types import Line
from verax.surfaces.http.parameters import HINT, NEUTRAL
from verax.surfaces.http.tools import (
    MAX_TOOLS,
    JsonObject,
    Metadata,
    PreviewOptions,
    ToolChoice,
    ToolName,
    check_tool_choice,
    preview_arm,
    response_format_of,
)
from verax.surfaces.http.validation import WireModel
from verax.turn.events import ToolCall
from verax.turn.request import Caller, InputItem, SamplingRequest, TurnRequest

__all__ = ["ResponseRequest", "item_of_line", "items_of_input", "line_of_item", "turn_of_response"]

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
    logprobs: list[JsonObject] | None = None


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


class FunctionTool(WireModel):
    """A function that the model may call."""

    type: Literal["function"]
    name: ToolName
    description: str | None = None
    parameters: JsonObject | None = None
    strict: bool | None = None


class NamedFunctionTool(WireModel):
    """Demands a call of one function."""

    type: Literal["function"]
    name: ToolName


class PlainTextFormat(WireModel):
    """Free text, or any JSON object."""

    type: Literal["text", "json_object"]


class SchemaTextFormat(WireModel):
    """Output that satisfies a JSON schema; its name is a label for the caller."""

    type: Literal["json_schema"]
    name: ToolName
    schema_: JsonObject = Field(alias="schema")
    strict: bool | None = None


class TextOptions(WireModel):
    """Shape of the output text."""

    format: Annotated[PlainTextFormat | SchemaTextFormat, Field(discriminator="type")] | None = None
    verbosity: Literal["medium"] | None = None


class ResponseStreamOptions(WireModel):
    """Options of a stream."""

    include_obfuscation: Literal[False] | None = None


class ReasoningOptions(WireModel):
    """Accepted empty: no model here reasons apart from its reply."""

    effort: Literal["none"] | None = None
    summary: None = None


class ResponseRequest(WireModel):
    """Body of ``POST /v1/responses``."""

    model: str = Field(description="Name of a channel.")
    input: str | Annotated[list[InputLine], Field(min_length=1)] = Field(
        description="Text, or messages, function calls and their outputs."
    )
    instructions: str | None = Field(default=None, description="A system line of the app, for this response only.")
    previous_response_id: str | None = Field(default=None, description="A stored response of the same account.")
    store: bool | None = Field(default=None, description="Stored unless `false`.")
    stream: bool | None = None
    stream_options: ResponseStreamOptions | None = Field(
        default=None, description="`include_obfuscation: false` only.", json_schema_extra=NEUTRAL
    )
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    max_output_tokens: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    include: list[Literal["message.output_text.logprobs"]] | None = Field(
        default=None, description="`message.output_text.logprobs`."
    )
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    text: TextOptions | None = Field(default=None, description="`format`; `verbosity` is neutral.")
    tools: Annotated[list[FunctionTool], Field(max_length=MAX_TOOLS)] | None = Field(
        default=None, description="Functions only."
    )
    tool_choice: Literal["auto", "none", "required"] | NamedFunctionTool | None = None
    metadata: Metadata | None = Field(default=None, description="Stored and returned.")
    verax: PreviewOptions | None = Field(default=None, description="Verax's own: `arm` and `release` of a preview.")
    user: str | None = Field(default=None, json_schema_extra=HINT)
    safety_identifier: str | None = Field(default=None, json_schema_extra=HINT)
    prompt_cache_key: str | None = Field(default=None, json_schema_extra=HINT)
    service_tier: Literal["auto", "default"] | None = Field(default=None, json_schema_extra=NEUTRAL)
    truncation: Literal["disabled"] | None = Field(
        default=None, description="`disabled` only.", json_schema_extra=NEUTRAL
    )
    parallel_tool_calls: Literal[True] | None = Field(
        default=None, description="`true` only.", json_schema_extra=NEUTRAL
    )
    background: Literal[False] | None = Field(default=None, description="`false` only.", json_schema_extra=NEUTRAL)
    reasoning: ReasoningOptions | None = Field(
        default=None, description="`{}` or `effort: none` only.", json_schema_extra=NEUTRAL
    )
    prompt_cache_retention: Literal["in_memory"] | None = Field(
        default=None, description="`in_memory` only.", json_schema_extra=NEUTRAL
    )

    @property
    def wants_logprobs(self) -> bool:
        """Whether log probabilities were asked for, by either name."""
        return bool(self.include) or self.top_logprobs is not None


def turn_of_response(
    body: ResponseRequest, history: Sequence[InputItem], caller: Caller, max_messages: int
) -> TurnRequest:
    """Translate a body; `history` holds the lines of the response it continues.

    Raises:
        TooLarge: over `max_messages` lines, history included.
        RequestError: fields that contradict each other.
    """
    first = () if body.instructions is None else (InputItem("developer", body.instructions),)
    items = (*first, *history, *items_of_input(body))
    if len(items) > max_messages:
        raise TooLarge(
            f"input: expected at most {max_messages} lines, found {len(items)}",
            hint="send the latest lines only",
            param="input",
            code="request/too-many-messages",
        )
    if body.stream_options is not None and not body.stream:
        raise RequestError("stream_options: only allowed with stream", hint="set stream", param="stream_options")
    choice = _tool_choice(body)
    check_tool_choice(choice, [tool.name for tool in body.tools or ()])
    arm, release = preview_arm(body.verax)
    form = body.text.format if body.text is not None else None
    schema = form.schema_ if isinstance(form, SchemaTextFormat) else None
    return TurnRequest(
        channel=body.model,
        caller=caller,
        items=items,
        sampling=SamplingRequest(
            temperature=body.temperature,
            top_p=body.top_p,
            max_tokens=body.max_output_tokens,
            top_logprobs=(body.top_logprobs or 0) if body.wants_logprobs else None,
        ),
        tools=tuple(_tool(tool) for tool in body.tools or ()),
        tool_choice=choice,
        response_format=response_format_of("text" if form is None else form.type, schema),
        arm=arm,
        release=release,
        stream=bool(body.stream),
    )


def items_of_input(body: ResponseRequest) -> tuple[InputItem, ...]:
    """Return the lines that this request adds to the conversation."""
    if isinstance(body.input, str):
        return (InputItem("user", body.input),)
    items: list[InputItem] = []
    for line in body.input:
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


def _tool(tool: FunctionTool) -> JsonObject:
    function = tool.model_dump(exclude_none=True, exclude={"type"})
    return {"type": "function", "function": function}


def _tool_choice(body: ResponseRequest) -> ToolChoice:
    if isinstance(body.tool_choice, NamedFunctionTool):
        return ("function", body.tool_choice.name)
    return body.tool_choice or "auto"
