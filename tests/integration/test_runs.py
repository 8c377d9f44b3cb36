"""Runs over real sockets: dropped, resumed, watched by two, stopped, refused, withdrawn, and never lost."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from verax.kernel.errors import BusyError, ModelError
from verax.surfaces.http import conversation_models as models
from verax.surfaces.http import runs as run_endpoints
from verax.testing.http_world import HttpWorld
from verax.testing.running_server import RunningServer, run_server
from verax.testing.scripted import Reply, Rule, ScriptedBackend
from verax.testing.talk import Talk, events_of

LIMIT_S = 60
WORDS = "one two three four five six seven"
BROKEN = ModelError("model server: the connection broke", hint="ask again", code="model/cut-short")
ODD = (
    "\u05e9\u05dc\u05d5\u05dd \u202ertl\u202c e\u0301 \U0001f469\u200d\U0001f680 \u0000 \ufeff "
    "<script>alert(1)</script> [x](javascript:alert(1)) ![i](http://x/y.png)"
)


class Steps:
    """Lets a scripted model say one word for each `step`; `run` lets it say all."""

    def __init__(self) -> None:
        self._steps = threading.Semaphore(0)
        self._free = threading.Event()

    def step(self, count: int = 1) -> None:
        self._steps.release(count)

    def run(self) -> None:
        self._free.set()
        self.step(1000)

    async def sleep(self, seconds: float) -> None:
        if not self._free.is_set():
            assert await asyncio.to_thread(self._steps.acquire, timeout=LIMIT_S)


@dataclass
class Stage:
    """A server whose model waits for the test."""

    server: RunningServer[HttpWorld]
    steps: Steps

    @property
    def world(self) -> HttpWorld:
        return self.server.installation


@pytest.fixture
def stage() -> Iterator[Stage]:
    steps = Steps()
    backend = ScriptedBackend(
        [
            Rule("^slowly", Reply((WORDS,), delay_s=1)),
            Rule("^sentences", Reply(("One. Two. Three. Four.",), delay_s=1)),
            Rule("^fail$", Reply(("nothing",), fails=BROKEN)),
            Rule("^fail midway", Reply((WORDS,), fails=BROKEN, fails_after=3)),
            Rule("^busy", Reply(refuses=BusyError("model: every slot is taken", retry_after_s=3))),
            Rule("^defect", Reply((WORDS,), fails=ZeroDivisionError("a defect"), fails_after=2)),
            Rule("^key", "It is sk-" + "a1" * 20 + "."),
        ],
        sleep=steps.sleep,
    )

    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[HttpWorld]:
        async with HttpWorld.open(backend, rate_per_minute=None) as world:
            yield world

    with run_server(opened) as server:
        yield Stage(server, steps)
        steps.run()


@pytest.fixture
def talk(stage: Stage) -> Iterator[Talk]:
    with Talk.begin(stage.server) as begun:
        yield begun


class Reader:
    """One connection to the events of a run."""

    def __init__(self, talk: Talk, run_id: str, after: int = 0, headers: dict[str, str] | None = None) -> None:
        path = f"{talk.path}/runs/{run_id}/events"
        params = {"after": after} if after else {}
        self._stack = contextlib.ExitStack()
        response = self._stack.enter_context(talk.client.stream("GET", path, params=params, headers=headers))
        response.raise_for_status()
        self.headers = response.headers
        self._events = events_of(response.iter_lines())

    def next(self) -> tuple[int, dict[str, Any]]:
        return next(self._events)

    def rest(self) -> list[tuple[int, dict[str, Any]]]:
        return list(self._events)

    def drop(self) -> None:
        self._stack.close()


def text_of(events: list[dict[str, Any]]) -> str:
    return "".join(event["text"] for event in events if event["type"] == "text")


def error_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def test_a_reader_that_drops_after_every_event_reads_what_an_uninterrupted_one_reads(stage: Stage, talk: Talk) -> None:
    run = talk.say("", "slowly")["run"]["id"]
    whole = Reader(talk, run)
    number, pieces, kinds = 0, [], []
    while kinds[-1:] != ["completed"]:
        reader = Reader(talk, run, number)
        if kinds[-1:] != ["started"]:  # it comes together with the first word
            stage.steps.step()
        number, event = reader.next()
        reader.drop()
        kinds.append(event["type"])
        pieces.append(event)
        if event["type"] == "text":
            assert WORDS.startswith(text_of(pieces))
    uninterrupted = [event for _, event in whole.rest()]
    assert text_of(pieces) == text_of(uninterrupted) == WORDS
    assert kinds.count("text") == 7
    assert [event for event in pieces if event["type"] != "text"] == [
        event for event in uninterrupted if event["type"] != "text"
    ]
    for after in range(number + 1):
        replayed = [event for _, event in Reader(talk, run, after).rest()]
        assert text_of(pieces[:after]) + text_of(replayed) == WORDS
        assert (replayed[-1]["type"] if replayed else "") == ("completed" if after < number else "")


def test_a_browsers_own_way_of_coming_back_works_too(stage: Stage, talk: Talk) -> None:
    run = talk.say("", "slowly")["run"]["id"]
    stage.steps.step(2)
    reader = Reader(talk, run)
    reader.next()
    number, _ = reader.next()
    reader.drop()
    stage.steps.run()
    again = Reader(talk, run, headers={"last-event-id": str(number)})
    assert again.headers["content-type"].startswith("text/event-stream")
    assert again.headers["cache-control"] == "no-store"
    assert again.headers["x-accel-buffering"] == "no"
    rest = [event for _, event in again.rest()]
    assert rest[-1]["type"] == "completed"
    assert not text_of(rest).startswith("one")
    path = f"{talk.path}/runs/{run}/events"
    for wrong in ("-1", "x", "1.5", "9" * 20):
        assert talk.client.get(path, params={"after": wrong}).status_code == 400
        assert talk.client.get(path, headers={"last-event-id": wrong}).status_code == 400
    assert talk.client.get(path, params={"after": 10**6}).text == ""


def test_two_tabs_watch_one_run_and_either_may_stop_it(stage: Stage, talk: Talk) -> None:
    begun = talk.say("", "slowly")
    stage.steps.step(3)
    one, other = Reader(talk, begun["run"]["id"]), Reader(talk, begun["run"]["id"])
    assert one.next() == other.next()
    for tab in (one, other):
        heard = ""
        while heard != "one two three ":
            heard += tab.next()[1]["text"]
    running = talk.client.get(talk.path).json()["running"]
    assert running == [{"id": begun["run"]["id"], "parent_id": begun["message"]["id"]}]
    assert talk.post(f"/runs/{begun['run']['id']}/stop").status_code == 204
    ends = [tab.rest()[-1][1] for tab in (one, other)]
    assert ends[0] == ends[1]
    assert ends[0]["status"] == "cancelled"
    kept = talk.messages()["data"][1]
    assert kept == ends[0]["message"]
    assert kept["text"] == "one two three "
    assert talk.client.get(talk.path).json()["running"] == []


def test_what_was_delivered_is_what_the_record_commits_to(stage: Stage, talk: Talk) -> None:
    run = talk.say("", "slowly")["run"]["id"]
    reader = Reader(talk, run)
    stage.steps.step(2)
    while "two" not in reader.next()[1].get("text", ""):
        pass
    talk.post(f"/runs/{run}/stop")
    kept = talk.messages()["data"][1]
    turn = stage.server.call(stage.world.turns.get(kept["turn"]["id"]))
    assert turn.reply == kept["text"].encode()
    assert turn.record.status == kept["turn"]["status"] == "cancelled"


def test_stopping_twice_and_after_the_end_is_no_error(stage: Stage, talk: Talk) -> None:
    run = talk.say("", "slowly")["run"]["id"]
    assert [talk.post(f"/runs/{run}/stop").status_code for _ in range(2)] == [204, 204]
    (answer,) = [m for m in talk.messages()["data"] if m["role"] == "assistant"]
    assert (answer["text"], answer["turn"]["status"]) == ("", "cancelled")
    stage.steps.run()
    done = talk.ask(answer["parent_id"], None)
    assert done["text"] == WORDS


def test_a_run_that_nobody_watches_is_finished(stage: Stage, talk: Talk) -> None:
    run = talk.say("", "slowly")["run"]["id"]
    stage.steps.step()
    reader = Reader(talk, run)
    reader.next()
    reader.drop()
    stage.steps.run()
    stage.server.call(stage.world.runs.close(LIMIT_S))
    assert [message["text"] for message in talk.messages()["data"]] == ["slowly", WORDS]


def test_the_answer_is_stored_before_its_last_event_leaves(stage: Stage, talk: Talk) -> None:
    stage.steps.run()
    begun = talk.say("", "slowly")
    last = talk.watch(begun["run"]["id"])[-1]
    assert talk.messages()["data"][1] == last["message"]
    assert talk.client.get(talk.path).json()["leaf_id"] == last["message"]["id"]


@pytest.mark.parametrize(
    ("asked", "text", "code"),
    [
        ("fail", "", "model/cut-short"),
        ("fail midway", "one two three ", "model/cut-short"),
        ("defect", "one two ", "verax/error"),
        ("busy", "", "busy/queue-full"),
    ],
)
def test_a_failed_turn_keeps_what_was_delivered_and_says_why(talk: Talk, asked: str, text: str, code: str) -> None:
    events = talk.watch(talk.say("", asked)["run"]["id"])
    failed = events[-1]
    assert (failed["type"], failed["code"], failed["retry_after_s"]) == (
        "failed",
        code,
        3 if asked == "busy" else None,
    )
    answer = talk.messages()["data"][1]
    models.Message.model_validate(answer)
    assert answer == failed["stored"]
    assert (answer["text"], answer["turn"]["status"], answer["error"]["code"]) == (text, "failed", code)
    assert talk.client.get(f"/v1/receipts/{answer['turn']['id']}").status_code in (200, 202)
    again = talk.watch(talk.say(answer["parent_id"], None)["run"]["id"])[-1]
    assert again["stored"]["siblings"] == [answer["id"], again["stored"]["id"]]


def test_a_refusal_is_kept_as_what_it_was(stage: Stage, talk: Talk) -> None:
    stage.server.call(refuse_secrets(stage.world))
    events = talk.watch(talk.say("", "key")["run"]["id"])
    assert [event["type"] for event in events] == ["started", "text", "refusal", "completed"]
    answer = talk.messages()["data"][1]
    assert (answer["text"], answer["turn"]["status"]) == ("It is ", "refused")
    assert answer["turn"]["refusal"] == {
        name: events[2][name] for name in ("category", "reason", "next_step", "crisis")
    }
    assert answer["turn"]["refusal"]["category"] == "secrets"


async def refuse_secrets(world: HttpWorld) -> None:
    from verax.kernel.release import Release
    from verax.testing.releases import manifest_toml

    guard = (
        '[guard]\ninput = [{ detector = "hidden_text", action = "refuse" }]\n'
        'output = [{ detector = "secrets", action = "refuse" }]'
    )
    world.world.governance.log.release_now(Release.from_toml(manifest_toml("You refuse.", guard=guard)))
    world.world.governance.adopt()


def test_a_refused_question_is_stored_and_its_answer_says_why(stage: Stage, talk: Talk) -> None:
    stage.server.call(refuse_secrets(stage.world))
    events = talk.watch(talk.say("", "hidden \U000e0041\U000e0042")["run"]["id"])
    assert [event["type"] for event in events] == ["started", "refusal", "completed"]
    assert events[-1]["message"]["turn"]["refusal"]["category"] == "hidden_text"


def test_a_release_that_is_withdrawn_ends_its_run_and_what_was_said_is_kept(stage: Stage, talk: Talk) -> None:
    run = talk.say("", "sentences")["run"]["id"]
    stage.steps.step(2)
    reader = Reader(talk, run)
    heard = ""
    while heard != "One. Two. ":
        heard += reader.next()[1].get("text", "")

    async def freeze() -> None:
        stage.world.world.governance.log.move("ann", "freeze")
        stage.world.world.governance.adopt()

    stage.server.call(freeze())
    stage.steps.run()
    last = reader.rest()[-1][1]
    assert (last["type"], last["status"]) == ("completed", "withdrawn")
    kept = talk.messages()["data"][1]
    assert (kept["text"], kept["turn"]["status"]) == ("One. Two. Three.", "withdrawn")
    refused = talk.watch(talk.say(last["message"]["id"], "And now?")["run"]["id"])
    assert [event["type"] for event in refused] == ["failed"]
    assert (refused[0]["code"], refused[0]["stored"]) == ("governance/frozen", None)
    page = talk.messages()
    assert [message["role"] for message in page["data"]] == ["user", "assistant", "user"]


def test_a_repeated_request_starts_one_run_and_adds_one_message(stage: Stage, talk: Talk) -> None:
    async def twice() -> list[httpx.Response]:
        headers, url = dict(talk.client.headers), f"{stage.server.url}{talk.path}/runs"
        async with httpx.AsyncClient(headers=headers, timeout=LIMIT_S) as client:
            body = {"parent_id": "", "text": "slowly", "client_id": "tab-1-message-1"}
            return list(await asyncio.gather(*(client.post(url, json=body) for _ in range(6))))

    answers = [response.raise_for_status().json() for response in asyncio.run(twice())]
    assert len({answer["run"]["id"] for answer in answers}) == 1
    assert len({answer["message"]["id"] for answer in answers}) == 1
    assert talk.messages()["length"] == 1
    stage.steps.run()
    assert talk.watch(answers[0]["run"]["id"])[-1]["type"] == "completed"
    again = talk.say("", "slowly", client_id="tab-1-message-1")
    assert again["run"]["id"] == answers[0]["run"]["id"]
    assert again["run"]["state"] == "ended"
    retried = [talk.say(again["message"]["id"], None, client_id="tab-1-retry-1")["run"]["id"] for _ in range(2)]
    assert retried[0] == retried[1] != answers[0]["run"]["id"]


def test_a_repeated_request_after_the_run_was_forgotten_adds_nothing(stage: Stage, talk: Talk) -> None:
    stage.steps.run()
    first = talk.say("", "slowly", client_id="tab-1-message-1")
    talk.watch(first["run"]["id"])
    stage.server.call(pass_time(stage, 601))
    assert error_of(talk.post("/runs", {"parent_id": "", "text": "slowly", "client_id": "tab-1-message-1"})) == (
        409,
        "run/answered",
    )
    assert talk.messages()["length"] == 2


async def pass_time(stage: Stage, seconds: float) -> None:
    stage.world.world.clock.advance(seconds)


def test_a_run_that_ended_can_be_read_for_ten_minutes(stage: Stage, talk: Talk) -> None:
    stage.steps.run()
    run = talk.say("", "slowly")["run"]["id"]
    talk.watch(run)
    stage.server.call(pass_time(stage, 599))
    assert talk.watch(run)[-1]["type"] == "completed"
    stage.server.call(pass_time(stage, 2))
    assert error_of(talk.client.get(f"{talk.path}/runs/{run}/events")) == (404, "run/unknown")
    assert talk.messages()["data"][1]["text"] == WORDS


def test_an_account_has_so_many_runs_at_a_time(stage: Stage, talk: Talk) -> None:
    runs = [talk.say("", "slowly")["run"]["id"] for _ in range(4)]
    refused = talk.post("/runs", {"parent_id": "", "text": "slowly"})
    assert error_of(refused) == (429, "busy/runs")
    assert int(refused.headers["retry-after"]) > 0
    assert talk.client.get(talk.path).json()["messages"] == 4
    with Talk.begin(stage.server) as other:
        assert other.say("", "slowly")["run"]["state"] == "running"
    talk.post(f"/runs/{runs[0]}/stop")
    assert talk.say("", "slowly")["run"]["state"] == "running"


def test_a_session_that_ends_in_mid_stream_ends_no_run(stage: Stage) -> None:
    async def make() -> None:
        await stage.world.accounts.create_user("ben", password="correct horse")

    stage.server.call(make())
    origin = {"origin": stage.server.url}
    with httpx.Client(base_url=stage.server.url, headers=origin, timeout=LIMIT_S) as client:
        credentials = {"name": "ben", "password": "correct horse"}
        client.post("/v1/session", json=credentials).raise_for_status()
        made = client.post("/v1/conversations", json={"channel": "assistant"}).raise_for_status()
        talk = Talk(client, made.json()["id"])
        run = talk.say("", "slowly")["run"]["id"]
        stage.steps.step()
        reader = Reader(talk, run)
        reader.next()
        number, first = reader.next()
        stage.server.call(pass_time(stage, 721 * 3600))
        path = f"{talk.path}/runs/{run}/events"
        assert error_of(client.get(path, params={"after": number}))[0] == 401
        stage.steps.run()
        stage.server.call(stage.world.runs.close(LIMIT_S))
        client.post("/v1/session", json=credentials).raise_for_status()
        rest = talk.watch(run, after=number)
        assert first["text"] + text_of(rest) == WORDS
        del client.headers["origin"]
        assert error_of(talk.post("/runs", {"parent_id": "", "text": "Hi"})) == (403, "access/origin")


@pytest.mark.parametrize("text", [ODD, "a" * 500_000, "\n\n# Title\n\n- item\n", " padded "])
def test_what_was_said_comes_back_to_the_letter(talk: Talk, text: str) -> None:
    answer = talk.ask("", text)
    question, stored = talk.messages()["data"]
    assert question["text"] == text
    assert stored["text"] == answer["text"]
    if len(text) < 1000:
        assert answer["text"] == text


def test_what_is_no_message_is_refused_at_the_door(talk: Talk) -> None:
    for body, expected in (
        (b'{"parent_id": "", "text": "half \\ud800 a character"}', (400, "request/encoding")),
        (b'{"parent_id": "", "text": "\xed\xa0\x80"}', (400, "request/encoding")),
        (b'{"parent_id": "", "text": ""}', (400, "request/invalid")),
        (b'{"parent_id": "", "text": " \\n "}', (400, "request/invalid")),
        (json.dumps({"parent_id": "", "text": "a" * 500_001}).encode(), (413, "request/too-large")),
        (b'{"text": "no parent"}', (400, "request/invalid")),
        (b'{"parent_id": "msg_none", "text": "Hi"}', (404, "request/not-found")),
        (b'{"parent_id": "msg_none"}', (404, "request/not-found")),
        (b'{"parent_id": ""}', (404, "request/not-found")),
        (b'{"parent_id": "", "text": "Hi", "client_id": "short"}', (400, "request/invalid")),
        (b'{"parent_id": "", "text": "Hi", "more": 1}', (400, "request/unsupported-parameter")),
    ):
        response = talk.client.post(f"{talk.path}/runs", content=body, headers={"content-type": "application/json"})
        assert error_of(response) == expected, body
    answer = talk.ask("", "Hi")
    assert error_of(talk.post("/runs", {"parent_id": answer["id"]})) == (400, "request/invalid")
    assert talk.messages()["length"] == 2


def test_a_reader_that_waits_hears_that_the_connection_lives(
    stage: Stage, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_endpoints, "_HEARTBEAT_S", 0.05)
    run = talk.say("", "slowly")["run"]["id"]
    with talk.client.stream("GET", f"{talk.path}/runs/{run}/events") as response:
        lines = response.iter_lines()
        assert next(line for line in lines if line).startswith(":")
        stage.steps.run()
        assert [event["type"] for _, event in events_of(lines)][-1] == "completed"


def test_a_conversation_that_is_erased_takes_its_running_turn_along(stage: Stage, talk: Talk) -> None:
    run = talk.say("", "slowly")["run"]["id"]
    stage.steps.step(2)
    reader = Reader(talk, run)
    turn_id = reader.next()[1]["turn_id"]
    reader.next()
    assert talk.client.delete(talk.path).json()["deleted"] is True
    assert talk.client.get(f"/v1/receipts/{turn_id}").status_code == 404
    assert talk.client.get(f"{talk.path}/runs/{run}/events").status_code == 404
    assert reader.rest()[-1][1]["type"] in ("completed", "failed")


def test_a_person_who_is_erased_leaves_no_turn_of_a_run_behind(stage: Stage, talk: Talk) -> None:
    async def me() -> str:
        key = talk.client.headers["authorization"].removeprefix("Bearer ")
        return (await stage.world.accounts.resolve_key(key)).user_id

    user_id = stage.server.call(me())
    run = talk.say("", "slowly")["run"]["id"]
    stage.steps.step()
    reader = Reader(talk, run)
    reader.next()
    stage.server.call(stage.world.eraser.user(user_id))
    stage.steps.run()
    stage.server.call(stage.world.runs.close(LIMIT_S))
    stage.server.call(stage.world.eraser.resume())

    async def left() -> list[Any]:
        database = stage.world.world.database
        sql = "SELECT id FROM turns WHERE user_id = ? UNION SELECT id FROM conversations WHERE user_id = ?"
        return await database.read(lambda tx: tx.execute(sql, (user_id, user_id)))

    assert stage.server.call(left()) == []


def test_a_server_that_stops_keeps_what_a_run_had_said(stage: Stage, talk: Talk) -> None:
    run = talk.say("", "slowly")["run"]["id"]
    stage.steps.step(3)
    reader = Reader(talk, run)
    reader.next()
    while "three" not in reader.next()[1]["text"]:
        pass
    stage.server.call(stage.world.runs.close(0))
    answer = talk.messages()["data"][1]
    assert (answer["text"], answer["turn"]["status"]) == ("one two three ", "cancelled")


def test_erasing_a_turn_forgets_its_run(stage: Stage, talk: Talk) -> None:
    stage.steps.run()
    run = talk.say("", "slowly")["run"]["id"]
    turn_id = talk.watch(run)[-1]["message"]["turn"]["id"]
    talk.client.delete(f"/v1/turns/{turn_id}").raise_for_status()
    assert error_of(talk.client.get(f"{talk.path}/runs/{run}/events")) == (404, "run/unknown")
    assert [message["text"] for message in talk.messages()["data"]] == ["", ""]


def test_runs_are_counted_like_other_turns(stage: Stage, talk: Talk) -> None:
    stage.steps.run()
    talk.ask("", "slowly")
    metrics = httpx.get(f"{stage.server.url}/metrics", timeout=LIMIT_S).text
    assert 'verax_turns_total{channel="assistant",status="complete"} 1.0' in metrics
    assert "verax_open_streams 0.0" in metrics
