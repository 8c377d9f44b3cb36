"""`conformance/check_log.py`: the second opinion on a whole governance log, for one channel."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from verax.kernel.cosignature import CosignatureSigner
from verax.kernel.note import NoteSigner, add_signature
from verax.kernel.runtime import PortableRuntime
from verax.testing.governance import NAME, SimulatedHistory, channel_rules, root_document
from verax.testing.releases import make_release
from verax.testing.simulated_log import SimulatedLog

from .conftest import CONFORMANCE

ORIGIN = f"{NAME}/governance"
SIGNER = NoteSigner(ORIGIN, bytes(range(32)))
KEYS = f"{SIGNER.verifier}\n".encode()
ONE, TWO, THREE = (make_release(f"Answer in style {number}.") for number in range(3))
CODE = PortableRuntime("aa" * 32, "bb" * 32)
WITNESSES = [CosignatureSigner(f"w{number}.test", bytes([number]) * 32, 1_760_000_000) for number in (1, 2)]
POLICY = "".join(f"witness w{n} {witness.verifier}\n" for n, witness in enumerate(WITNESSES, 1))


def team() -> SimulatedHistory:
    log = SimulatedHistory()
    log.release_now(CODE, "runtime")
    log.release_now(ONE)
    return log


def tree_of(log: SimulatedHistory) -> SimulatedLog:
    tree = SimulatedLog(ORIGIN, bytes(range(32)))
    for entry in log.entries:
        tree.append(entry)
    return tree


def written(log: SimulatedHistory, folder: Path) -> Path:
    for name, data in tree_of(log).files().items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return folder


def audit(
    script: ModuleType, folder: Path, channel: str = "assistant", keys: bytes = KEYS, fingerprint: str | None = None
) -> list[str]:
    return list(script.check(folder, keys, channel, fingerprint))


def test_it_says_who_proposed_and_approved_the_head(log_audit: ModuleType, tmp_path: Path) -> None:
    log = team()
    log.alarm("recorder", "disk/slow")
    log.review("ann", log.change("ann", "assistant", TWO))
    sentences = " ".join(audit(log_audit, written(log, tmp_path), fingerprint=log.state.fingerprint))
    assert f"signed these {log.state.size} entries" in sentences
    assert f"{log.state.size - 1} take effect, 1 do not" in sentences
    assert f"head is {ONE.id}: proposed by ann, approved by rob, passed basics, mode quorum" in sentences
    assert "as given" in sentences and "names no witnesses" in sentences


def test_rollbacks_canaries_and_freezes_are_told(log_audit: ModuleType, tmp_path: Path) -> None:
    log = team()
    log.release_now(TWO)
    log.move("oli", "rollback", to_id=ONE.id)
    change = log.change("ann", "assistant", THREE)
    log.review("rob", change)
    log.gate(change)
    log.admit("oli", change, share_bp=1000)
    log.move("monitor", "freeze")
    sentences = " ".join(audit(log_audit, written(log, tmp_path)))
    assert f"head is {ONE.id}" in sentences and f"canary is {THREE.id} for 10 % of the users" in sentences
    assert "frozen: it answers nobody" in sentences
    assert "not compared with anything" in sentences


def test_random_histories_are_read_as_the_kernel_reads_them(log_audit: ModuleType, tmp_path: Path) -> None:
    for seed in range(25):
        dice = random.Random(seed)
        log = team()
        for _ in range(dice.randint(0, 12)):
            _act(log, dice)
        folder = written(log, tmp_path / str(seed))
        sentences = " ".join(audit(log_audit, folder))
        channel = log.channel()
        effective = sum(outcome.effective for outcome in log.state.outcomes)
        assert f"{effective} take effect" in sentences
        assert f"head is {channel.head}:" in sentences
        assert ("frozen" in sentences) == channel.frozen
        assert (f"canary is {channel.canary.release}" in sentences) if channel.canary else ("canary" not in sentences)


def _act(log: SimulatedHistory, dice: random.Random) -> None:
    release, channel = dice.choice([ONE, TWO, THREE]), log.channel()
    if dice.random() < 0.5:
        change = log.change("ann", "assistant", release)
        if not change.effective:
            return
        if dice.random() < 0.8:
            log.review(dice.choice(["rob", "ann", "rita"]), change)
        if dice.random() < 0.8:
            log.gate(change, is_passed=dice.random() < 0.8)
        log.admit(dice.choice(["oli", "monitor"]), change, dice.choice([1000, 10_000]))
    elif dice.random() < 0.5 and channel.history:
        log.move("oli", "rollback", to_id=dice.choice(channel.history).release)
    elif dice.random() < 0.2:
        log.move("oli", "freeze")
    else:
        log.alarm("recorder", "disk/slow")


@pytest.mark.parametrize("size", [254, 255, 256, 257, 511, 512])
def test_logs_over_the_borders_of_bundles_are_read(log_audit: ModuleType, tmp_path: Path, size: int) -> None:
    log = team()
    while log.state.size < size:
        log.append_entry(b"no statement %d" % log.state.size)
    assert f"signed these {size} entries" in audit(log_audit, written(log, tmp_path))[0]


def witnessed(*names: str) -> SimulatedHistory:
    channels = [channel_rules(name) | {"witness": True} for name in ("assistant", "runtime")]
    policy = POLICY + "group g all w1 w2\nquorum g\n"
    log = SimulatedHistory(root_document(channels=channels) | {"witness_policy": policy})
    log.release_now(CODE, "runtime")
    log.release_now(ONE)
    return log


def test_the_quorum_of_the_root_is_counted(log_audit: ModuleType, tmp_path: Path) -> None:
    log = witnessed()
    folder = written(log, tmp_path)
    with pytest.raises(log_audit.Failure, match="did not cosign this log"):
        audit(log_audit, folder)
    note = (folder / "checkpoint").read_bytes()
    one = add_signature(note, WITNESSES[0])
    (folder / "checkpoint").write_bytes(one)
    with pytest.raises(log_audit.Failure, match="did not cosign this log"):
        audit(log_audit, folder)
    (folder / "checkpoint").write_bytes(add_signature(one, WITNESSES[1]))
    sentences = " ".join(audit(log_audit, folder))
    assert f"cosigned by w1, w2, at {log.state.size} of {log.state.size} entries." in sentences
    assert "waits for witnesses" not in sentences


def test_an_older_witnessed_checkpoint_counts_and_says_what_waits(log_audit: ModuleType, tmp_path: Path) -> None:
    log = witnessed()
    older = tree_of(log).checkpoint()
    log.release_now(TWO)
    folder = written(log, tmp_path)
    for witness in WITNESSES:
        older = add_signature(older, witness)
    (folder / "checkpoint.witnessed").write_bytes(older)
    assert "waits for witnesses" in " ".join(audit(log_audit, folder))
    forked = SimulatedLog(ORIGIN, bytes(range(32)), WITNESSES)
    for number in range(3):
        forked.append(b"another %d" % number)
    (folder / "checkpoint.witnessed").write_bytes(forked.checkpoint())
    with pytest.raises(log_audit.Failure, match="cosigned another history"):
        audit(log_audit, folder)


def test_everything_that_is_not_as_it_was_signed_is_refused(log_audit: ModuleType, tmp_path: Path) -> None:
    log = team()
    folder = written(log, tmp_path)
    fails: dict[str, dict[str, Any]] = {
        "no channel": {"channel": "nobody"},
        "wrong": {"keys": f"{NoteSigner(ORIGIN, b'x' * 32).verifier}\n".encode()},
        "not the one given": {"fingerprint": "00" * 32},
        "not a key": {"keys": b""},
    }
    for options in fails.values():
        with pytest.raises(log_audit.Failure):
            audit(log_audit, folder, **options)
    for path in [path for path in folder.rglob("*") if path.is_file() and "/tile/0" not in path.as_posix()]:
        data = path.read_bytes()
        for changed in (b"", data[:-1], data + b"\0", data[:40] + bytes([data[40] ^ 1]) + data[41:], b"\xff" * 200):
            path.write_bytes(changed)
            with pytest.raises(log_audit.Failure):
                audit(log_audit, folder)
        path.unlink()
        with pytest.raises(log_audit.Failure):
            audit(log_audit, folder)
        path.write_bytes(data)
    audit(log_audit, folder)


def test_the_script_runs_alone(tmp_path: Path) -> None:
    folder, key = written(team(), tmp_path / "log"), tmp_path / "keys"
    key.write_bytes(KEYS)
    command = [sys.executable, str(CONFORMANCE / "check_log.py"), str(folder), "--channel", "assistant"]
    done = subprocess.run([*command, "--key", str(key)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert all(line.startswith("verified: ") for line in done.stdout.splitlines())
    for wrong in (
        command,
        [*command, "--key", str(tmp_path / "gone")],
        [*command, "--key", str(key), "--fetch", "file:x"],
    ):
        assert subprocess.run(wrong, capture_output=True, timeout=60).returncode == 2
    (folder / "checkpoint").unlink()
    done = subprocess.run([*command, "--key", str(key)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (3, "failed: checkpoint is missing.\n")
