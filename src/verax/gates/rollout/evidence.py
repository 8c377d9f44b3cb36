"""Evidence that the canary is worse than the head, valid however often one looks at it.

Who is in a canary is decided by a hash (protocol clause 5), so for every user the chance
`p` of being there is known, and the releases cannot influence it. If canary and head behave
alike, then what a user saw says nothing about the arm. So a *bet* on the arm of a user who met
an event wins nothing on average:

* A bet is on "an event comes up more than `margin` times as often under the canary". If it comes
  up at most so much more often, then among users who met it the canary's share is at most
  ``p m / (1 - p + p m)``. The bet multiplies a wealth, which begins at 1, by the ratio of what it
  guesses of the arm to that bound. Its mean, given all that came before, is at most 1: the wealth
  is a test supermartingale, under "no change" and under every difference within the margin.
* By Ville's inequality a wealth ever reaches ``1 / alpha`` with a chance of at most `alpha`,
  at any time, over any number of replies. Weighted averages of such wealths are such a wealth
  again: that is how many signals share one `alpha`, as a union bound does with parts of it.
* Nothing is assumed about what is seen: heavy tails, drifting traffic and users who are
  alike or very different leave this as it is. Only the arm is random.
* Each user is settled once, so one account moves the wealth by one bounded factor.
* Users who did not meet the event are no bet: that costs a little speed where it is frequent,
  and lets the margin hold whatever its frequency is.

docs/concepts/monitor.md derives this and names the literature.
"""

from __future__ import annotations

import bisect
from collections import deque

__all__ = ["RATIOS", "EventBet", "LevelBet", "bounded", "factor"]

RATIOS = (2.0, 5.0, 16.0)
"""How many times more often than the margin allows an event is bet to come up under the canary.

The largest bounds what one user can do: no factor is above it, and none below its inverse.
"""

_MEMORY = 256
_LEARN = 20
_QUANTILES = (0.5, 0.9)
_SMALLEST, _LARGEST = 1e-100, 1e100


def bounded(wealth: float) -> float:
    """Keep a wealth within what floats multiply exactly enough; no line lies anywhere near."""
    return min(_LARGEST, max(_SMALLEST, wealth))


def factor(ratio: float, is_canary: bool, chance: float, margin: float = 1.0) -> float:
    """Return what a bet wins or loses by one user who met its event.

    Args:
        ratio: How many times more often than `margin` allows it is bet to come up, above 1.
        chance: Probability of the canary for this user before it was known, in (0, 1).
        margin: How many times more often it may come up under the canary, at least 1.
    """
    fair = (1 - chance + margin * chance) / (1 - chance + margin * ratio * chance)
    return ratio * fair if is_canary else fair


class EventBet:
    """Bets that an event comes up more often under the canary, once for each ratio of `RATIOS`.

    Args:
        over: The event is "the value is larger than this".
        margin: See `factor`.
    """

    __slots__ = ("_margin", "_over", "_wealths", "wealth")

    def __init__(self, over: float = 0.0, margin: float = 1.0) -> None:
        self._over = over
        self._margin = margin
        self._wealths = [1.0] * len(RATIOS)
        self.wealth = 1.0

    def settle(self, value: float, is_canary: bool, chance: float, _stratum: int = 0) -> None:
        """Count one user.

        Args:
            value: What they saw; under no change it does not depend on the arm.
            is_canary: The user's arm.
            chance: See `factor`.
        """
        if value <= self._over:
            return
        for index, ratio in enumerate(RATIOS):
            won = factor(ratio, is_canary, chance, self._margin)
            self._wealths[index] = bounded(self._wealths[index] * won)
        self.wealth = sum(self._wealths) / len(RATIOS)


class LevelBet:
    """Bets that a level lies higher under the canary than under the head by more than a factor.

    Events are "above the median" and "among the highest tenth" of what earlier users of both
    arms saw in the same stratum. Only the order of the values counts, so no tail is too heavy.

    Args:
        margin: The canary may be higher by this factor; its values are divided by it first.
    """

    __slots__ = ("_bets", "_margin", "_strata", "wealth")

    def __init__(self, margin: float = 1.0) -> None:
        self._margin = margin
        self._bets = [EventBet() for _ in _QUANTILES]
        self._strata: dict[int, _Recent] = {}
        self.wealth = 1.0

    def settle(self, value: float, is_canary: bool, chance: float, stratum: int = 0) -> None:
        """Count one user; see `EventBet.settle`.

        Args:
            stratum: Values are compared with earlier ones of the same stratum.
        """
        value = value / self._margin if is_canary else value
        recent = self._strata.setdefault(stratum, _Recent())
        if len(recent) >= _LEARN:
            for bet, quantile in zip(self._bets, _QUANTILES, strict=True):
                bet.settle(value - recent.quantile(quantile), is_canary, chance)
            self.wealth = sum(bet.wealth for bet in self._bets) / len(_QUANTILES)
        recent.add(value)


class _Recent:
    """The last `_MEMORY` values, also in order of size."""

    __slots__ = ("_sorted", "_values")

    def __init__(self) -> None:
        self._values: deque[float] = deque(maxlen=_MEMORY)
        self._sorted: list[float] = []

    def __len__(self) -> int:
        return len(self._sorted)

    def quantile(self, share: float) -> float:
        return self._sorted[int(share * len(self._sorted))]

    def add(self, value: float) -> None:
        if len(self._values) == _MEMORY:
            del self._sorted[bisect.bisect_left(self._sorted, self._values[0])]
        bisect.insort(self._sorted, value)
        self._values.append(value)
