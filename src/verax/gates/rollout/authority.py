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

from verax.kernel.drafting import draft_back, draft_step
from verax.kernel.dsse import sign_envelope
from verax.kernel.errors import RefusedError
from verax.kernel.fold import State
from verax.kernel.root import RoleName, RootDocument
from verax.kernel.statement import Basis

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
    """Sign the move that drops the canary of `channel`, back to the head beside it.

    Where its step to all users waits for witnesses it is the head already for the next statement:
    the same move takes it back.

    Args:
        key: Id and seed.
        cause: Why, in UTF-8, as it will stand beside the log.

    Raises:
        RefusedError: the channel has no canary.
    """
    served = state.channels[channel]
    if served.canary is None or served.head is None:
        raise RefusedError(f"channel {channel}: it has no canary to take out")
    draft = draft_back(state, _basis(state, now_ms), channel, "rollback", served.head, cause.decode("utf-8"))
    return SignedMove(sign_envelope(draft.payload, [key]), draft.blobs)


def sign_step(state: State, channel: str, key: tuple[str, bytes], share_bp: int, now_ms: int) -> SignedMove:
    """Sign the step of the canary of `channel` to a larger share.

    Raises:
        RefusedError: the channel has no canary.
    """
    draft = draft_step(state, _basis(state, now_ms), channel, share_bp)
    return SignedMove(sign_envelope(draft.payload, [key]), draft.blobs)


def _key_in(role: RoleName, seed: bytes, root: RootDocument) -> str | None:
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return next((key_id for key_id in sorted(root.roles[role].keys) if root.keys[key_id].material == public), None)


def _basis(state: State, now_ms: int) -> Basis:
    root = state.root
    return Basis(root.origin, root.version, state.size, state.tree_root.hex(), secrets.token_hex(16), now_ms)
