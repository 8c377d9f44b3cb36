"""Tool calls by schema: what is demanded, and how it is read back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from verax.kernel.errors import ModelError, RequestError
from verax.turn.toolcall import ToolReply, choose_tools, read_tool_reply, tool_schema, tools_text


def tool(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}


def test_the_choice_decides_which_tools_stay_open() -> None:
    tools = [tool("weather"), tool("clock")]
    assert choose_tools(tools, "none") == ()
    assert choose_tools(tools, "auto") == tuple(tools)
    assert choose_tools(tools, "required") == tuple(tools)
    assert choose_tools(tools, ("function", "clock")) == (tools[1],)
    assert choose_tools([], "auto") == ()


@pytest.mark.parametrize("choice", ["required", ("function", "absent")])
def test_a_choice_that_nothing_can_fulfil_is_an_error(choice: Any) -> None:
    with pytest.raises(RequestError) as caught:
        choose_tools([], choice)
    assert caught.value.param == "tool_choice"


@pytest.mark.parametrize(
    "bad", [{}, {"type": "web_search"}, {"type": "function", "function": {}}, {"type": "function"}]
)
def test_a_tool_of_another_shape_is_an_error(bad: dict[str, Any]) -> None:
    with pytest.raises(RequestError) as caught:
        choose_tools([bad], ("function", "x"))
    assert caught.value.param == "tools"


def test_text_is_allowed_only_where_the_choice_is_auto() -> None:
    schema = tool_schema([tool("clock")], "auto")
    assert [list(option["properties"]) for option in schema["anyOf"]] == [["name", "arguments"], ["answer"]]
    assert list(tool_schema([tool("clock")], "required")["properties"]) == ["name", "arguments"]


def test_the_model_reads_the_definitions_as_one_json_text() -> None:
    assert [function["name"] for function in json.loads(tools_text([tool("a"), tool("b")]))] == ["a", "b"]


def test_a_reply_is_read_as_a_call_or_as_text() -> None:
    assert read_tool_reply('{"name":"clock","arguments":{"zone":"UTC"}}') == ToolReply("clock", '{"zone":"UTC"}', "")
    assert read_tool_reply('{"answer":"It is noon."}') == ToolReply("", "", "It is noon.")


@pytest.mark.parametrize("text", ["", '{"name":"clo', "[]", "{}", '{"name":3}'])
def test_half_a_reply_is_an_error_of_the_model(text: str) -> None:
    with pytest.raises(ModelError) as caught:
        read_tool_reply(text)
    assert caught.value.reason_code == "model/incomplete-json"
