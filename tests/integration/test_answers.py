"""Answers from a collection over real sockets: verdicts in replies, streams, stored messages and receipts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openai import OpenAI

from verax.kernel import canonical
from verax.kernel.receipt import Receipt
from verax.kernel.record import commit_with_salt
from verax.surfaces.cli.main import run
from verax.surfaces.cli.shapes import SHAPES, find_mismatch
from verax.surfaces.http import conversation_models as models
from verax.surfaces.http.reply_models import ChatCompletion, ClaimBody, EvidenceFile
from verax.surfaces.http.stream_models import StreamEvent
from verax.testing.http_world import HttpWorld
from verax.testing.running_server import RunningServer, run_server
from verax.testing.scripted import Rule, ScriptedBackend
from verax.testing.shelves import Page, answering_release, fill
from verax.testing.talk import Talk
from verax.testing.verifying import WordVerifier

LIMIT_S = 30
BRIDGE = Page("The bridge opened in 1932. It carries eight lanes of traffic.", page=3, heading="History")
OPENED, ABSENT = "The bridge opened in 1932.", "Seven painters work there every summer."
SAID = f"{OPENED} {ABSENT}"
ASKED: Any = [{"role": "user", "content": "When was the bridge opened?"}]


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer[HttpWorld]]:
    backend = ScriptedBackend([Rule(".", SAID)])
    release = answering_release("mark")
    with run_server(lambda: HttpWorld.open(backend, release, WordVerifier(), rate_per_minute=None)) as running:
        running.call(fill(running.installation.library, "bridge", BRIDGE))
        yield running


@pytest.fixture(scope="module")
def key(server: RunningServer[HttpWorld]) -> str:
    return server.call(server.installation.make_key())


@pytest.fixture
def client(server: RunningServer[HttpWorld], key: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0, timeout=LIMIT_S) as opened:
        yield opened


def get(server: RunningServer[HttpWorld], key: str, path: str) -> httpx.Response:
    return httpx.get(f"{server.url}{path}", headers={"authorization": f"Bearer {key}"}, timeout=LIMIT_S)


def shown(claims: list[dict[str, Any]]) -> list[tuple[str, str]]:
    for claim in claims:
        ClaimBody.model_validate(claim)
    return [(claim["text"], claim["verdict"]) for claim in claims]


def test_a_whole_reply_carries_its_verdicts_and_what_decided_them(client: OpenAI) -> None:
    reply = client.chat.completions.create(model="assistant", messages=ASKED)
    body = reply.model_dump(exclude_unset=True)
    ChatCompletion.model_validate(body)
    assert body["choices"][0]["message"]["content"] == SAID
    assert shown(body["verax"]["claims"]) == [(OPENED, "supported"), (ABSENT, "not_found")]
    [found] = body["verax"]["claims"][0]["evidence"]
    assert found["passage"][found["start"] : found["end"]] == OPENED
    assert (found["source"], found["page"], found["heading"]) == ("bridge.pdf", 3, "History")


def test_an_unmodified_client_reads_the_text_of_a_stream_with_verdicts(client: OpenAI) -> None:
    chunks = list(client.chat.completions.create(model="assistant", messages=ASKED, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == SAID
    extras = [(chunk.model_extra or {}).get("verax", {}) for chunk in chunks]
    assert shown([extra["claim"] for extra in extras if "claim" in extra]) == [
        (OPENED, "supported"),
        (ABSENT, "not_found"),
    ]
    assert len(extras[-1]["claims"]) == 2


def test_responses_carry_verdicts_whole_and_in_their_stream(client: OpenAI) -> None:
    whole = client.responses.create(model="assistant", input="When was the bridge opened?")
    assert whole.output_text == SAID
    assert len((whole.model_extra or {})["verax"]["claims"]) == 2
    with client.responses.stream(model="assistant", input="When was the bridge opened?") as stream:
        told = [(event.model_extra or {}).get("verax", {}).get("claim") for event in stream]
        assert stream.get_final_response().output_text == SAID
    assert {claim["text"] for claim in told if claim} <= {OPENED, ABSENT}


def test_a_conversation_that_is_read_again_has_its_verdicts(server: RunningServer[HttpWorld]) -> None:
    with Talk.begin(server) as talk:
        events = talk.watch(talk.say("", "When was the bridge opened?")["run"]["id"])
        for event in events:
            StreamEvent.model_validate(event)
        told = [event for event in events if event["type"] == "claim"]
        page = talk.messages()
        models.MessagePage.model_validate(page)
        answer = page["data"][1]
    assert shown(answer["claims"]) == [(OPENED, "supported"), (ABSENT, "not_found")]
    assert [{"type": "claim", **claim} for claim in answer["claims"]] == told
    assert answer["turn"]["withheld"] == 0
    assert page["data"][0]["claims"] == []


def test_a_receipt_opens_the_evidence_that_its_owner_can_fetch(
    server: RunningServer[HttpWorld], client: OpenAI, key: str
) -> None:
    turn = client.chat.completions.create(model="assistant", messages=ASKED).model_dump()["verax"]["id"]
    server.call(server.installation.settle())
    receipt = Receipt.parse(get(server, key, f"/v1/receipts/{turn}?open=evidence,reply").content)
    evidence = get(server, key, f"/v1/turns/{turn}/evidence").content
    assert commit_with_salt(receipt.open["evidence"], "evidence", evidence) == receipt.record.evidence
    opened = canonical.decode(evidence)
    EvidenceFile.model_validate(opened)
    assert [claim["verdict"] for claim in opened["claims"]] == ["supported", "not_found"]


def test_nobody_else_reads_the_evidence_of_a_turn(server: RunningServer[HttpWorld], client: OpenAI) -> None:
    turn = client.chat.completions.create(model="assistant", messages=ASKED).model_dump()["verax"]["id"]
    with Talk.begin(server) as other:
        assert other.client.get(f"/v1/turns/{turn}/evidence").status_code == 403


def test_the_command_line_shows_signs_and_sources_below_the_reply(
    server: RunningServer[HttpWorld],
    key: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = {"URL": server.url, "API_KEY": key, "HOME": str(tmp_path / "home"), "KEYRING": str(tmp_path / "keyring")}
    for name, value in settings.items():
        monkeypatch.setenv(f"VERAX_{name}", value)
    assert run(["ask", "--no-verify", "When was the bridge opened?"]) == 0
    out, err = capsys.readouterr()
    assert out == f"{SAID}\n"
    assert f"✓ {OPENED}\n    bridge.pdf, page 3: “{OPENED}”\n? {ABSENT}\n" in err
    assert run(["ask", "--no-verify", "--json", "When was the bridge opened?"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert find_mismatch(value, SHAPES["ask"]) == ""
    assert shown(value["claims"]) == [(OPENED, "supported"), (ABSENT, "not_found")]
