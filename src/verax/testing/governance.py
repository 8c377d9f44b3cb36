"""A simulated governance log: people with keys, statements in order, and the fold over them.

Everything is real except the clock and the randomness, which count up. Each method appends
one signed entry, effective or not, and returns its `Outcome`.

>>> log = SimulatedHistory()
>>> change = log.change("ann", "assistant", make_release("You answer briefly."))
>>> log.review("rob", change).effective, log.review("ann", change).reason
(True, "expected the signatures of 1 in the role 'reviewer', found 0")
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verax.kernel import canonical
from verax.kernel.dsse import sign_envelope
from verax.kernel.fold import ChannelState, Folder, Outcome, State
from verax.kernel.note import NoteSigner
from verax.kernel.release import Release
from verax.kernel.root import ROLES
from verax.kernel.runtime import PortableRuntime
from verax.kernel.statement import (
    FULL_SHARE_BP,
    NONE,
    Act,
    Alarm,
    Basis,
    Change,
    Gate,
    Move,
    Review,
    RootChange,
    Statement,
    Verdict,
    payload_of,
)

__all__ = [
    "NAME",
    "SOLO_ROLES",
    "TEAM_ROLES",
    "SimulatedHistory",
    "channel_rules",
    "key_of",
    "no_blobs",
    "root_document",
]

NAME = "verax.test/abcdefghijklmnopqrstuvwxyz"

TEAM_ROLES: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "root": (2, ("ada", "bea", "cyd")),
    "author": (1, ("ann", "ada", "rob")),
    "reviewer": (1, ("rob", "rita", "ada", "ann2")),
    "operator": (1, ("oli", "ann")),
    "monitor": (1, ("monitor",)),
    "gate": (1, ("gate",)),
    "recorder": (1, ("recorder",)),
}
"""Threshold and key holders by role. ``ann2`` is a second key of ann; see `person_of`."""

SOLO_ROLES: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "root": (1, ("ann", "ann2")),
    "author": (1, ("ann",)),
    "reviewer": (1, ("ann",)),
    "operator": (1, ("ann",)),
    "monitor": (1, ("monitor",)),
    "gate": (1, ("gate",)),
    "recorder": (1, ("recorder",)),
}


def key_of(holder: str) -> tuple[str, bytes]:
    """Return key id and Ed25519 seed of a key holder; always the same for a name."""
    return f"key_{holder}", hashlib.sha256(b"test key of " + holder.encode()).digest()


def person_of(holder: str) -> str:
    """Return the person behind a key holder: digits only number a person's keys."""
    return holder.rstrip("0123456789")


def channel_rules(
    name: str, *, approvals: int = 1, suites: Iterable[str] = ("basics",), depth: int = 2
) -> dict[str, Any]:
    """Return the rules of one channel as a root document holds them."""
    return {
        "name": name,
        "approvals": approvals,
        "gates": [{"suite": suite, "floors": {"score": "0.9"}} for suite in suites],
        "witness": False,
        "max_head_age_s": 3600,
        "rollback_depth": depth,
        "public": True,
    }


def root_document(
    *,
    version: int = 1,
    solo: bool = False,
    roles: Mapping[str, tuple[int, tuple[str, ...]]] | None = None,
    channels: Iterable[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return a valid root document as plain objects."""
    roles = roles or (SOLO_ROLES if solo else TEAM_ROLES)
    if channels is None:
        wanted: dict[str, Any] = {"approvals": 0, "suites": ()} if solo else {}
        channels = [channel_rules("assistant", **wanted), channel_rules("runtime", **wanted)]
    holders = sorted({holder for _, names in roles.values() for holder in names})
    return {
        "version": version,
        "name": NAME,
        "rules": 1,
        "logs": [str(NoteSigner(f"{NAME}/governance", bytes(range(32))).verifier)],
        "keys": {key_of(holder)[0]: _key_record(holder) for holder in holders},
        "roles": {
            role: {"keys": [key_of(holder)[0] for holder in roles[role][1]], "threshold": roles[role][0]}
            for role in ROLES
        },
        "channels": list(channels),
        "witness_policy": "",
        "solo": solo,
        "retention": {},
    }


def no_blobs(_digest: str) -> bytes | None:
    """Hold no blob at all."""
    return None


class SimulatedHistory:
    """A governance log in memory.

    Args:
        document: The first root document; a team of several people by default.
        root_signers: Who signs it; the holders of its root role by default.

    Attributes:
        entries: Leaf bytes in order.
        blobs: Bytes by digest; take one out to simulate a missing blob.
        folder: The fold over `entries`.
    """

    def __init__(self, document: Mapping[str, Any] | None = None, root_signers: Iterable[str] | None = None) -> None:
        self.document: dict[str, Any] = dict(document or root_document())
        self.entries: list[bytes] = []
        self.blobs: dict[str, bytes] = {}
        self.folder = Folder(self.blobs.get)
        self._count = 0
        signers = root_signers or [key.removeprefix("key_") for key in self.document["roles"]["root"]["keys"]]
        self.append(RootChange(self.basis(), self.document), signers)

    @property
    def state(self) -> State:
        """The state after every entry."""
        return self.folder.state

    def channel(self, name: str = "assistant") -> ChannelState:
        """The state of a channel."""
        return self.state.channels[name]

    def basis(self, **changes: Any) -> Basis:
        """Return what a signer relies on now, with a fresh nonce; `changes` overrides fields."""
        self._count += 1
        state = self.folder.state
        basis = Basis(
            log=f"{self.document['name']}/governance",
            root=state.root_in_force.version if state.root_in_force is not None else 0,
            seen_size=state.size,
            seen_root=state.tree_root.hex(),
            nonce=f"{self._count:032x}",
            time_ms=1_760_000_000_000 + 1000 * self._count,
        )
        return replace(basis, **changes)

    def sign(self, statement: Statement, by: str | Iterable[str]) -> bytes:
        """Return the envelope of a statement, signed by key holders."""
        holders = [by] if isinstance(by, str) else list(by)
        return sign_envelope(payload_of(statement), [key_of(holder) for holder in holders])

    def append(self, statement: Statement, by: str | Iterable[str]) -> Outcome:
        """Sign a statement and append it."""
        return self.append_entry(self.sign(statement, by))

    def append_entry(self, entry: bytes) -> Outcome:
        """Append leaf bytes as they are."""
        outcome = self.folder.apply(entry)
        self.entries.append(entry)
        return outcome

    def put(self, data: bytes) -> str:
        """Store a blob and return its digest."""
        digest = canonical.hex_digest(data)
        self.blobs[digest] = data
        return digest

    def change_root(self, by: str | Iterable[str], **changes: Any) -> Outcome:
        """Propose the next root: the present document with `changes` and the next version."""
        document = {**self.document, "version": self.document["version"] + 1, **changes}
        outcome = self.append(RootChange(self.basis(), document), by)
        if outcome.effective:
            self.document = document
        return outcome

    def change(self, by: str | Iterable[str], channel: str, candidate: Release | PortableRuntime) -> Outcome:
        """Propose a candidate against the channel's present head."""
        state = self.channel(channel)
        statement = Change(
            self.basis(),
            channel=channel,
            candidate=self.put(candidate.data),
            base=state.head or NONE,
            base_index=state.head_index,
            reason=self.put(b"a reason"),
        )
        return self.append(statement, by)

    def review(
        self, by: str | Iterable[str], change: Outcome, verdict: Verdict = "approve", unban: Iterable[str] = ()
    ) -> Outcome:
        """Review a change."""
        known = self.state.changes[change.statement_id]
        statement = Review(
            self.basis(), known.id, verdict, candidate=known.candidate, base=known.base, unban=tuple(sorted(unban))
        )
        return self.append(statement, by)

    def gate(self, change: Outcome, suite: str = "basics", *, is_passed: bool = True, by: str = "gate") -> Outcome:
        """Report a suite's result on a change, with the seed that the change fixes."""
        known = self.state.changes[change.statement_id]
        statement = Gate(
            self.basis(),
            known.id,
            suite=suite,
            seed=known.seed,
            runtime="cd" * 32,
            n=100,
            is_passed=is_passed,
            report=self.put(b"a report"),
        )
        return self.append(statement, by)

    def move(
        self,
        by: str | Iterable[str],
        act: Act,
        *,
        change: Outcome | None = None,
        channel: str = "assistant",
        to_id: str = "",
        share_bp: int = 0,
    ) -> Outcome:
        """Move a channel from its head, or for rollbacks of a canary from that."""
        return self.append(self.move_statement(act, change=change, channel=channel, to_id=to_id, share_bp=share_bp), by)

    def move_statement(
        self,
        act: Act,
        *,
        change: Outcome | None = None,
        channel: str = "assistant",
        to_id: str = "",
        share_bp: int = 0,
    ) -> Move:
        """Return the statement that `move` would append."""
        state = self.channel(channel)
        from_id = state.head or NONE
        if act == "rollback" and state.canary is not None and to_id == state.head:
            from_id = state.canary.release
        if change is not None:
            to_id = to_id or self.state.changes[change.statement_id].candidate
        return Move(
            self.basis(),
            channel=channel,
            act=act,
            change=NONE if change is None else change.statement_id,
            from_id=from_id,
            to_id=to_id or from_id,
            share_bp=share_bp,
        )

    def admit(self, by: str | Iterable[str], change: Outcome, share_bp: int = FULL_SHARE_BP) -> Outcome:
        """Admit a change, as a canary when `share_bp` is below 10000."""
        channel = self.state.changes[change.statement_id].channel
        return self.move(by, "admit", change=change, channel=channel, share_bp=share_bp)

    def alarm(self, by: str, code: str, channel: str = NONE) -> Outcome:
        """Record an alarm."""
        basis = self.basis()
        detail = self.put(b"detail")
        return self.append(Alarm(basis, code, channel, detail, 1, basis.time_ms, basis.time_ms), by)

    def release_now(self, candidate: Release | PortableRuntime, channel: str = "assistant") -> Outcome:
        """Take a candidate all the way to the head, by whoever the root lets do it."""
        is_solo = self.state.root.is_solo
        change = self.change("ann", channel, candidate)
        if not is_solo:
            self.review("rob", change)
            self.gate(change)
        return self.admit("ann" if is_solo else "oli", change)


def _key_record(holder: str) -> dict[str, str]:
    public = Ed25519PrivateKey.from_private_bytes(key_of(holder)[1]).public_key().public_bytes_raw()
    return {"person": person_of(holder), "kind": "ed25519", "material": canonical.b64_encode(public)}
