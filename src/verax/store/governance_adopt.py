"""When a process may obey a newer state (protocol clause 6).

* The checkpoint is signed by a key that the root in force names for this log.
* It is consistent with the newest one the process adopted, which lies on disk.
* The fold over the entries gives exactly its tree.
* Where the root demands it, forward moves wait for the witness quorum
  (`verax.kernel.forward_hold`); it is judged by the policy of the root in force at that tree.
"""

from __future__ import annotations

from collections.abc import Sequence

from verax.kernel.checkpoint import Checkpoint, open_checkpoint
from verax.kernel.cosignature import Policy, check_policy
from verax.kernel.errors import IntegrityError, KernelError
from verax.kernel.note import VerifierKey, parse_note
from verax.kernel.root import RootDocument

__all__ = ["has_quorum", "log_keys", "mark_size", "verify_checkpoint"]


def log_keys(root: RootDocument | None, origin: str, fallback: Sequence[VerifierKey] = ()) -> tuple[VerifierKey, ...]:
    """Return the keys that may sign the log: those the root names, `fallback` before there is a root."""
    if root is None:
        return tuple(fallback)
    keys = (VerifierKey.parse(text) for text in root.logs)
    return tuple(key for key in keys if key.name == origin)


def verify_checkpoint(note: bytes, origin: str, keys: Sequence[VerifierKey]) -> Checkpoint:
    """Open a checkpoint that is to be adopted.

    Raises:
        IntegrityError: not signed by a key that the root in force names.
    """
    try:
        return open_checkpoint(note, origin, keys)
    except KernelError as error:
        raise IntegrityError(
            f"log {origin}: its checkpoint is not signed by a key that the root names: {error.message}",
            hint="sign with the key in the root document, or change the root first",
            code="governance/log-key",
        ) from error


def mark_size(note: bytes) -> int:
    """Return the size that a mark states, unverified: whoever relies on it opens it; 0 for what is no checkpoint."""
    try:
        return Checkpoint.parse(parse_note(note).text).size
    except KernelError:
        return 0


def has_quorum(note: bytes, root: RootDocument, origin: str) -> bool:
    """Say whether a checkpoint of the log `origin` carries a root's witness quorum; false where it names none."""
    if not root.witness_policy:
        return False
    try:
        return check_policy(note, Policy.parse(root.witness_policy), log_keys(root, origin)).is_met
    except KernelError:
        return False  # a wrong cosignature is none
