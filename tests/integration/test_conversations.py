"""Conversations over real sockets: said, edited, asked again, switched, searched, erased."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from verax.surfaces.http import conversation_models as models
from verax.testing.http_world import HttpWorld, usual_backend
from verax.testing.running_server import RunningServer, run_server
from verax.testing.talk import Talk

LIMIT_S = 30


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer[HttpWorld]]:
    with run_server(lambda: HttpWorld.open(usual_backend(), rate_per_minute=None)) as running:
        yield running


@pytest.fixture
def talk(server: RunningServer[HttpWorld]) -> Iterator[Talk]:
    with Talk.begin(server) as begun:
        yield begun


def test_what_was_said_is_stored_with_its_turn(talk: Talk) -> None:
    begun = talk.say("", "Who wrote Hamlet?")
    models.RunStarted.model_validate(begun)
    assert begun["run"]["state"] == "running"
    events = talk.watch(begun["run"]["id"])
    assert [event["type"] for event in events] == ["started", "text", "completed"]
    page = talk.messages()
    models.MessagePage.model_validate(page)
    question, answer = page["data"]
    assert (question["id"], question["role"], question["turn"]) == (begun["message"]["id"], "user", None)
    assert answer == events[-1]["message"]
    assert answer["text"] == "Hamlet was written by William Shakespeare."
    assert answer["turn"]["id"] == events[0]["turn_id"] == events[-1]["record"]["id"]
    assert answer["turn"]["status"] == "complete"
    assert talk.client.get(answer["turn"]["receipt"]).status_code in (200, 202)
    assert page["conversation"]["title"] == "Who wrote Hamlet?"
    assert page["conversation"]["running"] == []


def test_an_edit_and_a_second_try_are_siblings_with_a_way_back(talk: Talk) -> None:
    first = talk.ask("", "Who wrote Hamlet?")
    again = talk.ask(first["parent_id"], None)
    assert again["siblings"] == [first["id"], again["id"]]
    edited = talk.ask("", "Who wrote Faust?")
    shown = talk.messages()["data"]
    assert [message["text"] for message in shown] == ["Who wrote Faust?", "Who wrote Faust?"]
    assert shown[0]["siblings"] == [first["parent_id"], shown[0]["id"]]
    back = talk.post("/show", {"message_id": first["parent_id"]}).json()
    models.BranchShown.model_validate(back)
    assert back["leaf_id"] == first["id"]
    assert [message["id"] for message in talk.messages()["data"]] == [first["parent_id"], first["id"]]
    assert talk.messages(leaf=edited["id"])["data"][1]["id"] == edited["id"]


def test_the_model_reads_the_lines_above_and_believes_its_own(server: RunningServer[HttpWorld], talk: Talk) -> None:
    first = talk.ask("", "Who wrote Hamlet?")
    second = talk.ask(first["id"], "And when?")
    segments = talk.client.get(f"/v1/turns/{second['turn']['id']}/segments").json()["segments"]
    said = [(segment["by"], segment["text"]) for segment in segments if segment["by"] in ("user", "assistant", "app")]
    assert said == [("user", "Who wrote Hamlet?"), ("assistant", first["text"]), ("user", "And when?")]


def test_a_conversation_is_named_pinned_archived_and_found(talk: Talk) -> None:
    talk.ask("", "Tell me of the red door")
    changed = talk.client.patch(talk.path, json={"title": "Doors", "is_pinned": True}).json()
    models.Conversation.model_validate(changed)
    assert (changed["title"], changed["is_pinned"], changed["is_archived"]) == ("Doors", True, False)
    found = talk.client.get("/v1/search", params={"q": "red door"}).json()
    models.SearchHits.model_validate(found)
    assert {hit["role"] for hit in found["data"]} == {"user", "assistant"}
    assert talk.client.get("/v1/search", params={"q": "doors"}).json()["data"][0]["message_id"] == ""
    assert talk.client.get("/v1/search").status_code == 400
    talk.client.patch(talk.path, json={"is_archived": True})
    assert talk.id not in listed(talk)
    assert talk.id in listed(talk, archived="true")


def listed(talk: Talk, **query: Any) -> list[str]:
    body = talk.client.get("/v1/conversations", params=query).json()
    models.ConversationList.model_validate(body)
    return [conversation["id"] for conversation in body["data"]]


def test_a_list_is_read_page_by_page(talk: Talk) -> None:
    made = [talk.client.post("/v1/conversations", json={"channel": "assistant"}).json()["id"] for _ in range(5)]
    seen: list[str] = []
    more = True
    while more:
        after = {"after": seen[-1]} if seen else {}
        body = talk.client.get("/v1/conversations", params={"limit": 2, **after}).json()
        seen += [conversation["id"] for conversation in body["data"]]
        more = body["has_more"]
    assert len(seen) == len(set(seen))
    assert set(made) | {talk.id} == set(seen)


def test_windows_of_a_path_join_without_a_gap(talk: Talk) -> None:
    leaf = ""
    for number in range(6):
        leaf = talk.ask(leaf, f"{number}")["id"]
    newest = talk.messages(limit=5)
    assert (newest["length"], newest["has_older"]) == (12, True)
    older = talk.messages(before=newest["data"][0]["depth"], limit=500)
    assert [message["depth"] for message in older["data"] + newest["data"]] == list(range(12))


def test_nobody_else_finds_a_conversation(server: RunningServer[HttpWorld], talk: Talk) -> None:
    answer = talk.ask("", "Who wrote Hamlet?")
    run = talk.say(answer["id"], "Say slowly")["run"]["id"]
    with Talk.begin(server) as other:
        for method, path, body in (
            ("GET", talk.path, None),
            ("PATCH", talk.path, {"title": "mine"}),
            ("DELETE", talk.path, None),
            ("GET", f"{talk.path}/messages", None),
            ("POST", f"{talk.path}/show", {"message_id": answer["id"]}),
            ("POST", f"{talk.path}/runs", {"parent_id": "", "text": "Hello"}),
            ("GET", f"{talk.path}/runs/{run}/events", None),
            ("POST", f"{talk.path}/runs/{run}/stop", None),
            ("GET", f"{other.path}/runs/{run}/events", None),
        ):
            assert other.client.request(method, path, json=body).status_code == 404, (method, path)
        assert other.client.get("/v1/search", params={"q": "Hamlet"}).json()["data"] == []
    talk.post(f"/runs/{run}/stop")
    assert talk.client.get(talk.path).json()["title"] == "Who wrote Hamlet?"


def test_erasing_leaves_nothing(server: RunningServer[HttpWorld], talk: Talk) -> None:
    answer = talk.ask("", "My secret word is xylophone")
    assert files_with(server, b"xylophone")
    running = talk.say(answer["id"], "Say slowly")["run"]["id"]
    deleted = talk.client.delete(talk.path).json()
    models.ConversationDeleted.model_validate(deleted)
    assert len(deleted["erasures"]) == 1
    assert talk.client.get(talk.path).status_code == 404
    assert talk.client.get(f"{talk.path}/runs/{running}/events").status_code == 404
    assert talk.client.get(answer["turn"]["receipt"]).status_code == 404
    server.call(server.installation.settle())
    assert files_with(server, b"xylophone") == []


def files_with(server: RunningServer[HttpWorld], text: bytes) -> list[str]:
    """Return the files of the installation, logs and database, that hold a text."""
    folder = Path(server.installation.world.database.label).parent
    return [path.name for path in folder.rglob("*") if path.is_file() and text in path.read_bytes()]
