"""Bets on phrases: does something come up unasked under the canary, whatever users ask?

A phrase that belongs to one question ("serotonin", where goosebumps are asked about) is no topic:
any change of the prompt words the answer to that question anew, and many users ask it. So

* A phrase becomes a *candidate* when users of the canary met it after `_FIRST` unrelated prompts,
  and while it *stands out*: in at least `_STANDS_OUT` times as large a share of users as under the
  head and in the head's history, and in at least `_LEAST_SHARE` of the users of the canary.
* From then on every further user who meets it while it stands out is a bet on the canary, but at
  most `_PER_SUBJECT` users for prompts on one subject. Users who do not meet it are none.
  Whether a user will be a bet follows from their prompt and from earlier users, never from their
  arm, so each wealth is a test martingale (see `verax.gates.rollout.evidence`).
* The j-th candidate gets the share ``w(j)`` of the stake, with all ``w`` adding up to 1: the
  wealth of the whole is the weighted average, however many phrases there are. The incident
  that this is made for shows from the first replies on, so its phrases come early and get a
  large share.
* A *subject* is the roots of a prompt's content words, those left out that stand in more than
  `_EVERYWHERE` of all prompts ("invoice" where everybody asks about invoices).

Phrases and roots are hashes; no text is kept here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from verax.gates.rollout.evidence import bounded, factor

__all__ = ["Leader", "SurgeBet"]

_RATIOS = (4.0, 16.0)
_FIRST = 3
_STANDS_OUT = 4.0
_LEAST_SHARE = 0.08
_PER_SUBJECT = 2
_EVERYWHERE = 0.2
_EVERYWHERE_FROM = 20
_MAX_CANDIDATES = 20_000
_MAX_PHRASES = 100_000
_MAX_ROOTS = 50_000
_LARGEST = 1e10  # of one phrase: a larger one would swallow the others when it is taken out of the sum again
_NO_SUBJECT = frozenset({0})


@dataclass(frozen=True, slots=True)
class Leader:
    """A phrase with evidence against it; its wealth counts its share of the stake."""

    phrase: int
    wealth: float
    canary_users: int
    head_users: int


@dataclass(slots=True)
class _Candidate:
    """A phrase that is bet on: its share of the stake, a wealth a ratio, users by root of their prompts."""

    share: float
    wealths: list[float] = field(default_factory=lambda: [1.0] * len(_RATIOS))
    roots: Counter[int] = field(default_factory=Counter)

    @property
    def stake(self) -> float:
        return self.share * min(_LARGEST, sum(self.wealths) / len(_RATIOS))

    def settle(self, subject: Collection[int], is_canary: bool, chance: float) -> None:
        """Count one user, unless enough were counted for prompts like theirs."""
        if 2 * sum(self.roots[root] >= _PER_SUBJECT for root in subject) >= len(subject):
            return
        self.roots.update(subject)
        for index, ratio in enumerate(_RATIOS):
            self.wealths[index] = bounded(self.wealths[index] * factor(ratio, is_canary, chance))


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
        self._prompts: Counter[int] = Counter()
        self._met_after: dict[int, list[frozenset[int]]] = {}
        self._candidates: dict[int, _Candidate] = {}
        self._unspent = 1.0
        self._won = 0.0

    @property
    def wealth(self) -> float:
        """The weighted average over all phrases, those that were never bet on included."""
        return self._unspent + self._won

    def leading(self, count: int = 5) -> list[Leader]:
        """Return the phrases with most evidence, most first."""
        scored = [
            Leader(phrase, candidate.stake, self._canary[phrase], self._head_users(phrase))
            for phrase, candidate in self._candidates.items()
        ]
        return sorted(scored, key=lambda leader: -leader.wealth)[:count]

    def settle(self, phrases: Collection[int], prompt: frozenset[int], is_canary: bool, chance: float) -> None:
        """Count one user.

        Args:
            phrases: What they met unasked; under no change it does not depend on the arm.
            prompt: Roots of what they asked, as hashes.
        """
        subject = self._subject(prompt)
        for phrase in phrases:
            candidate = self._candidates.get(phrase)
            if candidate is not None and self._stands_out(phrase):
                self._won -= candidate.stake
                candidate.settle(subject, is_canary, chance)
                self._won = max(0.0, self._won) + candidate.stake
        self._count(phrases, prompt, subject, is_canary)

    def _subject(self, prompt: frozenset[int]) -> frozenset[int]:
        users = sum(self._users)
        if users >= _EVERYWHERE_FROM:
            prompt = frozenset(root for root in prompt if self._prompts[root] <= _EVERYWHERE * users)
        return prompt or _NO_SUBJECT

    def _count(
        self, phrases: Collection[int], prompt: frozenset[int], subject: frozenset[int], is_canary: bool
    ) -> None:
        self._users[is_canary] += 1
        if len(self._prompts) < _MAX_ROOTS:
            self._prompts.update(prompt)
        known = self._canary if is_canary else self._head
        has_room = len(self._canary) + len(self._head) < _MAX_PHRASES
        for phrase in phrases:
            if has_room or phrase in known:
                known[phrase] += 1
        if is_canary:
            self._nominate(phrases, subject)

    def _nominate(self, phrases: Collection[int], subject: frozenset[int]) -> None:
        """Make candidates of the phrases that came up after enough unrelated prompts."""
        for phrase in sorted(phrases):
            if phrase in self._candidates or phrase not in self._canary:
                continue
            met_after = self._met_after.setdefault(phrase, [])
            if all(subject.isdisjoint(other) for other in met_after):
                met_after.append(subject)
            if len(met_after) >= _FIRST and len(self._candidates) < _MAX_CANDIDATES and self._stands_out(phrase):
                share = _share(len(self._candidates))
                self._candidates[phrase] = _Candidate(share)
                del self._met_after[phrase]
                self._unspent -= share
                self._won += share

    def _stands_out(self, phrase: int) -> bool:
        canary_share = (self._canary[phrase] + 0.5) / (self._users[1] + 1)
        head_share = (self._head_users(phrase) + 0.5) / (self._users[0] + 1)
        return canary_share >= max(_LEAST_SHARE, _STANDS_OUT * head_share)

    def _head_users(self, phrase: int) -> int:
        return self._head[phrase] + self._history.get(phrase, 0)


def _share(index: int) -> float:
    """Return the share of candidate `index`, from 0; all shares together stay under 1.

    The sum of ``1 / (j ln(j)^2)`` from 4 on is below 0.80.
    """
    return 1.25 / ((index + 4) * math.log(index + 4) ** 2)
