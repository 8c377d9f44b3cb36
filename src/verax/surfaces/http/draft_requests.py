"""What a browser asks to be drafted, and the draft that it becomes.

The server writes the payload; the browser decodes it again and shows what it says, since whoever
signs should not believe a summary. Nothing here decides whether a statement may have an effect.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Literal

from pydantic import Field, RootModel

from verax.gates.rollout.plan import RolloutPlan, Step
from verax.guard.ready import read_release, ready_policies
from verax.kernel.drafting import (
    Draft,
    draft_admit,
    draft_back,
    draft_change,
    draft_review,
    draft_root,
    draft_step,
    draft_unfreeze,
)
from verax.kernel.errors import RequestError
from verax.kernel.fold import State
from verax.kernel.fold_state import ChangeState
from verax.kernel.release import Release
from verax.kernel.statement import FULL_SHARE_BP, Basis
from verax.surfaces.http.ports import BlobSource
from verax.surfaces.http.validation import WireModel

__all__ = ["DraftRequest", "draft_of"]

_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Channel = Annotated[str, Field(min_length=1, max_length=80)]
_Reason = Annotated[str, Field(min_length=1, max_length=4000)]
_MAX_TOML = 1_000_000
_ShareBp = Annotated[int, Field(ge=1, le=FULL_SHARE_BP, description="Hundredths of a percent of the users.")]


class ChangeWish(WireModel):
    """A proposal: a release of one's own as TOML or as a manifest, or one that the installation holds."""

    kind: Literal["change"]
    channel: _Channel
    toml: Annotated[str, Field(max_length=_MAX_TOML)] | None = None
    manifest: dict[str, Any] | None = Field(default=None, description="The manifest as objects, instead of toml.")
    release: _Digest | None = Field(default=None, description="A release that the installation holds, instead of toml.")
    reason: _Reason


class ReviewWish(WireModel):
    """A verdict on a change."""

    kind: Literal["review"]
    change: _Digest
    verdict: Literal["approve", "reject"]
    unban: Annotated[list[_Digest], Field(max_length=256)] = Field(default_factory=list)


class PlanStepWish(WireModel):
    """One share of a canary: it serves `soak_s` at least, and `users` of the canary must have been counted."""

    share_bp: _ShareBp
    soak_s: Annotated[int, Field(ge=0, le=7_776_000)] = 0
    users: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0


class AdmitWish(WireModel):
    """Admit a change, to a share of the users or to all."""

    kind: Literal["admit"]
    change: _Digest
    share_bp: _ShareBp = FULL_SHARE_BP
    plan: Annotated[list[PlanStepWish], Field(max_length=32)] = Field(
        default_factory=list,
        description="How a canary goes on: shares that rise from share_bp to 10000. It is signed with the admission.",
    )


class StepWish(WireModel):
    """Raise the share of a canary."""

    kind: Literal["step"]
    channel: _Channel
    share_bp: _ShareBp


class BackWish(WireModel):
    """Roll a channel back, to the head before or, naming the head, by dropping the canary; or freeze it."""

    kind: Literal["rollback", "freeze"]
    channel: _Channel
    to: _Digest | None = Field(default=None, description="Where a rollback goes; the head before when left out.")
    cause: _Reason


class UnfreezeWish(WireModel):
    """Let a frozen channel answer again."""

    kind: Literal["unfreeze"]
    change: _Digest


class RootWish(WireModel):
    """Another root document."""

    kind: Literal["root"]
    document: dict[str, Any]


Wish = ChangeWish | ReviewWish | AdmitWish | StepWish | BackWish | UnfreezeWish | RootWish


class DraftRequest(RootModel[Annotated[Wish, Field(discriminator="kind")]]):
    """Body of ``POST /v1/governance/drafts``."""


def draft_of(wish: Wish, state: State, now_ms: int, blobs: BlobSource) -> Draft:
    """Write the statement that a wish asks for, on the state that this server adopted.

    Raises:
        RequestError: the wish names what is not there, or says too little.
        KernelError: a manifest or document that is not what the protocol demands.
    """
    basis = Basis(
        state.root.origin, state.root.version, state.size, state.tree_root.hex(), secrets.token_hex(16), now_ms
    )
    match wish:
        case ChangeWish():
            return draft_change(state, basis, wish.channel, _candidate(wish, blobs), wish.reason)
        case ReviewWish():
            return draft_review(_change(state, wish.change), basis, wish.verdict, tuple(wish.unban))
        case AdmitWish():
            return draft_admit(_change(state, wish.change), basis, wish.share_bp, _plan(wish))
        case StepWish():
            return draft_step(state, basis, wish.channel, wish.share_bp)
        case BackWish():
            return draft_back(state, basis, wish.channel, wish.kind, _target(state, wish), wish.cause)
        case UnfreezeWish():
            return draft_unfreeze(_change(state, wish.change), basis)
    return draft_root(basis, wish.document)


def _candidate(wish: ChangeWish, blobs: BlobSource) -> bytes:
    if [wish.toml, wish.manifest, wish.release].count(None) != 2:
        raise RequestError("change: expected one of toml, manifest and release", param="toml")
    if wish.toml is not None:
        return read_release(wish.toml).data
    if wish.manifest is not None:
        return Release.from_manifest(wish.manifest, ready_policies()).data
    data = blobs.get(wish.release or "")
    if data is None:
        raise RequestError("release: this installation holds none of that id", param="release")
    return data


def _plan(wish: AdmitWish) -> bytes:
    """Return the plan's bytes, none where the wish has no plan."""
    if not wish.plan:
        return b""
    if wish.share_bp == FULL_SHARE_BP or wish.plan[0].share_bp != wish.share_bp:
        raise RequestError("plan: expected a canary, and its share as the plan's first step", param="plan")
    return RolloutPlan.of_steps([Step(step.share_bp, step.soak_s, step.users) for step in wish.plan]).to_bytes()


def _change(state: State, change_id: str) -> ChangeState:
    found = state.changes.get(change_id)
    if found is None:
        raise RequestError(f"change {change_id[:12]}: the log holds no such change", param="change")
    return found


def _target(state: State, wish: BackWish) -> str:
    found = state.channels.get(wish.channel)
    if found is None or found.head is None:
        raise RequestError(f"channel {wish.channel!r}: it serves nothing", param="channel")
    if wish.kind == "freeze":
        return found.head
    if wish.to is not None:
        return wish.to
    if found.canary is not None:
        return found.head
    if not found.history:
        raise RequestError(
            f"channel {wish.channel}: there is no head before this one", hint="freeze the channel instead", param="to"
        )
    return found.history[-1].release
