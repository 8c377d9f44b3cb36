"""A witness signs one history of a log, whatever is sent, however it ends."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verax.kernel.checkpoint import Checkpoint
from verax.kernel.cosignature import verify_cosignature
from verax.kernel.errors import ConfigError, ConflictError, CorruptStore, NoteError, StoreFull, UnknownObject
from verax.kernel.note import NoteSigner, add_signature, parse_note
from verax.kernel.split_view import SplitView
from verax.kernel.witness import Submission, origin_digest
from verax.store.disk import Disk
from verax.store.witness import MAX_REFUSED, Witness, WitnessAnswer, WitnessFolder, WitnessKey
from verax.testing.clock import VirtualClock
from verax.testing.crash import SimulatedDisk, crash_states
from verax.testing.disk import Operation, RecordingDisk, Trace, UnsyncedDisk
from verax.testing.histories import Histories

ORIGIN = "verax.test/log"
SEED = bytes(32)
NAME = "witness.test/w"
KEY = WitnessKey(NAME, b"w" * 32)


def open_witness(path: Path, disk: Disk | None = None, origins: Sequence[str] = (ORIGIN,)) -> Witness:
    """Return a witness that follows logs, its folder made on the first call."""
    folder = WitnessFolder(path, disk or UnsyncedDisk())
    folder.make()
    for origin in origins:
        if folder.find(origin_digest(origin)) is None:
            folder.follow([NoteSigner(origin, SEED).verifier])
    return Witness(folder, KEY, VirtualClock())


@pytest.fixture
def histories() -> Histories:
    return Histories(ORIGIN, SEED)


def ask(witness: Witness, histories: Histories, branch: str, old: int, new: int) -> WitnessAnswer:
    return witness.add_checkpoint(histories.submission(branch, old, new).to_bytes())


def cosigned(answer: WitnessAnswer, witness: Witness, text: str) -> int:
    """Return the time that a good answer states."""
    assert answer.status == 200
    (line,) = parse_note(text.encode() + b"\n" + answer.body).signatures
    return verify_cosignature(witness.verifier, text, line).time_s


def test_a_log_is_followed_from_nothing_and_as_it_grows(tmp_path: Path, histories: Histories) -> None:
    witness = open_witness(tmp_path)
    for old, new in ((0, 3), (3, 3), (3, 10), (10, 11)):
        answer = ask(witness, histories, "a", old, new)
        assert cosigned(answer, witness, histories.checkpoint("a", new).to_text()) == 1_760_000_000
    (log,) = WitnessFolder(tmp_path).logs()
    assert (log.origin, log.refused) == (ORIGIN, 0)
    assert log.seen is not None and log.seen.size == 11


def test_every_refusal_has_its_status_and_moves_nothing(tmp_path: Path, histories: Histories) -> None:
    witness = open_witness(tmp_path)
    ask(witness, histories, "a", 0, 5)
    good = histories.submission("a", 5, 9)
    stranger = Histories("verax.test/unknown", SEED)
    forged = Histories(ORIGIN, b"f" * 32)
    cases = [
        (400, b"nonsense"),
        (400, b"old 5\n\nnonsense"),
        (400, b"old 10\n\n" + good.note),
        (404, stranger.submission("a", 0, 3).to_bytes()),
        (403, forged.submission("a", 5, 9).to_bytes()),
        (409, histories.submission("a", 4, 9).to_bytes()),
        (409, histories.submission("b", 5, 5).to_bytes()),
        (422, histories.submission("b", 5, 9).to_bytes()),
        (422, Submission(5, good.path[:-1], good.note).to_bytes()),
    ]
    for status, body in cases:
        answer = witness.add_checkpoint(body)
        assert answer.status == status, body[:20]
        is_stale = body.startswith(b"old 4\n")
        assert answer.content_type == ("text/x.tlog.size" if is_stale else "text/plain; charset=utf-8")
        assert (answer.body == b"5\n") == is_stale
    assert ask(witness, histories, "a", 5, 9).status == 200


def test_what_was_signed_is_known_after_a_restart(tmp_path: Path, histories: Histories) -> None:
    ask(open_witness(tmp_path), histories, "a", 0, 5)
    again = open_witness(tmp_path)
    assert ask(again, histories, "b", 0, 5).body == b"5\n"
    assert ask(again, histories, "b", 5, 5).status == 409
    assert ask(again, histories, "a", 5, 6).status == 200


def test_a_second_history_leaves_evidence_that_anybody_can_check(tmp_path: Path, histories: Histories) -> None:
    witness = open_witness(tmp_path)
    ask(witness, histories, "a", 0, 5)
    ask(witness, histories, "b", 5, 5)
    ask(witness, histories, "b", 5, 5)
    ask(witness, histories, "b", 5, 9)
    refused = sorted((tmp_path / "logs" / origin_digest(ORIGIN) / "refused").iterdir())
    assert sorted(path.suffix for path in refused) == [".json", ".note"]
    evidence = next(path for path in refused if path.suffix == ".json")
    proved = SplitView.parse(evidence.read_bytes()).verify([NoteSigner(ORIGIN, SEED).verifier])
    assert (proved.origin, proved.first.size) == (ORIGIN, 5)
    assert WitnessFolder(tmp_path).logs()[0].refused == 2


def test_what_is_refused_fills_no_disk(tmp_path: Path, histories: Histories) -> None:
    witness = open_witness(tmp_path)
    ask(witness, histories, "a", 0, 1)
    for size in range(2, 2 + 2 * MAX_REFUSED):
        assert ask(witness, histories, "b", 1, size).status == 422
    for number in range(2 * MAX_REFUSED):
        assert ask(witness, histories, f"c{number}", 1, 1).status == 409
    assert WitnessFolder(tmp_path).logs()[0].refused == 2 * MAX_REFUSED


def test_junk_signatures_of_others_are_not_kept(tmp_path: Path, histories: Histories) -> None:
    witness = open_witness(tmp_path)
    asked = histories.submission("a", 0, 3)
    noisy = add_signature(asked.note, NoteSigner("junk", b"j" * 32))
    assert witness.add_checkpoint(Submission(0, (), noisy).to_bytes()).status == 200
    assert WitnessFolder(tmp_path).read_seen(origin_digest(ORIGIN)) == asked.note


def test_the_newest_checkpoint_is_shown_with_a_fresh_cosignature(tmp_path: Path, histories: Histories) -> None:
    witness = open_witness(tmp_path)
    with pytest.raises(UnknownObject):
        witness.newest(origin_digest(ORIGIN))
    ask(witness, histories, "a", 0, 3)
    note = witness.newest(origin_digest(ORIGIN))
    assert note.startswith(histories.note("a", 3))
    line = parse_note(note).signatures[-1]
    assert verify_cosignature(witness.verifier, parse_note(note).text, line).time_s == 1_760_000_000
    for unknown in (origin_digest("other"), "", "../../key.json", "0" * 63, origin_digest(ORIGIN).upper()):
        with pytest.raises(UnknownObject):
            witness.newest(unknown)


def test_a_log_may_sign_with_a_second_key(tmp_path: Path) -> None:
    witness = open_witness(tmp_path)
    later = Histories(ORIGIN, b"n" * 32)
    assert ask(witness, later, "a", 0, 3).status == 403
    WitnessFolder(tmp_path).follow([NoteSigner(ORIGIN, b"n" * 32).verifier])
    assert ask(witness, later, "a", 0, 3).status == 200
    assert ask(witness, Histories(ORIGIN, SEED), "a", 3, 4).status == 200
    assert len(WitnessFolder(tmp_path).logs()[0].keys) == 2


def test_keys_of_no_log_or_of_several_are_refused(tmp_path: Path) -> None:
    folder = WitnessFolder(tmp_path)
    for keys in ([], [NoteSigner("a", SEED).verifier, NoteSigner("b", SEED).verifier]):
        with pytest.raises(NoteError):
            folder.follow(keys)


def test_a_key_is_drawn_once_and_private(tmp_path: Path) -> None:
    folder = WitnessFolder(tmp_path)
    assert folder.load_key() is None
    key = folder.make_key(NAME, lambda count: b"k" * count)
    assert folder.load_key() == key
    assert str(key.verifier).startswith(f"{NAME}+")
    assert "6b6b" not in repr(key)
    with pytest.raises(ConflictError):
        folder.make_key("another", lambda count: b"x" * count)
    (tmp_path / "key.json").chmod(0o644)
    with pytest.raises(ConfigError, match="other users"):
        folder.load_key()


@pytest.mark.parametrize("data", ["", "{}", "[]", '{"name": "w", "seed": "00"}', '{"name": "a b", "seed": "%s"}'])
def test_a_damaged_key_is_refused(tmp_path: Path, data: str) -> None:
    path = tmp_path / "key.json"
    path.write_text(data.replace("%s", "00" * 32))
    path.chmod(0o600)
    with pytest.raises(ConfigError):
        WitnessFolder(tmp_path).load_key()
    with pytest.raises(NoteError):
        WitnessFolder(tmp_path / "new").make_key("with space", lambda count: bytes(count))


@pytest.mark.parametrize("name", ["log", "seen"])
def test_damaged_state_signs_nothing(tmp_path: Path, histories: Histories, name: str) -> None:
    witness = open_witness(tmp_path)
    ask(witness, histories, "a", 0, 3)
    path = tmp_path / "logs" / origin_digest(ORIGIN) / name
    data = bytearray(path.read_bytes())
    for change in (lambda: data.__setitem__(-3, data[-3] ^ 1), data.clear):
        change()
        path.write_bytes(bytes(data))
        with pytest.raises(CorruptStore):
            ask(witness, histories, "a", 3, 4)


# A disk that fails


class _FullDisk(UnsyncedDisk):
    """Refuses the operation of that number."""

    def __init__(self, fails_at: int) -> None:
        self._left = fails_at

    def _count(self, path: Path) -> None:
        self._left -= 1
        if self._left == 0:
            raise StoreFull(f"{path}: no room on the disk")

    def write_synced(self, path: Path, data: bytes) -> None:
        self._count(path)
        super().write_synced(path, data)

    def rename(self, source: Path, target: Path) -> None:
        self._count(target)
        super().rename(source, target)

    def sync_folders(self, paths: Sequence[Path]) -> None:
        self._count(paths[0])


@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_a_full_disk_signs_nothing_and_no_second_history_after_it(
    tmp_path: Path, histories: Histories, fails_at: int
) -> None:
    ask(open_witness(tmp_path), histories, "a", 0, 3)
    broken = Witness(WitnessFolder(tmp_path, _FullDisk(fails_at)), KEY, VirtualClock())
    with pytest.raises(StoreFull):
        ask(broken, histories, "a", 3, 5)
    # What was not signed binds nobody; what comes next is one history all the same.
    witness = open_witness(tmp_path)
    size = int(ask(witness, histories, "a", 0, 9).body)
    assert size in (3, 5)
    assert ask(witness, histories, "a", size, 9).status == 200
    assert ask(witness, histories, "b", 9, 9).status == 409


def test_evidence_that_finds_no_room_is_refused_all_the_same(tmp_path: Path, histories: Histories) -> None:
    ask(open_witness(tmp_path), histories, "a", 0, 3)
    broken = Witness(WitnessFolder(tmp_path, _FullDisk(1)), KEY, VirtualClock())
    assert ask(broken, histories, "b", 3, 3).status == 409


# Many at once


def test_submissions_at_once_never_make_two_histories(tmp_path: Path, histories: Histories) -> None:
    witness = open_witness(tmp_path)
    barrier = threading.Barrier(8)
    answers: list[tuple[str, int, WitnessAnswer]] = []

    def work(number: int) -> None:
        branch = "ab"[number % 2]
        barrier.wait(60)
        for new in range(1, 12):
            answers.extend((branch, new, ask(witness, histories, branch, old, new)) for old in range(new + 1))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    signed = {(branch, new) for branch, new, answer in answers if answer.status == 200}
    assert len({branch for branch, _ in signed}) == 1
    assert {answer.status for _, _, answer in answers} <= {200, 409, 422}


class _SlowDisk(UnsyncedDisk):
    """Holds the first write until another thread has been let in, or has been kept out."""

    def __init__(self) -> None:
        self.entered, self.go = threading.Event(), threading.Event()

    def write_synced(self, path: Path, data: bytes) -> None:
        self.entered.set()
        self.go.wait(60)
        super().write_synced(path, data)


def test_a_write_that_takes_long_lets_no_other_history_pass(tmp_path: Path, histories: Histories) -> None:
    open_witness(tmp_path)
    disk = _SlowDisk()
    witness = Witness(WitnessFolder(tmp_path, disk), KEY, VirtualClock())
    answers: dict[str, WitnessAnswer] = {}
    first = threading.Thread(target=lambda: answers.update(a=ask(witness, histories, "a", 0, 5)))
    second = threading.Thread(target=lambda: answers.update(b=ask(witness, histories, "b", 0, 5)))
    first.start()
    assert disk.entered.wait(60)
    second.start()
    second.join(0.05)
    assert "b" not in answers
    disk.go.set()
    first.join(60)
    second.join(60)
    assert (answers["a"].status, answers["b"].status, answers["b"].body) == (200, 409, b"5\n")


# Any order of anything


_ASKED = st.tuples(
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from([ORIGIN, "verax.test/second"]),
    st.integers(0, 9),
    st.integers(0, 9),
    st.booleans(),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_ASKED, max_size=25))
def test_no_order_of_submissions_and_restarts_makes_a_witness_sign_two_histories(
    tmp_path: Path, asked: list[tuple[str, str, int, int, bool]]
) -> None:
    shutil.rmtree(tmp_path / "w", ignore_errors=True)
    both = {origin: Histories(origin, SEED) for origin in (ORIGIN, "verax.test/second")}
    witness = open_witness(tmp_path / "w", origins=sorted(both))
    signed: dict[str, list[Checkpoint]] = {origin: [] for origin in both}
    for branch, origin, old, new, restarts in asked:
        if restarts:
            witness = open_witness(tmp_path / "w", origins=())
        answer = ask(witness, both[origin], branch, min(old, new), new)
        if answer.status == 200:
            signed[origin].append(both[origin].checkpoint(branch, new))
    for origin, checkpoints in signed.items():
        assert_one_history(checkpoints, both[origin])


def assert_one_history(checkpoints: Sequence[Checkpoint], histories: Histories) -> None:
    """Assert that one branch has every signed tree, and that they never shrank."""
    sizes = [checkpoint.size for checkpoint in checkpoints]
    assert sizes == sorted(sizes)
    assert any(
        all(histories.checkpoint(branch, item.size) == item for item in checkpoints) for branch in ("a", "b", "c")
    )


# A loss of power at any moment


def _trace(root: Path, histories: Histories, deaf: str = "") -> list[Operation]:
    """Let a witness sign three trees on a disk that records; marks say when each signature left."""
    root.mkdir()
    trace = Trace(root, lambda path: bool(deaf) and path.endswith(deaf))
    witness = open_witness(root / "w", RecordingDisk(trace))
    for old, new in ((0, 2), (2, 5), (5, 8)):
        assert ask(witness, histories, "a", old, new).status == 200
        trace.mark("signed", str(new).encode())
    return trace.operations


def _double_signatures(operations: Sequence[Operation], histories: Histories, scratch: Path) -> Iterator[str]:
    """Yield each crash state after which the witness signs what contradicts a signature that had left."""
    for state in crash_states(operations, SimulatedDisk({})):
        marks = [item for item in operations[: state.step] if item.kind == "mark"]
        newest = int(marks[-1].data) if marks else 0
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        state.write_to(scratch)
        if not newest:
            continue
        witness = open_witness(scratch / "w", origins=())
        for size in {newest, newest + 1}:
            for old in range(size + 1):
                if ask(witness, histories, "b", old, size).status == 200:
                    yield f"step {state.step}, {state.label}: size {newest} was signed, then another {size}"


def test_after_any_crash_nothing_is_signed_that_contradicts_a_signature_that_left(
    tmp_path: Path, histories: Histories
) -> None:
    operations = _trace(tmp_path / "recorded", histories)
    assert sum(item.kind == "mark" for item in operations) == 3
    assert list(_double_signatures(operations, histories, tmp_path / "state")) == []


@pytest.mark.parametrize("deaf", [".seen.tmp", origin_digest(ORIGIN)])
def test_the_simulation_notices_a_disk_that_does_not_sync(tmp_path: Path, histories: Histories, deaf: str) -> None:
    found: list[Any] = []
    try:
        found += _double_signatures(_trace(tmp_path / "recorded", histories, deaf), histories, tmp_path / "state")
    except CorruptStore as error:
        found.append(error)
    assert found


def test_the_key_file_is_json_with_a_name(tmp_path: Path) -> None:
    WitnessFolder(tmp_path).make_key(NAME, lambda count: b"k" * count)
    assert json.loads((tmp_path / "key.json").read_text())["name"] == NAME
