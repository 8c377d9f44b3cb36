"""The unmodified `openai` client for Python against a real server: every feature that is honoured."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

from verax.kernel.note import VerifierKey
from verax.kernel.promise import open_promise
from verax.kernel.receipt import Receipt, verify_receipt
from verax.testing.http_world import HttpWorld
from verax.testing.running_server import RunningServer, run_server

LIMIT_S = 30
HAMLET = "Hamlet was written by William Shakespeare."
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        "strict": True,
    },
}
WEATHER_TOOL: Any = {"type": "function", **WEATHER["function"]}


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer[HttpWorld]]:
    with run_server(lambda: HttpWorld.open(rate_per_minute=None)) as running:
        yield running


@pytest.fixture(scope="module")
def key(server: RunningServer[HttpWorld]) -> str:
    return server.call(server.installation.make_key())


@pytest.fixture
def client(server: RunningServer[HttpWorld], key: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0, timeout=LIMIT_S) as opened:
        yield opened


def user(text: str) -> Any:
    return [{"role": "user", "content": text}]


def receipt_of(server: RunningServer[HttpWorld], url: str, key: str) -> Receipt:
    """Return an integrated receipt."""
    server.call(server.installation.settle())
    response = httpx.get(url, headers={"authorization": f"Bearer {key}"}, timeout=LIMIT_S)
    assert response.status_code == 200
    return Receipt.parse(response.content)


def test_channels_are_listed_and_found(client: OpenAI) -> None:
    junior = ["junior/2-4", "junior/5-7", "junior/8-12"]
    assert [model.id for model in client.models.list()] == ["assistant", "frozen", *junior, "native"]
    assert client.models.retrieve("assistant").owned_by.startswith("verax.test/")


def test_a_reply_comes_with_a_receipt_that_proves_it(
    client: OpenAI, server: RunningServer[HttpWorld], key: str
) -> None:
    reply = client.chat.completions.create(model="assistant", messages=user("Who wrote Hamlet?"))
    assert reply.choices[0].message.content == HAMLET
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage is not None
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + 6
    verax: Any = reply.model_extra and reply.model_extra["verax"]
    assert reply._request_id == verax["id"]
    keys = [VerifierKey.parse(line) for line in httpx.get(f"{server.url}/log/key").text.splitlines()]
    receipt = receipt_of(server, verax["receipt"], key)
    assert verify_receipt(receipt, keys, HAMLET.encode()).is_verified
    assert receipt.record.to_dict() == verax["record"]
    promiser = server.installation.world.receipts._replies.promise_key
    assert open_promise(verax["promise"].encode(), [promiser]).origin == receipt.record.log


def test_a_stream_gives_the_same_text_usage_and_the_verax_object(client: OpenAI) -> None:
    stream = client.chat.completions.create(
        model="assistant",
        messages=user("Who wrote Hamlet?"),
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == HAMLET
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 6
    last: Any = chunks[-1].model_extra
    assert last["verax"]["status"] == "complete"
    assert last["verax"]["secret"]


def test_the_streaming_helper_assembles_the_reply(client: OpenAI) -> None:
    with client.chat.completions.stream(model="assistant", messages=user("Who wrote Hamlet?")) as stream:
        for _ in stream:
            pass
        assert stream.get_final_completion().choices[0].message.content == HAMLET


def test_every_message_role_and_text_parts_are_read(client: OpenAI, server: RunningServer[HttpWorld]) -> None:
    messages: Any = [
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
        {"role": "user", "content": [{"type": "text", "text": "first"}, {"type": "text", "text": "second"}]},
        {"role": "assistant", "content": "I said so."},
        {"role": "user", "content": "Echo this"},
    ]
    reply = client.chat.completions.create(model="assistant", messages=messages)
    assert reply.choices[0].message.content == "Echo this"
    segments = server.installation.world.backends.backend.calls[-1].segments  # type: ignore[attr-defined]
    by = {segment.text: segment.by for segment in segments}
    assert by["Be brief."] == by["Be kind."] == by["I said so."] == "app"
    assert by["first\nsecond"] == by["Echo this"] == "user"


def test_a_reply_can_be_sent_back_as_it_came(client: OpenAI) -> None:
    reply = client.chat.completions.create(model="assistant", messages=user("Who wrote Hamlet?"))
    back: Any = [*user("Who wrote Hamlet?"), reply.choices[0].message, *user("Thanks")]
    assert client.chat.completions.create(model="assistant", messages=back).choices[0].message.content == "Thanks"


def test_sampling_parameters_reach_the_model(client: OpenAI, server: RunningServer[HttpWorld]) -> None:
    client.chat.completions.create(
        model="assistant",
        messages=user("Hello"),
        temperature=0.25,
        top_p=0.5,
        presence_penalty=0.5,
        frequency_penalty=-0.5,
        max_completion_tokens=100,
        seed=1234,
    )
    options = server.installation.world.backends.backend.calls[-1].options  # type: ignore[attr-defined]
    assert (options.temperature, options.top_p) == (0.25, 0.5)
    assert (options.presence_penalty, options.frequency_penalty) == (0.5, -0.5)
    assert (options.max_tokens, options.seed) == (100, 1234)


def test_stop_and_max_tokens_end_the_text(client: OpenAI) -> None:
    stopped = client.chat.completions.create(model="assistant", messages=user("Hamlet"), stop=["William"])
    assert stopped.choices[0].message.content == "Hamlet was written by "
    assert stopped.choices[0].finish_reason == "stop"
    cut = client.chat.completions.create(model="assistant", messages=user("Hamlet"), max_tokens=2)
    assert cut.choices[0].message.content == "Hamlet was "
    assert cut.choices[0].finish_reason == "length"


@pytest.mark.parametrize("stream", [False, True])
def test_several_choices_are_told_apart(client: OpenAI, stream: bool) -> None:
    texts = ["", "", ""]
    if stream:
        for chunk in client.chat.completions.create(model="assistant", messages=user("several"), n=3, stream=True):
            for piece in chunk.choices:
                texts[piece.index] += piece.delta.content or ""
    else:
        reply = client.chat.completions.create(model="assistant", messages=user("several"), n=3)
        texts = [choice.message.content or "" for choice in reply.choices]
    assert texts == ["one", "two", "three"]


@pytest.mark.parametrize("stream", [False, True])
def test_log_probabilities_come_token_by_token(client: OpenAI, stream: bool) -> None:
    options: Any = {"model": "assistant", "messages": user("Hamlet"), "logprobs": True, "top_logprobs": 2}
    tokens: list[Any] = []
    if stream:
        for chunk in client.chat.completions.create(**options, stream=True):
            tokens += (chunk.choices[0].logprobs and chunk.choices[0].logprobs.content) or []
    else:
        tokens = client.chat.completions.create(**options).choices[0].logprobs.content
    assert "".join(token.token for token in tokens) == HAMLET
    assert [len(token.top_logprobs) for token in tokens] == [2] * len(tokens)
    assert bytes(tokens[0].bytes) == b"Hamlet "


def test_a_tool_is_called_and_its_answer_is_read(client: OpenAI) -> None:
    for model, question in (("assistant", "call the tool"), ("native", "use native tools")):
        asked = client.chat.completions.create(model=model, messages=user(question), tools=[WEATHER])
        message = asked.choices[0].message
        assert asked.choices[0].finish_reason == "tool_calls"
        assert message.content is None
        assert message.tool_calls is not None
        call: Any = message.tool_calls[0]
        assert json.loads(call.function.arguments) == {"city": "Oslo"}
        answered: Any = [*user(question), message, {"role": "tool", "tool_call_id": call.id, "content": "Sunny."}]
        told = client.chat.completions.create(model=model, messages=[*answered, *user("Hamlet")])
        assert told.choices[0].message.content == HAMLET


def test_tool_calls_are_streamed(client: OpenAI) -> None:
    choice: Any = {"type": "function", "function": {"name": "weather"}}
    with client.chat.completions.stream(
        model="assistant", messages=user("call the tool"), tools=[WEATHER], tool_choice=choice
    ) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    assert "tool_calls.function.arguments.done" in kinds
    [call] = final.choices[0].message.tool_calls or []
    assert call.function.name == "weather"
    assert final.choices[0].finish_reason == "tool_calls"


class Person(BaseModel):
    name: str
    age: int


def test_output_is_parsed_into_a_model(client: OpenAI) -> None:
    reply = client.chat.completions.parse(model="assistant", messages=user("answer in JSON"), response_format=Person)
    assert reply.choices[0].message.parsed == Person(name="Ann", age=7)
    plain = client.chat.completions.create(
        model="assistant", messages=user("answer in JSON"), response_format={"type": "json_object"}
    )
    assert json.loads(plain.choices[0].message.content or "") == {"name": "Ann", "age": 7}


def test_metadata_comes_back(client: OpenAI) -> None:
    reply = client.chat.completions.create(model="assistant", messages=user("x"), metadata={"job": "7"})
    assert reply.metadata == {"job": "7"}


@pytest.mark.parametrize("encoding", ["float", "base64", None])
def test_embeddings_come_in_order(client: OpenAI, encoding: Any) -> None:
    options: Any = {} if encoding is None else {"encoding_format": encoding}
    reply = client.embeddings.create(model="assistant", input=["one", "two"], **options)
    assert [item.index for item in reply.data] == [0, 1]
    if encoding != "base64":
        assert len(reply.data[0].embedding) == 8
        again = client.embeddings.create(model="assistant", input="two", encoding_format="float")
        assert reply.data[1].embedding == pytest.approx(again.data[0].embedding, abs=1e-6)


def test_a_response_is_created_continued_retrieved_and_deleted(client: OpenAI) -> None:
    first = client.responses.create(model="assistant", input="Hamlet", instructions="Be brief.", metadata={"a": "b"})
    assert first.output_text == HAMLET
    assert first.status == "completed"
    assert first.usage is not None
    second = client.responses.create(model="assistant", input="And then?", previous_response_id=first.id)
    assert second.output_text == "And then?"
    found = client.responses.retrieve(second.id)
    assert found.output_text == "And then?"
    assert found.previous_response_id == first.id
    client.responses.delete(second.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(second.id)


def test_a_stored_reply_stands_in_the_prompt_as_the_assistants_own(
    client: OpenAI, server: RunningServer[HttpWorld]
) -> None:
    first = client.responses.create(model="assistant", input="Hamlet")
    client.responses.create(model="assistant", input="Go on", previous_response_id=first.id)
    segments = server.installation.world.backends.backend.calls[-1].segments  # type: ignore[attr-defined]
    assert {segment.by for segment in segments if segment.text == HAMLET} == {"assistant"}


def test_a_response_is_streamed(client: OpenAI) -> None:
    with client.responses.stream(model="assistant", input="Hamlet") as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert final.output_text == HAMLET
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert kinds.count("response.output_text.delta") == 6


def test_a_response_calls_a_function_and_reads_its_output(client: OpenAI) -> None:
    first = client.responses.create(model="assistant", input="call the tool", tools=[WEATHER_TOOL])
    [call] = first.output
    assert call.type == "function_call"
    assert json.loads(call.arguments) == {"city": "Oslo"}
    output: Any = [{"type": "function_call_output", "call_id": call.call_id, "output": "Sunny."}, *user("Hamlet")]
    second = client.responses.create(model="assistant", input=output, previous_response_id=first.id)
    assert second.output_text == HAMLET
    items: Any = [*user("call the tool"), call, output[0], *user("Hamlet")]
    assert client.responses.create(model="assistant", input=items).output_text == HAMLET


def test_a_response_is_parsed_into_a_model(client: OpenAI) -> None:
    reply = client.responses.parse(model="assistant", input="answer in JSON", text_format=Person)
    assert reply.output_parsed == Person(name="Ann", age=7)


def test_a_response_at_its_limit_is_incomplete(client: OpenAI) -> None:
    reply = client.responses.create(model="assistant", input="Hamlet", max_output_tokens=2)
    assert reply.status == "incomplete"
    assert reply.incomplete_details is not None
    assert reply.incomplete_details.reason == "max_output_tokens"


def test_errors_become_the_clients_own_exceptions(client: OpenAI, server: RunningServer[HttpWorld]) -> None:
    with pytest.raises(openai.NotFoundError, match="assistant"):
        client.chat.completions.create(model="gpt-4o", messages=user("x"))
    with pytest.raises(openai.BadRequestError) as unsupported:
        client.chat.completions.create(model="assistant", messages=user("x"), logit_bias={"1": 5})
    assert unsupported.value.param is not None
    assert unsupported.value.param.startswith("logit_bias")
    assert unsupported.value.code == "request/unsupported-parameter"
    with pytest.raises(openai.BadRequestError) as too_many:
        client.chat.completions.create(model="assistant", messages=user("x"), max_completion_tokens=100_000)
    assert too_many.value.param == "max_completion_tokens"
    with pytest.raises(openai.BadRequestError) as renamed:
        client.responses.create(model="assistant", input="x", max_output_tokens=100_000)
    assert renamed.value.param == "max_output_tokens"
    with pytest.raises(openai.InternalServerError) as frozen:
        client.chat.completions.create(model="frozen", messages=user("x"))
    assert frozen.value.code == "governance/frozen"
    with pytest.raises(openai.AuthenticationError):
        OpenAI(base_url=f"{server.url}/v1", api_key="vx-wrong", max_retries=0).models.list()


def test_a_frozen_channel_is_not_asked_again_and_again(server: RunningServer[HttpWorld], key: str) -> None:
    seen: list[str] = []
    http = httpx.Client(event_hooks={"request": [lambda request: seen.append(request.url.path)]})
    patient = OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=5, http_client=http)
    with pytest.raises(openai.InternalServerError):
        patient.chat.completions.create(model="frozen", messages=user("x"))
    assert seen == ["/v1/chat/completions"]
    patient.close()


def test_raw_responses_show_the_turns_id(client: OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(model="assistant", messages=user("x"))
    body: Any = raw.parse().model_extra
    assert raw.headers["x-verax-turn"] == body["verax"]["id"]


async def test_many_turns_run_beside_each_other(server: RunningServer[HttpWorld], key: str) -> None:
    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0, timeout=LIMIT_S) as client:

        async def ask(number: int) -> bool:
            text = f"question {number} with more words"
            if number % 2:
                reply = await client.chat.completions.create(model="assistant", messages=user(text))
                return reply.choices[0].message.content == text
            stream = await client.chat.completions.create(model="assistant", messages=user(text), stream=True)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream]) == text

        assert all(await asyncio.gather(*(ask(number) for number in range(60))))


async def test_leaving_a_stream_cancels_the_turn_and_records_it(server: RunningServer[HttpWorld], key: str) -> None:
    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0, timeout=LIMIT_S) as client:
        stream = await client.chat.completions.create(model="assistant", messages=user("slowly"), stream=True)
        first = await anext(aiter(stream))
        await stream.close()
    verax: Any = first.model_extra and first.model_extra["verax"]
    receipt = await asyncio.to_thread(receipt_of, server, verax["receipt"], key)
    assert receipt.record.status == "cancelled"
