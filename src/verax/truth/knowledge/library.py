"""Documents into collections, and passages out of them.

* A file that is there already, the same bytes from the same source under the same label, is not
  read again. Another content from the same source replaces it, and both digests are told.
* A page of the web is a file whose source is where it was in the end; fetched again, it becomes
  another version of the collection only where its bytes changed.
* What a version says of a document is fixed here (`leaf_of`): its name, source, label, the digest
  of the file, of the text, and of where its passages lie.
* A search that names a version is answered from that version or not at all.
* Passages are ranked by their words and by what they mean, and the two rankings fused.
* Labels: what speaks for the assistant's owner (``speaks_for_owner``) or was written by the
  assistant (``self``) is no evidence about it; a search leaves out the labels that it is told to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from verax.kernel import canonical
from verax.kernel.errors import ConflictError, RequestError
from verax.store.clock import Clock, SystemClock
from verax.store.collections import Collections
from verax.store.collections_types import FoundPassage, Label, NewDocument, NewPassage, StoredDocument
from verax.truth.documents import clean_name
from verax.truth.knowledge.convert import Converter
from verax.truth.knowledge.fusion import fuse
from verax.truth.knowledge.meaning import Meaning
from verax.truth.knowledge.normal import NormalText
from verax.truth.knowledge.passages import Passage, cut_passages
from verax.truth.knowledge.words import index_words, query_words
from verax.truth.web.fetch import Fetcher

__all__ = ["MAX_QUESTION", "Added", "File", "Hit", "Library", "Question", "SearchResult", "leaf_of"]

MAX_RESULTS = 50
_CANDIDATES = 50
MAX_QUESTION = 2_000
_MAX_SOURCE = 2_000


@dataclass(frozen=True, slots=True)
class File:
    """A file on its way into a collection.

    Attributes:
        source: Path or address; the name where it has none.
        media_type: What a server called it, if one did.
        fetched_ms: When it was fetched from `source`; None for a file that was handed in.
    """

    data: bytes
    name: str
    source: str = ""
    label: Label = ""
    media_type: str = ""
    fetched_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """A document of a collection.

    Attributes:
        is_new: False where it was there already.
        replaced: Digest of the file that its source had before; empty where there was none, or the same document.
    """

    document: StoredDocument
    is_new: bool
    replaced: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for.

    Attributes:
        limit: Most passages, up to 50.
        exclude: Labels of sources that do not count.
        version: The version that must answer; None takes the newest.
    """

    text: str
    limit: int = 10
    exclude: Sequence[Label] = ()
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with its score; higher is better, comparable within one result only."""

    passage: FoundPassage
    score: float


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Passages, best first, and the version that they are from.

    Attributes:
        encoded: Passages of the collection that were compared by what they mean.
    """

    version: str
    encoded: int
    hits: tuple[Hit, ...]


class Library:
    """The collections of an installation, with what reads and finds."""

    def __init__(
        self,
        collections: Collections,
        converter: Converter,
        meaning: Meaning,
        fetcher: Fetcher | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.collections = collections
        self.meaning = meaning
        self.converter = converter
        self.fetcher = fetcher or Fetcher()
        self.clock = clock or SystemClock()

    async def add_page(self, collection_id: str, user_id: str, url: str, label: Label = "") -> Added:
        """Fetch a page of the web and keep it in a collection; its source is where it was in the end.

        Raises:
            ForbiddenError, RequestError, TooLarge, FetchError, BusyError: as `verax.truth.web.fetch.Fetcher.fetch`
                and `add` say.
        """
        await self.collections.own(collection_id, user_id)
        page = await self.fetcher.fetch(url)
        now_ms = self.clock.now_ms()
        return await self.add(
            collection_id, user_id, File(page.data, page.name, page.url, label, page.media_type, now_ms)
        )

    async def add(self, collection_id: str, user_id: str, file: File) -> Added:
        """Read a file and keep it in a collection.

        Raises:
            UnknownObject, ForbiddenError: not a collection that this account may change.
            RequestError: a file that cannot be read (`verax.truth.knowledge.convert`).
            TooLarge: the account's room is used up.
            BusyError: too many documents are being read.
        """
        await self.collections.own(collection_id, user_id)
        name, source = clean_name(file.name), _clean_source(file.source or file.name)
        digest = canonical.hex_digest(file.data)
        known = await self.collections.of_source(collection_id, source)
        if known is not None and (known.digest, known.label) == (digest, file.label):
            return Added(await self._seen_again(known, file.fetched_ms), is_new=False)
        text = await self.converter.convert(file.data, name, file.media_type)
        passages = cut_passages(text)
        new = NewDocument(
            source=source,
            name=name,
            label=file.label,
            kind=text.kind,
            media_type=text.media_type,
            digest=digest,
            leaf=leaf_of(name, source, file.label, digest, text, passages),
            size_bytes=len(file.data),
            text=text.text,
            passages=[_new_passage(text.text, passage) for passage in passages],
            pages=text.count,
            title=text.title,
            notices=[asdict(notice) for notice in text.notices],
            fetched_ms=file.fetched_ms,
        )
        document = await self.collections.add(collection_id, user_id, new)
        self.meaning.wake()
        return Added(document, is_new=True, replaced="" if known is None else known.digest)

    async def _seen_again(self, known: StoredDocument, fetched_ms: int | None) -> StoredDocument:
        if fetched_ms is None:
            return known
        await self.collections.note_fetch(known.document_id, fetched_ms)
        return replace(known, fetched_ms=fetched_ms)

    async def search(self, collection_id: str, user_id: str, question: Question) -> SearchResult:
        """Return the passages that fit a question best.

        Raises:
            UnknownObject: not a collection that this account may search.
            RequestError: no question, a long one, or a limit out of range.
            ConflictError: the collection is no longer at the version that was named.
        """
        if not question.text.strip() or len(question.text) > MAX_QUESTION:
            raise RequestError(f"query: expected 1 to {MAX_QUESTION} characters", param="query")
        if not 1 <= question.limit <= MAX_RESULTS:
            raise RequestError(f"limit: expected 1 to {MAX_RESULTS}", param="limit")
        collection = await self.collections.get(collection_id, user_id)
        version = await self.collections.version(collection_id)
        if question.version is not None and question.version != version:
            raise ConflictError(
                f"collection: expected version {question.version[:12]}…, found {version[:12]}…",
                hint="documents were added or removed since; name the version of now",
                param="version",
                code="collection/version-moved",
            )
        words = query_words(question.text)
        by_words, by_meaning = await asyncio.gather(
            self.collections.find_words(collection_id, words, question.exclude, _CANDIDATES),
            self.meaning.nearest(collection, question.text, question.exclude, _CANDIDATES),
        )
        ranked = fuse([by_words, by_meaning.numbers])[: question.limit]
        found = await self.collections.passages(collection_id, [item.number for item in ranked])
        scores = {item.number: item.score for item in ranked}
        return SearchResult(
            version, by_meaning.encoded, tuple(Hit(passage, scores[passage.number]) for passage in found)
        )


def leaf_of(name: str, source: str, label: str, digest: str, text: NormalText, passages: Sequence[Passage]) -> str:
    """Return what a version says of a document: SHA-256 of its description in RFC 8785 bytes.

    Passages are lists of start, end, page (0 for none) and heading.
    """
    ranges: canonical.Json = [[passage.start, passage.end, passage.page or 0, passage.heading] for passage in passages]
    described = {
        "kind": "verax/document/v1",
        "name": name,
        "source": source,
        "label": label,
        "file": digest,
        "text": canonical.hex_digest(text.text.encode("utf-8")),
        "passages": canonical.hex_digest(canonical.encode(ranges)),
    }
    return canonical.hex_digest(canonical.encode(described))


def _new_passage(text: str, passage: Passage) -> NewPassage:
    words = index_words(f"{passage.heading}\n{text[passage.start : passage.end]}")
    return NewPassage(passage.start, passage.end, passage.page, passage.heading, words)


def _clean_source(source: str) -> str:
    """Return a path or address without what cannot be seen."""
    seen = "".join(letter for letter in source if letter.isprintable()).strip()
    if not seen or len(seen) > _MAX_SOURCE:
        raise RequestError(f"source: expected 1 to {_MAX_SOURCE} characters", param="source")
    return seen
