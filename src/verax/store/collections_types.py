"""What is known of a collection, a document and a passage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

__all__ = [
    "LABELS",
    "Collection",
    "CollectionLimits",
    "FoundPassage",
    "Label",
    "NewDocument",
    "NewPassage",
    "StoredDocument",
]

Label = Literal["", "speaks_for_owner", "self"]

LABELS: tuple[Label, ...] = ("", "speaks_for_owner", "self")
"""What a source is to the assistant: nothing special, the voice of its owner, its own words."""


@dataclass(frozen=True, slots=True)
class CollectionLimits:
    """How much one account may keep.

    Attributes:
        total_chars: Text of all its collections, in characters.
        collections: Collections of one account.
    """

    total_chars: int = 2**30
    collections: int = 200


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection.

    Attributes:
        is_shared: Whether every account may search it; only its owner changes it.
        revision: Counts changes.
        documents, passages, size_bytes: What it holds; `size_bytes` are those of the files.
    """

    collection_id: str
    user_id: str
    name: str
    is_shared: bool
    revision: int
    created_ms: int
    updated_ms: int
    documents: int
    passages: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class NewPassage:
    """A range of a text, with its folded words."""

    start: int
    end: int
    page: int | None
    heading: str
    words: str


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document before it is stored.

    Attributes:
        source: Path or address; a document replaces the one of the same source.
        digest: SHA-256 of the file, hex.
        leaf: SHA-256 of what a version says of it, hex.
        pages: Pages of the document, None where it has none.
        notices: What was not read of it; JSON values only.
        fetched_ms: When it was fetched from its source; None for a file.
    """

    source: str
    name: str
    label: Label
    kind: str
    media_type: str
    digest: str
    leaf: str
    size_bytes: int
    text: str
    passages: Sequence[NewPassage]
    pages: int | None = None
    title: str = ""
    notices: Sequence[Mapping[str, str]] = ()
    fetched_ms: int | None = None


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A stored document without its text; `fetched_ms` is when its source was last fetched, None for a file."""

    document_id: str
    collection_id: str
    source: str
    name: str
    label: Label
    kind: str
    media_type: str
    digest: str
    leaf: str
    size_bytes: int
    characters: int
    pages: int | None
    passages: int
    title: str
    notices: Sequence[Mapping[str, Any]]
    created_ms: int
    fetched_ms: int | None


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage with what it takes to point at it: ``text`` is ``[start:end]`` of the document's text."""

    number: int
    document_id: str
    source: str
    name: str
    label: Label
    digest: str
    page: int | None
    heading: str
    start: int
    end: int
    text: str
