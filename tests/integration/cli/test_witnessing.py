"""An installation with witnesses on real sockets: a quorum of two, one down, and yesterday's data folder."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from verax.config import load_config
from verax.kernel.checkpoint import Checkpoint
from verax.kernel.cosignature import Policy, check_policy
from verax.kernel.errors import RolledBack
from verax.kernel.note import parse_note, parse_verifier_keys
from verax.kernel.receipt import Receipt
from verax.surfaces.cli.keyring import Identity
from verax.testing.releases import manifest_toml
from verax.testing.running_server import run_server
from verax.testing.running_witness import RunningWitness, run_witness

from .conftest import GUARD, World, opened, served

CHECKER = Path(__file__).parents[3] / "conformance" / "check_receipt.py"
LIMIT_S = 60.0
Verax = Callable[..., Any]


@dataclass
class Witnessed:
    """An installation and the two witnesses of its logs."""

    world: World
    north: RunningWitness
    south: RunningWitness
    policy: Path

    @property
    def identity(self) -> Identity:
        return self.world.identity

    def get(self, path: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.identity.credentials.api_key}"}
        return httpx.get(f"{self.world.url}{path}", headers=headers, timeout=LIMIT_S)

    def ask(self) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self.identity.credentials.api_key}"}
        body = {"model": "assistant", "messages": [{"role": "user", "content": "Who wrote Hamlet?"}]}
        answer = httpx.post(f"{self.world.url}/v1/chat/completions", headers=headers, json=body, timeout=LIMIT_S)
        assert answer.status_code == 200, answer.text
        verax: dict[str, Any] = answer.json()["verax"]
        return verax

    def until(self, is_so: Callable[[], object]) -> None:
        end = time.monotonic() + LIMIT_S
        while not is_so():
            assert time.monotonic() < end, self.get("/v1/witnesses").text
            time.sleep(0.05)

    def head(self) -> str:
        release: str = self.get("/v1/governance/state").json()["channels"]["assistant"]["release"]
        return release


@contextlib.contextmanager
def witnessed(folder: Path, verax: Verax, *channels: str, start: bool = True) -> Iterator[Witnessed]:
    """Serve an installation whose root names two witnesses and demands both; without `start` they are down."""
    with contextlib.ExitStack() as stack:
        north, south = (stack.enter_context(run_witness(folder / name, name=name)) for name in ("north", "south"))
        environ = {"VERAX_WITNESS_INTERVAL_S": "0.05"}
        world = stack.enter_context(served(folder, environ))
        keys = parse_verifier_keys("\n".join(world.identity.log_keys()))
        for key in keys:
            if not key.name.endswith("/promise"):
                north.follow(key)
                south.follow(key)
        if not start:
            north.stop()
            south.stop()
        policy = folder / "policy.txt"
        lines = north.policy_line("north") + south.policy_line("south")
        policy.write_text(f"{lines}group both all north south\nquorum both\n")
        names = channels or ("--all-channels",)
        ran = verax(world, "witness", "require", str(policy), *names, "--yes")
        assert ran.code == 0, ran.err
        yield Witnessed(world, north, south, policy)


@pytest.fixture
def setting(tmp_path: Path, verax: Verax) -> Iterator[Witnessed]:
    with witnessed(tmp_path, verax) as made:
        made.until(lambda: made.get("/log/checkpoint.witnessed").status_code == 200)
        yield made


def propose(setting: Witnessed, verax: Verax, tmp_path: Path, system: str) -> str:
    """Change what the assistant is told, all the way to the admission; return the candidate."""
    file = tmp_path / "next.toml"
    file.write_text(manifest_toml(system, guard=GUARD))
    proposed = verax(setting.world, "change", "propose", str(file), "--reason", "test", "--yes")
    assert proposed.code == 0, proposed.err
    change = proposed.out.split()[0]
    shown = json.loads(verax(setting.world, "change", "show", change, "--json").out)
    admitted = verax(setting.world, "change", "admit", change, "--yes")
    assert admitted.code == 0, admitted.err
    candidate: str = shown["candidate"]
    return candidate


def test_both_logs_are_cosigned_and_receipts_become_witnessed(setting: Witnessed, verax: Verax, tmp_path: Path) -> None:
    listed = json.loads(verax(setting.world, "witness", "list", "--json").out)
    assert (listed["quorum"], listed["channels"]) == ("both", ["assistant", "runtime"])
    assert [row["address"] for row in listed["witnesses"]] == [setting.north.url, setting.south.url]
    turn = setting.ask()
    path = f"/v1/receipts/{turn['id']}"
    setting.until(lambda: setting.get(path).headers.get("x-verax-receipt-state") == "witnessed")
    receipt = setting.get(path).content
    parsed = Receipt.parse(receipt)
    note = parse_note(parsed.proof.checkpoint)
    origin = parsed.record.log
    assert [line.name for line in note.signatures] == [origin, "north.test", "south.test"]
    (tmp_path / "receipt.json").write_bytes(receipt)
    command = [
        sys.executable,
        str(CHECKER),
        str(tmp_path / "receipt.json"),
        "--key",
        str(setting.identity.log_keys_path),
    ]
    done = subprocess.run([*command, "--policy", str(setting.policy)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout
    assert "The quorum both is met; cosigned by north, south." in done.stdout
    checked = verax(setting.world, "receipt", "verify", turn["id"], "--policy", str(setting.policy), "--json")
    assert checked.code == 0
    assert json.loads(checked.out)["checks"][5]["state"] == "verified"
    (tmp_path / "other.txt").write_text(setting.north.policy_line("a").replace("north.test", "n.test") + "quorum a\n")
    refused = verax(setting.world, "receipt", "verify", turn["id"], "--policy", str(tmp_path / "other.txt"))
    assert refused.code == 3
    status = verax(setting.world, "witness", "status", "--json")
    value = json.loads(status.out)
    assert status.code == 0 and value["met"] and value["waiting"] == []
    assert {log["quorum"] for log in value["logs"]} == {"met"}
    assert {row["problem"] for row in value["witnesses"]} == {""}
    assert "both" in verax(setting.world, "witness", "list").err
    assert "north" in verax(setting.world, "witness", "status").out


def test_an_audit_counts_the_quorum_and_asks_the_witnesses(setting: Witnessed, verax: Verax, tmp_path: Path) -> None:
    assert verax(setting.world, "log", "verify").code == 0
    setting.ask()
    setting.until(lambda: setting.get("/replies/0/checkpoint.witnessed").status_code == 200)
    ran = verax(setting.world, "log", "verify", "--url", setting.world.url, "--all-witnesses", "--json")
    assert ran.code == 0, ran.out
    steps = json.loads(ran.out)["steps"]
    by_name = {step["name"]: step for step in steps}
    assert by_name["witnesses, governance"]["state"] == by_name["witnesses, replies 0"]["state"] == "verified"
    assert "cosigned by north 20" in by_name["witnesses, governance"]["detail"]
    asked = [step for step in steps if step["name"] in ("witness north", "witness south")]
    assert [step["state"] for step in asked] == ["verified"] * 4
    assert all("knows this very history" in step["detail"] for step in asked)
    with run_witness(tmp_path / "stranger", name="stranger") as stranger:
        ran = verax(setting.world, "log", "verify", "--witness", stranger.url, "--json")
        found = [step for step in json.loads(ran.out)["steps"] if step["name"] == f"witness {stranger.url}"]
        assert [step["state"] for step in found] == ["incomplete"] * 2
        for key in parse_verifier_keys("\n".join(setting.identity.log_keys())):
            stranger.follow(key)
        ran = verax(setting.world, "log", "verify", "--witness", stranger.url)
        assert ran.code == 0 and "the root names no key of it" in ran.out
    setting.south.stop()
    ran = verax(setting.world, "log", "verify", "--all-witnesses")
    assert ran.code == 0 and "cannot be asked" in ran.out and "incomplete" in ran.err


def test_the_stand_alone_script_audits_a_running_servers_log(setting: Witnessed, tmp_path: Path) -> None:
    fingerprint = setting.identity.credentials.fingerprint
    command = [sys.executable, str(CHECKER.with_name("check_log.py")), str(tmp_path / "copy"), "--channel", "assistant"]
    command += ["--key", str(setting.identity.log_keys_path), "--fingerprint", fingerprint]
    done = subprocess.run([*command, "--fetch", f"{setting.world.url}/log"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The quorum both is met; cosigned by north, south" in done.stdout
    assert f"Its head is {setting.head()}: proposed by owner" in done.stdout
    assert subprocess.run(command, capture_output=True, timeout=60).returncode == 0


def test_an_audit_fails_where_the_quorum_was_never_there(tmp_path: Path, verax: Verax) -> None:
    with witnessed(tmp_path, verax, start=False) as setting:
        ran = verax(setting.world, "log", "verify", "--json")
        assert ran.code == 3
        failed = {step["name"] for step in json.loads(ran.out)["steps"] if step["state"] == "failed"}
        assert failed == {"witnesses, governance"}
        assert verax(setting.world, "witness", "status").code == 3


def test_a_witness_that_is_down_stops_forward_moves_and_nothing_else(
    setting: Witnessed, verax: Verax, tmp_path: Path
) -> None:
    first = setting.head()
    setting.south.stop()
    second = propose(setting, verax, tmp_path, "You answer at length.")
    assert setting.head() == first
    turn = setting.ask()
    assert turn["release"] == first
    said = setting.get("/v1/witnesses").json()
    assert said["waiting"] == ["assistant"]
    setting.until(lambda: setting.get(f"/v1/receipts/{turn['id']}").status_code == 200)
    checked = verax(setting.world, "receipt", "verify", turn["id"], "--governance", "--json")
    assert checked.code == 0, checked.out
    assert json.loads(checked.out)["checks"][-1]["state"] == "verified"
    status = verax(setting.world, "witness", "status", "--json")
    governance = json.loads(status.out)["logs"][0]
    assert governance["witnessed"] < governance["size"]
    assert any("reached" in row["problem"] or "time" in row["problem"] for row in json.loads(status.out)["witnesses"])
    frozen = verax(setting.world, "channel", "freeze", "assistant", "--reason", "test", "--yes")
    assert frozen.code == 0, frozen.err
    assert setting.get("/v1/governance/state").json()["channels"]["assistant"]["frozen"]
    setting.south.start()
    setting.until(lambda: setting.head() == second)
    assert setting.get("/v1/witnesses").json()["waiting"] == []


def test_a_restart_while_a_witness_is_down_serves_what_was_witnessed(
    setting: Witnessed, verax: Verax, tmp_path: Path
) -> None:
    first = setting.head()
    setting.south.stop()
    propose(setting, verax, tmp_path, "You answer at length.")
    assert setting.head() == first
    assert setting.ask()["release"] == first


def test_a_channel_that_demands_nobody_moves_without_witnesses(tmp_path: Path, verax: Verax) -> None:
    with witnessed(tmp_path, verax, "--channel", "runtime") as setting:
        setting.until(lambda: setting.get("/log/checkpoint.witnessed").status_code == 200)
        setting.south.stop()
        second = propose(setting, verax, tmp_path, "You answer at length.")
        assert setting.head() == second
        setting.ask()


def test_yesterdays_data_folder_does_not_start_while_a_witness_can_be_reached(tmp_path: Path, verax: Verax) -> None:
    yesterday = tmp_path / "yesterday"
    with witnessed(tmp_path, verax) as setting:
        setting.until(lambda: setting.get("/log/checkpoint.witnessed").status_code == 200)
        world = setting.world
        origin = Checkpoint.parse(parse_note(setting.get("/log/checkpoint").content).text).origin
        setting.until(lambda: seen_size(setting.north, origin) == seen_size(setting.south, origin))
        shutil.copytree(world.home, yesterday)
        propose(setting, verax, tmp_path, "You answer at length.")
        setting.until(lambda: seen_size(setting.north, origin) > seen_size_of(yesterday))
        north, south = setting.north, setting.south
    shutil.rmtree(world.home)
    shutil.move(yesterday, world.home)
    north.start()
    try:
        with pytest.raises(RuntimeError) as caught, run_server(again(world)):
            pytest.fail("it started on an older log")
        assert isinstance(caught.value.__cause__, RolledBack)
        assert "witness north" in caught.value.__cause__.message
    finally:
        north.stop()
    assert south.seen(origin) is not None


def again(world: World) -> Callable[[], contextlib.AbstractAsyncContextManager[Any]]:
    return opened(load_config(environ=world.environ).config, world.session, [])


def seen_size(witness: RunningWitness, origin: str) -> int:
    found = witness.seen(origin)
    return 0 if found is None or found.seen is None else found.seen.size


def seen_size_of(home: Path) -> int:
    note = (home / "log" / "governance" / "checkpoint").read_bytes()
    return Checkpoint.parse(parse_note(note).text).size


def test_the_policy_in_force_judges_the_governance_checkpoint_itself(setting: Witnessed) -> None:
    note = setting.get("/log/checkpoint.witnessed").content
    keys = parse_verifier_keys("\n".join(setting.identity.log_keys()))
    result = check_policy(note, Policy.parse(setting.policy.read_text()), keys)
    assert result.is_met and set(result.times_s) == {"north", "south"}


def test_a_policy_that_names_nobody_again_lets_waiting_moves_through(
    setting: Witnessed, verax: Verax, tmp_path: Path
) -> None:
    setting.south.stop()
    second = propose(setting, verax, tmp_path, "You answer at length.")
    assert setting.head() != second
    assert verax(setting.world, "witness", "require", "none", "--yes").code == 0
    assert setting.head() == second
    assert json.loads(verax(setting.world, "witness", "list", "--json").out)["witnesses"] == []


def test_a_policy_that_cannot_be_is_refused_before_anything_is_signed(
    setting: Witnessed, verax: Verax, tmp_path: Path
) -> None:
    version = setting.get("/v1/governance/state").json()["root_version"]
    bad = tmp_path / "bad.txt"
    for text in ("quorum nobody\n", "witness a b c d\nquorum a\n", "", "\x00"):
        bad.write_text(text)
        assert verax(setting.world, "witness", "require", str(bad), "--all-channels", "--yes").code != 0
    assert verax(setting.world, "witness", "require", str(tmp_path / "gone"), "--yes").code != 0
    assert verax(setting.world, "witness", "require", str(setting.policy), "--channel", "nobody", "--yes").code == 3
    assert verax(setting.world, "witness", "require", "none", "--all-channels", "--yes").code == 3
    assert setting.get("/v1/governance/state").json()["root_version"] == version
