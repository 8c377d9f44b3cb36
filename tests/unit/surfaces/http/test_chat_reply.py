"""Events become chat completions that OpenAI's own types accept, whole and in chunks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from verax.models.base import TokenLogprob
from verax.surfaces.http import reply_models
from verax.surfaces.http.chat_reply import DONE, ChatStream, chat_body, error_chunk
from verax.surfaces.http.faults import fault_of_event
from verax.surfaces.http.reply import verax_object
from verax.truth.verdicts import Verdict
from verax.turn.events import (
    Choice,
    ClaimVerdict,
    Completed,
    Failed,
    Refusal,
    Started,
    TextDelta,
    ToolCall,
    ToolCallDelta,
)

BASE = "http://localhost:8420"
STARTED = Started("a" * 32, "assistant", "b" * 64, "c" * 64, "head", "solo", 1_700_000_000_000)
TOKENS = (TokenLogprob("Hi", -0.25, None, (("Hi", -0.25), ("Yo", -1.5))), TokenLogprob("é", -0.5, (195, 169)))


def completed(*choices: Choice, status: str = "complete") -> Completed:
    return Completed("a" * 32, status, choices, 7, 3, {"v": 1}, "d" * 64, "promise\n")  # type: ignore[arg-type]


def stream(**options: Any) -> ChatStream:
    return ChatStream(STARTED, BASE, **{"choices": 1, "with_usage": False, "with_logprobs": False, **options})


def chunks(data: bytes) -> list[dict[str, Any]]:
    lines = [line for line in data.decode().split("\n\n") if line]
    assert all(line.startswith("data: ") for line in lines)
    found = [json.loads(line[6:]) for line in lines if line != "data: [DONE]"]
    for chunk in found:
        ChatCompletionChunk.model_validate(chunk)
    return found


def whole(done: Completed, refusals: dict[int, Refusal] | None = None, **options: Any) -> dict[str, Any]:
    verax = verax_object(STARTED, BASE, done)
    body = chat_body(STARTED, done, refusals or {}, verax=verax, **{"with_logprobs": False, **options})
    ChatCompletion.model_validate(body)
    reply_models.ChatCompletion.model_validate(body)
    return body


def test_a_whole_reply_has_text_usage_and_the_verax_object() -> None:
    body = whole(completed(Choice("Hello", "stop")))
    assert body["choices"][0]["message"]["content"] == "Hello"
    assert body["usage"] == {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    assert body["verax"] == {
        "id": "a" * 32,
        "release": "b" * 64,
        "runtime": "c" * 64,
        "channel": "assistant",
        "arm": "head",
        "mode": "solo",
        "receipt": f"{BASE}/v1/receipts/{'a' * 32}",
        "status": "complete",
        "record": {"v": 1},
        "promise": "promise\n",
        "secret": "d" * 64,
    }


def test_several_choices_keep_their_order_and_reasons() -> None:
    body = whole(completed(Choice("one", "stop"), Choice("two", "length")))
    assert [(c["index"], c["message"]["content"], c["finish_reason"]) for c in body["choices"]] == [
        (0, "one", "stop"),
        (1, "two", "length"),
    ]


def test_a_tool_call_stands_without_content() -> None:
    body = whole(completed(Choice("", "tool_calls", (ToolCall("call_1", "weather", '{"a":1}'),))))
    message = body["choices"][0]["message"]
    assert message["content"] is None
    assert message["tool_calls"] == [
        {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"a":1}'}}
    ]


def test_an_empty_reply_is_empty_text_and_not_null() -> None:
    assert whole(completed(Choice("", "stop")))["choices"][0]["message"]["content"] == ""


def test_a_refused_input_gives_one_choice_with_the_reason_and_what_to_do() -> None:
    refusal = Refusal("secrets", "That holds a password.", "Take it out.")
    body = whole(completed(status="refused"), {0: refusal})
    [choice] = body["choices"]
    assert choice["message"]["refusal"] == "That holds a password. Take it out."
    assert choice["message"]["content"] is None
    assert choice["finish_reason"] == "content_filter"


def test_text_that_left_before_a_refusal_stays_to_the_byte() -> None:
    body = whole(completed(Choice("It is ", "content_filter"), status="refused"), {0: Refusal("x", "No.", "")})
    assert body["choices"][0]["message"]["content"] == "It is "
    assert body["choices"][0]["message"]["refusal"] == "No."


def test_log_probabilities_have_openais_shape() -> None:
    body = whole(completed(Choice("Hié", "stop", (), TOKENS)), with_logprobs=True)
    first, second = body["choices"][0]["logprobs"]["content"]
    assert first["bytes"] == [72, 105]
    assert first["top_logprobs"][1] == {"token": "Yo", "logprob": -1.5, "bytes": [89, 111]}
    assert second["bytes"] == [195, 169]


def test_metadata_comes_back() -> None:
    assert whole(completed(Choice("x", "stop")), metadata={"a": "b"})["metadata"] == {"a": "b"}


def test_verdicts_stand_in_the_verax_object() -> None:
    claim = ClaimVerdict(0, 5, "Hello", Verdict.SUPPORTED, 0.9)
    assert verax_object(STARTED, BASE, None, [claim])["claims"] == [
        {
            "choice": 0,
            "start": 0,
            "end": 5,
            "text": "Hello",
            "verdict": "supported",
            "probability": 0.9,
            "reason": "",
            "contested": False,
            "agreement": None,
            "evidence": [],
        }
    ]


def test_a_stream_opens_with_the_role_and_what_answers() -> None:
    [first] = chunks(stream().opening())
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert first["verax"]["release"] == "b" * 64
    assert "secret" not in first["verax"]


@pytest.mark.parametrize("text", ["Hello", 'say "hi"\n\\', "é\u2028\U0001f600", "\x00\x1f</script>", ""])
@pytest.mark.parametrize("with_usage", [True, False])
def test_text_survives_a_chunk_to_the_character(text: str, with_usage: bool) -> None:
    [chunk] = chunks(stream(with_usage=with_usage).text(TextDelta(text)))
    assert chunk["choices"] == [{"index": 0, "delta": {"content": text}, "logprobs": None, "finish_reason": None}]
    assert ("usage" in chunk) is with_usage
    assert b"\n" not in stream().text(TextDelta(text))[:-2]


def test_text_of_a_later_choice_names_it() -> None:
    [chunk] = chunks(stream(choices=3).text(TextDelta("x", 2)))
    assert chunk["choices"][0]["index"] == 2


def test_every_choice_gets_its_role_and_only_the_first_says_what_answers() -> None:
    opening = chunks(stream(choices=3).opening())
    assert [chunk["choices"][0]["index"] for chunk in opening] == [0, 1, 2]
    assert ["verax" in chunk for chunk in opening] == [True, False, False]


def test_log_probabilities_leave_with_their_text_only_when_asked() -> None:
    [asked] = chunks(stream(with_logprobs=True).text(TextDelta("Hi", 0, TOKENS[:1])))
    assert asked["choices"][0]["logprobs"]["content"][0]["token"] == "Hi"
    [unasked] = chunks(stream().text(TextDelta("Hi", 0, TOKENS[:1])))
    assert unasked["choices"][0]["logprobs"] is None


def test_a_tool_call_names_itself_once() -> None:
    writer = stream()
    [first] = chunks(writer.tool_call(ToolCallDelta(0, '{"a"', 0, "call_1", "weather")))
    [second] = chunks(writer.tool_call(ToolCallDelta(0, ":1}")))
    assert first["choices"][0]["delta"]["tool_calls"] == [
        {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"a"'}}
    ]
    assert second["choices"][0]["delta"]["tool_calls"] == [{"index": 0, "function": {"arguments": ":1}"}}]


def test_the_last_chunk_carries_record_promise_and_secret() -> None:
    data = stream().closing(completed(Choice("x", "stop")))
    assert data.endswith(DONE)
    [last] = chunks(data)
    assert last["choices"][0]["finish_reason"] == "stop"
    assert last["verax"]["record"] == {"v": 1}
    assert last["verax"]["secret"] == "d" * 64


def test_a_usage_chunk_is_last_when_it_was_asked_for() -> None:
    *_, last = chunks(stream(with_usage=True).closing(completed(Choice("x", "stop"))))
    assert last["choices"] == []
    assert last["usage"]["total_tokens"] == 10
    assert last["verax"]["promise"] == "promise\n"


def test_no_chunk_is_without_a_choice_unless_usage_was_asked_for() -> None:
    writer = stream(choices=2)
    data = (
        writer.opening() + writer.text(TextDelta("x")) + writer.claim(ClaimVerdict(0, 1, "x", Verdict.NOT_FOUND, None))
    )
    data += writer.refusal(Refusal("x", "No.", "Ask otherwise."))
    data += writer.closing(completed(Choice("x", "stop"), Choice("", "stop")))
    assert all(len(chunk["choices"]) == 1 for chunk in chunks(data))


def test_a_refused_input_ends_the_stream_with_a_reason_to_finish() -> None:
    writer = stream()
    [said] = chunks(writer.refusal(Refusal("secrets", "No.", "Take it out.")))
    assert said["choices"][0]["delta"] == {"refusal": "No. Take it out."}
    [last] = chunks(writer.closing(completed(status="refused")))
    assert last["choices"][0]["finish_reason"] == "content_filter"
    assert last["verax"]["status"] == "refused"


def test_an_error_in_mid_stream_has_the_same_shape_and_its_status_inside() -> None:
    failed = Failed("a" * 32, "model/failed", "the model stopped", "try again", 502)
    [chunk] = [json.loads(line[6:]) for line in error_chunk(fault_of_event(failed)).decode().split("\n\n") if line]
    assert chunk == {
        "error": {
            "message": "the model stopped",
            "type": "server_error",
            "param": None,
            "code": "model/failed",
            "hint": "try again",
            "status": 502,
        },
        "verax": {"id": "a" * 32},
    }
