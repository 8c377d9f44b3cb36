"""Previews of a change over real sockets: who may see them, what is told, what is refused, and who leaves."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from verax.kernel.errors import BusyError
from verax.kernel.record import Record
from verax.surfaces.http.preview_models import ChangePreview, PreviewEvent, PromptPair
from verax.testing.http_world import HttpWorld
from verax.testing.releases import make_release
from verax.testing.running_server import RunningServer, run_server
from verax.testing.scripted import Reply, Rule, ScriptedBackend

LIMIT_S = 60
QUESTION = {"question": "Who wrote Hamlet?"}


@dataclass
class Stage:
    """A server with an open change, and people with their keys."""

    server: RunningServer[HttpWorld]
    change: str
    reviewer: httpx.Client
    member: httpx.Client

    @property
    def world(self) -> HttpWorld:
        return self.server.installation

    def path(self, rest: str = "") -> str:
        return f"/v1/changes/{self.change}/preview{rest}"

    def record(self, turn_id: str) -> Record:
        found = self.server.call(self.world.turns.get(turn_id)).record
        assert found is not None
        return found


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    backend = ScriptedBackend(
        [
            Rule("^endless", Reply(("word " * 4000,), delay_s=0.05)),
            Rule("^busy", Reply(refuses=BusyError("model: every slot is taken", retry_after_s=3))),
        ],
        obey=lambda prompt: "I am kind." if "kindly" in prompt else "I am brief.",
    )

    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[HttpWorld]:
        async with HttpWorld.open(backend, rate_per_minute=None) as world:
            yield world

    with run_server(opened) as server, contextlib.ExitStack() as stack:

        def client(name: str, role: str) -> httpx.Client:
            key = server.call(server.installation.make_key(name, [role]))
            headers = {"authorization": f"Bearer {key}"}
            return stack.enter_context(httpx.Client(base_url=server.url, headers=headers, timeout=LIMIT_S))

        yield Stage(server, propose(server), client("bob", "reviewer"), client("eve", "member"))


def propose(server: RunningServer[HttpWorld], channel: str = "assistant", system: str = "You answer kindly.") -> str:
    """Propose a release and return the change's id."""

    async def work() -> str:
        governance = server.installation.world.governance
        change = governance.log.change("ann", channel, make_release(system))
        governance.adopt()
        return change.statement_id

    return server.call(work())


def told(response: httpx.Response) -> list[dict[str, Any]]:
    events = [json.loads(block[6:]) for block in response.text.split("\n\n") if block]
    for event in events:
        PreviewEvent.model_validate(event)
    assert events[-1] == {"type": "ended"}
    return events[:-1]


def test_the_fixed_set_is_shown_under_both_releases(stage: Stage) -> None:
    shown = ChangePreview.model_validate(stage.reviewer.get(stage.path()).raise_for_status().json())
    assert shown.change == stage.change
    first = shown.prompts[0]
    assert first.base is not None
    assert next(part.text for part in first.base.parts) == "You answer."
    assert next(part.text for part in first.candidate.parts) == "You answer kindly."
    assert shown.questions


def test_the_prompt_of_an_own_question_names_its_author(stage: Stage) -> None:
    answer = stage.reviewer.post(stage.path("/prompt"), json=QUESTION)
    pair = PromptPair.model_validate(answer.raise_for_status().json())
    assert [(part.by, part.text) for part in pair.candidate.parts][-1] == ("user", QUESTION["question"])


def test_both_replies_come_in_one_stream_with_their_receipts(stage: Stage) -> None:
    response = stage.reviewer.post(stage.path("/replies"), json=QUESTION)
    assert response.headers["content-type"].startswith("text/event-stream")
    events = told(response)
    for side, text in (("base", "I am brief."), ("candidate", "I am kind.")):
        mine = [event for event in events if event["side"] == side]
        assert "".join(event["text"] for event in mine if event["type"] == "text") == text
        assert mine[-1]["type"] == "completed"
        turn = mine[0]["turn_id"]
        assert stage.record(turn).arm == "preview"
        assert stage.reviewer.get(f"/v1/receipts/{turn}").json()["record"]["release"] == mine[0]["release"]


def test_a_busy_model_is_told_on_both_sides(stage: Stage) -> None:
    events = told(stage.reviewer.post(stage.path("/replies"), json={"question": "busy?"}))
    ends = [(event["side"], event["code"], event["retry_after_s"]) for event in events if event["type"] == "failed"]
    assert sorted(ends) == [("base", "busy/queue-full", 3), ("candidate", "busy/queue-full", 3)]


def test_previews_are_metered_to_whoever_asks(stage: Stage) -> None:
    before = stage.reviewer.get("/v1/account/usage").raise_for_status().json()["total"]["turns"]
    told(stage.reviewer.post(stage.path("/replies"), json=QUESTION))
    assert stage.reviewer.get("/v1/account/usage").json()["total"]["turns"] == before + 2


def test_a_client_that_leaves_ends_both_turns(stage: Stage) -> None:
    turns: list[str] = []
    with stage.reviewer.stream("POST", stage.path("/replies"), json={"question": "endless"}) as response:
        for line in response.iter_lines():
            event = json.loads(line[6:]) if line else {}
            turns += [event["turn_id"]] if event.get("type") == "started" else []
            if len(turns) == 2:
                break
    stage.server.call(stage.world.settle())
    assert [stage.record(turn).status for turn in turns] == ["cancelled", "cancelled"]


@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("POST", "/prompt"), ("POST", "/replies")])
def test_nobody_without_a_role_for_previews_gets_any(stage: Stage, method: str, rest: str) -> None:
    body = None if method == "GET" else QUESTION
    refused = stage.member.request(method, stage.path(rest), json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "access/forbidden")
    anonymous = httpx.request(method, stage.server.url + stage.path(rest), json=body)
    assert anonymous.status_code == 401


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "request/invalid"),
        ({"question": ""}, "request/invalid"),
        ({"question": "x" * 20_000}, "request/invalid"),
        ({"question": "Hello?", "release": "ab" * 32}, "request/unsupported-parameter"),
        ({"question": "\ud800"}, "request/encoding"),
    ],
)
def test_a_body_that_is_no_question_is_refused(stage: Stage, body: dict[str, str], code: str) -> None:
    for rest in ("/prompt", "/replies"):
        data = json.dumps(body).encode()
        refused = stage.reviewer.post(stage.path(rest), content=data, headers={"content-type": "application/json"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, code)


def test_a_frozen_channel_and_an_unknown_change_are_told_by_code(stage: Stage) -> None:
    frozen = propose(stage.server, "frozen", "You move.")
    answers = {
        (answer.status_code, answer.json()["error"]["code"])
        for which in (frozen, "ff" * 32)
        for answer in [stage.reviewer.post(f"/v1/changes/{which}/preview/replies", json=QUESTION)]
    }
    assert answers == {(503, "governance/frozen"), (404, "request/not-found")}
    assert stage.reviewer.get(f"/v1/changes/{frozen}/preview").status_code == 200
