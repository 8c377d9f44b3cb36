"""The shapes of ``POST /v1/check`` on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from verax.surfaces.http.operations import Operation, json_reply
from verax.surfaces.http.reply_models import ReplyModel
from verax.surfaces.http.validation import WireModel
from verax.truth.check import MAX_CHARS

__all__ = ["OPERATIONS", "Check", "CheckRequest", "EvidenceText"]

_MAX_EVIDENCE = 200
_MAX_COLLECTIONS = 10

Verdict = Literal["supported", "contradicted", "not_found", "not_checked"]
_Probability = Annotated[float, Field(ge=0, le=1)]
_Source = Annotated[str, Field(min_length=1, max_length=500)]
_EvidenceString = Annotated[str, Field(min_length=1)]


class EvidenceText(WireModel):
    """A document to check against, with what it is called."""

    source: _Source
    text: _EvidenceString


class CheckRequest(WireModel):
    """Body of ``POST /v1/check``: a text, and what it is checked against."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_CHARS)]
    evidence: Annotated[tuple[_EvidenceString | EvidenceText, ...], Field(max_length=_MAX_EVIDENCE, strict=False)] = ()
    collections: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=100)], ...],
        Field(max_length=_MAX_COLLECTIONS, strict=False),
    ] = ()


class CheckEvidence(ReplyModel):
    """``passage[start:end]`` decided; it `supports` the claim, or contradicts it.

    `passage_start` is where the passage begins in the document's normalised text, `digest` is that of the document.
    """

    source: str
    passage: str
    start: int
    end: int
    probability: _Probability
    supports: bool
    page: int | None
    heading: str
    passage_start: int
    digest: str
    collection: str | None


class CheckedClaim(ReplyModel):
    """``text[start:end]`` of the request, and its verdict.

    `probability` is that it is supported, null where it was not checked; `reason` says why it was not. Of a `contested`
    claim one document supports it and another contradicts it.
    """

    text: str
    start: int
    end: int
    verdict: Verdict
    probability: _Probability | None
    reason: str
    contested: bool
    evidence: list[CheckEvidence]


class CheckSummary(ReplyModel):
    """Claims by verdict, those among them that are contested, and sentences that are no claims."""

    claims: int
    supported: int
    contradicted: int
    not_found: int
    not_checked: int
    contested: int
    other_sentences: int


class CheckedCollection(ReplyModel):
    """A collection that was searched, at its version; null where there was no claim to look for."""

    id: str
    version: str | None


class CheckedDocument(ReplyModel):
    """A document that came with the request; `digest` is the SHA-256 of its text in UTF-8."""

    source: str
    digest: str
    pages: int | None
    characters: int
    notices: list[str]


class Check(ReplyModel):
    """Every claim of a text with its verdict; `verifier` names what judged."""

    object: Literal["check"]
    text_digest: str
    verifier: str
    summary: CheckSummary
    claims: list[CheckedClaim]
    collections: list[CheckedCollection]
    documents: list[CheckedDocument]


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "POST",
        "/v1/check",
        "checkText",
        "Check every claim of a text against documents, those of the request or those of collections",
        json_reply(Check),
        body=CheckRequest,
        needs_key=True,
    ),
)
