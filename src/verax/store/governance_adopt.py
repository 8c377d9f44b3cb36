"""When a process may obey a newer state (protocol clause 6).

* The checkpoint is signed by a key that the root in force names for this log.
* It is consistent with the newest one the process adopted, which lies on disk.
* The fold over the entries gives exactly its tree.
* Where the root demands it, forward moves wait for the witness quorum; backward moves and
  freezes never do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from verax.kernel.checkpoint import Checkpoint, open_checkpoint
from verax.kernel.cosignature import Policy, check_policy
from verax.kernel.errors import IntegrityError, KernelError
from verax.kernel.fold import ChannelState, State
from verax.kernel.note import VerifierKey

__all__ = ["has_quorum", "log_keys", "verify_checkpoint", "withhold_forward_moves"]


def log_keys(state: State, origin: str, fallback: Sequence[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Return the keys that may sign the log: those the root names, `fallback` before there is a root."""
    if state.root_in_force is None:
        return tuple(fallback)
    keys = (VerifierKey.parse(text) for text in state.root_in_force.logs)
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


def has_quorum(note: bytes, state: State, keys: Sequence[VerifierKey]) -> bool:
    """Say whether the checkpoint carries the witness quorum of the root in force; true where it asks for none."""
    root = state.root_in_force
    if root is None or not any(channel.needs_witness for channel in root.channels.values()):
        return True
    try:
        return check_policy(note, Policy.parse(root.witness_policy), keys).is_met
    except KernelError:
        return False  # a wrong cosignature is none


def withhold_forward_moves(new: State, old: Mapping[str, ChannelState], witnessed_size: int) -> State:
    """Return `new` with the heads of `old` where a channel moved forward without its witnesses.

    Args:
        old: Channels as this process obeys them.
        witnessed_size: Size of the newest tree whose quorum this process saw.
    """
    if new.root_in_force is None:
        return new
    rules = new.root_in_force.channels
    channels = {
        name: _hold(channel, old.get(name, ChannelState()))
        if rules[name].needs_witness and _moved_forward(channel, witnessed_size)
        else channel
        for name, channel in new.channels.items()
    }
    return replace(new, channels=channels)


def _moved_forward(channel: ChannelState, witnessed_size: int) -> bool:
    admitted = (item.admitted_index for item in (channel.serving, channel.canary) if item is not None)
    return any(index >= witnessed_size for index in admitted)


def _hold(new: ChannelState, old: ChannelState) -> ChannelState:
    """Keep who served; a freeze and what was withdrawn count at once."""
    return replace(new, serving=old.serving, canary=old.canary)
