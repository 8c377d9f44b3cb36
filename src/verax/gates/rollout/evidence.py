"""Evidence that the canary is worse than the head, valid however often one looks at it.

Who is in a canary is decided by a hash (protocol clause 5), so for every user the chance
`p` of being there is known, and the releases cannot influence it. If canary and head behave
alike, then what a user saw says nothing about the arm. So a *bet* on the arm, given what
the user saw, wins nothing on average:

* A bet multiplies a wealth, which begins at 1, by ``q(arm | seen) / p(arm)``, where `q` is
  any guess that was fixed before this user's arm counted. Given everything seen, and all arms
  before, its mean under "no change" is exactly 1: the wealth is a test martingale.
* By Ville's inequality a wealth ever reaches ``1 / alpha`` with a chance of at most `alpha`,
  at any time, over any number of replies. Averages of such wealths are such a wealth again.
* Nothing is assumed about what is seen: heavy tails, drifting traffic and users who are
  alike or very different leave this as it is. Only the arm is random.
* Each user is settled once, so one account moves the wealth by one bounded factor.

docs/concepts/monitor.md derives this and names the literature.
"""

from __future__ import annotations

import bisect
from collections import deque

__all__ = ["RATIOS", "EventBet", "LevelBet", "bounded"]

RATIOS = (2.0, 5.0, 16.0)
"""How many times more often than under the head an event is bet to come up under the canary.

The largest bounds what one user can do: no factor is above it, and none below its inverse.
"""

_MAX_CANARY_RATE = 0.75
_MEMORY = 512
_LEARN = 20
_QUANTILES = (0.5, 0.9)
_SMALLEST, _LARGEST = 1e-100, 1e100


def bounded(wealth: float) -> float:
    """Keep a wealth within what floats multiply exactly enough; no line lies anywhere near."""
    return min(_LARGEST, max(_SMALLEST, wealth))


class EventBet:
    """Bets that an event comes up more often under the canary, once for each ratio of `RATIOS`.

    With ``f`` the rate of the event over both arms and a ratio ``r``, the head's rate is
    ``h = f / (1 - p + r p)``. The factors are ``r h / f`` (event, canary), ``h / f`` (event,
    head), ``(1 - r h) / (1 - f)`` and ``(1 - h) / (1 - f)`` (no event). For either outcome
    their mean over the arm is 1, whatever `f` is; a good `f` only makes the wealth grow faster.

    Args:
        over: The event is "the value is larger than this".
    """

    __slots__ = ("_hits", "_over", "_seen", "_wealths", "wealth")

    def __init__(self, over: float = 0.0) -> None:
        self._over = over
        self._wealths = [1.0] * len(RATIOS)
        self._seen = self._hits = 0
        self.wealth = 1.0

    def settle(self, value: float, is_canary: bool, chance: float) -> None:
        """Count one user.

        Args:
            value: What they saw; under no change it does not depend on the arm.
            is_canary: The user's arm.
            chance: Probability of the canary for this user before it was known, in (0, 1).
        """
        is_hit = value > self._over
        rate = (self._hits + 0.5) / (self._seen + 1)
        for index, ratio in enumerate(RATIOS):
            factor = _factor(rate, ratio, is_hit, is_canary, chance)
            self._wealths[index] = bounded(self._wealths[index] * factor)
        self.wealth = sum(self._wealths) / len(RATIOS)
        self._seen += 1
        self._hits += is_hit


def _factor(rate: float, ratio: float, is_hit: bool, is_canary: bool, chance: float) -> float:
    spread = 1 - chance + ratio * chance
    if is_hit:
        return (ratio if is_canary else 1.0) / spread
    rate = min(rate, _MAX_CANARY_RATE * spread / ratio)
    head_rate = rate / spread
    return (1 - (ratio * head_rate if is_canary else head_rate)) / (1 - rate)


class LevelBet:
    """Bets that a level (a latency, a length) lies higher under the canary.

    Events are "above the median" and "among the highest tenth" of what earlier users of both
    arms saw. Only the order of the values counts, so no tail is too heavy.

    Args:
        margin: The canary may be higher by this factor; its values are divided by it first.
            Wealth is then a supermartingale under "not more than that much higher".
    """

    __slots__ = ("_bets", "_margin", "_sorted", "_values", "wealth")

    def __init__(self, margin: float = 1.0) -> None:
        self._margin = margin
        self._bets = [EventBet() for _ in _QUANTILES]
        self._values: deque[float] = deque(maxlen=_MEMORY)
        self._sorted: list[float] = []
        self.wealth = 1.0

    def settle(self, value: float, is_canary: bool, chance: float) -> None:
        """Count one user; see `EventBet.settle`."""
        value = value / self._margin if is_canary else value
        if len(self._sorted) >= _LEARN:
            for bet, quantile in zip(self._bets, _QUANTILES, strict=True):
                limit = self._sorted[int(quantile * len(self._sorted))]
                bet.settle(value - limit, is_canary, chance)
            self.wealth = sum(bet.wealth for bet in self._bets) / len(_QUANTILES)
        self._remember(value)

    def _remember(self, value: float) -> None:
        if len(self._values) == _MEMORY:
            del self._sorted[bisect.bisect_left(self._sorted, self._values[0])]
        bisect.insort(self._sorted, value)
        self._values.append(value)
