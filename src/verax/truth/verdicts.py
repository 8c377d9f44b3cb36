"""What is asked of a verifier, and what it answers: claims, passages, verdicts.

Offsets are characters. Those of evidence count in the document's normalised text, those of a
deciding span in its own text, so ``evidence.start + span.start`` is a place in the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

__all__ = ["SUPPORTED_FROM", "DecidingSpan", "Evidence", "Judgement", "Verdict", "Verifier", "is_contested"]


SUPPORTED_FROM = 0.5
"""The probability from which a claim, or what decides it, counts as supported."""


class Verdict(StrEnum):
    """How a claim stands to its evidence."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    NOT_FOUND = "not_found"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A piece of a document that may decide a claim.

    Attributes:
        source: What a person calls the document: its file name or address.
        document: SHA-256 of the document's bytes, hex.
        start: Where `text` begins in the document's normalised text.
        page: From 1; None where the document has none.
        heading: The headings above it, outermost first, joined by `` › ``; empty for none.
        collection, version: Where it was found; empty for evidence that came with the request.
    """

    text: str
    source: str
    document: str
    start: int = 0
    page: int | None = None
    heading: str = ""
    collection: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class DecidingSpan:
    """``given[evidence].text[start:end]`` decided; `probability` is what it alone gives for *supported*."""

    evidence: int
    start: int
    end: int
    probability: float

    @property
    def supports(self) -> bool:
        """Whether it speaks for the claim; what decided and does not support a claim contradicts it."""
        return self.probability >= SUPPORTED_FROM


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict on one claim.

    Attributes:
        probability: Calibrated probability that the claim is supported, 0 to 1; None where it was not checked, or by a
            judge that gives none.
        spans: What decided, the strongest first. Empty for *not checked* and for *not found*. Sources
            that contradict one another both stand here.
        reason: Why it was not checked, a short code (``language``, ``no_verifier``); empty otherwise.
    """

    verdict: Verdict
    probability: float | None
    spans: tuple[DecidingSpan, ...] = ()
    reason: str = ""


def is_contested(sides: Iterable[tuple[str, bool]]) -> bool:
    """Say whether one document supports a claim and another contradicts it.

    Args:
        sides: For each passage that decided, its document's digest and whether it supports the claim.
    """
    found = list(sides)
    for_it = {document for document, supports in found if supports}
    against = {document for document, supports in found if not supports}
    return bool(for_it and against) and len(for_it | against) > 1


class Verifier(Protocol):
    """Judges one claim against passages; the same input gives the same judgement, to the bit, on one machine."""

    @property
    def identity(self) -> str:
        """What judges, for receipts: kind and digest of its weights and calibration."""
        ...

    async def judge(self, claim: str, context: str, evidence: Sequence[Evidence]) -> Judgement:
        """Judge a claim.

        Args:
            context: The text before the claim, for pronouns; may be empty.
            evidence: Candidates, the nearest first; none gives *not found*.
        """
        ...
