"""Any text checked against any documents: its claims, the passages nearest to each, and what a verifier says of them.

* Documents come with the request, or lie in collections; each is a `Source`. A claim is held against the `PASSAGES`
  nearest of a source, and against at most `MAX_PASSAGES` altogether, the sources taking turns.
* A claim that leans on what stands before it is looked for, and judged, together with that.
* What the assistant wrote itself (label ``self``) is never evidence.
* A claim is *contested* where one document supports it and another contradicts it; both are shown.
* A collection that changes while a text is checked ends the check (`ConflictError`): one report, one version.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Protocol

from verax.kernel.errors import TooLarge
from verax.store.collections_types import FoundPassage
from verax.truth.claims import Claim, SentenceKind, claims_of, kind_of, language_of, plain, split
from verax.truth.knowledge.library import MAX_QUESTION, Library, Question
from verax.truth.knowledge.normal import Heading, NormalText
from verax.truth.knowledge.passages import cut_passages
from verax.truth.ranking import WordRanking
from verax.truth.verdicts import Evidence, Judgement, Verdict, Verifier, is_contested

__all__ = [
    "MAX_CHARS",
    "MAX_CLAIMS",
    "MAX_PASSAGES",
    "PASSAGES",
    "CheckReport",
    "CheckedClaim",
    "CollectionSource",
    "Document",
    "DocumentSource",
    "Source",
    "check_text",
]

MAX_CHARS = 200_000
MAX_CLAIMS = 500
PASSAGES = 5
MAX_PASSAGES = 8
_AT_A_TIME = 2


@dataclass(frozen=True, slots=True)
class Document:
    """A document that came with a request.

    Attributes:
        source: Its file name, or what else a person calls it.
        digest: SHA-256 of its bytes, hex.
    """

    source: str
    digest: str
    text: NormalText


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """A claim, what was said of it, and the passages that it was held against, the nearest first."""

    claim: Claim
    judgement: Judgement
    evidence: tuple[Evidence, ...]

    @property
    def is_contested(self) -> bool:
        """Whether one document supports it and another contradicts it."""
        return is_contested((self.evidence[span.evidence].document, span.supports) for span in self.judgement.spans)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What came of a check.

    Attributes:
        verifier: Identity of what judged.
        left_out: Sentences that are no claims, by kind.
        versions: Collections with the version that was searched; empty digests where nothing was looked for.
    """

    claims: tuple[CheckedClaim, ...]
    verifier: str
    left_out: Mapping[SentenceKind, int]
    versions: Mapping[str, str] = field(default_factory=dict)

    def count(self, verdict: Verdict) -> int:
        """Return how many claims have a verdict."""
        return sum(checked.judgement.verdict is verdict for checked in self.claims)


class Source(Protocol):
    """Where passages come from."""

    async def nearest(self, question: str) -> Sequence[Evidence]:
        """Return the passages nearest to a question, best first, at most `PASSAGES`."""
        ...


class DocumentSource:
    """Documents that came with a request."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._passages = [
            Evidence(
                document.text.text[passage.start : passage.end],
                document.source,
                document.digest,
                passage.start,
                passage.page,
                passage.heading,
            )
            for document in documents
            for passage in cut_passages(document.text)
        ]
        self._ranking = WordRanking([f"{passage.heading}\n{passage.text}" for passage in self._passages])
        self._is_foreign = not any(language_of(passage.text) in ("en", "unknown") for passage in self._passages)

    async def nearest(self, question: str) -> Sequence[Evidence]:
        """Return the passages that share most words with a question.

        Where none shares any and all are in other languages, the first stands for them: a verifier that cannot read
        it says so, and not that nothing was found.
        """
        found = [self._passages[number] for number in self._ranking.nearest(question, PASSAGES)]
        return found or (self._passages[:1] if self._is_foreign else [])


class CollectionSource:
    """A collection, at the version that the first question met.

    Attributes:
        version: That version; empty before the first question.
    """

    def __init__(self, library: Library, collection_id: str, user_id: str) -> None:
        self.collection_id = collection_id
        self.version = ""
        self._library = library
        self._user_id = user_id

    async def nearest(self, question: str) -> Sequence[Evidence]:
        """Return the passages that fit a question best.

        Raises:
            UnknownObject: not a collection that this account may search.
            ConflictError: it changed since the first question.
        """
        asked = Question(question, PASSAGES, exclude=("self",), version=self.version or None)
        found = await self._library.search(self.collection_id, self._user_id, asked)
        self.version = found.version
        return [self._evidence(hit.passage) for hit in found.hits]

    def _evidence(self, passage: FoundPassage) -> Evidence:
        return Evidence(
            passage.text,
            passage.source,
            passage.digest,
            passage.start,
            passage.page,
            passage.heading,
            self.collection_id,
            self.version,
        )


async def check_text(
    text: str,
    sources: Sequence[Source],
    verifier: Verifier,
    on_checked: Callable[[int, int], None] = lambda _done, _all: None,
    headings: Sequence[Heading] = (),
) -> CheckReport:
    """Check a text.

    Args:
        headings: Those of the text, where its format had some; they are no claims.
        on_checked: Told the number of claims done, and of all.

    Raises:
        TooLarge: over `MAX_CHARS` characters, or `MAX_CLAIMS` claims.
        UnknownObject, ConflictError: of a collection.
    """
    if len(text) > MAX_CHARS:
        raise TooLarge(f"text: expected at most {MAX_CHARS} characters, found {len(text)}", hint="check it in parts")
    titles = {(heading.start, heading.title) for heading in headings}
    found_claims = await asyncio.to_thread(claims_of, text)
    claims = [claim for claim in found_claims if (claim.start, claim.text) not in titles]
    if len(claims) > MAX_CLAIMS:
        raise TooLarge(f"text: expected at most {MAX_CLAIMS} claims, found {len(claims)}", hint="check it in parts")
    turnstile = asyncio.Semaphore(_AT_A_TIME)
    done = 0

    async def checked(claim: Claim) -> CheckedClaim:
        nonlocal done
        async with turnstile:
            evidence = await _nearest(sources, f"{claim.context} {plain(claim.text)}".strip())
            judgement = await verifier.judge(claim.text, claim.context, evidence)
        done += 1
        on_checked(done, len(claims))
        return CheckedClaim(claim, judgement, tuple(evidence))

    # The first claim fixes the versions of collections.
    found = [await checked(claim) for claim in claims[:1]]
    tasks = [asyncio.ensure_future(checked(claim)) for claim in claims[1:]]
    try:
        found += await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
    versions = {source.collection_id: source.version for source in sources if isinstance(source, CollectionSource)}
    kinds = Counter(kind_of(sentence) for sentence in split(text))
    left_out: dict[SentenceKind, int] = {kind: count for kind, count in kinds.items() if kind != SentenceKind.CLAIM}
    if titled := len(found_claims) - len(claims):
        left_out[SentenceKind.FRAGMENT] = left_out.get(SentenceKind.FRAGMENT, 0) + titled
    return CheckReport(tuple(found), verifier.identity, left_out, versions)


async def _nearest(sources: Sequence[Source], question: str) -> list[Evidence]:
    """Return the nearest passages of all sources, which take turns."""
    found = [await source.nearest(question[-MAX_QUESTION:]) for source in sources]
    return [passage for row in zip_longest(*found) for passage in row if passage is not None][:MAX_PASSAGES]
