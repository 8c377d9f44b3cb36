"""Tool calls for models whose template cannot call tools: constrained by a JSON schema.

The reply is one JSON object, either ``{"name": <tool>, "arguments": {...}}`` or, where the
caller allows text, ``{"answer": "..."}``. The schema is a pure function of the tools and the
caller's choice; reading a reply back is a pure function of its text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verax.kernel.errors import ModelError, RequestError

__all__ = ["ToolReply", "choose_tools", "read_tool_reply", "tool_name", "tool_schema", "tools_text"]

ToolChoice = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class ToolReply:
    """What a constrained reply says: a call, or text when `name` is empty."""

    name: str
    arguments: str
    text: str


def tool_name(tool: Mapping[str, Any]) -> str:
    """Return the name of a tool definition in OpenAI's shape.

    Raises:
        RequestError: the definition has another shape.
    """
    function = tool.get("function")
    if tool.get("type") != "function" or not isinstance(function, Mapping):
        raise RequestError("tools: expected objects of type function", param="tools")
    name = function.get("name")
    if not isinstance(name, str) or not name:
        raise RequestError("tools: every function needs a name", param="tools")
    return name


def choose_tools(tools: Sequence[Mapping[str, Any]], choice: ToolChoice) -> tuple[Mapping[str, Any], ...]:
    """Return the tools that the choice leaves open.

    Raises:
        RequestError: the choice names a tool that is not there, or demands one where there is none.
    """
    if choice == "none":
        return ()
    if isinstance(choice, tuple):
        named = tuple(tool for tool in tools if tool_name(tool) == choice[1])
        if not named:
            raise RequestError(f"tool_choice: no tool is named {choice[1]!r}", param="tool_choice")
        return named
    if choice == "required" and not tools:
        raise RequestError("tool_choice: required, but there are no tools", param="tool_choice")
    return tuple(tools)


def tool_schema(tools: Sequence[Mapping[str, Any]], choice: ToolChoice) -> dict[str, Any]:
    """Return the JSON schema of a reply that may call `tools`."""
    calls: list[dict[str, Any]] = [_call_schema(tool) for tool in tools]
    if choice == "auto":
        calls.append(_object({"answer": {"type": "string"}}))
    return calls[0] if len(calls) == 1 else {"anyOf": calls}


def tools_text(tools: Sequence[Mapping[str, Any]]) -> str:
    """Return the tool definitions as the one JSON text that the model reads."""
    return json.dumps([tool["function"] for tool in tools], ensure_ascii=False, separators=(",", ":"))


def read_tool_reply(text: str) -> ToolReply:
    """Read a constrained reply.

    Raises:
        ModelError: the model stopped in the middle of the object, at its token limit for instance.
    """
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        raise ModelError(
            "model: the tool call ended before its JSON was complete",
            hint="allow more tokens with max_tokens",
            code="model/incomplete-json",
        ) from None
    if isinstance(value, dict) and isinstance(value.get("answer"), str):
        return ToolReply("", "", value["answer"])
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        arguments = json.dumps(value.get("arguments", {}), ensure_ascii=False, separators=(",", ":"))
        return ToolReply(value["name"], arguments, "")
    raise ModelError("model: the reply is neither a tool call nor an answer", code="model/incomplete-json")


def _call_schema(tool: Mapping[str, Any]) -> dict[str, Any]:
    function = tool["function"]
    parameters = function.get("parameters") or {"type": "object", "properties": {}}
    return _object({"name": {"type": "string", "enum": [function["name"]]}, "arguments": parameters})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
