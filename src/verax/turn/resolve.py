"""Step 2, resolve: from a channel to exactly one release under one admitted runtime.

* Heads come from the governance state and from nowhere else (invariant 2); the state is
  read once a turn.
* No head, a frozen channel, a runtime that nobody admitted, or governance not checked
  within ``max_head_age_s``: no turn (clause 6, invariant 10).
* A user is in the canary by a stable hash, not by choice (clause 5).
"""

from __future__ import annotations

from dataclasses import dataclass

from verax.kernel.errors import RefusedError, UnknownObject
from verax.kernel.fold import ChannelState, State, in_canary
from verax.kernel.record import Arm, Mode
from verax.kernel.release import Release
from verax.turn.ports import Governance, RuntimeIdentity
from verax.turn.request import TurnRequest
from verax.turn.verify import check_truth_mode

__all__ = ["RUNTIME_CHANNEL", "Resolution", "is_withdrawn", "resolve"]

RUNTIME_CHANNEL = "runtime"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What one turn runs under.

    Attributes:
        state: The governance state it was resolved from.
        arm: ``head``, ``canary`` or ``preview``.
        mode: ``solo`` or ``quorum``, as the fold gives it for the release.
        runtime: Digest of the instance manifest of this process.
    """

    channel: str
    release: Release
    arm: Arm
    mode: Mode
    runtime: str
    state: State


def resolve(request: TurnRequest, governance: Governance, runtime: RuntimeIdentity) -> Resolution:
    """Find the release that answers `request`.

    Raises:
        UnknownObject: no such channel or release.
        RefusedError: no head, frozen, stale, or the runtime was not admitted.
        RuntimeChanged: code changed after it was measured.
    """
    state = governance.state
    channel = state.channels.get(request.channel)
    if channel is None or request.channel == RUNTIME_CHANNEL:
        known = ", ".join(sorted(name for name in state.channels if name != RUNTIME_CHANNEL))
        raise UnknownObject(
            f"model: no channel of that name; this installation has: {known}",
            hint="GET /v1/models lists the channels",
            param="model",
            code="channel/unknown",
        )
    _check_runtime(state, runtime)
    governance.check_fresh(request.channel)
    if channel.frozen:
        raise RefusedError(
            f"channel {request.channel}: frozen, it answers nobody",
            hint='"verax log verify" shows who froze it and why',
            code="governance/frozen",
        )
    release_id, arm = _choose(request, channel)
    release = governance.release(release_id)
    check_truth_mode(release)
    return Resolution(request.channel, release, arm, channel.mode or "solo", runtime.digest, state)


def is_withdrawn(resolution: Resolution, state: State) -> bool:
    """Say whether a turn in flight must end: frozen, or its release rolled back or banned (clause 6).

    A forward move leaves turns in flight alone.
    """
    if state is resolution.state or resolution.arm == "preview":
        return False
    channel = state.channels.get(resolution.channel)
    return channel is None or channel.frozen or resolution.release.id in channel.withdrawn


def _check_runtime(state: State, runtime: RuntimeIdentity) -> None:
    runtime.check_sealed()
    admitted = state.channels.get(RUNTIME_CHANNEL)
    if admitted is None or admitted.head != runtime.portable or admitted.frozen:
        found = admitted.head if admitted is not None and admitted.head else "none"
        raise RefusedError(
            f"runtime: this code is {runtime.portable[:12]}, the admitted runtime is {found[:12]}",
            hint='"verax runtime admit" shows what changed and admits it',
            code="runtime/not-admitted",
        )


def _choose(request: TurnRequest, channel: ChannelState) -> tuple[str, Arm]:
    if request.arm == "preview" and request.release:
        return request.release, "preview"
    if channel.head is None:
        raise RefusedError(
            f"channel {request.channel}: no release was ever admitted",
            hint='propose one with "verax change propose"',
            code="governance/no-head",
        )
    canary = channel.canary
    if request.arm == "preview":
        return channel.head, "preview"
    if canary is not None and in_canary(canary.change, request.caller.user_id, canary.share_bp):
        return canary.release, "canary"
    return channel.head, "head"
