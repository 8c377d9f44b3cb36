"""The first entries of an installation: a solo root, its first releases and its runtime (clause 4).

* The name holds 26 random base32 characters; origins and key names begin with it.
* The owner gets two keys: a daily one for the keyring, and a recovery one that is shown once.
  Neither lies in the data folder. The machine's own keys do.
* The root says ``solo``: it works at once, needs no second person, and every receipt says so.
* Drafting is pure; nothing is written here. The caller stores blobs and server keys first and
  then appends all entries as one batch, so a crash leaves an installation whole or not there.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verax.kernel import canonical
from verax.kernel.dsse import sign_envelope
from verax.kernel.errors import ReleaseError
from verax.kernel.fold import fold
from verax.kernel.release import Release
from verax.kernel.root import RUNTIME_CHANNEL, RootDocument
from verax.kernel.statement import (
    FULL_SHARE_BP,
    NONE,
    Basis,
    Change,
    Move,
    RootChange,
    Statement,
    payload_of,
    statement_id,
)
from verax.store.keys import SEED_BYTES, ServerKeys, make_server_keys

__all__ = ["OWNER", "Genesis", "GenesisPlan", "draft_genesis"]

OWNER = "owner"
_DAILY, _RECOVERY = "owner_daily", "owner_recovery"
_REASON = b"First start: the release that ships with Verax."
_RUNTIME_REASON = b"First start: the code that was installed."
_MAX_HEAD_AGE_S = 3600
_ROLLBACK_DEPTH = 3


@dataclass(frozen=True, slots=True)
class GenesisPlan:
    """What a first start brings.

    Attributes:
        releases: The first release of each channel.
        runtime: Canonical bytes whose digest is the portable digest of the running code.
        now_ms: Time to claim, milliseconds since 1970.
        random_bytes: A cryptographic source.
        predecessor: Fingerprint of an installation that was lost, empty for none.
        server_keys: The machine's keys where an earlier start ended before its first entry.
    """

    releases: Mapping[str, Release]
    runtime: bytes
    now_ms: int
    random_bytes: Callable[[int], bytes]
    predecessor: str = ""
    server_keys: ServerKeys | None = None


@dataclass(frozen=True, slots=True)
class Genesis:
    """A drafted installation, ready to be stored.

    Attributes:
        fingerprint: Digest of the root document: the trust anchor.
        daily_key_id: Id of the owner's daily key in the root document.
        entries: Envelopes in order.
        blobs: Content that the entries refer to.
    """

    fingerprint: str
    server_keys: ServerKeys
    daily_key_id: str
    daily_seed: bytes
    recovery_seed: bytes
    entries: tuple[bytes, ...]
    blobs: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"Genesis(fingerprint={self.fingerprint!r})"


def draft_genesis(plan: GenesisPlan) -> Genesis:
    """Draw keys and write the first entries.

    Raises:
        ReleaseError: the rules would not admit what the plan brings.
    """
    name = base64.b32encode(plan.random_bytes(16)).decode("ascii").rstrip("=").lower()
    keys = plan.server_keys or make_server_keys(name, plan.random_bytes)
    daily, recovery = plan.random_bytes(SEED_BYTES), plan.random_bytes(SEED_BYTES)
    document = _root_document(plan, keys, daily, recovery)
    author = _Author(plan, keys.governance_origin, daily)
    author.sign(RootChange(author.basis(0), document))
    for channel, release in sorted(plan.releases.items()):
        author.admit(channel, release.data, _REASON)
    author.admit(RUNTIME_CHANNEL, plan.runtime, _RUNTIME_REASON)
    _check(author)
    return Genesis(
        fingerprint=RootDocument.parse(document).fingerprint,
        server_keys=keys,
        daily_key_id=_DAILY,
        daily_seed=daily,
        recovery_seed=recovery,
        entries=tuple(author.entries),
        blobs=tuple(author.blobs.values()),
    )


class _Author:
    """Signs statements as the owner, one after the other."""

    def __init__(self, plan: GenesisPlan, origin: str, daily: bytes) -> None:
        self._plan = plan
        self._origin = origin
        self._daily = daily
        self.entries: list[bytes] = []
        self.blobs: dict[str, bytes] = {}

    def basis(self, root: int) -> Basis:
        """Rely on the empty log: nothing was published yet that could have been seen."""
        return Basis(
            log=self._origin,
            root=root,
            seen_size=0,
            seen_root=canonical.hex_digest(b""),
            nonce=self._plan.random_bytes(16).hex(),
            time_ms=self._plan.now_ms,
        )

    def sign(self, statement: Statement) -> str:
        """Append a signed statement and return its id."""
        payload = payload_of(statement)
        self.entries.append(sign_envelope(payload, [(_DAILY, self._daily)]))
        return statement_id(payload)

    def admit(self, channel: str, candidate: bytes, reason: bytes) -> None:
        """Propose a first release and admit it, as a solo root allows."""
        candidate_id, reason_id = self._blob(candidate), self._blob(reason)
        change = self.sign(Change(self.basis(1), channel, candidate_id, NONE, 0, reason_id))
        self.sign(Move(self.basis(1), channel, "admit", change, NONE, candidate_id, FULL_SHARE_BP))

    def _blob(self, data: bytes) -> str:
        digest = canonical.hex_digest(data)
        self.blobs[digest] = data
        return digest


def _check(author: _Author) -> None:
    """Fold what was written: an installation never starts with an entry that has no effect."""
    state = fold(author.entries, author.blobs.get)
    for outcome in state.outcomes:
        if not outcome.effective:
            raise ReleaseError(f"genesis: entry {outcome.index} ({outcome.kind}) has no effect: {outcome.reason}")


def _root_document(plan: GenesisPlan, keys: ServerKeys, daily: bytes, recovery: bytes) -> dict[str, Any]:
    seeds = {_DAILY: (OWNER, daily), _RECOVERY: (OWNER, recovery)}
    machines = ("monitor", "gate", "recorder")
    seeds |= {machine: (machine, keys.seeds[machine]) for machine in machines}
    roles = {role: [_DAILY] for role in ("author", "reviewer", "operator")}
    roles |= {"root": [_DAILY, _RECOVERY]} | {machine: [machine] for machine in machines}
    logs = (keys.governance_signer(), keys.replies_signer(), keys.promise_signer())
    document: dict[str, Any] = {
        "version": 1,
        "name": keys.name,
        "rules": 1,
        "logs": [str(signer.verifier) for signer in logs],
        "keys": {key_id: _key(person, seed) for key_id, (person, seed) in seeds.items()},
        "roles": {role: {"keys": sorted(held), "threshold": 1} for role, held in roles.items()},
        "channels": [_channel(channel) for channel in sorted([*plan.releases, RUNTIME_CHANNEL])],
        "witness_policy": "",
        "solo": True,
        "retention": {},
    }
    return document | ({"predecessor": plan.predecessor} if plan.predecessor else {})


def _key(person: str, seed: bytes) -> dict[str, str]:
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return {"person": person, "kind": "ed25519", "material": canonical.b64_encode(public)}


def _channel(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "approvals": 0,
        "gates": [],
        "witness": False,
        "max_head_age_s": _MAX_HEAD_AGE_S,
        "rollback_depth": _ROLLBACK_DEPTH,
        "public": True,
    }
