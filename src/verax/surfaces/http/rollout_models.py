"""The shapes of what `rollouts` answers, for the OpenAPI document and for tests."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from verax.surfaces.http.reply_models import ReplyModel

__all__ = ["AffectedTurns", "RolloutFacts", "RolloutSignals"]


class CanaryFacts(ReplyModel):
    """The canary beside the head."""

    release: str
    change: str
    share_bp: int
    mode: Literal["solo", "quorum"]
    admitted_index: int


class PlanStep(ReplyModel):
    """One share of a plan: it serves `soak_s` at least, and `users` of the canary must have been counted."""

    share_bp: int
    soak_s: int
    users: int


class PlanFacts(ReplyModel):
    """The plan that the operator signed with the admission."""

    steps: list[PlanStep]


class NextStep(ReplyModel):
    """The step that comes next: who signs it, and what it waits for.

    `held` means that the monitor has too much against the canary for going on, and too little for
    going back; `unknown` that no monitor has watched it yet.
    """

    share_bp: int
    by: Literal["server", "operator"]
    state: Literal["due", "soak", "users", "held", "unknown"]
    until_ms: int | None


class MoveFacts(ReplyModel):
    """A move of the canary, as the log has it; `time_ms` is its signer's claim."""

    index: int
    act: Literal["admit", "step"]
    share_bp: int
    by: list[str]
    time_ms: int


class TimelineRef(ReplyModel):
    """A document about a rollback: the entry of the move, and the blob."""

    move: int
    digest: str


class RolloutFacts(ReplyModel):
    """What everyone may know of a channel's rollout."""

    channel: str
    head: str | None
    mode: Literal["solo", "quorum"] | None
    frozen: bool
    canary: CanaryFacts | None
    plan: PlanFacts | None
    next: NextStep | None
    moves: list[MoveFacts]
    timelines: list[TimelineRef]


class LevelLine(ReplyModel):
    """A level settles users at that many replies; its wealth may not reach the line."""

    replies: int
    line: float


class RolloutRow(ReplyModel):
    """A canary that was or is watched."""

    change: str
    release: str
    base: str
    share_bp: int
    started_ms: int
    share_since_ms: int
    ended_ms: int | None
    outcome: Literal["full", "rolled_back", "replaced"] | None


class ArmFigure(ReplyModel):
    """Users of one arm whose replies had a signal, and the mean of it."""

    users: int
    mean: float | None = None


class SignalFigure(ReplyModel):
    """One signal: both arms, and the evidence as a decimal logarithm; 0 says nothing, 2 is a hundred to one."""

    head: ArmFigure
    canary: ArmFigure
    log10_wealth: float


class ArmCount(ReplyModel):
    """A count for each arm."""

    head: int
    canary: int


class VoteCount(ReplyModel):
    """Users who voted."""

    up: int
    down: int


class ArmVotes(ReplyModel):
    """Votes for each arm; shown, and without a stake."""

    head: VoteCount
    canary: VoteCount


class SignalPoint(ReplyModel):
    """Signals at one moment; `progress` is the decimal logarithm of the largest wealth over its line, 0 trips.

    `flags` counts turns in which the guard found a category. Points from before it was kept have none.
    """

    at_ms: int
    alpha: float
    share_bp: int
    turns: ArmCount
    users: ArmCount
    flags: dict[str, ArmCount] = Field(default_factory=dict)
    log10_wealth: float
    progress: float
    signals: dict[str, SignalFigure]
    votes: ArmVotes


class RolloutSignals(ReplyModel):
    """The live signals of a channel's newest rollout, oldest point first."""

    channel: str
    alpha: float
    levels: list[LevelLine]
    stakes: dict[str, float]
    rollout: RolloutRow | None
    votes: ArmVotes | None
    points: list[SignalPoint]


class AffectedTurns(ReplyModel):
    """Ids of the turns that a timeline names; `count` includes those erased since."""

    channel: str
    move: int
    timeline: str
    count: int
    turns: list[str]
