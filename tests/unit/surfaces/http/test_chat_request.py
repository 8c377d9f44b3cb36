"""Bodies of chat completions become turns; what is not honoured is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from verax.kernel.errors import RequestError, TooLarge, UnsupportedParameter
from verax.surfaces.http.chat_request import ChatRequest, turn_of_chat
from verax.surfaces.http.parameters import REFUSED, Support, support_of
from verax.surfaces.http.validation import validate
from verax.turn.events import ToolCall
from verax.turn.request import Caller, InputItem, ResponseFormat, SamplingRequest, TurnRequest

CALLER = Caller("u-1", frozenset({"member"}), "k-1")
HELLO = [{"role": "user", "content": "Hello"}]
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


def turn(**fields: Any) -> TurnRequest:
    body = {"model": "assistant", "messages": HELLO, **fields}
    return turn_of_chat(validate(ChatRequest, body), CALLER, 100)


def refused(**fields: Any) -> RequestError:
    with pytest.raises(RequestError) as caught:
        turn(**fields)
    return caught.value


def test_the_shortest_body_keeps_every_value_of_the_release() -> None:
    assert turn() == TurnRequest("assistant", CALLER, (InputItem("user", "Hello"),), stream=False)


def test_every_honoured_parameter_reaches_the_turn() -> None:
    request = turn(
        temperature=0.5,
        top_p=0.9,
        presence_penalty=-1,
        frequency_penalty=1.5,
        max_completion_tokens=7,
        seed=42,
        stop=["a", "b"],
        n=3,
        logprobs=True,
        top_logprobs=5,
    )
    assert request.sampling == SamplingRequest(0.5, 0.9, -1.0, 1.5, 7, 42, ("a", "b"), 3, 5)


def test_a_stream_is_asked_for_only_by_true() -> None:
    assert turn(stream=True).stream is True
    assert turn(stream=False).stream is turn(stream=None).stream is False


def test_one_stop_string_needs_no_list() -> None:
    assert turn(stop="END").sampling.stop == ("END",)


def test_the_older_name_of_max_tokens_works_alone() -> None:
    assert turn(max_tokens=5).sampling.max_tokens == 5
    assert refused(max_tokens=5, max_completion_tokens=5).param == "max_tokens"


def test_logprobs_alone_asks_for_no_alternatives() -> None:
    assert turn(logprobs=True).sampling.top_logprobs == 0
    assert turn(logprobs=False).sampling.top_logprobs is None
    assert refused(top_logprobs=2).param == "top_logprobs"


def test_roles_and_text_parts_become_lines() -> None:
    messages = [
        {"role": "system", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]},
        {"role": "developer", "content": "three"},
        {"role": "user", "content": "four"},
        {
            "role": "assistant",
            "content": None,
            "refusal": None,
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"a":1}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}], "annotations": []},
        {"role": "assistant", "content": None, "refusal": "never"},
    ]
    assert turn(messages=messages).items == (
        InputItem("system", "one\ntwo"),
        InputItem("developer", "three"),
        InputItem("user", "four"),
        InputItem("assistant", "", (ToolCall("call_1", "weather", '{"a":1}'),)),
        InputItem("tool", "sunny", tool_call_id="call_1"),
        InputItem("assistant", "no"),
        InputItem("assistant", "never"),
    )


def test_an_assistant_line_is_never_trusted_by_the_callers_word() -> None:
    message = {"role": "assistant", "content": "I said so", "id": "0" * 32}
    assert refused(messages=[message]).param == "messages[0].id"


def test_tools_and_choices_are_handed_on() -> None:
    request = turn(tools=[WEATHER], tool_choice={"type": "function", "function": {"name": "weather"}})
    assert request.tools == (WEATHER,)
    assert request.tool_choice == ("function", "weather")
    assert turn(tools=[WEATHER]).tool_choice == "auto"
    assert turn(tools=[WEATHER], tool_choice="required").tool_choice == "required"


@pytest.mark.parametrize(
    "fields",
    [
        {"tool_choice": "required"},
        {"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "other"}}},
    ],
)
def test_a_choice_that_no_tool_satisfies_is_refused(fields: dict[str, Any]) -> None:
    assert refused(**fields).param == "tool_choice"


def test_two_tools_of_one_name_are_refused() -> None:
    assert refused(tools=[WEATHER, WEATHER]).param == "tools"


def test_output_shapes_are_handed_on() -> None:
    schema = {"type": "object", "properties": {"x": {"type": "number", "minimum": 0.5}}}
    assert turn(response_format={"type": "text"}).response_format == ResponseFormat()
    assert turn(response_format={"type": "json_object"}).response_format == ResponseFormat("json_object")
    asked = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
    assert turn(response_format=asked).response_format == ResponseFormat("json_schema", schema)


def test_a_preview_names_its_release() -> None:
    request = turn(verax={"arm": "preview", "release": "a" * 64})
    assert (request.arm, request.release) == ("preview", "a" * 64)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_every_refused_parameter_is_named(name: str) -> None:
    error = refused(**{name: {}})
    assert isinstance(error, UnsupportedParameter)
    assert error.param == name
    assert error.reason_code == "request/unsupported-parameter"


def test_an_unknown_parameter_is_named_and_never_ignored() -> None:
    error = refused(top_k=5)
    assert isinstance(error, UnsupportedParameter)
    assert error.param == "top_k"
    assert "top_k" in error.message


def test_a_name_that_does_not_look_like_one_is_not_repeated() -> None:
    error = refused(**{"<script>alert(1)</script>": 1})
    assert "script" not in f"{error.message}{error.param}{error.hint}"


NEUTRAL_VALUES = [
    ("service_tier", "flex"),
    ("modalities", ["text", "audio"]),
    ("parallel_tool_calls", False),
    ("logit_bias", {"50256": -100}),
    ("reasoning_effort", "high"),
    ("verbosity", "low"),
    ("prompt_cache_retention", "24h"),
    ("store", True),
]


@pytest.mark.parametrize(("name", "value"), NEUTRAL_VALUES)
def test_a_neutral_parameter_with_another_value_is_refused_by_name(name: str, value: object) -> None:
    error = refused(**{name: value})
    assert isinstance(error, UnsupportedParameter)
    assert error.param is not None
    assert error.param.split(".")[0].split("[")[0] == name


def test_every_neutral_parameter_has_a_test_above() -> None:
    neutral = {name for name in ChatRequest.model_fields if support_of(ChatRequest, name) is Support.NEUTRAL}
    assert neutral == {name for name, _ in NEUTRAL_VALUES}


def test_neutral_values_and_hints_change_nothing() -> None:
    fields = {
        "service_tier": "auto",
        "modalities": ["text"],
        "parallel_tool_calls": True,
        "logit_bias": {},
        "reasoning_effort": "none",
        "verbosity": "medium",
        "prompt_cache_retention": "in_memory",
        "store": False,
        "user": "someone",
        "safety_identifier": "x",
        "prompt_cache_key": "y",
        "metadata": {"a": "b"},
    }
    assert turn(**fields) == turn()


def test_null_is_the_same_as_left_out_for_every_optional_parameter() -> None:
    optional = {name: None for name, field in ChatRequest.model_fields.items() if not field.is_required()}
    assert turn(**optional) == turn()


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": "hello"}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": [5]}, "messages[0]"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": []}]}, "messages[0].content"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": "x", "name": "Ann"}]}, "messages[0].name"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
        ({"model": 5}, "model"),
        ({"temperature": "0.7"}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"temperature": 2.5}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"n": 0}, "n"),
        ({"n": 1.5}, "n"),
        ({"n": 9}, "n"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**31}, "seed"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"stop": [""]}, "stop[0]"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"top_logprobs": 21, "logprobs": True}, "top_logprobs"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"stream": True, "stream_options": {"include_obfuscation": True}}, "stream_options.include_obfuscation"),
        ({"tools": [{"type": "custom", "custom": {}}]}, "tools[0].type"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name"),
        ({"response_format": {"type": "yaml"}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        ({"metadata": {"a": 5}}, "metadata.a"),
        ({"metadata": {str(i): "x" for i in range(17)}}, "metadata"),
        ({"verax": {"arm": "canary"}}, "verax.arm"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, Any], param: str) -> None:
    error = refused(**fields)
    assert error.param == param
    assert error.status == 400
    assert error.message.startswith(param)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(RequestError) as caught:
        validate(ChatRequest, {"messages": HELLO})
    assert caught.value.param == "model"
    assert "required" in caught.value.message


@pytest.mark.parametrize("body", [[], "text", 5, None, True])
def test_a_body_that_is_no_object_is_refused(body: object) -> None:
    with pytest.raises(RequestError) as caught:
        validate(ChatRequest, body)
    assert caught.value.status == 400


def test_too_many_messages_are_counted_in_the_error() -> None:
    with pytest.raises(TooLarge) as caught:
        turn(messages=HELLO * 101)
    assert caught.value.param == "messages"
    assert "100" in caught.value.message
    assert "101" in caught.value.message


def test_error_messages_hold_nothing_that_a_user_wrote() -> None:
    secret = "correct horse battery staple"
    for fields in ({"temperature": secret}, {"messages": secret}, {"response_format": {"type": secret}}):
        error = refused(**fields)
        assert secret not in f"{error.message}{error.hint}{error.param}"
