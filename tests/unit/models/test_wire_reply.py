from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.errors import ModelError
from verax.models.base import Delta, Finish, ModelEvent, TokenLogprob, ToolDelta, Usage
from verax.models.wire_reply import MAX_REPLY_CHARS, ReplyReader


def read(reader: ReplyReader, choice: dict[str, Any], **more: Any) -> list[ModelEvent]:
    return reader.read(json.dumps({"choices": [choice], **more}).encode())


def test_a_stream_becomes_events() -> None:
    reader = ReplyReader(1)
    assert read(reader, {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}) == []
    assert read(reader, {"index": 0, "delta": {"content": "Hi"}}) == [Delta("Hi")]
    assert not reader.is_complete
    assert read(reader, {"index": 0, "delta": {}, "finish_reason": "length"}) == [Finish("length")]
    assert reader.read(b'{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}') == []
    reader.check_complete()
    assert (reader.is_complete, reader.usage) == (True, Usage(3, 4))


def test_a_whole_answer_becomes_events() -> None:
    reader = ReplyReader(2)
    choices = [{"index": i, "message": {"content": f"t{i}"}, "finish_reason": "stop"} for i in range(2)]
    events = reader.read(json.dumps({"choices": choices, "usage": {"prompt_tokens": 1}}).encode())
    assert events == [Delta("t0"), Finish("stop"), Delta("t1", 1), Finish("stop", 1)]
    assert reader.usage == Usage(1, 0)


def test_a_tool_call_is_named_once() -> None:
    reader = ReplyReader(1)
    first = {"index": 0, "id": "c", "function": {"name": "f", "arguments": '{"a"'}}
    assert read(reader, {"index": 0, "delta": {"tool_calls": [first]}}) == [ToolDelta(0, '{"a"', 0, "c", "f")]
    more = {"index": 0, "id": "c", "function": {"name": "f", "arguments": ":1}"}}
    assert read(reader, {"index": 0, "delta": {"tool_calls": [more]}}) == [ToolDelta(0, ":1}")]
    assert read(reader, {"index": 0, "delta": {}, "finish_reason": "tool_calls"}) == [Finish("tool_calls")]


def test_calls_of_a_whole_answer_are_numbered_and_given_an_id_where_they_have_none() -> None:
    calls = [{"function": {"name": name, "arguments": "{}"}} for name in ("f", "g")]
    events = read(ReplyReader(1), {"index": 0, "message": {"content": None, "tool_calls": calls}})
    assert events == [ToolDelta(0, "{}", 0, "call_0_0", "f"), ToolDelta(1, "{}", 0, "call_0_1", "g")]


def test_log_probabilities_are_read() -> None:
    content = [{"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": [{"token": "b", "logprob": -1}]}]
    events = read(ReplyReader(1), {"index": 0, "delta": {"content": "a"}, "logprobs": {"content": content}})
    assert events == [Delta("a", 0, (TokenLogprob("a", -0.5, (97,), (("b", -1.0),)),))]


def test_reasoning_is_not_the_reply() -> None:
    assert read(ReplyReader(1), {"index": 0, "delta": {"reasoning_content": "hm", "content": None}}) == []


@pytest.mark.parametrize("found", ["stop", "eos", "something new"])
def test_an_unknown_reason_is_a_plain_stop(found: str) -> None:
    assert read(ReplyReader(1), {"index": 0, "delta": {}, "finish_reason": found}) == [Finish("stop")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"not json", "model/protocol"),
        (b"[]", "model/protocol"),
        (b"7", "model/protocol"),
        (b'{"choices":7}', "model/protocol"),
        (b'{"choices":[7]}', "model/protocol"),
        (b'{"choices":[{"index":1,"delta":{"content":"x"}}]}', "model/protocol"),
        (b'{"choices":[{"index":-1,"delta":{"content":"x"}}]}', "model/protocol"),
        (b'{"choices":[{"index":0,"delta":{"tool_calls":[{"function":{}}]}}]}', "model/protocol"),
        (b'{"choices":[{"index":0,"delta":{},"logprobs":{"content":[{}]}}]}', "model/protocol"),
        (b'{"choices":[],"usage":{"prompt_tokens":"many"}}', "model/protocol"),
        (b"[" * 100_000, "model/protocol"),
        (b'{"error":{"message":"secret prompt text"}}', "model/upstream-error"),
        (b'{"choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]}', "model/filtered"),
    ],
)
def test_what_is_no_chat_completion_fails_and_is_not_quoted(data: bytes, code: str) -> None:
    with pytest.raises(ModelError) as raised:
        ReplyReader(1).read(data)
    assert raised.value.reason_code == code
    assert "secret" not in str(raised.value)


def test_a_reply_has_a_largest_size() -> None:
    reader = ReplyReader(1)
    for _ in range(MAX_REPLY_CHARS // 2**20):
        read(reader, {"index": 0, "delta": {"content": "x" * 2**20}})
    with pytest.raises(ModelError):
        read(reader, {"index": 0, "delta": {"content": "x"}})


def test_a_reply_with_a_choice_missing_is_not_complete() -> None:
    reader = ReplyReader(2)
    read(reader, {"index": 0, "delta": {}, "finish_reason": "stop"})
    with pytest.raises(ModelError, match="ended in the middle"):
        reader.check_complete()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["choices", "delta", "content", "index", "usage", "tool_calls", "function", "name", "error", "logprobs"]
    ), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(value=json_values)
def test_any_json_gives_events_or_a_model_error(value: object) -> None:
    try:
        events = ReplyReader(1).read(json.dumps(value).encode())
    except ModelError:
        return
    assert isinstance(events, list)
