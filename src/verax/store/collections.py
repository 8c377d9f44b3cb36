"""Collections of documents: added whole, found by their words, removed without a trace.

*Life of a document.* A row in state ``adding`` counts against the account's room. Its passages and
their words follow in batches, each a transaction of its own, so that no write holds others up for
long. One last transaction makes it ``ready``, puts those of the same source into state
``removing``, and counts a change of the collection. Nothing but ``ready`` documents is ever
listed or found.

*Life of a removal.* One transaction puts documents into state ``removing``; from then on nobody
finds them. Batches then take words, passages and text away, with content zeroed on the page
(``secure_delete``), and blank what the rows say; the write-ahead log is emptied; the blank rows go
last. `sweep` finishes what a crash or a long read left, and removes what was ``adding`` for over
an hour.

*Version.* SHA-256 over the sorted leaves of all documents (RFC 8785 bytes). It depends on what
they say, what they are called and where they came from; not on ids, owners or times, so two
installations with the same documents name the same version.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

from verax.kernel import canonical
from verax.kernel.errors import ConflictError, ForbiddenError, RequestError, TooLarge, UnknownObject
from verax.store import collections_words as words
from verax.store.clock import Clock, SystemClock
from verax.store.collections_types import (
    Collection,
    CollectionLimits,
    FoundPassage,
    NewDocument,
    NewPassage,
    StoredDocument,
)
from verax.store.database import Database, Row, Tx
from verax.store.identifiers import new_id

__all__ = ["Collections"]

_BATCH = 256
_HOUR_MS = 3_600_000
_MAX_NAME = 100
_SELECT_COLLECTION = """
SELECT c.id, c.user_id, c.name, c.shared, c.revision, c.created_ms, c.updated_ms,
    coalesce(count(d.id), 0), coalesce(sum(d.passages), 0), coalesce(sum(d.size_bytes), 0)
FROM collections c LEFT JOIN collection_documents d ON d.collection_id = c.id AND d.state = 'ready'
WHERE {where}
GROUP BY c.id, c.user_id, c.name, c.shared, c.revision, c.created_ms, c.updated_ms ORDER BY c.name, c.id
"""
_DOCUMENT = (
    "id, collection_id, source, name, label, kind, media_type, digest, leaf, size_bytes, characters, pages,"
    " passages, title, notices, created_ms, fetched_ms"
)
_ADD_DOCUMENT = (
    f"INSERT INTO collection_documents ({_DOCUMENT}, state)"  # noqa: S608 - constant columns
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'adding')"
)
_ADD_PASSAGE = (
    "INSERT INTO collection_passages (collection_id, number, document_id, start_at, end_at, page, heading)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_BLANK = """
UPDATE collection_documents SET state = 'removing', source = id, name = '', digest = '', leaf = '', title = '',
    notices = '[]' WHERE id = ?
"""
_FOUND = """
SELECT p.number, d.id, d.source, d.name, d.label, d.digest, p.page, p.heading, p.start_at, p.end_at,
    substr(t.text, CAST(p.start_at + 1 AS integer), CAST(p.end_at - p.start_at AS integer))
FROM collection_passages p JOIN collection_documents d ON d.id = p.document_id AND d.state = 'ready'
JOIN collection_texts t ON t.document_id = d.id WHERE p.collection_id = ? AND p.number IN ({marks})
"""


class Collections:
    """The collections of an installation."""

    def __init__(self, database: Database, clock: Clock | None = None, limits: CollectionLimits | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()
        self._limits = limits or CollectionLimits()
        self._versions: dict[str, tuple[int, str]] = {}

    async def create(self, user_id: str, name: str, *, is_shared: bool = False) -> Collection:
        """Make an empty collection.

        Raises:
            RequestError: no name, or a long one.
            ConflictError: this account has one of that name.
            TooLarge: it has too many.
        """
        name = " ".join(name.split())
        if not name or len(name) > _MAX_NAME:
            raise RequestError(f"name: expected 1 to {_MAX_NAME} characters", param="name")
        now_ms = self._clock.now_ms()
        collection_id = new_id("coll", now_ms)

        def make(tx: Tx) -> None:
            tx.lock(f"collections/{user_id}")
            taken = tx.execute("SELECT name FROM collections WHERE user_id = ?", (user_id,))
            if (name,) in taken:
                raise ConflictError(
                    "collection: this account has one of that name",
                    hint="choose another name",
                    param="name",
                    code="collection/name-taken",
                )
            if len(taken) >= self._limits.collections:
                raise TooLarge(
                    f"collections: an account may have {self._limits.collections}",
                    hint="delete one",
                    code="collection/quota",
                )
            values = (collection_id, user_id, name, int(is_shared), 0, 1, now_ms, now_ms)
            tx.execute("INSERT INTO collections VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
            words.make_table(tx, collection_id)

        await self._database.write(make)
        return await self.get(collection_id, user_id)

    async def get(self, collection_id: str, user_id: str) -> Collection:
        """Return a collection that this account may search; raises `UnknownObject`."""
        where = "c.id = ? AND (c.user_id = ? OR c.shared = 1)"
        sql = _SELECT_COLLECTION.format(where=where)
        rows = await self._database.read(lambda tx: tx.execute(sql, (collection_id, user_id)))
        if not rows:
            raise _unknown()
        return _collection(rows[0])

    async def own(self, collection_id: str, user_id: str) -> Collection:
        """Return a collection that this account may change.

        Raises:
            UnknownObject: there is none that it may search.
            ForbiddenError: it is another account's.
        """
        found = await self.get(collection_id, user_id)
        if found.user_id != user_id:
            raise ForbiddenError(
                "collection: it belongs to another account", hint="make one of your own", code="access/not-yours"
            )
        return found

    async def listed(self, user_id: str) -> list[Collection]:
        """Return what this account may search: its own collections and the shared ones, by name."""
        sql = _SELECT_COLLECTION.format(where="c.user_id = ? OR c.shared = 1")
        return [_collection(row) for row in await self._database.read(lambda tx: tx.execute(sql, (user_id,)))]

    async def version(self, collection_id: str) -> str:
        """Return the version: what the collection holds, as a digest; see the module's docstring."""
        leaves = "SELECT leaf FROM collection_documents WHERE collection_id = ? AND state = 'ready' ORDER BY leaf"
        revision = "SELECT revision FROM collections WHERE id = ?"
        known = self._versions.get(collection_id)

        def read(tx: Tx) -> tuple[int, str]:
            rows = tx.execute(revision, (collection_id,))
            if not rows:
                raise _unknown()
            if known is not None and known[0] == rows[0][0]:
                return known
            found = [row[0] for row in tx.execute(leaves, (collection_id,))]
            return int(rows[0][0]), canonical.hex_digest(
                canonical.encode({"kind": "verax/collection/v1", "documents": found})
            )

        self._versions[collection_id] = found = await self._database.read(read)
        return found[1]

    async def add(self, collection_id: str, user_id: str, new: NewDocument) -> StoredDocument:
        """Keep a document; it replaces the one of the same source.

        Raises:
            UnknownObject, ForbiddenError: as `own` says.
            TooLarge: the account's room is used up.
        """
        await self.own(collection_id, user_id)
        document_id = new_id("doc", self._clock.now_ms())
        first = await self._database.write(partial(self._begin, key=(document_id, collection_id, user_id), new=new))
        for start in range(0, len(new.passages), _BATCH):
            batch = new.passages[start : start + _BATCH]
            key = (collection_id, document_id)
            await self._database.write(partial(_add_passages, key=key, first=first + start, passages=batch))
        now_ms = self._clock.now_ms()
        replaced = await self._database.write(partial(_finish, document_id=document_id, now_ms=now_ms))
        await self._purge(replaced)
        return await self.document(collection_id, document_id, user_id)

    async def of_source(self, collection_id: str, source: str) -> StoredDocument | None:
        """Return the document of a source, None where there is none."""
        sql = (
            f"SELECT {_DOCUMENT} FROM collection_documents"  # noqa: S608 - constant columns
            " WHERE collection_id = ? AND source = ? AND state = 'ready'"
        )
        rows = await self._database.read(lambda tx: tx.execute(sql, (collection_id, source)))
        return _document(rows[0]) if rows else None

    async def note_fetch(self, document_id: str, fetched_ms: int) -> None:
        """Keep when a document was found unchanged at its source."""
        sql = "UPDATE collection_documents SET fetched_ms = ? WHERE id = ? AND state = 'ready'"
        await self._database.write(partial(Tx.execute, sql=sql, params=(fetched_ms, document_id)))

    async def documents(
        self, collection_id: str, user_id: str, *, after: str = "", limit: int = 100
    ) -> list[StoredDocument]:
        """Return documents in the order in which they were added, those after the id `after`."""
        await self.get(collection_id, user_id)
        sql = (
            f"SELECT {_DOCUMENT} FROM collection_documents"  # noqa: S608 - constant columns
            " WHERE collection_id = ? AND state = 'ready' AND id > ? ORDER BY id LIMIT ?"
        )
        rows = await self._database.read(lambda tx: tx.execute(sql, (collection_id, after, limit)))
        return [_document(row) for row in rows]

    async def document(self, collection_id: str, document_id: str, user_id: str) -> StoredDocument:
        """Return one document; raises `UnknownObject`."""
        await self.get(collection_id, user_id)
        sql = (
            f"SELECT {_DOCUMENT} FROM collection_documents"  # noqa: S608 - constant columns
            " WHERE collection_id = ? AND id = ? AND state = 'ready'"
        )
        rows = await self._database.read(lambda tx: tx.execute(sql, (collection_id, document_id)))
        if not rows:
            raise UnknownObject("document: no such document in this collection", code="document/unknown")
        return _document(rows[0])

    async def text(self, document: StoredDocument) -> str:
        """Return a document's normalised text, which the offsets of passages count in."""
        sql = "SELECT text FROM collection_texts WHERE document_id = ?"
        rows = await self._database.read(lambda tx: tx.execute(sql, (document.document_id,)))
        return str(rows[0][0]) if rows else ""

    async def find_words(
        self, collection_id: str, query: Sequence[str], excluded_labels: Sequence[str], limit: int
    ) -> list[int]:
        """Return the numbers of passages by full text, best first; `query` are folded words."""
        call = partial(
            words.find_words, collection_id=collection_id, words=query, excluded_labels=excluded_labels, limit=limit
        )
        return await self._database.read(call)

    async def passages(self, collection_id: str, numbers: Sequence[int]) -> list[FoundPassage]:
        """Return passages in the order of `numbers`; those removed meanwhile are left out."""
        if not numbers:
            return []
        sql = _FOUND.format(marks=", ".join("?" for _ in numbers))
        rows = await self._database.read(lambda tx: tx.execute(sql, (collection_id, *numbers)))
        found = {int(row[0]): FoundPassage(*row) for row in rows}
        return [found[number] for number in numbers if number in found]

    async def remove(self, collection_id: str, document_id: str, user_id: str) -> None:
        """Remove a document for good; raises `UnknownObject`, `ForbiddenError`."""
        await self.own(collection_id, user_id)
        await self.document(collection_id, document_id, user_id)
        now_ms = self._clock.now_ms()

        def hide(tx: Tx) -> None:
            tx.execute("UPDATE collection_documents SET state = 'removing' WHERE id = ?", (document_id,))
            _count_change(tx, collection_id, now_ms)

        await self._database.write(hide)
        await self._purge([document_id])

    async def delete(self, collection_id: str, user_id: str) -> None:
        """Remove a collection with all it holds; raises `UnknownObject`, `ForbiddenError`."""
        await self.own(collection_id, user_id)
        await self._delete([collection_id])

    async def delete_of(self, user_id: str) -> None:
        """Remove every collection of an account, for the erasure of a person."""
        sql = "SELECT id FROM collections WHERE user_id = ?"
        rows = await self._database.read(lambda tx: tx.execute(sql, (user_id,)))
        await self._delete([row[0] for row in rows])

    async def sweep(self) -> int:
        """Finish removals that a crash left, remove what was never finished; return how many documents."""
        before_ms = self._clock.now_ms() - _HOUR_MS
        sql = "SELECT id FROM collection_documents WHERE state = 'removing' OR (state = 'adding' AND created_ms < ?)"
        rows = await self._database.read(lambda tx: tx.execute(sql, (before_ms,)))
        await self._purge([row[0] for row in rows])
        gone = await self._database.read(lambda tx: tx.execute("SELECT id FROM collections WHERE user_id = ''"))
        await self._delete([row[0] for row in gone])
        return len(rows)

    def _begin(self, tx: Tx, key: tuple[str, str, str], new: NewDocument) -> int:
        """Add the row and the text of a document; return the number of its first passage."""
        document_id, collection_id, user_id = key
        tx.lock(f"collections/{user_id}")
        used = tx.execute(
            "SELECT coalesce(sum(d.characters), 0) FROM collection_documents d"
            " JOIN collections c ON c.id = d.collection_id WHERE c.user_id = ? AND d.source <> ?",
            (user_id, new.source),
        )
        if int(used[0][0]) + len(new.text) > self._limits.total_chars:
            raise TooLarge(
                f"collections: this account may keep {self._limits.total_chars} characters, and they are used up",
                hint="remove documents that are no longer needed",
                code="collection/quota",
            )
        rows = tx.execute(
            "UPDATE collections SET next_passage = next_passage + ? WHERE id = ? AND user_id = ?"
            " RETURNING next_passage",
            (len(new.passages), collection_id, user_id),
        )
        if not rows:
            raise _unknown()
        described = (new.source, new.name, new.label, new.kind, new.media_type, new.digest, new.leaf, new.size_bytes)
        notices = json.dumps([dict(notice) for notice in new.notices], ensure_ascii=False)
        counts = (len(new.text), new.pages, len(new.passages), new.title, notices)
        times = (self._clock.now_ms(), new.fetched_ms)
        tx.execute(_ADD_DOCUMENT, (document_id, collection_id, *described, *counts, *times))
        tx.execute("INSERT INTO collection_texts (document_id, text) VALUES (?, ?)", (document_id, new.text))
        return int(rows[0][0]) - len(new.passages)

    async def _purge(self, document_ids: Sequence[str]) -> None:
        """Take away everything that documents in state ``removing`` hold, in batches."""
        if not document_ids:
            return
        for document_id in document_ids:
            while await self._database.write(partial(_purge_batch, document_id=document_id)):
                pass
        await self._database.truncate_wal()
        rows = [(document_id,) for document_id in document_ids]
        sql = "DELETE FROM collection_documents WHERE id = ?"
        await self._database.write(partial(Tx.execute_many, sql=sql, rows=rows))

    async def _delete(self, collection_ids: Sequence[str]) -> None:
        for collection_id in collection_ids:
            document_ids = await self._database.write(partial(_hide_collection, collection_id=collection_id))
            await self._purge(document_ids)
            await self._database.write(partial(words.drop_table, collection_id=collection_id))
            await self._database.truncate_wal()
            sql = "DELETE FROM collections WHERE id = ?"
            await self._database.write(partial(Tx.execute, sql=sql, params=(collection_id,)))
            self._versions.pop(collection_id, None)


def _add_passages(tx: Tx, key: tuple[str, str], first: int, passages: Sequence[NewPassage]) -> None:
    collection_id, document_id = key
    rows = [
        (collection_id, first + offset, document_id, item.start, item.end, item.page, item.heading)
        for offset, item in enumerate(passages)
    ]
    tx.execute_many(_ADD_PASSAGE, rows)
    folded = [words.PassageWords(first + offset, item.words) for offset, item in enumerate(passages)]
    words.add_words(tx, collection_id, folded)


def _finish(tx: Tx, document_id: str, now_ms: int) -> list[str]:
    """Make a document ready; return those that it replaces."""
    rows = tx.execute(
        "UPDATE collection_documents SET state = 'ready' WHERE id = ? RETURNING collection_id, source", (document_id,)
    )
    if not rows:
        raise _unknown()
    collection_id, source = rows[0]
    replaced = tx.execute(
        "UPDATE collection_documents SET state = 'removing'"
        " WHERE collection_id = ? AND source = ? AND state = 'ready' AND id <> ? RETURNING id",
        (collection_id, source, document_id),
    )
    _count_change(tx, collection_id, now_ms)
    return [row[0] for row in replaced]


def _count_change(tx: Tx, collection_id: str, now_ms: int) -> None:
    sql = "UPDATE collections SET revision = revision + 1, updated_ms = ? WHERE id = ?"
    tx.execute(sql, (now_ms, collection_id))


def _purge_batch(tx: Tx, document_id: str) -> bool:
    """Remove some passages of a document, at last its text and what its row says; False once nothing is left."""
    sql = "SELECT collection_id, number FROM collection_passages WHERE document_id = ? ORDER BY number LIMIT ?"
    rows = tx.execute(sql, (document_id, _BATCH))
    if not rows:
        tx.execute("DELETE FROM collection_texts WHERE document_id = ?", (document_id,))
        tx.execute(_BLANK, (document_id,))
        return False
    words.remove_words(tx, rows[0][0], [int(row[1]) for row in rows])
    tx.execute_many("DELETE FROM collection_passages WHERE collection_id = ? AND number = ?", rows)
    return True


def _hide_collection(tx: Tx, collection_id: str) -> list[str]:
    """Take a collection from its owner; return its documents."""
    # A name is taken once an account, and nobody's account may have several on their way out.
    tx.execute("UPDATE collections SET user_id = '', name = id, shared = 0 WHERE id = ?", (collection_id,))
    sql = "UPDATE collection_documents SET state = 'removing' WHERE collection_id = ? RETURNING id"
    return [row[0] for row in tx.execute(sql, (collection_id,))]


def _collection(row: Row) -> Collection:
    collection_id, user_id, name, shared, revision, created_ms, updated_ms, documents, passages, size_bytes = row
    counts = (int(documents), int(passages), int(size_bytes))
    return Collection(collection_id, user_id, name, bool(shared), revision, created_ms, updated_ms, *counts)


def _document(row: Row) -> StoredDocument:
    return StoredDocument(*[*row[:14], tuple(json.loads(row[14])), *row[15:]])


def _unknown() -> UnknownObject:
    return UnknownObject(
        "collection: no such collection of this account, and none that is shared",
        hint='"verax collection list" lists them',
        code="collection/unknown",
    )
