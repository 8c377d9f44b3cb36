"""The numbers of a gate: shares with intervals, and paired tests of a candidate against the head.

* Intervals of shares are Wilson's score intervals at 95 %, two-sided. An exact one (Clopper and Pearson) is given
  where few or no items failed and a careful reader wants it; it is never narrower than promised.
* The paired test is McNemar's in its exact form, one-sided: given that an item is decided by the two arms
  differently, a change that makes nothing worse is the loser at most half the time.
* The bound of a paired difference is a percentile bootstrap over items, drawn from the seed, so that whoever
  runs it again gets the same number.
* Bounds that a floor is compared with are computed in whole numbers or rounded downwards, to six decimals.

Sources: Wilson 1927; Clopper and Pearson 1934; McNemar 1947; Efron 1979. All are held against brute force in the tests.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from verax.gates.draw import Draw

__all__ = ["Z95", "Interval", "Paired", "clopper_pearson", "difference_low", "mcnemar_p", "pair", "wilson"]

Z95 = 1.959963984540054
"""The 97.5 % point of the normal distribution."""

_RESAMPLES = 1000
_LEVEL = Fraction(5, 100)
_BISECTIONS = 60


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided interval of a share, 0 to 1."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Paired:
    """The same items under both arms: how many only one of them passed.

    Attributes:
        lost: Items that the head passed and the candidate did not.
        won: Items that the candidate passed and the head did not.
    """

    n: int
    lost: int
    won: int


def wilson(passed: float, n: int, z: float = Z95) -> Interval:
    """Return Wilson's score interval of a share.

    Args:
        passed: Items that passed, 0 to `n`; a sum of marks between 0 and 1 may be a fraction.
        n: Items, at least 1.

    Raises:
        ValueError: no items, or more passed than there are.
    """
    if n < 1 or not 0 <= passed <= n:
        raise ValueError("interval: expected at least one item, and no more passed than there are")
    share, square = passed / n, z * z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = z * math.sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    low = 0.0 if passed == 0 else max(0.0, middle - half)
    high = 1.0 if passed == n else min(1.0, middle + half)
    return Interval(low, high)


def clopper_pearson(passed: int, n: int, level: float = 0.95) -> Interval:
    """Return the exact interval of a share, by bisection on the binomial tails.

    Raises:
        ValueError: as `wilson`.
    """
    if n < 1 or not 0 <= passed <= n:
        raise ValueError("interval: expected at least one item, and no more passed than there are")
    tail = (1 - level) / 2
    low = 0.0 if passed == 0 else _bisect(lambda p: _at_least(passed, n, p) < tail)
    high = 1.0 if passed == n else _bisect(lambda p: 1 - _at_least(passed + 1, n, p) > tail)
    return Interval(low, high)


def pair(candidate: Sequence[Fraction], head: Sequence[Fraction]) -> Paired:
    """Count the items that the two arms decided differently; a mark of 1 passes, anything less does not.

    Raises:
        ValueError: the arms have not the same items.
    """
    if len(candidate) != len(head):
        raise ValueError("paired test: expected the same items under both arms")
    lost = sum(theirs == 1 and ours < 1 for ours, theirs in zip(candidate, head, strict=True))
    won = sum(ours == 1 and theirs < 1 for ours, theirs in zip(candidate, head, strict=True))
    return Paired(len(candidate), lost, won)


def mcnemar_p(paired: Paired) -> Fraction:
    """Return the probability of at least so many lost items if losing and winning were equally likely.

    Small means: the candidate is worse. 1 where the arms agree on every item.
    """
    decided = paired.lost + paired.won
    return Fraction(sum(math.comb(decided, k) for k in range(paired.lost, decided + 1)), 2**decided)


def difference_low(candidate: Sequence[Fraction], head: Sequence[Fraction], seed: str) -> Fraction:
    """Return the lower 95 % bound (one-sided) of the mean of candidate minus head, by a paired bootstrap.

    Args:
        seed: Fixes the resampling.

    Raises:
        ValueError: no items, or not the same under both arms.
    """
    if not candidate or len(candidate) != len(head):
        raise ValueError("paired test: expected the same items under both arms, at least one")
    n = len(candidate)
    scale = math.lcm(*(mark.denominator for mark in (*candidate, *head)))
    gaps = [int((ours - theirs) * scale) for ours, theirs in zip(candidate, head, strict=True)]
    draw = Draw(seed, "bootstrap")
    sums = sorted(sum(gaps[draw.below(n)] for _ in range(n)) for _ in range(_RESAMPLES))
    return Fraction(sums[math.floor(_LEVEL * _RESAMPLES)], n * scale)


def _at_least(k: int, n: int, p: float) -> float:
    """Return the probability of at least `k` of `n`."""
    if p <= 0 or p >= 1:
        return float(k <= (n if p >= 1 else 0))
    logs = (_log_choose(n, i) + i * math.log(p) + (n - i) * math.log1p(-p) for i in range(k, n + 1))
    return math.fsum(math.exp(value) for value in logs)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _bisect(is_below: Callable[[float], bool]) -> float:
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return low
