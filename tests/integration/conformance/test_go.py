"""Go's sumdb/note and sumdb/tlog accept our notes, tiles and proofs, and refuse them when they were changed."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from verax.kernel.cosignature import CosignatureSigner
from verax.kernel.merkle import leaf_hash
from verax.kernel.note import NoteSigner, add_signature, sign_note
from verax.kernel.promise import promise_text
from verax.kernel.witness import Submission
from verax.store.database import open_database
from verax.store.tlog import TileLog
from verax.testing.logs import fixed_entries, reply_spec
from verax.testing.running_witness import run_witness
from verax.testing.simulated_log import SimulatedLog

from .conftest import CONFORMANCE, load_vectors

SOURCES = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb")
pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(
        shutil.which("go") is None or not SOURCES.is_dir(),
        reason="needs Go: apt-get install golang-go golang-golang-x-mod-dev",
    ),
]

ORIGIN = "verax-abcdefghijklmnopqrstuvwxyz/replies/0"
Verdict = Callable[..., int]


@pytest.fixture(scope="session")
def veraxcheck(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    """Build the Go program once and return a function that runs it and gives its exit status."""
    program = tmp_path_factory.mktemp("go") / "veraxcheck"
    subprocess.run([str(CONFORMANCE / "go" / "build.sh"), str(program)], check=True, timeout=300)

    def verdict(*arguments: object) -> int:
        done = subprocess.run([str(program), *map(str, arguments)], capture_output=True, text=True, timeout=60)
        assert done.returncode in (0, 2, 3), done.stderr
        assert ("verified:" in done.stdout) == (done.returncode == 0)
        return done.returncode

    return verdict


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_text(f"{SimulatedLog(ORIGIN, bytes(32)).signer.verifier}\n")
    return path


def new_log(size: int) -> SimulatedLog:
    log = SimulatedLog(ORIGIN, bytes(32))
    for number in range(size):
        log.append(hashlib.sha256(b"entry %d" % number).digest())
    return log


def write_log(log: SimulatedLog, folder: Path) -> Path:
    for path, data in log.files().items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return folder


def flip(path: Path, at: int = -1) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))


def test_go_opens_our_notes_with_our_keys(veraxcheck: Verdict, key: Path, tmp_path: Path) -> None:
    note = tmp_path / "note"
    signer = SimulatedLog(ORIGIN, bytes(32)).signer
    for text in ("short\n", "with\n\nempty lines\n\n", "ünïcödé — 書\n", promise_text(ORIGIN, bytes(32), 5)):
        note.write_bytes(add_signature(sign_note(text, signer), NoteSigner("other", b"o" * 32)))
        assert veraxcheck("note", key, note) == 0
        flip(note, 0)
        assert veraxcheck("note", key, note) == 3


@pytest.mark.parametrize("size", [1, 2, 7, 255, 256, 257, 511, 512, 1000, 66_000])
def test_go_reads_every_tile_and_entry_of_our_logs(veraxcheck: Verdict, key: Path, tmp_path: Path, size: int) -> None:
    folder = write_log(new_log(size), tmp_path / "log")
    assert veraxcheck("log", key, folder) == 0


@pytest.mark.parametrize(
    "path",
    ["checkpoint", "tile/0/000", "tile/0/003.p/232", "tile/1/000.p/3", "tile/entries/001", "tile/entries/003.p/232"],
)
def test_go_refuses_a_log_with_one_changed_byte(veraxcheck: Verdict, key: Path, tmp_path: Path, path: str) -> None:
    folder = write_log(new_log(1000), tmp_path / "log")
    flip(folder / path, 40)
    assert veraxcheck("log", key, folder) == 3


def test_go_refuses_a_log_with_a_torn_or_missing_file(veraxcheck: Verdict, key: Path, tmp_path: Path) -> None:
    folder = write_log(new_log(300), tmp_path / "log")
    bundle = folder / "tile/entries/001.p/44"
    data = bundle.read_bytes()
    for torn in (data[:-1], data + b"\x00", b""):
        bundle.write_bytes(torn)
        assert veraxcheck("log", key, folder) == 3
    bundle.unlink()
    assert veraxcheck("log", key, folder) == 3


def test_go_sees_that_a_log_only_grew(veraxcheck: Verdict, key: Path, tmp_path: Path) -> None:
    log = new_log(600)
    folder = write_log(log, tmp_path / "log")
    old = tmp_path / "old"
    for size in (1, 2, 255, 256, 511, 599, 600):
        old.write_bytes(log.checkpoint(size))
        assert veraxcheck("grew", key, old, folder) == 0
    forked = SimulatedLog(ORIGIN, bytes(32))
    for number in range(300):
        forked.append(hashlib.sha256(b"another entry %d" % number).digest())
    old.write_bytes(forked.checkpoint())
    assert veraxcheck("grew", key, old, folder) == 3


def test_go_accepts_a_cosigned_log_and_refuses_it_when_it_was_changed(
    veraxcheck: Verdict, key: Path, tmp_path: Path
) -> None:
    witnesses = [CosignatureSigner(f"w{number}.test", bytes([number]) * 32, 1_760_000_000) for number in (1, 2)]
    log = SimulatedLog(ORIGIN, bytes(32), witnesses)
    for number in range(300):
        log.append(hashlib.sha256(b"entry %d" % number).digest())
    folder, old, proof = write_log(log, tmp_path / "log"), tmp_path / "old", tmp_path / "leaf.tlog-proof"
    assert (folder / "checkpoint").read_text().count("\n— ") == 3
    assert veraxcheck("note", key, folder / "checkpoint") == 0
    assert veraxcheck("log", key, folder) == 0
    old.write_bytes(log.checkpoint(200))
    assert veraxcheck("grew", key, old, folder) == 0
    proof.write_bytes(log.prove(7).to_bytes())
    leaf = leaf_hash(hashlib.sha256(b"entry 7").digest())
    assert veraxcheck("proof", key, proof, leaf.hex()) == 0
    flip(folder / "checkpoint", 0)
    assert veraxcheck("log", key, folder) == 3


def test_go_reads_a_servers_log_that_real_witnesses_cosigned(veraxcheck: Verdict, tmp_path: Path) -> None:
    spec = reply_spec(tmp_path / "log")
    server_key = tmp_path / "server-key"
    server_key.write_text(f"{spec.signers[0].verifier}\n")
    with closing(open_database(tmp_path / "verax.db")) as database, run_witness(tmp_path / "w") as witness:
        witness.follow(spec.signers[0].verifier)
        log = TileLog.open(database, spec)
        for old, step in ((0, 3), (3, 260)):
            log.append_now(fixed_entries(step, old))
            log.integrate_now()
            body = Submission(old, tuple(log.consistency_now(old)), log.published.checkpoint).to_bytes()
            request = urllib.request.Request(f"{witness.url}/add-checkpoint", data=body)
            with urllib.request.urlopen(request, timeout=60) as answer:
                log.attach_now(log.published.checkpoint + answer.read(), is_witnessed=True)
            assert log.published.checkpoint.count("\n— ".encode()) == 2
            assert veraxcheck("note", server_key, spec.folder / "checkpoint.witnessed") == 0
            assert veraxcheck("log", server_key, spec.folder) == 0


def test_go_accepts_our_proofs_for_every_leaf(veraxcheck: Verdict, key: Path, tmp_path: Path) -> None:
    proof = tmp_path / "leaf.tlog-proof"
    log = new_log(11)
    for index in range(log.size):
        leaf = leaf_hash(hashlib.sha256(b"entry %d" % index).digest())
        proof.write_bytes(log.prove(index).to_bytes())
        assert veraxcheck("proof", key, proof, leaf.hex()) == 0
        assert veraxcheck("proof", key, proof, bytes(32).hex()) == 3


def test_go_accepts_our_good_receipts_and_refuses_the_bad_ones(veraxcheck: Verdict, tmp_path: Path) -> None:
    key, receipt = tmp_path / "key", tmp_path / "receipt"
    for vector in load_vectors("good"):
        if vector["name"] == "key-file-without-line-end":
            continue
        key.write_bytes(vector["key"])
        receipt.write_bytes(vector["receipt"])
        assert veraxcheck("receipt", key, receipt) == 0, vector["name"]
    signed_otherwise = {"signature-twice", "signature-second-one-wrong", "key-small-order-forgery"}
    for vector in load_vectors("clause_12"):
        name = vector["name"]
        if not name.startswith(("signature-", "tree-")) or name in signed_otherwise:
            continue
        key.write_bytes(vector["key"])
        receipt.write_bytes(vector["receipt"])
        assert veraxcheck("receipt", key, receipt) == 3, name


def test_go_reads_a_servers_own_log_folder_as_it_grows(veraxcheck: Verdict, tmp_path: Path) -> None:
    spec = reply_spec(tmp_path / "log")
    key, old, proof = tmp_path / "server-key", tmp_path / "server-old", tmp_path / "server.tlog-proof"
    key.write_text(f"{spec.signers[0].verifier}\n")
    database = open_database(tmp_path / "verax.db")
    try:
        log = TileLog.open(database, spec)
        for step in (1, 254, 1, 1, 300, 1000):
            entries = fixed_entries(step, log.published.size)
            log.append_now(entries)
            old.write_bytes(log.published.checkpoint)
            log.integrate_now()
            assert veraxcheck("log", key, spec.folder) == 0
            # Go proves nothing about the empty tree that the first step grew from
            assert veraxcheck("grew", key, old, spec.folder) == (0 if log.published.size > step else 3)
            index = log.published.size - step
            proof.write_bytes(log.prove_now(index).to_bytes())
            assert veraxcheck("proof", key, proof, leaf_hash(entries[0]).hex()) == 0
    finally:
        database.close()


def test_bad_usage_ends_with_2(veraxcheck: Verdict, key: Path) -> None:
    assert veraxcheck("note", key) == 2
    assert veraxcheck("what", key, key) == 2
