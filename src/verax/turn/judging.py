"""What one turn found, and how its sentences stand to it.

* A sentence is judged against the passages found for the question and those found for itself.
* The same sentence after the same text is judged once in a turn.
* Without a verifier for it, a release whose truth mode needs one never gets here
  (`verax.turn.verify.check_truth_mode`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verax.kernel.release import Release
from verax.truth.claims import Sentence, claims_of, leans, plain
from verax.truth.knowledge.shared import Shelf
from verax.truth.verdicts import Evidence, Judgement, Verifier
from verax.turn.ports import Knowledge

__all__ = ["JudgedClaim", "Judging", "TruthParts"]

FOR_QUESTION = 5
"""Passages found for a question where a prompt holds none; only sentences are judged by them."""

FOR_CLAIM = 5
"""Passages found for a sentence, besides those for the question."""

_REREAD_CHARS = 4_000  # more than the sentences hold that can be context


@dataclass(frozen=True, slots=True)
class TruthParts:
    """What releases need that name collections or check sentences.

    Attributes:
        verifier: None where none is connected; truth modes other than ``off`` are then refused.
    """

    knowledge: Knowledge
    verifier: Verifier | None


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """A judgement and the passages that it is about, as they were handed to the verifier."""

    judgement: Judgement
    considered: tuple[Evidence, ...]


class Judging:
    """The evidence of one turn.

    Attributes:
        shelves: The collections of the release.
        found: Passages for the question, the nearest first.
        verifier: What judges; None in mode ``off``.
    """

    def __init__(self, parts: TruthParts, release: Release, user_id: str) -> None:
        self.shelves: tuple[Shelf, ...] = ()
        self.found: tuple[Evidence, ...] = ()
        self.verifier = parts.verifier if release.truth.mode != "off" else None
        self._knowledge = parts.knowledge
        self._spec = release.retrieval
        self._user_id = user_id
        self._judged: dict[tuple[str, str], JudgedClaim] = {}

    async def look_up(self, question: str) -> None:
        """Find the passages for a question.

        Raises:
            RefusedError: the release names a collection that cannot be had as it says.
        """
        spec = self._spec
        self.shelves = await self._knowledge.open(spec.collections, spec.versions, self._user_id)
        limit = FOR_QUESTION if spec.passages is None else spec.passages.limit
        self.found = await self._knowledge.find(self.shelves, question, limit, self._user_id)

    async def judge(self, sentence: Sentence, before: str) -> JudgedClaim:
        """Judge a sentence.

        Args:
            before: The text of the reply before it; what it leans on is its context.

        Raises:
            RefusedError: a pinned collection changed while this turn ran.
        """
        if self.verifier is None:
            raise ValueError("judging: this turn has no verifier")
        claim, context = sentence.text, _context_of(sentence, before)
        known = self._judged.get((claim, context))
        if known is None:
            own = await self._knowledge.find(
                self.shelves, f"{context} {plain(claim)}".strip(), FOR_CLAIM, self._user_id
            )
            considered = _each_once([*own, *self.found[:FOR_QUESTION]])
            judgement = await self.verifier.judge(claim, context, considered)
            known = self._judged[claim, context] = JudgedClaim(judgement, considered)
        return known


def _context_of(sentence: Sentence, before: str) -> str:
    """Return the sentences before one that leans on them; empty for one that stands by itself."""
    if not leans(plain(sentence.text)):
        return ""
    again = claims_of(before[-_REREAD_CHARS:] + sentence.text)
    return again[-1].context if again and again[-1].text == sentence.text else ""


def _each_once(passages: Sequence[Evidence]) -> tuple[Evidence, ...]:
    return tuple({(item.collection, item.document, item.start): item for item in passages}.values())
