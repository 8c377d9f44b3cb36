"""What passages found for a question disagree about, for a release that puts both positions into the prompt.

* Only passages about the question count (`verax.truth.vouching.ABOUT_FROM`), and only two documents can disagree. What
  speaks for the assistant's owner, or was written by the assistant, is never found, so it is on no side.
* A claim of one passage is held against the others by the verifier: where one of them contradicts it, the claim and the
  sentences against it are the positions. The claims nearest to the question are tried first, and the first dispute is
  taken.
* A passage without a sentence about the same thing is not asked, so passages that do not disagree cost next to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verax.truth.chunks import sentences
from verax.truth.claims import Claim, claims_of, plain
from verax.truth.exact import content_words
from verax.truth.knowledge.words import query_words
from verax.truth.verdicts import Evidence, Verdict
from verax.truth.verifier.judging import SAME_THING
from verax.truth.vouching import ABOUT_FROM
from verax.turn.judging import Judging

__all__ = ["Position", "find_positions"]

_PASSAGES = 4
"""Passages whose claims are tried."""

_CLAIMS = 2
"""Claims that are tried of each."""


@dataclass(frozen=True, slots=True)
class Position:
    """``evidence.text[start:end]``, one side of a dispute."""

    evidence: Evidence
    start: int
    end: int

    @property
    def text(self) -> str:
        """What it says."""
        return self.evidence.text[self.start : self.end]


async def find_positions(judging: Judging, passages: Sequence[Evidence]) -> tuple[Position, ...]:
    """Return the sentences that disagree about the question, one a document; nothing where none do.

    Args:
        passages: What the prompt may hold, the nearest to the question first.
    """
    if judging.verifier is None or len({item.document for item in passages}) < 2:
        return ()
    nearness = await judging.nearness(passages)
    about = [item for item, near in zip(passages, nearness, strict=True) if near >= ABOUT_FROM]
    for item in about[:_PASSAGES]:
        for claim in _nearest_claims(item.text, judging.question):
            others = [other for other in about if other.document != item.document and _may_dispute(claim, other)]
            if others and (found := await _disputed(judging, claim, item, others)):
                return found
    return ()


async def _disputed(judging: Judging, claim: Claim, item: Evidence, others: Sequence[Evidence]) -> tuple[Position, ...]:
    """Return a claim and what contradicts it."""
    if judging.verifier is None:
        return ()
    judgement = await judging.verifier.judge(claim.text, claim.context, [item, *others])
    against: dict[str, Position] = {}
    for span in judgement.spans:
        if span.evidence > 0 and not span.supports:
            other = others[span.evidence - 1]
            against.setdefault(other.document, Position(other, span.start, span.end))
    if judgement.verdict is not Verdict.SUPPORTED or not against:
        return ()
    return (Position(item, claim.start, claim.end), *against.values())


def _nearest_claims(text: str, question: str) -> list[Claim]:
    asked = set(query_words(question))

    def shared(claim: Claim) -> int:
        return len(asked & set(query_words(f"{claim.context} {claim.text}")))

    return sorted(claims_of(text), key=lambda claim: -shared(claim))[:_CLAIMS]


def _may_dispute(claim: Claim, other: Evidence) -> bool:
    wanted = content_words(plain(claim.text))
    said = (content_words(span.of(other.text)) for span in sentences(other.text))
    return bool(wanted) and any(len(wanted & words) >= SAME_THING * len(wanted) for words in said)
