"""The moves that a server signs itself: back with its monitor key, forward only where the root lets it.

* Back: the monitor's one signature takes a canary out, to the head beside it and nowhere else
  (clause 5.7). The evidence is the ``cause``.
* Forward: a step of a plan that people signed. It needs the server's operator key in the
  root's operator role, with a threshold of one. Without that a person signs each step.
* A key counts if its public half stands in the root in force; ids are hints.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verax.kernel import canonical
from verax.kernel.dsse import sign_envelope
from verax.kernel.fold import State
from verax.kernel.root import RoleName, RootDocument
from verax.kernel.statement import NONE, Basis, Move, payload_of

__all__ = ["MachineKeys", "SignedMove", "sign_rollback", "sign_step"]


@dataclass(frozen=True, slots=True)
class MachineKeys:
    """Seeds of the server's own keys, 32 bytes each."""

    monitor: bytes = field(repr=False)
    operator: bytes = field(repr=False)

    def monitor_id(self, root: RootDocument) -> str | None:
        """Return the id under which the root lets this server move back, None where it does not."""
        return _key_in("monitor", self.monitor, root)

    def operator_id(self, root: RootDocument) -> str | None:
        """Return the id under which the root lets this server take steps alone, None where it does not."""
        return _key_in("operator", self.operator, root) if root.roles["operator"].threshold == 1 else None


@dataclass(frozen=True, slots=True)
class SignedMove:
    """An envelope, and the blobs that it names."""

    envelope: bytes
    blobs: Mapping[str, bytes]


def sign_rollback(state: State, channel: str, key: tuple[str, bytes], cause: bytes, now_ms: int) -> SignedMove:
    """Sign the move that drops the canary of `channel`; the caller knows that it has one.

    Args:
        key: Id and seed.
        cause: Why, as it will stand beside the log.
    """
    served = state.channels[channel]
    canary, head = served.canary, served.head
    if canary is None or head is None:
        raise ValueError(f"channel {channel}: it has no canary to take out")
    digest = canonical.hex_digest(cause)
    move = Move(_basis(state, now_ms), channel, "rollback", NONE, canary.release, head, 0, digest)
    return SignedMove(sign_envelope(payload_of(move), [key]), {digest: cause})


def sign_step(state: State, channel: str, key: tuple[str, bytes], share_bp: int, now_ms: int) -> SignedMove:
    """Sign the step of the canary of `channel` to a larger share."""
    served = state.channels[channel]
    canary, head = served.canary, served.head
    if canary is None or head is None:
        raise ValueError(f"channel {channel}: it has no canary to step")
    move = Move(_basis(state, now_ms), channel, "step", canary.change, head, canary.release, share_bp)
    return SignedMove(sign_envelope(payload_of(move), [key]), {})


def _key_in(role: RoleName, seed: bytes, root: RootDocument) -> str | None:
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return next((key_id for key_id in sorted(root.roles[role].keys) if root.keys[key_id].material == public), None)


def _basis(state: State, now_ms: int) -> Basis:
    root = state.root
    return Basis(root.origin, root.version, state.size, state.tree_root.hex(), secrets.token_hex(16), now_ms)
