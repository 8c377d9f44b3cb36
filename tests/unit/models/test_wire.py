from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.errors import RequestError
from verax.kernel.release import Release
from verax.kernel.segments import Segment
from verax.models.base import ModelCall, Options
from verax.models.wire import embedding_body, request_body, wire_messages
from verax.testing.releases import manifest_toml

MODEL = 'backend = "remote"\nname = "big-model"\nurl = "http://localhost:9/v1"\ncontext_tokens = 4096'
RELEASE = Release.from_toml(manifest_toml("Be brief.", model=MODEL))
NATIVE = Release.from_toml(manifest_toml("Be brief.", model=MODEL, rest='[tools]\nstyle = "native"'))
SEGMENTS = (Segment("release", "system", "Be brief."), Segment("user", "user", "Grüße, 世界"))
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
CALLS = [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}}]


def body(options: Options | None = None, *, release: Release = RELEASE, stream: bool = True) -> Any:
    return json.loads(request_body(ModelCall(release, SEGMENTS, options or Options(), stream)))


def test_the_body_is_these_bytes() -> None:
    expected = (
        '{"model":"big-model","messages":[{"role":"system","content":"Be brief."},'
        '{"role":"user","content":"Grüße, 世界"}],"stream":true,"stream_options":{"include_usage":true},'
        '"max_tokens":512,"temperature":0.7,"top_p":1.0,"seed":3}'
    )
    assert request_body(ModelCall(RELEASE, SEGMENTS, Options(seed=3))) == expected.encode("utf-8")


def test_a_reply_in_one_piece_is_asked_for_without_stream_options() -> None:
    found = body(stream=False)
    assert found["stream"] is False and "stream_options" not in found


def test_every_option_changes_the_body() -> None:
    """A field of Options that nothing here looks at would be silently ignored."""
    changed: dict[str, Any] = {
        "temperature": 0.1, "top_p": 0.5, "top_k": 3, "repeat_penalty": 1.2, "presence_penalty": 0.5,
        "frequency_penalty": 0.5, "max_tokens": 7, "seed": 9, "stop": ("x",), "n": 2, "top_logprobs": 3,
        "schema": {"type": "string"},
    }  # fmt: skip
    usual = body()
    for name, value in changed.items():
        assert body(replace(Options(), **{name: value})) != usual, name
    # Tools come from segments, so that the prompt's digest covers them; the choice stands with them.
    assert {field.name for field in fields(Options)} == {*changed, "tools", "tool_choice"}


def test_values_stand_under_the_names_that_servers_know() -> None:
    found = body(Options(top_k=5, repeat_penalty=1.1, top_logprobs=0, stop=("a", "b")))
    assert (found["top_k"], found["repetition_penalty"], found["stop"]) == (5, 1.1, ["a", "b"])
    assert (found["logprobs"], found["top_logprobs"]) == (True, 0)


def test_any_json_object_and_a_schema_are_asked_for_in_their_own_ways() -> None:
    assert body(Options(schema={"type": "object"}))["response_format"] == {"type": "json_object"}
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    assert body(Options(schema=schema))["response_format"]["json_schema"]["schema"] == schema


def test_consecutive_segments_of_one_role_are_one_message() -> None:
    segments = (
        Segment("release", "system", "One"), Segment("release", "system", "\n\n"), Segment("app", "system", "two"),
        Segment("user", "user", "three"),
    )  # fmt: skip
    assert wire_messages(segments, native=False) == [
        {"role": "system", "content": "One\n\ntwo"},
        {"role": "user", "content": "three"},
    ]


def test_native_tools_unfold_into_the_shapes_of_the_api() -> None:
    segments = (
        Segment("release", "system", "Be brief."),
        Segment("app", "tools", json.dumps([TOOL])),
        Segment("user", "user", "Weather in Rome?"),
        Segment("app", "assistant", "I will look."),
        Segment("app", "tool_calls", json.dumps(CALLS)),
        Segment("tool", "tool", '{"content":"sunny","tool_call_id":"c1"}'),
        Segment("release", "tool", "\n\n"),
        Segment("tool", "tool", '{"content":"warm","tool_call_id":"c2"}'),
        Segment("app", "tool_calls", json.dumps(CALLS)),
        Segment("release", "tool_calls", "\n\n"),
        Segment("app", "tool_calls", json.dumps(CALLS)),
    )
    found = json.loads(request_body(ModelCall(NATIVE, segments, Options(tool_choice="required"))))
    assert found["tools"] == [TOOL]
    assert found["tool_choice"] == "required"
    assert found["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Weather in Rome?"},
        {"role": "assistant", "content": "I will look.", "tool_calls": CALLS},
        {"role": "tool", "content": "sunny", "tool_call_id": "c1"},
        {"role": "tool", "content": "warm", "tool_call_id": "c2"},
        {"role": "assistant", "content": None, "tool_calls": CALLS * 2},
    ]


def test_without_native_tools_a_result_is_a_line_that_every_server_accepts() -> None:
    segments = (Segment("user", "user", "q"), Segment("app", "assistant", "{}"), Segment("tool", "tool", "sunny"))
    assert wire_messages(segments, native=False)[-1] == {"role": "user", "content": "sunny"}


@pytest.mark.parametrize(("role", "text"), [("tools", "{}"), ("tools", "no"), ("tool_calls", '"x"'), ("tool", "[]")])
def test_a_native_segment_without_its_json_is_refused(role: Any, text: str) -> None:
    with pytest.raises(RequestError) as raised:
        request_body(ModelCall(NATIVE, (Segment("app", role, text),), Options()))
    assert raised.value.param == "tools"


@given(texts=st.lists(st.text(st.characters(codec="utf-8"), max_size=30), min_size=1, max_size=6))
def test_the_same_segments_always_give_the_same_bytes_and_no_text_is_changed(texts: list[str]) -> None:
    segments = tuple(Segment("user", "user" if i % 2 else "assistant", text) for i, text in enumerate(texts))
    first, second = (request_body(ModelCall(RELEASE, segments, Options())) for _ in range(2))
    assert first == second
    assert [message["content"] for message in json.loads(first)["messages"]] == texts


def test_embeddings_are_asked_for_in_one_request() -> None:
    assert embedding_body("m", ["a", "世"]) == '{"model":"m","input":["a","世"]}'.encode()
