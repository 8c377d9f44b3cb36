"""Bets on phrases: does something come up unasked under the canary, in replies to many users?

* A phrase becomes a *candidate* when `_FIRST` settled users of the canary met it and it is at
  least `_STANDS_OUT` times as frequent there as under the head and in the head's history.
* From then on every further user who meets it is a bet on the canary; users who do not meet
  it are none. Which phrases are candidates is known before the user's arm counts, so each
  wealth is a test martingale (see `verax.gates.rollout.evidence`).
* The j-th candidate gets the share ``w(j)`` of the stake, with all ``w`` adding up to 1: the
  wealth of the whole is the weighted average, however many phrases there are. The incident
  that this is made for shows from the first replies on, so its phrases come early and get a
  large share.

Phrases are hashes; no text is kept here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from verax.gates.rollout.evidence import bounded

__all__ = ["Leader", "SurgeBet"]

_RATIOS = (4.0, 16.0)
_FIRST = 2
_STANDS_OUT = 4.0
_MAX_CANDIDATES = 20_000
_MAX_PHRASES = 100_000
_LARGEST = 1e10  # of one phrase: a larger one would swallow the others when it is taken out of the sum again


@dataclass(frozen=True, slots=True)
class Leader:
    """A phrase with evidence against it; its wealth counts its share of the stake."""

    phrase: int
    wealth: float
    canary_users: int
    head_users: int


class SurgeBet:
    """The wealth over all phrases.

    Args:
        history: Users who met each phrase under the head before the canary began.
        history_users: Users of that history.
    """

    def __init__(self, history: Mapping[int, int] | None = None, history_users: int = 0) -> None:
        self._history = history or {}
        self._head: Counter[int] = Counter()
        self._canary: Counter[int] = Counter()
        self._users = [history_users, 0]
        self._shares: dict[int, float] = {}
        self._wealths: dict[int, list[float]] = {}
        self._unspent = 1.0
        self._won = 0.0

    @property
    def wealth(self) -> float:
        """The weighted average over all phrases, those that were never bet on included."""
        return self._unspent + self._won

    def leading(self, count: int = 5) -> list[Leader]:
        """Return the phrases with most evidence, most first."""
        scored = [
            Leader(phrase, self._stake(phrase), self._canary[phrase], self._head_users(phrase))
            for phrase in self._wealths
        ]
        return sorted(scored, key=lambda leader: -leader.wealth)[:count]

    def settle(self, phrases: Collection[int], is_canary: bool, chance: float) -> None:
        """Count one user; `phrases` must not depend on the arm."""
        for phrase in phrases:
            wealths = self._wealths.get(phrase)
            if wealths is not None:
                self._won -= self._stake(phrase)
                for index, ratio in enumerate(_RATIOS):
                    factor = (ratio if is_canary else 1.0) / (1 - chance + ratio * chance)
                    wealths[index] = bounded(wealths[index] * factor)
                self._won = max(0.0, self._won) + self._stake(phrase)
        self._count(phrases, is_canary)

    def _stake(self, phrase: int) -> float:
        return self._shares[phrase] * min(_LARGEST, sum(self._wealths[phrase]) / len(_RATIOS))

    def _count(self, phrases: Collection[int], is_canary: bool) -> None:
        self._users[is_canary] += 1
        known = self._canary if is_canary else self._head
        has_room = len(self._canary) + len(self._head) < _MAX_PHRASES
        for phrase in phrases:
            if has_room or phrase in known:
                known[phrase] += 1
        if is_canary:
            found = [phrase for phrase in phrases if phrase not in self._wealths and self._stands_out(phrase)]
            for phrase in sorted(found)[: _MAX_CANDIDATES - len(self._wealths)]:
                share = _share(len(self._wealths))
                self._shares[phrase] = share
                self._wealths[phrase] = [1.0] * len(_RATIOS)
                self._unspent -= share
                self._won += share

    def _stands_out(self, phrase: int) -> bool:
        hits = self._canary[phrase]
        if hits < _FIRST:
            return False
        canary_rate = (hits + 0.5) / (self._users[1] + 1)
        head_rate = (self._head_users(phrase) + 0.5) / (self._users[0] + 1)
        return canary_rate >= _STANDS_OUT * head_rate

    def _head_users(self, phrase: int) -> int:
        return self._head[phrase] + self._history.get(phrase, 0)


def _share(index: int) -> float:
    """Return the share of candidate `index`, from 0; all shares together stay under 1.

    The sum of ``1 / (j ln(j)^2)`` from 4 on is below 0.80.
    """
    return 1.25 / ((index + 4) * math.log(index + 4) ** 2)
