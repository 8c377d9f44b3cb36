"""A real installation served over HTTP: founded, asked, checked by the stand-alone script, governed."""

from __future__ import annotations

import base64
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from openai import OpenAI

from verax.config import Config
from verax.kernel import canonical
from verax.kernel.checkpoint import Checkpoint
from verax.kernel.dsse import sign_envelope
from verax.kernel.fold import fold
from verax.kernel.note import VerifierKey, open_note
from verax.kernel.runtime import InstanceManifest, PortableRuntime
from verax.kernel.statement import NONE, Basis, Move, payload_of
from verax.kernel.tiles import TILE_WIDTH, entries_path, parse_bundle
from verax.store.blobs import Blobs
from verax.surfaces.founding import Founding, found
from verax.surfaces.installation import Installation, Surroundings
from verax.testing.releases import make_release
from verax.testing.running_server import RunningServer, run_server
from verax.testing.scripted import Rule, ScriptedBackend
from verax.testing.turns import FixedRuntime, OneBackend

CHECKER = Path(__file__).parents[2] / "conformance" / "check_receipt.py"
HAMLET = "Hamlet was written by William Shakespeare."
LIMIT_S = 60
PORTABLE = PortableRuntime("aa" * 32, "bb" * 32)
MANIFEST = InstanceManifest(PORTABLE, "cpython 3.11.7 cpython-311-x86_64-linux-gnu", "linux x86_64", "dd" * 32)


@dataclass
class Served:
    """A served installation and what its founding brought."""

    server: RunningServer[Installation]
    founding: Founding

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.founding.api_key}"}

    def get(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", timeout=LIMIT_S, **options)

    def ask(self, question: str = "Who wrote Hamlet?") -> Any:
        with OpenAI(base_url=f"{self.url}/v1", api_key=self.founding.api_key, max_retries=0, timeout=LIMIT_S) as client:
            messages: Any = [{"role": "user", "content": question}]
            return client.chat.completions.create(model="assistant", messages=messages)

    def receipt(self, reply: Any) -> bytes:
        """Return the owner's receipt once the leaf is integrated."""
        live = self.server.installation.replies.live
        last = live.published.size + live.log.pending_now() - 1
        self.server.call(live.wait_published(last, LIMIT_S))
        return httpx.get(reply.verax["receipt"], headers=self.headers, timeout=LIMIT_S).content

    def state(self) -> Any:
        return self.get("/v1/governance/state").json()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("installation")
    config = Config(home=folder / "home", keyring=folder / "keyring", rate_per_minute=None)
    backend = ScriptedBackend([Rule("Hamlet", HAMLET)])
    around = Surroundings(FixedRuntime(PORTABLE.digest, MANIFEST.digest), OneBackend(backend))
    foundings: list[Founding] = []

    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[Installation]:
        releases = {"assistant": make_release("You answer briefly.")}
        founding = await found(config, PORTABLE.data, around, releases)
        assert founding is not None
        foundings.append(founding)
        installation = await Installation.open(config, around)
        Blobs(installation.home.blobs).put(MANIFEST.data)
        try:
            yield installation
        finally:
            await installation.close()

    with run_server(opened) as server:
        yield Served(server, foundings[0])


def check(folder: Path, receipt: bytes, key: bytes, reply: str, *more: str) -> int:
    """Run the stand-alone checker on files and return its exit code."""
    for name, data in (("receipt.json", receipt), ("key.txt", key), ("reply.txt", reply.encode())):
        (folder / name).write_bytes(data)
    command = [sys.executable, str(CHECKER), "receipt.json", "--key", "key.txt", "--reply", "reply.txt", *more]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode in (0, 3), done.stderr
    assert ("failed" in done.stdout.lower()) is (done.returncode == 3), done.stdout
    return done.returncode


def test_the_stand_alone_checker_accepts_a_reply_and_rejects_any_change(served: Served, tmp_path: Path) -> None:
    reply = served.ask()
    receipt, key = served.receipt(reply), served.get("/log/key").content
    assert reply.choices[0].message.content == HAMLET
    assert check(tmp_path, receipt, key, HAMLET) == 0
    assert check(tmp_path, receipt, key, HAMLET + " ") == 3
    middle = len(receipt) // 2
    changed = receipt[:middle] + bytes([receipt[middle] ^ 1]) + receipt[middle + 1 :]
    assert check(tmp_path, changed, key, HAMLET) == 3


def test_the_bundle_shows_who_approved_the_release(served: Served, tmp_path: Path) -> None:
    reply = served.ask()
    receipt, key = served.receipt(reply), served.get("/log/key").content
    bundle = served.get(f"/v1/receipts/{reply.verax['id']}/governance")
    assert bundle.status_code == 200, bundle.text
    (tmp_path / "bundle.json").write_bytes(bundle.content)
    assert check(tmp_path, receipt, key, HAMLET, "--governance", "bundle.json") == 0
    assert served.get(f"/v1/receipts/{reply.verax['id']}/governance").content == bundle.content


def test_anyone_can_fold_the_public_log_to_the_state_that_serves(served: Served) -> None:
    lines = served.get("/log/key").text.splitlines()
    checkpoint = Checkpoint.parse(open_note(served.get("/log/checkpoint").content, [VerifierKey.parse(lines[0])]).text)
    entries: list[bytes] = []
    for first in range(0, checkpoint.size, TILE_WIDTH):
        width = min(TILE_WIDTH, checkpoint.size - first)
        entries += parse_bundle(served.get(f"/log/{entries_path(first // TILE_WIDTH, width)}").content, width)

    def blob(digest: str) -> bytes | None:
        response = served.get(f"/log/blob/{digest}")
        return response.content if response.status_code == 200 else None

    state, shown = fold(entries, blob), served.state()
    assert state.tree_root == checkpoint.root == bytes.fromhex(shown["root_hash"])
    assert state.fingerprint == shown["fingerprint"]
    assert {name: channel.head for name, channel in state.channels.items() if name != "runtime"} == {
        name: channel["release"] for name, channel in shown["channels"].items()
    }
    assert shown["runtime"] == PORTABLE.digest


def test_the_owner_opens_the_prompt_and_every_segment_has_its_author(served: Served) -> None:
    reply = served.ask()
    opened = served.get(f"/v1/turns/{reply.verax['id']}/segments", headers=served.headers).json()
    assert opened["prompt"] == reply.verax["record"]["prompt"]
    assert {(segment["by"], segment["text"]) for segment in opened["segments"]} == {
        ("release", "You answer briefly."),
        ("user", "Who wrote Hamlet?"),
    }


def test_a_response_that_is_deleted_takes_its_turn_along(served: Served) -> None:
    with OpenAI(base_url=f"{served.url}/v1", api_key=served.founding.api_key, max_retries=0) as client:
        response: Any = client.responses.create(model="assistant", input="Hamlet")
        client.responses.delete(response.id)
    assert served.get(f"/v1/receipts/{response.verax['id']}", headers=served.headers).status_code == 404


def signed_move(served: Served, act: Any) -> dict[str, Any]:
    """Return the body that posts a move of the channel, signed with the owner's daily key."""
    genesis, state = served.founding.genesis, served.state()
    assert genesis is not None
    head = state["channels"]["assistant"]["release"]
    basis = Basis(
        log=f"{state['name']}/governance",
        root=state["root_version"],
        seen_size=state["size"],
        seen_root=state["root_hash"],
        nonce=canonical.hex_digest(act.encode())[:32],
        time_ms=1_795_392_000_000,
    )
    payload = payload_of(Move(basis, "assistant", act, NONE, head, head, 0))
    envelope = sign_envelope(payload, [(genesis.daily_key_id, genesis.daily_seed)])
    return {"envelope": base64.b64encode(envelope).decode(), "blobs": {}}


def test_a_channel_frozen_by_its_owner_answers_nobody(served: Served) -> None:
    url, body = f"{served.url}/v1/governance/entries", signed_move(served, "freeze")
    assert httpx.post(url, json=body, timeout=LIMIT_S).status_code == 401
    frozen = httpx.post(url, json=body, headers=served.headers, timeout=LIMIT_S)
    assert frozen.status_code == 201, frozen.text
    assert frozen.json()["state"]["channels"]["assistant"]["frozen"] is True
    again = httpx.post(url, json=body, headers=served.headers, timeout=LIMIT_S)
    assert again.status_code in (400, 409)
    chat = {"model": "assistant", "messages": [{"role": "user", "content": "Hamlet"}]}
    refused = httpx.post(f"{served.url}/v1/chat/completions", json=chat, headers=served.headers, timeout=LIMIT_S)
    assert refused.status_code == 503
    assert refused.json()["error"]["code"] == "governance/frozen"
    assert served.get("/log/checkpoint").status_code == 200
