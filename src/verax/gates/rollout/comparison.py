"""Canary against head: users are settled one by one, and the wealth of all signals is one number.

* A *level* settles each user once, when they have had that many replies; what counts is the
  mean over those replies. Level 1 is quick, the others see users who are active but
  rarely meet the fault. Levels share `alpha`; each is a test of its own.
* Within a level the signals share the stake by `STAKES`, and its wealth is their weighted
  average. Votes have no stake, nor has the length of replies: they are shown, and can trigger
  nothing. A change that is meant to shorten replies must not be taken back for doing so.
* A signal with a stake is one whose rise is bad, and only a rise beyond its margin (`MARGINS`)
  counts: any change of a prompt makes some difference, and enough replies would show each.
  Latency is compared among replies of about the same length.
* The line of a level is ``1 / (alpha * its share)``. Under no change any of them is ever
  crossed with a chance of at most `alpha`.
* When the share of the canary is raised, replies counted so far that did not settle a user
  are dropped, and a user of the head may be settled again: whether the new share takes them
  in is a new draw, with the chance ``(new - old) / (1 - old)``. A user of the canary stays.

One account can neither trigger nor mask a rollback: in each level it moves the wealth once,
by a factor between a sixteenth and sixteen, and the lowest line is at 400.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from verax.gates.rollout.evidence import EventBet, LevelBet
from verax.gates.rollout.seen import Seen
from verax.gates.rollout.surge import Leader, SurgeBet

__all__ = ["ALPHA", "LEVELS", "MARGINS", "STAKES", "Comparison", "History", "Standing", "Trip"]

ALPHA = 0.005
"""Chance of ever rolling back a canary that behaves as its head does: half of what is allowed."""

LEVELS: Mapping[int, float] = {1: 0.5, 3: 0.2, 7: 0.15, 15: 0.1, 31: 0.05}
"""Replies of a user to the share of `ALPHA`."""

STAKES: Mapping[str, float] = {
    "surge": 0.30,
    "off_topic": 0.14,
    "tone": 0.14,
    "guard": 0.10,
    "identity": 0.10,
    "unsupported": 0.07,
    "error": 0.07,
    "refusal": 0.05,
    "latency": 0.03,
    "length": 0.0,
    "shortness": 0.0,
}
"""Share of the stake by signal; they add up to 1. One without a share is shown, and rolls nothing back."""

MARGINS: Mapping[str, float] = {
    "off_topic": 2.0,
    "tone": 2.0,
    "guard": 2.0,
    "identity": 2.0,
    "unsupported": 1.5,
    "error": 2.0,
    "refusal": 2.0,
    "latency": 1.5,
    "length": 2.0,
    "shortness": 2.0,
}
"""How many times more often an event may come up, or how many times higher a level may lie, before it is evidence."""

_EVENTS: Mapping[str, tuple[float, ...]] = {
    "off_topic": (0.499,),
    "tone": (0.0, 0.499),
    "unsupported": (0.0, 0.499),
}
"""What counts as an event where it is not "any at all": a mean over replies above one of these."""

_LEVEL_SIGNALS = frozenset({"latency", "length", "shortness"})
_FULL_BP = 10_000
_LAST_LEVEL = max(LEVELS)
_NEVER = (0,) * len(LEVELS)
_MAX_PENDING = 2_048
_MAX_USERS = 200_000


@dataclass(frozen=True, slots=True)
class History:
    """What the head said before the canary began: users who met each phrase, and users in all."""

    phrases: Mapping[int, int] = field(default_factory=dict)
    users: int = 0


@dataclass(frozen=True, slots=True)
class Trip:
    """The line was crossed.

    Attributes:
        level: Replies of a user at the level that crossed it.
        signal: The signal with the largest part of the wealth.
        wealth: The level's wealth when it crossed.
        line: Its line.
    """

    level: int
    signal: str
    wealth: float
    line: float


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a signal stands at one level.

    Attributes:
        wealth: The signal's own wealth; 1 says nothing.
        users: Settled users whose replies had the signal: head, canary.
        total: Sum of their values: head, canary.
    """

    level: int
    signal: str
    wealth: float
    users: tuple[int, int]
    total: tuple[float, float]


class _Signal:
    """One signal at one level: its bets, and counts for people to read."""

    __slots__ = ("_bets", "_total", "_users", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self._bets = _bets_on(name)
        self._users = [0, 0]
        self._total = [0.0, 0.0]

    @property
    def wealth(self) -> float:
        return sum(bet.wealth for bet in self._bets) / len(self._bets)

    def settle(self, value: float, is_canary: bool, chance: float, stratum: int) -> None:
        for bet in self._bets:
            bet.settle(value, is_canary, chance, stratum)
        self._users[is_canary] += 1
        self._total[is_canary] += value

    def standing(self, level: int) -> Standing:
        users, total = self._users, self._total
        return Standing(level, self.name, self.wealth, (users[0], users[1]), (total[0], total[1]))


class _Level:
    """All signals for users with a given number of replies."""

    def __init__(self, replies: int, share: float, history: History) -> None:
        self.replies = replies
        self.line = 1 / (ALPHA * share)
        self.surge = SurgeBet(history.phrases, history.users)
        self.settled = [0, 0]
        self._signals = {name: _Signal(name) for name in STAKES if name != "surge"}

    def settle(self, seen: Seen, is_canary: bool, chance: float) -> None:
        """Count one user of this level."""
        self.settled[is_canary] += 1
        for name, value in seen.values.items():
            length = int(seen.values["length"]).bit_length() if name == "latency" else 0
            self._signals[name].settle(value, is_canary, chance, length)
        self.surge.settle(seen.phrases, seen.prompt, is_canary, chance)

    @property
    def wealth(self) -> float:
        return sum(self.parts().values())

    def parts(self) -> dict[str, float]:
        """Return each signal's part of the wealth, its stake counted."""
        parts = {name: STAKES[name] * signal.wealth for name, signal in self._signals.items()}
        return parts | {"surge": STAKES["surge"] * self.surge.wealth}

    def standings(self) -> list[Standing]:
        found = [signal.standing(self.replies) for signal in self._signals.values()]
        leaders = self.surge.leading(1)
        met = (float(leaders[0].head_users), float(leaders[0].canary_users)) if leaders else (0.0, 0.0)
        users = (self.settled[0], self.settled[1])
        return [*found, Standing(self.replies, "surge", self.surge.wealth, users, met)]


class Comparison:
    """One canary beside its head.

    Args:
        history: What the head said before.
    """

    def __init__(self, history: History | None = None) -> None:
        history = history or History()
        self._levels = [_Level(replies, share, history) for replies, share in LEVELS.items()]
        self._share_bp = 0
        self._pending: OrderedDict[str, Seen] = OrderedDict()
        self._settled: dict[str, tuple[int, ...]] = {}
        self._trip: Trip | None = None

    @property
    def trip(self) -> Trip | None:
        """The first line that was crossed; None while none was."""
        return self._trip

    @property
    def settled(self) -> tuple[int, int]:
        """Users settled at the first level: head, canary."""
        head, canary = self._levels[0].settled
        return head, canary

    @property
    def progress(self) -> float:
        """The largest wealth of any level over its line; a line is crossed at 1."""
        return max(level.wealth / level.line for level in self._levels)

    @property
    def wealth(self) -> float:
        """The largest wealth of any level."""
        return max(level.wealth for level in self._levels)

    def standings(self) -> list[Standing]:
        """Return every signal at every level that has settled anybody."""
        return [item for level in self._levels if any(level.settled) for item in level.standings()]

    def leaders(self) -> list[Leader]:
        """Return the phrases that stand out most at the first level."""
        return self._levels[0].surge.leading()

    def is_spent(self, user: str) -> bool:
        """Say whether further replies to this user cannot count at the present share."""
        seen = self._pending.get(user)
        return seen is not None and seen.replies >= _LAST_LEVEL

    def see(self, user: str, seen: Seen, *, is_canary: bool, share_bp: int) -> Trip | None:
        """Count one reply and return the trip, the same once there is one.

        Args:
            share_bp: Share of the canary that the turn was resolved under; one below the largest
                seen so far is of an earlier step and does not count.
        """
        if share_bp < self._share_bp or not 0 < share_bp < _FULL_BP:
            return self._trip
        if share_bp > self._share_bp:
            self._share_bp = share_bp
            self._pending.clear()
        before = self._pending.pop(user, None)
        total = seen if before is None else before.joined(seen)
        self._pending[user] = total
        if len(self._pending) > _MAX_PENDING:
            self._pending.popitem(last=False)
        for index, level in enumerate(self._levels):
            if level.replies == total.replies:
                self._settle(index, user, total, is_canary)
        return self._trip

    def _settle(self, index: int, user: str, seen: Seen, is_canary: bool) -> None:
        settled = self._settled.get(user, _NEVER)
        old = settled[index]
        if old >= self._share_bp or (settled is _NEVER and len(self._settled) >= _MAX_USERS):
            return
        level = self._levels[index]
        level.settle(seen, is_canary, (self._share_bp - old) / (_FULL_BP - old))
        now = _FULL_BP if is_canary else self._share_bp
        self._settled[user] = (*settled[:index], now, *settled[index + 1 :])
        if self._trip is None and level.wealth >= level.line:
            parts = level.parts()
            signal = max(parts, key=lambda name: parts[name])
            self._trip = Trip(level.replies, signal, level.wealth, level.line)


def _bets_on(signal: str) -> list[EventBet | LevelBet]:
    if signal in _LEVEL_SIGNALS:
        return [LevelBet(MARGINS[signal])]
    return [EventBet(over, MARGINS[signal]) for over in _EVENTS.get(signal, (0.0,))]
