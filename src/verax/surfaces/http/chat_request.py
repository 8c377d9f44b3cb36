"""The body of ``POST /v1/chat/completions`` and its translation into a `TurnRequest`.

Every field of the model is honoured unless it is marked otherwise; fields that are not
declared are refused by name.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from verax.kernel.errors import RequestError
from verax.surfaces.http.chat_messages import ChatMessage, item_of_message
from verax.surfaces.http.parameters import NEUTRAL
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
from verax.turn.request import Caller, ResponseFormat, SamplingRequest, TurnRequest

__all__ = ["ChatRequest", "turn_of_chat"]


class FunctionDefinition(WireModel):
    """A function that the model may call; its arguments follow `parameters`."""

    name: ToolName
    description: str | None = None
    parameters: JsonObject | None = None
    strict: bool | None = None


class ToolDefinition(WireModel):
    """A tool; functions only."""

    type: Literal["function"]
    function: FunctionDefinition


class NamedFunction(WireModel):
    """A function by its name."""

    name: ToolName


class NamedTool(WireModel):
    """Demands a call of one function."""

    type: Literal["function"]
    function: NamedFunction


class PlainFormat(WireModel):
    """Free text, or any JSON object."""

    type: Literal["text", "json_object"]


class NamedSchema(WireModel):
    """A JSON schema; its name is a label for the caller. Output is always held to the schema."""

    name: ToolName
    schema_: JsonObject = Field(alias="schema")
    strict: bool | None = None


class SchemaFormat(WireModel):
    """Output that satisfies a JSON schema."""

    type: Literal["json_schema"]
    json_schema: NamedSchema


class StreamOptions(WireModel):
    """Options of a stream."""

    include_usage: bool | None = None
    include_obfuscation: Literal[False] | None = None


_Stop = Annotated[str, Field(min_length=1)]


class ChatRequest(TurnParameters):
    """Body of ``POST /v1/chat/completions``."""

    messages: Annotated[list[ChatMessage], Field(min_length=1)] = Field(
        description="Text only; `name` is refused. An assistant line is read as the caller's claim."
    )
    stream_options: StreamOptions | None = Field(default=None, description="`include_usage`; needs `stream`.")
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = Field(default=None, description="-2 to 2.")
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = Field(default=None, description="-2 to 2.")
    max_completion_tokens: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        default=None, description="At most what the release allows."
    )
    max_tokens: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        default=None, description="The older name of `max_completion_tokens`; send one of them."
    )
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = Field(default=None, description="0 to 2147483647.")
    stop: _Stop | Annotated[list[_Stop], Field(max_length=4)] | None = Field(
        default=None, description="At most 4 strings."
    )
    n: Annotated[int, Field(ge=1, le=8)] | None = Field(default=None, description="1 to 8 choices.")
    logprobs: bool | None = Field(default=None, description="Of the reply's tokens.")
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = Field(default=None, description="Needs `logprobs`.")
    response_format: Annotated[PlainFormat | SchemaFormat, Field(discriminator="type")] | None = Field(
        default=None, description="`text`, `json_object` or `json_schema`."
    )
    tools: Annotated[list[ToolDefinition], Field(max_length=MAX_TOOLS)] | None = Field(
        default=None, description="Functions only."
    )
    tool_choice: Literal["auto", "none", "required"] | NamedTool | None = Field(
        default=None, description="`auto`, `none`, `required`, or one function."
    )
    metadata: Metadata | None = Field(default=None, description="Returned in the reply.")
    modalities: Annotated[list[Literal["text"]], Field(min_length=1, max_length=1)] | None = Field(
        default=None, description='`["text"]` only.', json_schema_extra=NEUTRAL
    )
    logit_bias: Annotated[dict[str, int], Field(max_length=0)] | None = Field(
        default=None, description="`{}` only.", json_schema_extra=NEUTRAL
    )
    reasoning_effort: Literal["none"] | None = Field(
        default=None, description="`none` only.", json_schema_extra=NEUTRAL
    )
    verbosity: Literal["medium"] | None = Field(default=None, description="`medium` only.", json_schema_extra=NEUTRAL)
    store: Literal[False] | None = Field(
        default=None, description="`false` only; `/v1/responses` stores.", json_schema_extra=NEUTRAL
    )


def turn_of_chat(body: ChatRequest, caller: Caller, max_messages: int) -> TurnRequest:
    """Translate a body.

    Raises:
        TooLarge: over `max_messages` messages.
        RequestError: fields that contradict each other.
    """
    check_lines("messages", len(body.messages), max_messages)
    check_stream_options(body, body.stream_options)
    arm, release = preview_arm(body.verax)
    tools = tuple(tool.model_dump(exclude_none=True) for tool in body.tools or ())
    choice = _tool_choice(body)
    check_tool_choice(choice, [tool.function.name for tool in body.tools or ()])
    return TurnRequest(
        channel=body.model,
        caller=caller,
        items=tuple(item_of_message(message) for message in body.messages),
        sampling=_sampling(body),
        tools=tools,
        tool_choice=choice,
        response_format=_format(body),
        arm=arm,
        release=release,
        stream=bool(body.stream),
    )


def _sampling(body: ChatRequest) -> SamplingRequest:
    if body.max_tokens is not None and body.max_completion_tokens is not None:
        raise RequestError(
            "max_tokens: sent together with max_completion_tokens", hint="send one of them", param="max_tokens"
        )
    if body.top_logprobs is not None and not body.logprobs:
        raise RequestError("top_logprobs: needs logprobs", hint="set logprobs to true", param="top_logprobs")
    stop = (body.stop,) if isinstance(body.stop, str) else tuple(body.stop or ())
    return SamplingRequest(
        temperature=body.temperature,
        top_p=body.top_p,
        presence_penalty=body.presence_penalty,
        frequency_penalty=body.frequency_penalty,
        max_tokens=body.max_tokens if body.max_completion_tokens is None else body.max_completion_tokens,
        seed=body.seed,
        stop=stop,
        n=body.n or 1,
        top_logprobs=(body.top_logprobs or 0) if body.logprobs else None,
    )


def _tool_choice(body: ChatRequest) -> ToolChoice:
    if isinstance(body.tool_choice, NamedTool):
        return ("function", body.tool_choice.function.name)
    return body.tool_choice or "auto"


def _format(body: ChatRequest) -> ResponseFormat:
    if isinstance(body.response_format, SchemaFormat):
        return response_format_of("json_schema", body.response_format.json_schema.schema_)
    return response_format_of("text" if body.response_format is None else body.response_format.type, None)
