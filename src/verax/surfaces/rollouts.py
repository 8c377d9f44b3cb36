"""What surfaces show of rollouts: public facts, live signals for operators, votes.

Any process of an installation can answer: facts come from the governance log, signals from the
rows that the elected monitor writes. Nothing here moves anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from verax.gates.rollout.authority import MachineKeys
from verax.gates.rollout.comparison import ALPHA, LEVELS, STAKES
from verax.gates.rollout.plan import RolloutPlan, plan_of
from verax.kernel import canonical
from verax.kernel.chronicle import Deed, chronicle
from verax.kernel.errors import UnknownObject
from verax.kernel.fold import Canary, State
from verax.kernel.root import RUNTIME_CHANNEL
from verax.kernel.statement import Move
from verax.store.clock import Clock
from verax.store.rollouts import Point, Rollout, Rollouts
from verax.store.votes import Votes

__all__ = ["Governance", "RolloutDesk"]


class Governance(Protocol):
    """What is needed of the governance log."""

    @property
    def state(self) -> State: ...

    def blob(self, digest: str) -> bytes: ...

    async def entries(self) -> list[bytes]: ...


@dataclass(frozen=True, slots=True)
class _Story:
    """How the present canary of a channel came about."""

    size: int
    change: str
    plan: RolloutPlan | None
    moves: tuple[dict[str, Any], ...]


class RolloutDesk:
    """Answers questions about rollouts.

    Args:
        keys: To say whether this server may take steps itself; None where it holds none.
    """

    def __init__(
        self, governance: Governance, rollouts: Rollouts, votes: Votes, clock: Clock, keys: MachineKeys | None = None
    ) -> None:
        self._governance = governance
        self._rollouts = rollouts
        self._clock = clock
        self._keys = keys
        self._stories: dict[str, _Story] = {}
        self.votes = votes

    async def facts(self, channel: str) -> dict[str, Any]:
        """Return what everyone may know of a channel's rollout.

        Raises:
            UnknownObject: the root names no such channel.
        """
        state = self._state_of(channel)
        served = state.channels[channel]
        canary = served.canary
        timelines = [{"move": index, "digest": digest} for index, digest in await self._rollouts.timelines(channel)]
        facts: dict[str, Any] = {
            "channel": channel,
            "head": served.head,
            "mode": served.mode,
            "frozen": served.frozen,
            "canary": None,
            "plan": None,
            "next": None,
            "moves": [],
            "timelines": timelines,
        }
        if canary is None:
            return facts
        story = await self._story(state, channel, canary)
        facts["canary"] = {
            "release": canary.release,
            "change": canary.change,
            "share_bp": canary.share_bp,
            "mode": canary.mode,
            "admitted_index": canary.admitted_index,
        }
        facts["moves"] = list(story.moves)
        if story.plan is not None:
            steps = [{"share_bp": s.share_bp, "soak_s": s.soak_s, "users": s.users} for s in story.plan.steps]
            facts["plan"] = {"steps": steps}
            facts["next"] = await self._next(state, channel, canary, story.plan)
        return facts

    async def signals(self, channel: str) -> dict[str, Any]:
        """Return the live signals of a channel's newest rollout; null where it never had one.

        Raises:
            UnknownObject: the root names no such channel.
        """
        self._state_of(channel)
        found = await self._rollouts.latest(channel, 1)
        points = await self._rollouts.points(found[0].change_id) if found else []
        return {
            "channel": channel,
            "alpha": ALPHA,
            "levels": [{"replies": replies, "line": 1 / (ALPHA * share)} for replies, share in LEVELS.items()],
            "stakes": dict(STAKES),
            "rollout": _rollout(found[0]) if found else None,
            "votes": await self._votes(found[0]) if found else None,
            "points": [{"at_ms": point.at_ms, **point.data} for point in points],
        }

    async def affected(self, channel: str, move: int) -> dict[str, Any]:
        """Return the ids of the turns that a rollback's timeline names by their leaves; erased ones are gone.

        Raises:
            UnknownObject: there is no timeline of that move, or its blob is gone.
        """
        self._state_of(channel)
        digests = dict(await self._rollouts.timelines(channel))
        if move not in digests:
            raise UnknownObject(f"channel {channel}: entry {move} has no timeline", hint="GET …/rollout lists them")
        document: Mapping[str, Any] = canonical.decode(self._governance.blob(digests[move]))
        turns = document["turns"]
        ranges = [(first, last) for first, last in turns["leaves"]]
        taken_out = frozenset(document["taken_out"])
        ids = await self._rollouts.turn_ids(turns["log_id"], ranges, taken_out)
        return {"channel": channel, "move": move, "timeline": digests[move], "count": turns["count"], "turns": ids}

    async def _votes(self, rollout: Rollout) -> dict[str, dict[str, int]]:
        arms = {"head": rollout.base_id, "canary": rollout.release_id}
        tallies = {arm: await self.votes.tally(rollout.channel, release) for arm, release in arms.items()}
        return {arm: {"up": tally.up, "down": tally.down} for arm, tally in tallies.items()}

    def _state_of(self, channel: str) -> State:
        state = self._governance.state
        if channel not in state.channels or channel == RUNTIME_CHANNEL:
            raise UnknownObject(
                f"channel {channel[:64]!r}: this installation has none of that name",
                hint="GET /v1/models lists the channels",
                code="channel/unknown",
            )
        return state

    async def _story(self, state: State, channel: str, canary: Canary) -> _Story:
        known = self._stories.get(channel)
        if known is not None and (known.size, known.change) == (state.size, canary.change):
            return known
        deeds = chronicle(await self._governance.entries(), state.outcomes, channel)
        moves = tuple(_move(deed, deed.statement) for deed in deeds if _is_of(deed, canary.change))
        story = _Story(state.size, canary.change, plan_of(deeds, canary.admitted_index, self._governance.blob), moves)
        self._stories[channel] = story
        return story

    async def _next(self, state: State, channel: str, canary: Canary, plan: RolloutPlan) -> dict[str, Any] | None:
        following = plan.after(canary.share_bp)
        if following is None:
            return None
        is_machine = self._keys is not None and self._keys.operator_id(state.root) is not None
        found = await self._rollouts.latest(channel, 1)
        step: dict[str, Any] = {"share_bp": following.share_bp, "by": "server" if is_machine else "operator"}
        if not found or found[0].change_id != canary.change:
            return step | {"state": "unknown", "until_ms": None}
        users, wealth = _newest(await self._rollouts.points(canary.change))
        wait = plan.wait(canary.share_bp, found[0].share_since_ms, self._clock.now_ms(), users=users, wealth=wealth)
        return step | {"state": wait.reason if wait else "due", "until_ms": (wait.until_ms or None) if wait else None}


def _newest(points: list[Point]) -> tuple[int, float]:
    """Return users of the canary and the largest wealth, as the newest point says."""
    if not points:
        return 0, 1.0
    data = points[-1].data
    return int(data["users"]["canary"]), float(10 ** data["log10_wealth"])


def _is_of(deed: Deed, change: str) -> bool:
    return isinstance(deed.statement, Move) and deed.statement.change == change


def _move(deed: Deed, statement: object) -> dict[str, Any]:
    if not isinstance(statement, Move):
        raise TypeError("expected a move")
    return {
        "index": deed.index,
        "act": statement.act,
        "share_bp": statement.share_bp,
        "by": list(deed.persons),
        "time_ms": statement.basis.time_ms,
    }


def _rollout(rollout: Rollout) -> dict[str, Any]:
    return {
        "change": rollout.change_id,
        "release": rollout.release_id,
        "base": rollout.base_id,
        "share_bp": rollout.share_bp,
        "started_ms": rollout.started_ms,
        "share_since_ms": rollout.share_since_ms,
        "ended_ms": rollout.ended_ms,
        "outcome": rollout.outcome or None,
    }
