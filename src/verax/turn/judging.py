"""What one turn found, and how its sentences stand to it.

* A sentence is judged against the passages found for the question and those found for itself.
* The same sentence after the same text is judged once in a turn.
* Where a release names nothing to look in, a sentence is *not checked*: ``no_evidence``.
* Without a verifier for it, a release whose truth mode needs one never gets here
  (`verax.turn.verify.check_truth_mode`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from verax.kernel import canonical
from verax.kernel.release import Release
from verax.truth.claims import Sentence, claims_of, leans, plain
from verax.truth.knowledge.shared import Shelf
from verax.truth.knowledge.words import query_words
from verax.truth.verdicts import Evidence, Judgement, Verdict, Verifier
from verax.truth.vouching import supporting, vouches
from verax.truth.web.search import WebFindings
from verax.turn.events import Agreement
from verax.turn.ports import Knowledge, WebSource

__all__ = ["JudgedClaim", "Judging", "TruthParts"]

FOR_QUESTION = 5
"""Passages found for a question where a prompt holds none; only sentences are judged by them."""

FOR_CLAIM = 5
"""Passages found for a sentence, besides those for the question."""

_MIN_TELLING = 2  # words of a question; with fewer it cannot be read without the one before it
_REREAD_CHARS = 4_000  # more than the sentences hold that can be context


@dataclass(frozen=True, slots=True)
class TruthParts:
    """What releases need that name collections or check sentences.

    Attributes:
        verifier: None where none is connected; truth modes other than ``off`` are then refused.
        web: None where the web is not searched; releases that ask for it are then refused.
    """

    knowledge: Knowledge
    verifier: Verifier | None
    web: WebSource | None = None


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """A judgement and the passages that it is about, as they were handed to the verifier."""

    judgement: Judgement
    considered: tuple[Evidence, ...]


class Judging:
    """The evidence of one turn.

    Attributes:
        shelves: The collections of the release.
        found: Passages for the question, the nearest first; those of collections and of the web by turns.
        web: What a search of the web found; None where none was made. Each turn searches for itself, so
            every passage is of the page as it was then.
        question: What was asked, behind the question before it where it leans on that.
        verifier: What judges; None in mode ``off``.
    """

    def __init__(self, parts: TruthParts, release: Release, user_id: str) -> None:
        self.shelves: tuple[Shelf, ...] = ()
        self.found: tuple[Evidence, ...] = ()
        self.web: WebFindings | None = None
        self.verifier = parts.verifier if release.truth.mode != "off" else None
        self._search = parts.web
        self._knowledge = parts.knowledge
        self._spec = release.retrieval
        self._user_id = user_id
        self.question = ""
        self._judged: dict[tuple[str, str], JudgedClaim] = {}

    async def look_up(self, question: str, before: str = "") -> None:
        """Find the passages for a question.

        Args:
            before: What the same person asked before it.

        Raises:
            RefusedError: the release names a collection that cannot be had as it says.
            FetchError, BusyError: the release searches the web, and the engine cannot be asked.
        """
        spec = self._spec
        follows_on = leans(question) or len(query_words(question)) < _MIN_TELLING
        self.question = f"{before}\n{question}".strip() if follows_on else question
        limit = FOR_QUESTION if spec.passages is None else spec.passages.limit
        if spec.passages is not None and spec.passages.dispute_head:
            limit = max(limit, FOR_QUESTION)
        if spec.collections:
            self.shelves = await self._knowledge.open(spec.collections, spec.versions, self._user_id)
            self.found = await self._knowledge.find(self.shelves, question, limit, self._user_id)
        if spec.web is not None and self._search is not None and question.strip():
            self.web = await self._search.find(question, pages=spec.web.pages)
            self.found = _by_turns(self.found, self.web.passages)[:limit]

    @property
    def addresses(self) -> frozenset[str]:
        """What was found, by source; a link of the reply leads to one of these."""
        pages = () if self.web is None else self.web.pages
        sources = {item.source for item in self.found} | {
            item.source for judged in self._judged.values() for item in judged.considered
        }
        return frozenset(
            sources | {address for page in pages if page.source for address in (page.source, page.found.url)}
        )

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
            own = await self._nearest(f"{context} {plain(claim)}".strip())
            considered = _each_once([*own, *self.found[:FOR_QUESTION]])
            judgement = await self.verifier.judge(claim, context, considered)
            if judgement.verdict is Verdict.NOT_FOUND and not self._spec.has_sources:
                judgement = Judgement(Verdict.NOT_CHECKED, None, reason="no_evidence")
            known = self._judged[claim, context] = JudgedClaim(judgement, considered)
        return known

    async def vouches(self, sentence: Sentence, before: str) -> bool:
        """Say whether a strict answer may hold a sentence (`verax.truth.vouching`); takes what `judge` takes."""
        judged = await self.judge(sentence, before)
        if judged.judgement.verdict is not Verdict.SUPPORTED:
            return False
        passages = supporting(judged.judgement, judged.considered)
        near = list(zip(passages, await self.nearness(passages), strict=True))
        return vouches(sentence.text, _context_of(sentence, before), self.question, near)

    async def nearness(self, passages: Sequence[Evidence]) -> Sequence[float]:
        """Return the cosine of the question's meaning and of each passage's."""
        return await self._knowledge.nearness(self.question, [item.text for item in passages])

    async def agreement(self, sentence: Sentence, before: str, samples: Sequence[str]) -> Agreement | None:
        """Return how many samples say what a sentence says, by the verifier; None where it cannot tell of any."""
        if self.verifier is None:
            raise ValueError("judging: this turn has no verifier")
        context = _context_of(sentence, before)
        given = [Evidence(text, "", canonical.hex_digest(text.encode("utf-8"))) for text in samples]
        found = [(await self.verifier.judge(sentence.text, context, [item])).verdict for item in given]
        told = [verdict for verdict in found if verdict is not Verdict.NOT_CHECKED]
        return Agreement(told.count(Verdict.SUPPORTED), len(told)) if told else None

    async def _nearest(self, text: str) -> Sequence[Evidence]:
        """Return what the release's collections and the pages of this turn say to a sentence."""
        shelved: Sequence[Evidence] = ()
        if self.shelves:
            shelved = await self._knowledge.find(self.shelves, text, FOR_CLAIM, self._user_id)
        if self.web is None:
            return shelved
        return _by_turns(shelved, await self.web.documents.nearest(text))[:FOR_CLAIM]


def _context_of(sentence: Sentence, before: str) -> str:
    """Return the sentences before one that leans on them; empty for one that stands by itself."""
    if not leans(plain(sentence.text)):
        return ""
    again = claims_of(before[-_REREAD_CHARS:] + sentence.text)
    return again[-1].context if again and again[-1].text == sentence.text else ""


def _by_turns(one: Sequence[Evidence], other: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Return two rankings as one: neither of them can push the other out."""
    return tuple(item for pair in zip_longest(one, other) for item in pair if item is not None)


def _each_once(passages: Sequence[Evidence]) -> tuple[Evidence, ...]:
    return tuple({(item.collection, item.source, item.document, item.start): item for item in passages}.values())
