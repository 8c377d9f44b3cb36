"""The body of ``POST /v1/responses`` and its translation into a `TurnRequest`.

`instructions` stand first, as the app's; they are not inherited from a previous response.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from verax.surfaces.http.parameters import NEUTRAL
from verax.surfaces.http.responses_lines import InputLine, items_of_input
from verax.surfaces.http.tools import (
    MAX_TOOLS,
    JsonObject,
    Metadata,
    ToolChoice,
    ToolName,
    TurnParameters,
    check_lines,
    check_stream_options,
    check_tool_choice,
    preview_arm,
    response_format_of,
)
from verax.surfaces.http.validation import WireModel
from verax.turn.request import Caller, InputItem, SamplingRequest, TurnRequest

__all__ = ["ResponseRequest", "turn_of_response"]


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


class ResponseRequest(TurnParameters):
    """Body of ``POST /v1/responses``."""

    input: str | Annotated[list[InputLine], Field(min_length=1)] = Field(
        description="Text, or messages, function calls and their outputs."
    )
    instructions: str | None = Field(default=None, description="A system line of the app, for this response only.")
    previous_response_id: str | None = Field(default=None, description="A stored response of the same account.")
    store: bool | None = Field(default=None, description="Stored unless `false`.")
    stream_options: ResponseStreamOptions | None = Field(
        default=None, description="`include_obfuscation: false` only.", json_schema_extra=NEUTRAL
    )
    max_output_tokens: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        default=None, description="At most what the release allows."
    )
    include: list[Literal["message.output_text.logprobs"]] | None = Field(
        default=None, description="`message.output_text.logprobs`."
    )
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = Field(default=None, description="0 to 20 alternatives.")
    text: TextOptions | None = Field(default=None, description="`format`; `verbosity` is neutral.")
    tools: Annotated[list[FunctionTool], Field(max_length=MAX_TOOLS)] | None = Field(
        default=None, description="Functions only."
    )
    tool_choice: Literal["auto", "none", "required"] | NamedFunctionTool | None = Field(
        default=None, description="`auto`, `none`, `required`, or one function."
    )
    metadata: Metadata | None = Field(default=None, description="Stored and returned.")
    truncation: Literal["disabled"] | None = Field(
        default=None, description="`disabled` only.", json_schema_extra=NEUTRAL
    )
    background: Literal[False] | None = Field(default=None, description="`false` only.", json_schema_extra=NEUTRAL)
    reasoning: ReasoningOptions | None = Field(
        default=None, description="`{}` or `effort: none` only.", json_schema_extra=NEUTRAL
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
    items = (*first, *history, *items_of_input(body.input))
    check_lines("input", len(items), max_messages)
    check_stream_options(body, body.stream_options)
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


def _tool(tool: FunctionTool) -> JsonObject:
    function = tool.model_dump(exclude_none=True, exclude={"type"})
    return {"type": "function", "function": function}


def _tool_choice(body: ResponseRequest) -> ToolChoice:
    if isinstance(body.tool_choice, NamedFunctionTool):
        return ("function", body.tool_choice.name)
    return body.tool_choice or "auto"
