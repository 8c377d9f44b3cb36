"""What all cases are made of: one log, one good receipt, and ways to change it.

A receipt vector holds `receipt`, `key`, and where asked for `reply` and `policy` (bytes), and
`fails`: the first step of clause 12 that must fail, or None when all must hold.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from verax.kernel import canonical
from verax.kernel.checkpoint import Checkpoint
from verax.kernel.cosignature import CosignatureSigner
from verax.kernel.merkle import inclusion_path, leaf_hash, tree_root
from verax.kernel.note import VerifierKey, sign_note
from verax.kernel.proof import LogProof
from verax.kernel.record import TurnSecret
from verax.testing.simulated_log import SimulatedLog, issue_receipt, sample_record

__all__ = [
    "BASE",
    "DATA",
    "KEY",
    "LOG",
    "LOG_SEED",
    "NAME",
    "ORIGIN",
    "RECORD",
    "REPLY",
    "SECRET",
    "VALUE",
    "Vector",
    "dice_of",
    "key_line",
    "logged",
    "loose",
    "new_log",
    "vector",
    "with_note",
    "with_proof",
    "with_record",
]


NAME = "verax-abcdefghijklmnopqrstuvwxyz"
ORIGIN = f"{NAME}/replies/0"
SECRET = TurnSecret(bytes(range(32)))
REPLY = b"Hamlet was written by William Shakespeare."
LOG_SEED = b"log key of the vectors, 32 bytes"
Vector = dict[str, Any]


def dice_of(seed: int) -> random.Random:
    """Return dice that fall the same each time for a seed."""
    return random.Random(seed)  # noqa: S311 - cases that come out the same, nothing secret


def key_line(*keys: VerifierKey) -> bytes:
    """Return a key file."""
    return "".join(f"{key}\n" for key in keys).encode()


def new_log(before: int = 0, origin: str = ORIGIN, witnesses: Sequence[CosignatureSigner] = ()) -> SimulatedLog:
    """Return a log of `before` other entries."""
    log = SimulatedLog(origin, LOG_SEED, witnesses)
    for number in range(before):
        log.append(hashlib.sha256(b"other entry %d" % number).digest())
    return log


LOG = new_log(9)
KEY = key_line(LOG.signer.verifier)
BASE = issue_receipt(LOG, sample_record(SECRET, REPLY, ORIGIN), SECRET)
DATA = BASE.to_bytes()
VALUE: dict[str, Any] = canonical.decode(DATA)
RECORD: dict[str, Any] = VALUE["record"]


def vector(name: str, rule: str, receipt: bytes, fails: int | None, **given: bytes) -> Vector:
    """Return one vector; key and reply are the usual ones unless given."""
    return {"name": name, "rule": rule, "receipt": receipt, "key": KEY, "reply": REPLY, **given, "fails": fails}


def logged(entry: bytes, value: dict[str, Any], is_leaf: bool = False) -> bytes:
    """Log an entry of any form and return `value` as a receipt with a true proof for it."""
    leaf = entry if is_leaf else leaf_hash(entry)
    leaves = [leaf_hash(b"other"), leaf]
    proof = LogProof(
        1,
        tuple(inclusion_path(1, 2, lambda level, index: tree_root(leaves[index << level : (index + 1) << level]))),
        sign_note(Checkpoint(ORIGIN, 2, tree_root(leaves)).to_text(), LOG.signer),
    )
    return loose({**value, "proof": proof.to_bytes().decode()})


def loose(value: Any) -> bytes:
    """Write JSON the canonical way without checking its domain."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode("utf-8", "surrogatepass")


def with_record(**changes: Any) -> bytes:
    """Return a receipt whose record has other fields and whose leaf really is in the log."""
    record = {key: value for key, value in {**RECORD, **changes}.items() if value is not None}
    return logged(hashlib.sha256(b"verax/record/v1\n" + loose(record)).digest(), {**VALUE, "record": record})


def with_proof(change: Callable[[str], str]) -> bytes:
    """Return the base receipt with its proof's text changed."""
    changed = change(VALUE["proof"])
    if changed == VALUE["proof"]:
        raise ValueError("the change changes nothing")
    return loose({**VALUE, "proof": changed})


def with_note(note: bytes) -> bytes:
    """Return the base receipt with another checkpoint after its proof."""
    return replace(BASE, proof=replace(BASE.proof, checkpoint=note)).to_bytes()
