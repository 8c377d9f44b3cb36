"""The plan of a rollout: shares, soak times, and what must have been seen before the next step.

* A plan is the ``cause`` of the move that admits a canary: the operator who signs the
  admission signs the plan, and everyone can read it. It adds no authority: a step needs the
  operators whom the root demands, with or without a plan.
* A step waits for its soak time, for enough users of the canary (`MIN_USERS` at least: fewer could
  not show a fault), and while the monitor holds it: some wealth is at `HOLD` or above, which says
  too much for going on and too little for going back. A person may sign a step all the same.
* What a change is meant to bring up in many replies stands in its reason, where reviewers read
  it: lines ``Expect: …``. Phrases of such a line are not counted as a surge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from verax.kernel import canonical
from verax.kernel.chronicle import Deed
from verax.kernel.errors import CanonicalError, KernelError, RequestError, VeraxError
from verax.kernel.fields import Fields
from verax.kernel.statement import FULL_SHARE_BP, NONE, Move

__all__ = ["HOLD", "MIN_USERS", "PLAN_KIND", "RolloutPlan", "Step", "Wait", "expected_texts", "plan_of"]

PLAN_KIND = "verax/rollout-plan"
HOLD = 20.0
"""Wealth of a level from which on no step is taken."""

MIN_USERS = 20
"""Users of the canary who are counted before any step, whatever the plan says."""

_MAX_STEPS = 32
_MAX_SOAK_S = 90 * 86_400
_EXPECT = re.compile(r"^expect:[ \t]*(\S.*)$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Step:
    """One share of the canary.

    Attributes:
        share_bp: Hundredths of a percent of the users; 10000 is everybody, the head.
        soak_s: How long this share serves at least before the next step.
        users: Users of the canary who must have been counted since it began.
    """

    share_bp: int
    soak_s: int = 0
    users: int = 0


@dataclass(frozen=True, slots=True)
class Wait:
    """Why the next step is not due.

    Attributes:
        reason: ``soak``, ``users`` or ``held``.
        until_ms: When the soak time is over, 0 where that is not what it waits for.
    """

    reason: str
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class RolloutPlan:
    """Steps in order of their shares; the last one is everybody."""

    steps: tuple[Step, ...]

    @classmethod
    def of_shares(cls, shares_bp: Sequence[int], soak_s: int, users: int) -> RolloutPlan:
        """Return a plan with the same soak time and users at each share; everybody comes last.

        Raises:
            RequestError: the shares do not rise, or a number is out of range.
        """
        shares = [*shares_bp, FULL_SHARE_BP] if FULL_SHARE_BP not in shares_bp else list(shares_bp)
        return cls.of_steps([Step(share, 0 if share == FULL_SHARE_BP else soak_s, users) for share in shares])

    @classmethod
    def of_steps(cls, steps: Sequence[Step]) -> RolloutPlan:
        """Return a plan of steps that a person asked for.

        Raises:
            RequestError: the shares do not rise to everybody, or a number is out of range.
        """
        try:
            return cls.parse(cls(tuple(steps)).to_bytes())
        except KernelError as error:
            raise RequestError(
                error.message, hint="name shares that rise, 5,25,50 for instance", param="plan"
            ) from None

    @classmethod
    def parse(cls, data: bytes) -> RolloutPlan:
        """Read a plan.

        Raises:
            KernelError: not a plan, or its shares do not rise to everybody.
        """
        try:
            value = canonical.decode(data)
        except CanonicalError as error:
            raise KernelError(f"plan: {error.message}") from None
        fields = Fields(value, "plan", KernelError)
        fields.choice("kind", (PLAN_KIND,))
        fields.integer("v", 1, 1)
        steps = tuple(_read_step(inner) for inner in fields.sections("steps", limit=_MAX_STEPS))
        fields.close()
        shares = [step.share_bp for step in steps]
        if not steps or shares != sorted(set(shares)) or shares[-1] != FULL_SHARE_BP:
            raise KernelError("plan: expected shares that rise, the last one 10000")
        return cls(steps)

    def to_bytes(self) -> bytes:
        """Return canonical bytes."""
        steps: list[dict[str, Any]] = [
            {"share_bp": step.share_bp, "soak_s": step.soak_s, "users": step.users} for step in self.steps
        ]
        return canonical.encode({"kind": PLAN_KIND, "v": 1, "steps": steps})

    def at(self, share_bp: int) -> Step | None:
        """Return the step whose share is in force: the last one that is not above it."""
        reached = [step for step in self.steps if step.share_bp <= share_bp]
        return reached[-1] if reached else None

    def after(self, share_bp: int) -> Step | None:
        """Return the next step, None at the last one."""
        return next((step for step in self.steps if step.share_bp > share_bp), None)

    def wait(self, share_bp: int, since_ms: int, now_ms: int, *, users: int, wealth: float) -> Wait | None:
        """Say what the step after `share_bp` waits for; None when it is due.

        Args:
            since_ms: When this share began.
            users: Users of the canary who were counted.
            wealth: Largest wealth of any level.
        """
        if wealth >= HOLD:
            return Wait("held")
        step = self.at(share_bp)
        if step is None:
            return None
        until_ms = since_ms + 1000 * step.soak_s
        if now_ms < until_ms:
            return Wait("soak", until_ms)
        return Wait("users") if users < max(step.users, MIN_USERS) else None


def expected_texts(reason: str) -> tuple[str, ...]:
    """Return what the reason of a change expects to come up, from its lines ``Expect: …``."""
    return tuple(match.group(1).strip() for match in _EXPECT.finditer(reason))


def plan_of(deeds: Sequence[Deed], admitted_index: int, blob: Callable[[str], bytes]) -> RolloutPlan | None:
    """Return the plan that the admission at an entry names, None where its cause is something else or gone."""
    for deed in deeds:
        if deed.index == admitted_index and isinstance(deed.statement, Move) and deed.statement.cause != NONE:
            try:
                return RolloutPlan.parse(blob(deed.statement.cause))
            except VeraxError:
                return None
    return None


def _read_step(fields: Fields) -> Step:
    step = Step(
        fields.integer("share_bp", 1, FULL_SHARE_BP),
        fields.integer("soak_s", 0, _MAX_SOAK_S),
        fields.integer("users", 0, 10**9),
    )
    fields.close()
    return step
