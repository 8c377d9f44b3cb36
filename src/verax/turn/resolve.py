"""Step 2, resolve: from a channel to exactly one release under one admitted runtime.

* Heads come from the governance state and from nowhere else (invariant 2); the state is
  read once a turn.
* No head, a frozen channel, a runtime that nobody admitted, or governance not checked
  within ``max_head_age_s``: no turn (clause 6, invariant 10).
* Previews also run under code that an open change proposes: that is how a runtime's gates are
  asked (clause 5.8, ADR 0071). Nobody but reviewers and gates reaches them.
* A user is in the canary by a stable hash, not by choice (clause 5).
"""

from __future__ import annotations

from dataclasses import dataclass

from verax.kernel.errors import CorruptStore, RefusedError, UnknownObject
from verax.kernel.fold import State, TreeRef
from verax.kernel.record import Arm, Mode
from verax.kernel.release import Release
from verax.kernel.root import RUNTIME_CHANNEL
from verax.turn.ports import Governance, RuntimeIdentity
from verax.turn.request import TurnRequest

__all__ = ["Resolution", "check_runtime", "is_withdrawn", "resolve"]


@dataclass(frozen=True, slots=True)
class Resolution:
    """What one turn runs under.

    Attributes:
        state: The governance state it was resolved from.
        arm: ``head``, ``canary`` or ``preview``.
        mode: ``solo`` or ``quorum``, as the fold gives it for the release.
        runtime: Digest of the instance manifest of this process.
        tree: The governance tree that the record names: the newest that shows what is obeyed.
    """

    channel: str
    release: Release
    arm: Arm
    mode: Mode
    runtime: str
    state: State
    tree: TreeRef


def resolve(request: TurnRequest, governance: Governance, runtime: RuntimeIdentity) -> Resolution:
    """Find the release that answers `request`.

    Raises:
        UnknownObject: no such channel, or no such release to preview.
        CorruptStore: the manifest of the release that serves is gone or damaged.
        RefusedError: no head, frozen, stale, or the runtime was not admitted.
        RuntimeChanged: code changed after it was measured.
    """
    state = governance.state
    if request.channel not in state.channels or request.channel == RUNTIME_CHANNEL:
        known = ", ".join(sorted(name for name in state.channels if name != RUNTIME_CHANNEL))
        raise UnknownObject(
            f"model: no channel of that name; this installation has: {known}",
            hint="GET /v1/models lists the channels",
            param="model",
            code="channel/unknown",
        )
    check_runtime(state, runtime, may_be_proposed=request.arm == "preview")
    governance.check_fresh(request.channel)
    serving = _serving(request, state)
    release = _release(serving, governance)
    # A preview may be of a release that was proposed after the tree that shows what is obeyed.
    newest = TreeRef(state.size, state.tree_root)
    tree = newest if serving.arm == "preview" else state.tree_for(request.channel)
    return Resolution(request.channel, release, serving.arm, serving.mode, runtime.digest, state, tree)


def is_withdrawn(resolution: Resolution, state: State) -> bool:
    """Say whether a turn in flight must end: frozen, or its release rolled back or banned (clause 6).

    A forward move leaves turns in flight alone.
    """
    if state is resolution.state or resolution.arm == "preview":
        return False
    channel = state.channels.get(resolution.channel)
    return channel is None or channel.frozen or resolution.release.id in channel.withdrawn


def check_runtime(state: State, runtime: RuntimeIdentity, *, may_be_proposed: bool = False) -> None:
    """Refuse code that nobody admitted, or that changed after it was measured (clause 13).

    Args:
        may_be_proposed: Let code pass that an open change would make the runtime.

    Raises:
        RefusedError: the runtime channel serves another runtime, or is frozen.
        RuntimeChanged: code changed after it was measured.
    """
    runtime.check_sealed()
    admitted = state.channels.get(RUNTIME_CHANNEL)
    if may_be_proposed and _is_proposed(state, runtime.portable):
        return
    if admitted is None or admitted.head != runtime.portable or admitted.frozen:
        found = admitted.head if admitted is not None and admitted.head else "none"
        raise RefusedError(
            f"runtime: this code is {runtime.portable[:12]}, the admitted runtime is {found[:12]}",
            hint='"verax runtime admit" shows what changed and admits it',
            code="runtime/not-admitted",
        )


def _is_proposed(state: State, portable: str) -> bool:
    return any(
        (change.channel, change.candidate) == (RUNTIME_CHANNEL, portable) and state.status_of(change.id) == "open"
        for change in state.changes.values()
    )


@dataclass(frozen=True, slots=True)
class _Serving:
    release: str
    arm: Arm
    mode: Mode


def _release(serving: _Serving, governance: Governance) -> Release:
    """Return the release that serves; one that was admitted is never simply unknown."""
    try:
        return governance.release(serving.release)
    except UnknownObject as error:
        if serving.arm == "preview":
            raise
        raise CorruptStore(
            f"release {serving.release[:12]}: it was admitted, and its manifest is gone",
            hint="restore the newest backup of the data folder",
        ) from error


def _serving(request: TurnRequest, state: State) -> _Serving:
    channel = state.channels[request.channel]
    if request.arm == "preview" and request.release:
        return _Serving(request.release, "preview", channel.mode or "solo")
    found = state.serving(request.channel, request.caller.user_id)
    return _Serving(found.release, "preview" if request.arm == "preview" else found.arm, found.mode)
