"""Tool definitions and choices, and demanded output shapes, shared by both chat endpoints."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from verax.kernel.errors import RequestError
from verax.surfaces.http.validation import WireModel
from verax.turn.request import ResponseFormat

__all__ = [
    "MAX_TOOLS",
    "JsonObject",
    "Metadata",
    "PreviewOptions",
    "ToolChoice",
    "ToolName",
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
