"""Logs on a temporary folder with keys made from fixed seeds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from verax.kernel.note import NoteSigner, VerifierKey
from verax.kernel.record import BackendRef, GovernanceRef, Record, TurnSecret
from verax.store.tlog import LogSpec

__all__ = ["NAME", "fetch_from", "fixed_entries", "reply_spec", "sample_record", "sample_secret", "signer"]

NAME = "verax.test/abcdefghijklmnopqrstuvwxyz"


def signer(name: str, which: int = 0) -> NoteSigner:
    """Return the signing key number `which` of a key name; the same on every call."""
    return NoteSigner(name, hashlib.sha256(f"{name} {which}".encode()).digest())


def reply_spec(
    folder: Path, *, keys: Sequence[int] = (0,), retired: Sequence[int] = (), max_entry_bytes: int = 32
) -> LogSpec:
    """Return reply log 0 of the installation `NAME` in `folder`."""
    origin = f"{NAME}/replies/0"
    old: tuple[VerifierKey, ...] = tuple(signer(origin, which).verifier for which in retired)
    spec = LogSpec(1, origin, folder, tuple(signer(origin, which) for which in keys), old)
    return replace(spec, max_entry_bytes=max_entry_bytes)


def fixed_entries(count: int, start: int = 0) -> list[bytes]:
    """Return `count` entries of 32 bytes, all different."""
    return [hashlib.sha256(index.to_bytes(8, "big")).digest() for index in range(start, start + count)]


def fetch_from(folder: Path) -> Callable[[str], bytes]:
    """Return a reader of a log folder, as a client that follows paths would read it."""
    return lambda path: (folder / path).read_bytes()


def sample_secret(number: int) -> TurnSecret:
    """Return the secret of turn `number`."""
    return TurnSecret(hashlib.sha256(f"secret {number}".encode()).digest())


def sample_record(number: int, reply: bytes = b"", **changes: Any) -> Record:
    """Return a valid record of turn `number` in reply log 0; ``failed`` and empty unless changed."""
    secret = sample_secret(number)
    record = Record(
        log=f"{NAME}/replies/0",
        id=hashlib.sha256(f"turn {number}".encode()).hexdigest()[:32],
        channel="assistant",
        arm="head",
        mode="solo",
        release="1" * 64,
        runtime="2" * 64,
        governance=GovernanceRef(9, "3" * 64),
        backend=BackendRef("scripted", "unknown"),
        prompt="4" * 64,
        sent=secret.commit("sent", b"sent"),
        request=secret.commit("request", b"request"),
        reply=secret.commit("reply", reply),
        reply_form="text",
        status="failed",
        seed=number,
        time_ms=1_760_000_000_000 + number,
        salt=secret.salt("record").hex(),
    )
    return replace(record, **changes)
