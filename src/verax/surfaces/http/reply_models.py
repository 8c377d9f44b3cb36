"""The shapes of replies, for the OpenAPI document and for tests; nothing is built through them.

The hot path writes its JSON directly; tests hold what it writes against these models.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

__all__ = [
    "BundleBody",
    "ChatCompletion",
    "ClaimBody",
    "EmbeddingList",
    "EntryAppended",
    "ErrorBody",
    "EvidenceFile",
    "GovernanceState",
    "Health",
    "Landing",
    "Live",
    "Model",
    "ModelList",
    "OpenedSegments",
    "ReceiptBody",
    "ReceiptPromised",
    "ReplyModel",
    "ResponseDeleted",
    "ResponseObject",
    "Session",
    "TurnErased",
    "TurnSecretBody",
]

Json = dict[str, Any]


class ReplyModel(BaseModel):
    """Base of reply shapes: what stands here is complete."""

    model_config = ConfigDict(extra="forbid")


class ErrorDetail(ReplyModel):
    """One error: `code` is permanent, `hint` says one thing to do."""

    message: str
    type: str
    param: str | None
    code: str
    hint: str


class ErrorTurn(ReplyModel):
    """The turn that an error belongs to."""

    id: str


class ErrorBody(ReplyModel):
    """OpenAI's error shape."""

    error: ErrorDetail
    verax: ErrorTurn | None = None


class EvidenceBody(ReplyModel):
    """A passage that decided a claim.

    Characters ``start`` to ``end`` of `passage` did it; `passage_start` is where the passage begins in
    the document, whose bytes have the SHA-256 `digest`. `collection` is as the release names it.
    """

    source: str
    digest: str
    passage: str
    start: int
    end: int
    passage_start: int
    page: int | None
    heading: str
    collection: str
    version: str
    probability: float
    supports: bool


class AgreementBody(ReplyModel):
    """How many of `samples` further replies of the same model say what a sentence says; not a verdict.

    `uncertainty` is the share of those that do not, 0 to 1.
    """

    agreeing: int
    samples: int
    uncertainty: float


class ClaimBody(ReplyModel):
    """A sentence of a reply, from character `start` to `end`, and how it stands to its evidence.

    `probability` is that it is supported; null, with a `reason`, where it was not checked. Of a `contested` one
    a source supports it and another contradicts it; `supports` says which. `agreement` stands where no evidence
    was considered and the release has sentences compared with further samples.
    """

    choice: int
    start: int
    end: int
    text: str
    verdict: Literal["supported", "contradicted", "not_found", "not_checked"]
    probability: float | None
    reason: str
    contested: bool
    agreement: AgreementBody | None
    evidence: list[EvidenceBody]


class DraftsBody(ReplyModel):
    """How many drafts were drawn, and the place of the one that was given, from 0."""

    drawn: int
    kept: int


class VeraxObject(ReplyModel):
    """What answered, and where the receipt is.

    `claims` are the verdicts on its sentences, where the release checks them; `withheld` counts those
    that a strict release held back; `drafts` says which of several was given.
    """

    id: str
    release: str
    runtime: str
    channel: str
    arm: Literal["head", "canary", "preview"]
    mode: Literal["solo", "quorum"]
    receipt: str
    claims: list[ClaimBody] | None = None
    withheld: int | None = None
    drafts: DraftsBody | None = None
    status: str | None = None
    record: Json | None = None
    promise: str | None = None
    secret: str | None = None


class FunctionCallBody(ReplyModel):
    """Name and JSON text of one call."""

    name: str
    arguments: str


class ToolCallBody(ReplyModel):
    """One call of a reply."""

    id: str
    type: Literal["function"]
    function: FunctionCallBody


class ChatMessageBody(ReplyModel):
    """What the assistant said."""

    role: Literal["assistant"]
    content: str | None
    refusal: str | None
    annotations: list[Json]
    tool_calls: list[ToolCallBody] | None = None


class ChatChoice(ReplyModel):
    """One choice."""

    index: int
    message: ChatMessageBody
    logprobs: Json | None
    finish_reason: Literal["stop", "length", "tool_calls", "content_filter"]


class Usage(ReplyModel):
    """Tokens."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatCompletion(ReplyModel):
    """Reply of ``POST /v1/chat/completions``; a stream sends the same in chunks."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChatChoice]
    usage: Usage
    service_tier: Literal["default"]
    system_fingerprint: str
    metadata: dict[str, str] | None = None
    verax: VeraxObject


class ResponseObject(BaseModel):
    """Reply of ``/v1/responses``."""

    id: str
    object: Literal["response"]
    created_at: int
    status: Literal["completed", "incomplete", "failed", "in_progress"]
    model: str
    output: list[Json]
    usage: Json | None
    metadata: dict[str, str]
    previous_response_id: str | None
    verax: VeraxObject


class ResponseDeleted(ReplyModel):
    """Reply of ``DELETE /v1/responses/{id}``."""

    id: str
    object: Literal["response"]
    deleted: Literal[True]


class Embedding(ReplyModel):
    """One vector: numbers, or base64 of little-endian 32-bit floats."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class EmbeddingUsage(ReplyModel):
    """Tokens read; 0 where the model does not count them."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingSource(ReplyModel):
    """What gave the vectors."""

    release: str
    runtime: str
    channel: str
    mode: str


class EmbeddingList(ReplyModel):
    """Reply of ``POST /v1/embeddings``."""

    object: Literal["list"]
    data: list[Embedding]
    model: str
    usage: EmbeddingUsage
    verax: EmbeddingSource


class Canary(ReplyModel):
    """A release that serves a share of the users, in basis points."""

    release: str
    share_bp: int


class ChannelBody(ReplyModel):
    """What the governance log says of a channel."""

    release: str | None
    head_index: int | None
    mode: str | None
    frozen: bool
    canary: Canary | None


class ChannelInfo(ChannelBody):
    """A channel and what its head is: for people who pick one. Nulls where it has no head."""

    title: str | None
    sees: list[Literal["text", "image"]]
    attachments: list[Literal["text", "pdf", "image"]]
    model: str | None
    truth_mode: Literal["off", "mark", "strict"] | None
    audience: str | None
    context_tokens: int | None


class Model(ReplyModel):
    """A channel, in the shape of OpenAI's models."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    verax: ChannelInfo


class ModelList(ReplyModel):
    """Reply of ``GET /v1/models``."""

    object: Literal["list"]
    data: list[Model]


class ReceiptPromised(ReplyModel):
    """Record and promise, until the leaf is integrated."""

    id: str
    state: Literal["promised"]
    record: Json
    promise: str
    secret: str | None = None


class ReceiptBody(ReplyModel):
    """A receipt: canonical JSON, to be kept byte for byte."""

    v: Literal[1]
    record: Json
    proof: str
    open: dict[str, str]


class BundleBody(ReplyModel):
    """A governance bundle: canonical JSON, to be kept byte for byte."""

    v: Literal[1]
    checkpoint: str
    consistency: list[str]
    entries: list[Json]
    blobs: list[str]


class TurnSecretBody(ReplyModel):
    """The secret that opens every commitment of a turn."""

    id: str
    secret: str


class OpenedSegments(ReplyModel):
    """The prompt of a turn, opened."""

    id: str
    prompt: str
    sent: str
    segments: list[Json]


class EvidenceCollection(ReplyModel):
    """A collection that the release names; `version` is that of what was found in it, empty for nothing."""

    name: str
    id: str
    version: str


class EvidencePassage(ReplyModel):
    """A passage by its digests and its place; `page` is 0 where the document has none."""

    source: str
    document: str
    start: int
    end: int
    page: int
    heading: str
    collection: str
    version: str
    text: str


class EvidenceSpan(ReplyModel):
    """Characters of a passage that decided a claim; `passage` counts in the list of passages."""

    passage: int
    start: int
    end: int
    probability: str


class EvidenceAgreement(ReplyModel):
    """How many of `samples` say what a sentence says."""

    agreeing: int
    samples: int


class EvidenceClaim(ReplyModel):
    """A verdict; `considered` are the passages that were read, in the order of judging."""

    choice: int
    start: int
    end: int
    verdict: Literal["supported", "contradicted", "not_found", "not_checked"]
    probability: str | None = None
    reason: str | None = None
    considered: list[int]
    spans: list[EvidenceSpan]
    agreement: EvidenceAgreement | None = None


class EvidenceDraft(ReplyModel):
    """A draft: SHA-256 of its text, and how many of its sentences have which verdict."""

    text: str
    supported: int
    contradicted: int
    not_found: int
    not_checked: int


class EvidencePage(ReplyModel):
    """A page that the engine named; `source` and `document` are empty, with a `problem`, where it was not read."""

    url: str
    source: str
    document: str
    fetched_ms: int
    problem: str


class EvidenceWeb(ReplyModel):
    """What a search of the web was asked, and what it named."""

    engine: str
    query: str
    pages: list[EvidencePage]


class EvidencePosition(ReplyModel):
    """A sentence that stood in the prompt since another document says otherwise; `passage` is a place in `passages`."""

    passage: int
    start: int
    end: int


class EvidenceFile(ReplyModel):
    """What a record commits to as evidence: canonical JSON, to be kept byte for byte.

    Probabilities are decimal text; `prompt` says which passages stood in the prompt. `samples` are SHA-256 of
    further replies that sentences were compared with; `kept` is the place of the draft that was given. `dispute` are
    sentences that disagree about the question.
    """

    v: Literal[1]
    mode: Literal["off", "mark", "strict"]
    verifier: str
    collections: list[EvidenceCollection]
    passages: list[EvidencePassage]
    prompt: list[int]
    claims: list[EvidenceClaim]
    withheld: int
    samples: list[str] | None = None
    drafts: list[EvidenceDraft] | None = None
    kept: int | None = None
    web: EvidenceWeb | None = None
    dispute: list[EvidencePosition] | None = None


class TurnErased(ReplyModel):
    """Text, record and secret of a turn are gone; `erasures` names the erase receipts."""

    id: str
    object: Literal["turn"]
    deleted: Literal[True]
    erasures: list[str]


class GovernanceState(ReplyModel):
    """What the governance log folds to."""

    size: int
    root_hash: str
    name: str
    root_version: int
    fingerprint: str
    solo: bool
    runtime: str | None
    channels: dict[str, ChannelBody]


class EntryAppended(ReplyModel):
    """A statement was appended and had an effect."""

    index: int
    state: GovernanceState


class Session(ReplyModel):
    """Who is signed in.

    `expires_ms` is null for an API key that lasts. `may_set_password` says that a one-time link
    opened this session a short while ago: a new password then needs no old one.
    """

    user_id: str
    name: str
    roles: list[str]
    expires_ms: int | None
    may_set_password: bool


class HealthCheck(ReplyModel):
    """One thing that answering needs."""

    name: str
    ready: bool
    detail: str


class Health(ReplyModel):
    """Whether turns can be answered."""

    status: Literal["ready", "not_ready"]
    checks: list[HealthCheck]


class Live(ReplyModel):
    """The process answers."""

    status: Literal["live"]


class Landing(ReplyModel):
    """What this is."""

    name: Literal["verax"]
    version: str
    installation: str
    fingerprint: str
    solo: bool
    channels: list[str]
    links: dict[str, str]
