"""What the bodies of both chat endpoints share: common parameters, tools and choices, demanded output shapes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from verax.kernel.errors import RequestError, TooLarge
from verax.surfaces.http.parameters import HINT, NEUTRAL
from verax.surfaces.http.validation import WireModel
from verax.turn.request import ResponseFormat

__all__ = [
    "MAX_TOOLS",
    "JsonObject",
    "Metadata",
    "PreviewOptions",
    "ToolChoice",
    "ToolName",
    "TurnParameters",
    "check_lines",
    "check_stream_options",
    "check_tool_choice",
    "preview_arm",
    "response_format_of",
]

MAX_TOOLS = 128

ToolName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
JsonObject = dict[str, Any]
ToolChoice = Literal["auto", "none", "required"] | tuple[Literal["function"], str]

_MetadataKey = Annotated[str, Field(min_length=1, max_length=64)]
_MetadataValue = Annotated[str, Field(max_length=512)]
Metadata = Annotated[dict[_MetadataKey, _MetadataValue], Field(max_length=16)]


class PreviewOptions(WireModel):
    """Verax's own field of a request: which arm to run."""

    arm: Literal["head", "preview"] = Field(
        default="head", description="`preview` runs a release that does not serve yet; reviewers only."
    )
    release: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = Field(
        default="", description="Release to preview; the channel's head when empty."
    )


class TurnParameters(WireModel):
    """Parameters that both endpoints know by the same name."""

    model: str = Field(description="Name of a channel.")
    stream: bool | None = Field(default=None, description="Server-sent events.")
    temperature: Annotated[float, Field(ge=0, le=2)] | None = Field(default=None, description="0 to 2.")
    top_p: Annotated[float, Field(gt=0, le=1)] | None = Field(default=None, description="Over 0, up to 1.")
    verax: PreviewOptions | None = Field(default=None, description="Verax's own: `arm` and `release` of a preview.")
    user: str | None = Field(default=None, description="A label of the caller's own.", json_schema_extra=HINT)
    safety_identifier: str | None = Field(
        default=None, description="A label of the caller's own.", json_schema_extra=HINT
    )
    prompt_cache_key: str | None = Field(
        default=None, description="A label of the caller's own.", json_schema_extra=HINT
    )
    service_tier: Literal["auto", "default"] | None = Field(
        default=None, description="`auto` or `default` only.", json_schema_extra=NEUTRAL
    )
    parallel_tool_calls: Literal[True] | None = Field(
        default=None, description="`true` only.", json_schema_extra=NEUTRAL
    )
    prompt_cache_retention: Literal["in_memory"] | None = Field(
        default=None, description="`in_memory` only.", json_schema_extra=NEUTRAL
    )


def check_lines(param: str, found: int, allowed: int) -> None:
    """Refuse a conversation of more lines than the server reads.

    Raises:
        TooLarge: it is over `allowed`.
    """
    if found > allowed:
        raise TooLarge(
            f"{param}: expected at most {allowed} lines, found {found}",
            hint="send the latest lines only",
            param=param,
            code="request/too-many-messages",
        )


def check_stream_options(body: TurnParameters, options: object) -> None:
    """Refuse options of a stream where none was asked for.

    Raises:
        RequestError: there are some.
    """
    if options is not None and not body.stream:
        raise RequestError("stream_options: only allowed with stream", hint="set stream", param="stream_options")


def check_tool_choice(choice: ToolChoice, names: list[str]) -> None:
    """Refuse a choice that the tools of the request cannot satisfy.

    Raises:
        RequestError: a tool name twice, a demanded call without tools, or of an unknown one.
    """
    if len(set(names)) != len(names):
        raise RequestError("tools: two tools have the same name", hint="give each tool its own name", param="tools")
    if isinstance(choice, tuple) and choice[1] not in names:
        raise RequestError(
            "tool_choice: names a function that tools does not define",
            hint="name one of the tools of this request",
            param="tool_choice",
        )
    if choice == "required" and not names:
        raise RequestError(
            "tool_choice: a call is required, but the request has no tools",
            hint="add tools, or leave tool_choice out",
            param="tool_choice",
        )


def response_format_of(kind: str, schema: JsonObject | None) -> ResponseFormat:
    """Translate a demanded output shape."""
    if kind == "json_schema":
        return ResponseFormat("json_schema", schema)
    return ResponseFormat("json_object") if kind == "json_object" else ResponseFormat()


def preview_arm(options: PreviewOptions | None) -> tuple[Literal["head", "preview"], str]:
    """Return arm and release that the request asks for."""
    return ("head", "") if options is None else (options.arm, options.release)
