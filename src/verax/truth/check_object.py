"""A check as the object that the HTTP API answers, ``verax check --json`` prints, and reports are written from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verax.kernel import canonical
from verax.truth.check import CheckedClaim, CheckReport, Document
from verax.truth.verdicts import DecidingSpan, Evidence, Verdict

__all__ = ["check_object"]

_DIGITS = 4


def check_object(report: CheckReport, text: str, documents: Sequence[Document] = ()) -> dict[str, Any]:
    """Return a check of `text`; `documents` are those that came with it.

    ``evidence[i].passage[start:end]`` decided, and ``passage_start`` is where that passage begins in the document's
    normalised text.
    """
    return {
        "object": "check",
        "text_digest": canonical.hex_digest(text.encode("utf-8")),
        "verifier": report.verifier,
        "summary": {
            "claims": len(report.claims),
            **{verdict.value: report.count(verdict) for verdict in Verdict},
            "contested": sum(checked.is_contested for checked in report.claims),
            "other_sentences": sum(report.left_out.values()),
        },
        "claims": [_claim(checked) for checked in report.claims],
        "collections": [{"id": name, "version": version or None} for name, version in report.versions.items()],
        "documents": [_document(document) for document in documents],
    }


def _claim(checked: CheckedClaim) -> dict[str, Any]:
    claim, judgement = checked.claim, checked.judgement
    return {
        "text": claim.text,
        "start": claim.start,
        "end": claim.end,
        "verdict": judgement.verdict.value,
        "probability": _rounded(judgement.probability),
        "reason": judgement.reason,
        "contested": checked.is_contested,
        "evidence": [_evidence(checked.evidence[span.evidence], span) for span in judgement.spans],
    }


def _evidence(passage: Evidence, span: DecidingSpan) -> dict[str, Any]:
    return {
        "source": passage.source,
        "passage": passage.text,
        "start": span.start,
        "end": span.end,
        "probability": _rounded(span.probability),
        "supports": span.supports,
        "page": passage.page,
        "heading": passage.heading,
        "passage_start": passage.start,
        "digest": passage.document,
        "collection": passage.collection or None,
    }


def _document(document: Document) -> dict[str, Any]:
    return {
        "source": document.source,
        "digest": document.digest,
        "pages": document.text.count,
        "characters": len(document.text.text),
        "notices": [notice.message for notice in document.text.notices],
    }


def _rounded(probability: float | None) -> float | None:
    return None if probability is None else round(probability, _DIGITS)
