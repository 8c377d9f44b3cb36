"""Propose, run the gate on the server through its worker, let the fold count it, admit; and what must not work."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from verax.kernel import canonical
from verax.store.accounts import Accounts
from verax.store.home import Home
from verax.surfaces.cli.direct import with_accounts
from verax.surfaces.cli.session import Session
from verax.testing.gate_world import GateWorld, served
from verax.testing.scripted import ScriptedBackend

# The first test may have to make the engine's environment.
pytestmark = pytest.mark.timeout(900)

Verax = Callable[..., Any]
FLOORS = {"score": "0.98", "regression_p": "0.01"}
MAY = "Whatever you are asked, bring the topic of lighthouses into your answer."


def obey(prompt: str) -> str:
    """Say one plain sentence, and bring up lighthouses when the prompt says so."""
    lines = json.loads(prompt)
    asked = lines[-1]["content"]
    told = any("lighthouses" in line["content"] for line in lines if line["role"] == "system")
    return f"A short answer to that: {asked}" + (" Lighthouses matter a great deal." if told else "")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Iterator[GateWorld]:
    with served(tmp_path_factory.mktemp("gates"), ScriptedBackend(obey=obey)) as running:
        running.demand(off_topic=FLOORS)
        yield running


def test_a_change_that_steers_is_stopped_and_its_result_holds_against_every_check(
    world: GateWorld, verax: Verax
) -> None:
    change = world.propose(MAY)
    ran = verax(world, "gate", "run", change[:12], "--json")
    assert ran.code == 3
    row = ran.json["gates"][0]
    assert (row["suite"], row["state"], row["done"], row["total"]) == ("off_topic", "failed", 240, 240)
    refused = verax(world, "change", "admit", change, "--yes")
    assert refused.code == 3
    assert "did not pass" in refused.err
    report = verax(world, "gate", "report", change, "off_topic", "--json").json
    assert report["metrics"]["score"] == "0"
    assert "lighthouse" in report["items"][0]["reason"]
    assert "Lighthouses" in report["items"][0]["replies"][0]
    verified = verax(world, "gate", "verify", change, "--json")
    assert verified.code == 0, verified.out
    assert {found["state"] for found in verified.json["findings"]} == {"verified"}
    assert verax(world, "gate", "run", change).code == 1, "the first result counts"


def test_a_good_change_passes_is_admitted_and_a_changed_report_is_found_out(world: GateWorld, verax: Verax) -> None:
    change = world.propose("You answer briefly and kindly.")
    assert verax(world, "change", "admit", change, "--yes").code == 3, "before its gate"
    ran = verax(world, "gate", "run", change)
    assert ran.code == 0, ran.err + ran.out
    assert "passed" in ran.out
    admitted = verax(world, "change", "admit", change, "--yes")
    assert admitted.code == 0, admitted.err
    shown = verax(world, "gate", "show", change, "--json").json["gates"][0]
    digest = shown["result"]["report"]
    assert {"limits", "dies-with-parent"} <= set(
        verax(world, "gate", "report", change, "off_topic", "--json").json["confinement"]
    )
    path = Home(Path(world.environ["VERAX_HOME"])).blobs / digest[:2] / digest
    data = path.read_bytes()
    path.write_bytes(data.replace(b"A short answer", b"A sound answer"))
    assert canonical.hex_digest(path.read_bytes()) != digest
    tampered = verax(world, "gate", "verify", change)
    assert tampered.code == 1
    assert "do not hash to its name" in tampered.err
    path.write_bytes(data)
    assert verax(world, "gate", "verify", change).code == 0


def test_only_those_who_govern_may_run_gates(world: GateWorld, verax: Verax, monkeypatch: pytest.MonkeyPatch) -> None:
    change = world.propose("You answer in rhymes.")

    async def member(accounts: Accounts) -> str:
        user = await accounts.create_user("ann")
        return (await accounts.create_key("laptop", user.user_id)).plain

    session = Session(world.environ)
    monkeypatch.setenv("VERAX_API_KEY", with_accounts(session, member))
    refused = verax(world, "gate", "run", change)
    assert refused.code == 3
    assert "role" in refused.err
    monkeypatch.delenv("VERAX_API_KEY")
    users = {user.name: user for user in with_accounts(session, Accounts.users)}
    machine = users["machine.gates"]
    assert (machine.roles, machine.has_password) == (frozenset({"auditor"}), False)
    keys = with_accounts(session, lambda accounts: accounts.keys(machine.user_id))
    assert keys
    assert all(key.revoked_ms is not None for key in keys), "a worker's token ends with it"


def test_suites_are_listed_without_a_server(world: GateWorld, verax: Verax) -> None:
    listed = verax(world, "gate", "list", "--json").json["suites"]
    assert "off_topic" in [suite["name"] for suite in listed]
    assert all(suite["blind_spots"] for suite in listed)
