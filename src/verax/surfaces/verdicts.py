"""Verdicts as every surface shows them: a sentence, how it stands, and the passages that decided it.

Offsets count characters (Unicode code points). Those of a claim count in the reply's text, those of a
passage's span in the passage; ``passage_start`` is where that begins in its document's normalised text.
"""

from __future__ import annotations

from typing import Any

from verax.turn.events import Agreement, ClaimVerdict, Decided, DraftsDrawn

__all__ = ["claim_object", "drafts_object"]


def claim_object(claim: ClaimVerdict) -> dict[str, Any]:
    """Return one verdict as JSON values; of several choices `choice` says whose it is."""
    return {
        "choice": claim.choice,
        "start": claim.start,
        "end": claim.end,
        "text": claim.text,
        "verdict": str(claim.verdict),
        "probability": claim.probability,
        "reason": claim.reason,
        "contested": claim.is_contested,
        "agreement": None if claim.agreement is None else _agreement_object(claim.agreement),
        "evidence": [_evidence_object(decided) for decided in claim.evidence],
    }


def drafts_object(drafts: DraftsDrawn) -> dict[str, Any]:
    """Return how many drafts were drawn and which was given."""
    return {"drawn": drafts.drawn, "kept": drafts.kept}


def _agreement_object(agreement: Agreement) -> dict[str, Any]:
    return {
        "agreeing": agreement.agreeing,
        "samples": agreement.samples,
        "uncertainty": round(agreement.uncertainty, 3),
    }


def _evidence_object(decided: Decided) -> dict[str, Any]:
    found = decided.evidence
    return {
        "source": found.source,
        "digest": found.document,
        "passage": found.text,
        "start": decided.start,
        "end": decided.end,
        "passage_start": found.start,
        "page": found.page,
        "heading": found.heading,
        "collection": found.collection,
        "version": found.version,
        "probability": decided.probability,
        "supports": decided.supports,
    }
