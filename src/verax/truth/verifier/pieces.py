"""What of the evidence is read with a claim: all of it, or its chunks and the sentences nearest to the claim."""

from __future__ import annotations

from dataclasses import dataclass

from verax.truth.chunks import MAX_WORDS, Span, chunks, nearest_sentences

__all__ = ["Piece", "joined", "pieces"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A text that the model reads, and where its parts lie in the evidence, in their order."""

    text: str
    spans: tuple[Span, ...]


def pieces(claim: str, evidence: str, max_words: int = MAX_WORDS) -> list[Piece]:
    """Return what is read: evidence that fits is one piece.

    Longer evidence is cut into chunks, and the sentences nearest to the claim are one piece more.
    """
    spans = chunks(evidence, max_words)
    if len(spans) <= 1:
        return [Piece(evidence, (Span(0, len(evidence)),))]
    found = [Piece(span.of(evidence), (span,)) for span in spans]
    nearest = nearest_sentences(evidence, claim, max_words)
    return [*found, joined(evidence, nearest)] if nearest else found


def joined(evidence: str, spans: list[Span]) -> Piece:
    """Return the piece that sentences of the evidence make, in their order."""
    ordered = sorted(spans, key=lambda span: span.start)
    return Piece(" ".join(span.of(evidence).strip() for span in ordered), tuple(ordered))
