"""The Responses API: bodies in, objects and events out, held against OpenAI's own types."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from verax.kernel.errors import RequestError, TooLarge, UnsupportedParameter
from verax.models.base import TokenLogprob
from verax.surfaces.http import reply_models
from verax.surfaces.http.faults import fault_of_event
from verax.surfaces.http.parameters import REFUSED, Support, support_of
from verax.surfaces.http.reply import verax_object
from verax.surfaces.http.responses_lines import item_of_line, items_of_input, line_of_item
from verax.surfaces.http.responses_reply import (
    ResponseStream,
    completed_object,
    failed_object,
    output_items,
    response_object,
)
from verax.surfaces.http.responses_request import ResponseRequest, turn_of_response
from verax.surfaces.http.validation import validate
from verax.turn.events import Choice, Completed, Failed, Refusal, Started, TextDelta, ToolCall, ToolCallDelta
from verax.turn.request import Caller, InputItem, ResponseFormat, SamplingRequest, TurnRequest

CALLER = Caller("u-1")
BASE = "http://localhost:8420"
STARTED = Started("a" * 32, "assistant", "b" * 64, "c" * 64, "head", "solo", 1_700_000_000_000)
EVENTS: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
TOOL = {"type": "function", "name": "weather", "parameters": {"type": "object"}, "strict": True}


def body(**fields: Any) -> ResponseRequest:
    return validate(ResponseRequest, {"model": "assistant", "input": "Hello", **fields})


def turn(history: tuple[InputItem, ...] = (), **fields: Any) -> TurnRequest:
    return turn_of_response(body(**fields), history, CALLER, 50)


def refused(**fields: Any) -> RequestError:
    with pytest.raises(RequestError) as caught:
        turn(**fields)
    return caught.value


def test_a_text_is_one_user_line() -> None:
    assert turn() == TurnRequest("assistant", CALLER, (InputItem("user", "Hello"),), stream=False)


def test_instructions_stand_before_the_history() -> None:
    history = (InputItem("user", "before"), InputItem("assistant", "reply", reply_id="f" * 32))
    assert turn(history, instructions="Be brief.").items == (
        InputItem("developer", "Be brief."),
        *history,
        InputItem("user", "Hello"),
    )


def test_every_honoured_parameter_reaches_the_turn() -> None:
    request = turn(temperature=0.5, top_p=0.9, max_output_tokens=7, top_logprobs=2)
    assert request.sampling == SamplingRequest(temperature=0.5, top_p=0.9, max_tokens=7, top_logprobs=2)
    assert turn(include=["message.output_text.logprobs"]).sampling.top_logprobs == 0


def test_output_shapes_are_handed_on() -> None:
    schema = {"type": "object"}
    assert turn(text={"format": {"type": "json_object"}}).response_format == ResponseFormat("json_object")
    asked = {"format": {"type": "json_schema", "name": "x", "schema": schema, "strict": True}}
    assert turn(text=asked).response_format == ResponseFormat("json_schema", schema)


def test_tools_take_the_shape_of_chat() -> None:
    request = turn(tools=[TOOL], tool_choice={"type": "function", "name": "weather"})
    function = {"name": "weather", "parameters": {"type": "object"}, "strict": True}
    assert request.tools == ({"type": "function", "function": function},)
    assert request.tool_choice == ("function", "weather")


def test_an_items_list_becomes_lines_and_calls_in_a_row_one_line() -> None:
    lines = [
        {"role": "user", "content": [{"type": "input_text", "text": "one"}, {"type": "input_text", "text": "two"}]},
        {
            "type": "message",
            "id": "msg_" + "e" * 32,
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "said", "annotations": [], "logprobs": []}],
        },
        {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{}", "id": "fc_1"},
        {"type": "function_call", "call_id": "call_2", "name": "weather", "arguments": "[]"},
        {"type": "function_call_output", "call_id": "call_1", "output": "sunny"},
        {"type": "function_call", "call_id": "call_3", "name": "weather", "arguments": "{}"},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
    ]
    assert items_of_input(body(input=lines).input) == (
        InputItem("user", "one\ntwo"),
        InputItem(
            "assistant",
            "said",
            (ToolCall("call_1", "weather", "{}"), ToolCall("call_2", "weather", "[]")),
            reply_id="e" * 32,
        ),
        InputItem("tool", "sunny", tool_call_id="call_1"),
        InputItem("assistant", "", (ToolCall("call_3", "weather", "{}"),)),
        InputItem("assistant", "no"),
    )


@pytest.mark.parametrize(
    "item",
    [
        InputItem("user", "x"),
        InputItem("assistant", "said", (ToolCall("call_1", "weather", "{}"),), reply_id="e" * 32),
        InputItem("tool", "sunny", tool_call_id="call_1"),
    ],
)
def test_a_stored_line_comes_back_as_it_was(item: InputItem) -> None:
    assert item_of_line(line_of_item(item)) == item


def test_only_an_assistant_line_names_a_reply() -> None:
    lines = [{"type": "message", "id": "msg_" + "e" * 32, "role": "user", "content": "x"}]
    assert items_of_input(body(input=lines).input) == (InputItem("user", "x"),)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_every_refused_parameter_is_named(name: str) -> None:
    error = refused(**{name: {}})
    assert isinstance(error, UnsupportedParameter)
    assert error.param == name


NEUTRAL_VALUES = [
    ("stream_options", {"include_obfuscation": True}),
    ("service_tier", "flex"),
    ("truncation", "auto"),
    ("parallel_tool_calls", False),
    ("background", True),
    ("reasoning", {"effort": "high"}),
    ("prompt_cache_retention", "24h"),
]


@pytest.mark.parametrize(("name", "value"), NEUTRAL_VALUES)
def test_a_neutral_parameter_with_another_value_is_refused_by_name(name: str, value: object) -> None:
    error = refused(**{name: value})
    assert isinstance(error, UnsupportedParameter)
    assert error.param is not None
    assert error.param.split(".")[0] == name


def test_every_neutral_parameter_has_a_test_above() -> None:
    neutral = {name for name in ResponseRequest.model_fields if support_of(ResponseRequest, name) is Support.NEUTRAL}
    assert neutral == {name for name, _ in NEUTRAL_VALUES}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": 5}, "input"),
        ({"input": []}, "input"),
        ({"input": [{"type": "reasoning", "summary": []}]}, "input[0].type"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input[0].content[0].type"),
        ({"input": [{"role": "user"}]}, "input[0].content"),
        ({"include": ["reasoning.encrypted_content"]}, "include[0]"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"text": {"verbosity": "high"}}, "text.verbosity"),
        ({"seed": 1}, "seed"),
        ({"stream_options": {}}, "stream_options"),
        ({"tool_choice": "required"}, "tool_choice"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, Any], param: str) -> None:
    error = refused(**fields)
    assert error.param == param
    assert error.status == 400


def test_the_history_counts_towards_the_longest_conversation() -> None:
    with pytest.raises(TooLarge):
        turn(tuple(InputItem("user", "x") for _ in range(50)))


def done(*choices: Choice, status: str = "complete") -> Completed:
    return Completed("a" * 32, status, choices, 7, 3, {"v": 1}, "d" * 64, "promise\n")  # type: ignore[arg-type]


def whole(completed: Completed, refusal: Refusal | None = None, **fields: Any) -> dict[str, Any]:
    draft = response_object(STARTED, body(**fields), verax=verax_object(STARTED, BASE))
    choice = completed.choices[0] if completed.choices else None
    output = output_items("a" * 32, choice, refusal, with_logprobs=True)
    result = completed_object(draft, completed, output, verax_object(STARTED, BASE, completed))
    Response.model_validate(result)
    reply_models.ResponseObject.model_validate(result)
    return result


def test_a_whole_response_has_output_usage_and_the_verax_object() -> None:
    result = whole(done(Choice("Hi", "stop")), tools=[TOOL], metadata={"a": "b"})
    assert result["output"][0]["content"][0]["text"] == "Hi"
    assert result["output"][0]["id"] == "msg_" + "a" * 32
    assert result["usage"]["total_tokens"] == 10
    assert result["status"] == "completed"
    assert result["metadata"] == {"a": "b"}
    assert result["verax"]["secret"] == "d" * 64


@pytest.mark.parametrize(
    ("status", "text", "reason"),
    [
        ("complete", "x", None),
        ("rewritten", "x", None),
        ("length", "x", "max_output_tokens"),
        ("withdrawn", "x", "content_filter"),
        ("refused", "x", "content_filter"),
    ],
)
def test_how_the_turn_ended_is_told(status: str, text: str, reason: str | None) -> None:
    result = whole(done(Choice(text, "stop"), status=status))
    assert result["incomplete_details"] == (None if reason is None else {"reason": reason})
    assert result["status"] == ("completed" if reason is None else "incomplete")


def test_a_refused_input_is_a_refusal_part() -> None:
    result = whole(done(status="refused"), Refusal("secrets", "No.", "Take it out."))
    assert result["output"][0]["content"] == [{"type": "refusal", "refusal": "No. Take it out."}]
    assert result["status"] == "completed"


def test_calls_are_items_of_their_own() -> None:
    result = whole(done(Choice("", "tool_calls", (ToolCall("call_1", "weather", "{}"),))))
    [call] = result["output"]
    assert call == {
        "id": "fc_1",
        "type": "function_call",
        "status": "completed",
        "call_id": "call_1",
        "name": "weather",
        "arguments": "{}",
    }


class Tape:
    """Runs events through a stream writer and keeps what came out, parsed by OpenAI's types."""

    def __init__(self, **options: Any) -> None:
        self.draft = response_object(STARTED, body(), verax=verax_object(STARTED, BASE))
        self.writer = ResponseStream(STARTED, self.draft, **{"with_logprobs": False, **options})
        self.data = self.writer.opening()

    def run(self, *events: Any) -> list[dict[str, Any]]:
        for event in events:
            if isinstance(event, TextDelta):
                self.data += self.writer.text(event)
            elif isinstance(event, Refusal):
                self.data += self.writer.refusal(event)
            elif isinstance(event, ToolCallDelta):
                self.data += self.writer.tool_call(event)
            elif isinstance(event, Completed):
                self.data += self.writer.close_items()
                response = completed_object(self.draft, event, self.writer.output(), verax_object(STARTED, BASE, event))
                self.data += self.writer.closing(response)
            else:
                self.data += self.writer.closing(failed_object(self.draft, fault_of_event(event)))
        return self.events()

    def events(self) -> list[dict[str, Any]]:
        found = []
        for block in self.data.decode().split("\n\n")[:-1]:
            name, data = block.split("\n")
            event = json.loads(data.removeprefix("data: "))
            assert name == f"event: {event['type']}"
            EVENTS.validate_python(event)
            found.append(event)
        assert [event["sequence_number"] for event in found] == list(range(len(found)))
        return found


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in events]


def test_a_stream_of_text_opens_and_closes_every_part() -> None:
    events = Tape().run(TextDelta("He"), TextDelta("llo"), done(Choice("Hello", "stop")))
    assert kinds(events) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert events[6]["text"] == "Hello"
    assert events[-1]["response"]["output"] == [events[-2]["item"]]
    assert events[-1]["response"]["verax"]["promise"] == "promise\n"
    assert events[0]["response"]["verax"]["release"] == "b" * 64


def test_the_streamed_output_is_the_whole_output() -> None:
    choice = Choice("Hello", "tool_calls", (ToolCall("call_1", "weather", '{"a":1}'),))
    events = Tape().run(
        TextDelta("Hello"), ToolCallDelta(0, '{"a"', 0, "call_1", "weather"), ToolCallDelta(0, ":1}"), done(choice)
    )
    assert events[-1]["response"]["output"] == output_items("a" * 32, choice, None, with_logprobs=False)
    [finished] = [event for event in events if event["type"] == "response.function_call_arguments.done"]
    assert finished["arguments"] == '{"a":1}'


def test_two_calls_are_two_items() -> None:
    events = Tape().run(
        ToolCallDelta(0, "{}", 0, "call_1", "weather"), ToolCallDelta(1, "[]", 0, "call_2", "time"), done()
    )
    assert [item["name"] for item in events[-1]["response"]["output"]] == ["weather", "time"]
    assert kinds(events).count("output_item.done") == 2


def test_a_refusal_after_text_is_a_second_part() -> None:
    events = Tape().run(TextDelta("It is "), Refusal("x", "No.", "Stop."), done(Choice("It is ", "content_filter")))
    parts = events[-1]["response"]["output"][0]["content"]
    assert [part["type"] for part in parts] == ["output_text", "refusal"]
    assert kinds(events).count("content_part.done") == kinds(events).count("content_part.added") == 2


def test_an_empty_reply_still_has_a_message() -> None:
    events = Tape().run(done(Choice("", "stop")))
    assert events[-1]["response"]["output"][0]["content"][0]["text"] == ""
    assert kinds(events).count("output_item.added") == 1


def test_log_probabilities_leave_with_their_text_when_asked() -> None:
    token = TokenLogprob("Hi", -0.5, None, (("Hi", -0.5),))
    events = Tape(with_logprobs=True).run(TextDelta("Hi", 0, (token,)), done(Choice("Hi", "stop")))
    [delta] = [event for event in events if event["type"] == "response.output_text.delta"]
    assert delta["logprobs"][0]["token"] == "Hi"
    assert events[-1]["response"]["output"][0]["content"][0]["logprobs"] == delta["logprobs"]


@pytest.mark.parametrize(("status", "code"), [(502, "server_error"), (429, "rate_limit_exceeded")])
def test_a_failure_in_mid_stream_is_told_in_the_response(status: int, code: str) -> None:
    events = Tape().run(TextDelta("He"), Failed("a" * 32, "model/failed", "it stopped", "again", status))
    assert events[-1]["type"] == "response.failed"
    error = events[-1]["response"]["error"]
    assert error == {"code": code, "message": "it stopped", "reason_code": "model/failed", "hint": "again"}
