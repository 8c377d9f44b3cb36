"""A split view: two histories of one installation, both validly signed, shown to two people.

The operator here has every key of the server and runs two copies of it that part ways after a
common beginning. Ann is shown one, Bob the other.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from verax.config import load_config
from verax.kernel.checkpoint import Checkpoint
from verax.kernel.note import VerifierKey, parse_note, parse_verifier_keys
from verax.kernel.split_view import SplitView
from verax.kernel.witness import Submission
from verax.surfaces.cli.session import Session
from verax.testing.releases import manifest_toml
from verax.testing.running_server import run_server
from verax.testing.running_witness import run_witness

from .conftest import GUARD, World, opened, served

CONFORMANCE = Path(__file__).parents[3] / "conformance"
LIMIT_S = 60.0
Verax = Callable[..., Any]


@dataclass
class Split:
    """Two servers with one name and one log key, and what each person's machine remembers."""

    ann: World
    bob: World
    keys: tuple[VerifierKey, ...]

    def note(self, world: World, log: str = "log") -> bytes:
        return httpx.get(f"{world.url}/{log}/checkpoint", timeout=LIMIT_S).content

    def checkpoint(self, world: World, log: str = "log") -> Checkpoint:
        return Checkpoint.parse(parse_note(self.note(world, log)).text)


def ask(world: World, count: int) -> None:
    key = world.identity.credentials.api_key
    for number in range(count):
        body = {"model": "assistant", "messages": [{"role": "user", "content": f"Question {number}"}]}
        headers = {"authorization": f"Bearer {key}"}
        answer = httpx.post(f"{world.url}/v1/chat/completions", headers=headers, json=body, timeout=LIMIT_S)
        assert answer.status_code == 200, answer.text
        receipt = f"{world.url}/v1/receipts/{answer.json()['verax']['id']}"
        while httpx.get(receipt, timeout=LIMIT_S).status_code != 200:
            continue


@contextlib.contextmanager
def serve_copy(folder: Path) -> Iterator[World]:
    """Serve the installation that lies below `folder`, with the keyring beside it."""
    environ = {"HOME": str(folder), "VERAX_HOME": str(folder / "home"), "VERAX_KEYRING": str(folder / "keys")}
    session = Session(environ)
    with run_server(opened(load_config(environ=environ).config, session, [])) as server:
        environ["VERAX_PORT"] = server.url.rpartition(":")[2]
        world = World(server.url, folder / "home", environ)
        # The copied keyring knows the folder that was copied; a person's own knows the address only.
        identity = session.keyring.identities()[0]
        identity.update(url=server.url, home=str(world.home))
        yield world


@pytest.fixture
def split(tmp_path: Path, verax: Verax) -> Iterator[Split]:
    with served(tmp_path / "ann") as world:
        ask(world, 1)
        assert verax(world, "log", "verify").code == 0
        keys = parse_verifier_keys("\n".join(world.identity.log_keys()))
    shutil.copytree(tmp_path / "ann", tmp_path / "bob")
    with serve_copy(tmp_path / "ann") as ann, serve_copy(tmp_path / "bob") as bob:
        for world in (ann, bob):
            # The same deed, signed twice: each history has its own statement of it.
            frozen = verax(world, "channel", "freeze", "assistant", "--reason", "test", "--yes")
            assert frozen.code == 0, frozen.err
        yield Split(ann, bob, keys)


def test_the_witness_refuses_the_second_history(split: Split, verax: Verax, tmp_path: Path) -> None:
    with run_witness(tmp_path / "witness", [key for key in split.keys if key.name.endswith("/governance")]) as witness:
        connection = http.client.HTTPConnection("127.0.0.1", witness.port, timeout=LIMIT_S)

        def post(submission: Submission) -> tuple[int, str]:
            connection.request("POST", "/add-checkpoint", body=submission.to_bytes())
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.headers["content-type"]

        first, second = split.note(split.ann), split.note(split.bob)
        size = split.checkpoint(split.ann).size
        assert split.checkpoint(split.bob).size == size
        assert post(Submission(0, (), first))[0] == 200
        assert post(Submission(size, (), second)) == (409, "text/plain; charset=utf-8")
        connection.close()
        # Bob, who was shown the second history only, asks the witness himself.
        ran = verax(split.bob, "log", "verify", "--witness", witness.url, "--json")
        assert ran.code == 3
        words = [step for step in json.loads(ran.out)["steps"] if step["name"] == f"witness {witness.url}"]
        assert words[0]["state"] == "failed" and "another history" in words[0]["detail"]
        assert len(list((split.bob.identity.folder / "evidence").iterdir())) == 1
        assert verax(split.ann, "log", "verify", "--witness", witness.url).code == 0
        origin = split.checkpoint(split.ann).origin
        followed = witness.seen(origin)
        assert followed is not None and followed.seen == split.checkpoint(split.ann)
        assert followed.refused == 1


def test_a_person_who_saw_one_history_is_not_shown_the_other(split: Split, verax: Verax) -> None:
    assert verax(split.ann, "log", "verify").code == 0
    ran = verax(split.ann, "log", "verify", "--url", split.bob.url, "--json")
    assert ran.code == 3
    (step,) = json.loads(ran.out)["steps"]
    assert step["state"] == "failed" and "are not those that this machine saw" in step["detail"]
    (evidence,) = (split.ann.identity.folder / "evidence").iterdir()
    assert SplitView.parse(evidence.read_bytes()).verify(split.keys).origin.endswith("/governance")
    # What was seen first is still what counts.
    assert verax(split.ann, "log", "verify").code == 0


def test_two_people_who_compare_see_it_keep_the_proof_and_the_alarm_enters_both_logs(
    split: Split, verax: Verax
) -> None:
    for world in (split.ann, split.bob):
        assert verax(world, "log", "verify").code == 0
    ran = verax(split.ann, "log", "compare", "--url", split.ann.url, "--url", split.bob.url, "--json")
    assert ran.code == 3, ran.err
    value = json.loads(ran.out)
    assert not value["consistent"]
    states = {(view["log"].rpartition("/")[2], view["shown_by"]): view["state"] for view in value["views"]}
    assert states["governance", split.ann.url] == states["governance", split.bob.url] == "forked"
    (path,) = value["evidence"]
    command = [sys.executable, str(CONFORMANCE / "check_split_view.py"), path]
    done = subprocess.run(
        [*command, "--key", str(split.ann.identity.log_keys_path)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout
    assert "signed two different trees" in done.stdout
    assert "the alarm stands in its governance log" in ran.err
    alarms = [
        entry
        for entry in json.loads(verax(split.ann, "log", "show", "--json").out)["entries"]
        if entry["kind"] == "alarm"
    ]
    assert alarms and alarms[-1]["effective"]
    digest = httpx.get(f"{split.ann.url}/v1/witnesses", timeout=LIMIT_S).json()["evidence"][0]
    kept = httpx.get(f"{split.ann.url}/v1/witnesses/evidence/{digest}", timeout=LIMIT_S).content
    assert kept == Path(path).read_bytes()


def test_a_checkpoint_that_a_friend_sends_is_enough(split: Split, verax: Verax, tmp_path: Path) -> None:
    assert verax(split.ann, "log", "verify").code == 0
    friend = tmp_path / "bobs-checkpoint"
    friend.write_bytes(split.note(split.bob))
    ran = verax(split.ann, "log", "compare", str(friend), "--json")
    assert ran.code == 3
    assert len(json.loads(ran.out)["evidence"]) == 1
    friend.write_bytes(split.note(split.ann))
    ran = verax(split.ann, "log", "compare", str(friend))
    assert ran.code == 0, ran.out
    assert "consistent" in ran.out and "forked" not in ran.out


def test_histories_of_two_sizes_are_told_apart_too(split: Split, verax: Verax, tmp_path: Path) -> None:
    friend = tmp_path / "bobs-checkpoint"
    friend.write_bytes(split.note(split.bob))
    file = tmp_path / "next.toml"
    file.write_text(manifest_toml("You answer at length.", guard=GUARD))
    proposed = verax(split.ann, "change", "propose", str(file), "--reason", "test", "--yes")
    assert proposed.code == 0, proposed.err
    assert split.checkpoint(split.ann).size > split.checkpoint(split.bob).size
    ran = verax(split.ann, "log", "compare", str(friend), "--json")
    assert ran.code == 3
    views = [SplitView.parse(Path(path).read_bytes()) for path in json.loads(ran.out)["evidence"]]
    assert any(view.prefix is not None for view in views)
    assert all(view.verify(split.keys) for view in views)


def test_what_no_pinned_key_signed_accuses_nobody(split: Split, verax: Verax, tmp_path: Path) -> None:
    forged = tmp_path / "forged"
    for data in (b"", b"no note", split.note(split.bob).replace(b"\n\n", b"\nmore\n\n"), b"\xff" * 100):
        forged.write_bytes(data)
        ran = verax(split.ann, "log", "compare", str(forged), "--json")
        assert ran.code == 3
        value = json.loads(ran.out)
        assert value["evidence"] == []
        assert [view["state"] for view in value["views"] if view["shown_by"] == str(forged)] == ["failed"]
    assert verax(split.ann, "log", "compare", str(tmp_path / "gone")).code == 1


def test_a_server_that_brings_back_its_own_checkpoint_is_no_contradiction(split: Split, verax: Verax) -> None:
    ran = verax(split.ann, "log", "compare", "--url", split.ann.url, "--url", split.ann.url)
    assert ran.code == 0, ran.out


def test_evidence_that_proves_nothing_is_refused_by_the_server(split: Split, verax: Verax) -> None:
    headers = {"authorization": f"Bearer {split.ann.identity.credentials.api_key}"}
    url = f"{split.ann.url}/v1/witnesses/evidence"
    one = SplitView(split.note(split.ann), split.note(split.ann))
    forged = replace(one, second=split.note(split.ann).replace(b"\n\n", b"\nmore\n\n"))
    for data in (b"", b"{}", one.to_bytes(), forged.to_bytes()):
        body = {"evidence": base64.b64encode(data).decode()}
        assert httpx.post(url, json=body, headers=headers, timeout=LIMIT_S).status_code == 400
    assert httpx.post(url, json={"evidence": ""}, timeout=LIMIT_S).status_code == 401
    assert httpx.get(f"{url}/{'0' * 64}", timeout=LIMIT_S).status_code == 404
    assert httpx.get(f"{url}/..%2f..%2fkeys%2fserver", timeout=LIMIT_S).status_code == 404
    assert httpx.get(f"{split.ann.url}/v1/witnesses", timeout=LIMIT_S).json()["evidence"] == []
