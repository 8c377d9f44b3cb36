"""The shapes of collections, documents and passages on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from verax.surfaces.http.reply_models import ReplyModel
from verax.surfaces.http.validation import WireModel

__all__ = [
    "Collection",
    "CollectionDeleted",
    "CollectionList",
    "CollectionRequest",
    "CollectionShown",
    "DocumentAdded",
    "DocumentDeleted",
    "DocumentList",
    "DocumentText",
    "PassageHits",
    "PassageSearch",
]

Label = Literal["", "speaks_for_owner", "self"]
Kind = Literal["pdf", "word", "html", "markdown", "table", "mail", "text"]

_Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class CollectionRequest(WireModel):
    """Body of ``POST /v1/collections``."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    is_shared: bool = False


class PassageSearch(WireModel):
    """Body of ``POST /v1/collections/{id}/search``; `exclude` names labels of sources that do not count."""

    query: Annotated[str, Field(min_length=1, max_length=2000)]
    limit: Annotated[int, Field(ge=1, le=50)] = 10
    exclude: Annotated[tuple[Label, ...], Field(max_length=3, strict=False)] = ()
    version: _Digest | None = None


class Collection(ReplyModel):
    """A collection of documents; `version` is the digest of all that it holds, null in lists."""

    id: str
    name: str
    is_shared: bool
    is_own: bool
    version: str | None
    documents: int
    passages: int
    size_bytes: int
    created_ms: int
    updated_ms: int


class CollectionShown(Collection):
    """A collection; `encoded` of its passages can be found by what they mean."""

    encoded: int


class CollectionList(ReplyModel):
    """Collections that the caller may search; a document may have `max_document_bytes`."""

    object: Literal["list"]
    data: list[Collection]
    max_document_bytes: int


class CollectionDeleted(ReplyModel):
    """The collection is gone, with its documents."""

    id: str
    deleted: Literal[True]


class DocumentNotice(ReplyModel):
    """What was not read of a document, and why."""

    code: str
    message: str
    hint: str


class Document(ReplyModel):
    """A document of a collection; `fetched_ms` is when its source was last fetched, null for a file."""

    id: str
    name: str
    source: str
    label: Label
    kind: Kind
    media_type: str
    digest: str
    title: str
    size_bytes: int
    characters: int
    pages: int | None
    passages: int
    notices: list[DocumentNotice]
    created_ms: int
    fetched_ms: int | None


class DocumentAdded(Document):
    """A document that was added, or was there already; `replaced` is the digest that its source had before."""

    is_new: bool
    replaced: str | None


class DocumentText(Document):
    """A document with its normalised text, in which passages count their offsets."""

    text: str


class DocumentList(ReplyModel):
    """A page of documents, in the order in which they were added."""

    object: Literal["list"]
    data: list[Document]
    has_more: bool


class DocumentDeleted(ReplyModel):
    """The document is gone, with its text and its passages."""

    id: str
    deleted: Literal[True]


class PassageHit(ReplyModel):
    """A passage: `text` is characters `start` to `end` of the document's text."""

    document: str
    name: str
    source: str
    label: Label
    digest: str
    page: int | None
    heading: str
    start: int
    end: int
    text: str
    score: float


class PassageHits(ReplyModel):
    """Passages, best first, the version of the collection, and how many of its passages have vectors."""

    object: Literal["list"]
    version: str
    encoded: int
    data: list[PassageHit]
