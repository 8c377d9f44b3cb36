"""A place for one installation's files, and a way to run the command line in this process."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from verax.kernel.canonical import encode
from verax.kernel.checkpoint import Checkpoint
from verax.kernel.merkle import leaf_hash, tree_root
from verax.kernel.note import NoteSigner, sign_note
from verax.kernel.release import Release
from verax.kernel.tiles import TILE_WIDTH, encode_bundle, tiles_between
from verax.store.blobs import Blobs
from verax.store.genesis import Genesis, GenesisPlan, draft_genesis
from verax.store.home import Home
from verax.surfaces.cli.keyring import Credentials, Identity, Keyring
from verax.surfaces.cli.main import run
from verax.surfaces.cli.shapes import SHAPES, find_mismatch

MANIFEST = """
v = 1
name = "first"
audience = "adult"
[model]
backend = "scripted"
name = "script"
weights = "unknown"
seal = "checked"
context_tokens = 2048
deterministic = true
[prompt]
system = "You answer briefly and say so when you do not know."
[sampling]
temperature = "0.2"
max_tokens = 64
allow = ["temperature"]
[guard]
input = [{detector = "secrets", action = "refuse"}]
output = [{detector = "secrets", action = "rewrite"}]
"""
RUNTIME = encode({"lock": "11" * 32, "source": "22" * 32})


@dataclass(frozen=True)
class Ran:
    """What one command line did."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Founded:
    """An installation's public files on disk, and its keyring entry; no database, no server."""

    home: Path
    genesis: Genesis
    release: Release
    identity: Identity

    def append(self, *entries: bytes) -> Founded:
        """Write the governance log anew with more entries."""
        grown = replace(self, genesis=replace(self.genesis, entries=(*self.genesis.entries, *entries)))
        write_log(Home(self.home).governance_dir, grown.genesis.entries, grown.genesis.server_keys.governance_signer())
        return grown


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder and a keyring of the test's own, and a port where nothing listens."""
    for name in ("VERAX_URL", "VERAX_API_KEY", "VERAX_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VERAX_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VERAX_KEYRING", str(tmp_path / "keys"))
    monkeypatch.setenv("VERAX_PORT", "1")
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def verax(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs ``verax ARGUMENTS`` and returns exit code, stdout and stderr."""

    def call(*arguments: str) -> Ran:
        code = run(list(arguments))
        captured = capsys.readouterr()
        check_shape(arguments, captured.out)
        return Ran(code, captured.out, captured.err)

    return call


@pytest.fixture
def founded(home: Path, tmp_path: Path) -> Founded:
    """A solo installation as genesis drafts it, with 300 entries in its reply log."""
    counter = iter(range(10_000))
    release = Release.from_toml(MANIFEST)
    plan = GenesisPlan(
        releases={"assistant": release},
        runtime=RUNTIME,
        now_ms=1_767_225_600_000,
        random_bytes=lambda count: hashlib.shake_256(b"%d" % next(counter)).digest(count),
    )
    genesis = draft_genesis(plan)
    keys, place = genesis.server_keys, Home(home)
    blobs = Blobs(place.blobs)
    for blob in genesis.blobs:
        blobs.put(blob)
    write_log(place.governance_dir, genesis.entries, keys.governance_signer())
    replies = tuple(hashlib.sha256(b"%d" % index).digest() for index in range(300))
    write_log(place.replies_dir(0), replies, keys.replies_signer())
    identity = Keyring(tmp_path / "keys").create(
        Credentials(
            name=keys.name,
            url="http://localhost:1",
            home=str(home),
            fingerprint=genesis.fingerprint,
            person="owner",
            key_id=genesis.daily_key_id,
        )
    )
    identity.keep_daily_seed(genesis.daily_seed)
    signers = (keys.governance_signer(), keys.replies_signer(), keys.promise_signer())
    identity.pin_log_keys([str(signer.verifier) for signer in signers])
    return Founded(home, genesis, release, identity)


def write_log(folder: Path, entries: tuple[bytes, ...], signer: NoteSigner) -> None:
    """Write tiles, bundles and checkpoint of a log of fewer than 65,536 entries, by brute force."""
    leaves = [leaf_hash(entry) for entry in entries]
    full = len(leaves) // TILE_WIDTH
    upper = [tree_root(leaves[i * TILE_WIDTH : (i + 1) * TILE_WIDTH]) for i in range(full)]
    for tile in tiles_between(0, len(entries)):
        start = tile.index * TILE_WIDTH
        if tile.level is None:
            data = encode_bundle(entries[start : start + tile.width])
        else:
            data = b"".join((leaves, upper)[tile.level][start : start + tile.width])
        path = folder / tile.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    checkpoint = Checkpoint(signer.verifier.name, len(entries), tree_root(leaves))
    (folder / "checkpoint").write_bytes(sign_note(checkpoint.to_text(), signer))


def check_shape(arguments: tuple[str, ...], out: str) -> None:
    """Hold what ``--json`` printed to its documented shape."""
    words = " ".join(arguments)
    name = max((name for name in SHAPES if f" {name} " in f" {words} "), key=len, default="")
    if "--json" in arguments and name and out:
        problem = find_mismatch(json.loads(out), SHAPES[name])
        assert not problem, f"verax {name}: {problem}"
