"""Collections on both databases: added whole, found by words, removed without a trace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from verax.kernel.errors import ConflictError, ForbiddenError, RequestError, TooLarge, UnknownObject
from verax.store.collections import Collections
from verax.store.collections_types import CollectionLimits, NewDocument, NewPassage
from verax.store.database import Database, Tx
from verax.testing.clock import VirtualClock

ADA, BEN = "user_ada", "user_ben"
MARKER = "quixoticmarker"
TABLES = ("collection_documents", "collection_texts", "collection_passages")


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def collections(database: Database, clock: VirtualClock) -> Collections:
    return Collections(database, clock, CollectionLimits(total_chars=200_000, collections=3))


def document(text: str, source: str = "a.txt", label: str = "", pieces: int = 1) -> NewDocument:
    """Return a document of one paragraph, cut into equal pieces."""
    size = len(text) // pieces
    passages = [
        NewPassage(at * size, (at + 1) * size, 1, "Top", text[at * size : (at + 1) * size].lower())
        for at in range(pieces)
    ]
    digest = f"{len(text):064x}"
    return NewDocument(source, source, label, "text", "text/plain", digest, digest, len(text), text, passages)  # type: ignore[arg-type]  # labels of tests


async def found(collections: Collections, collection_id: str, *words: str, exclude: tuple[str, ...] = ()) -> list[str]:
    numbers = await collections.find_words(collection_id, words, exclude, 10)
    return [item.text for item in await collections.passages(collection_id, numbers)]


async def test_what_was_added_is_found_by_any_of_its_words_best_first(collections: Collections) -> None:
    made = await collections.create(ADA, "bees")
    await collections.add(made.collection_id, ADA, document("honey honey bees", "one"))
    await collections.add(made.collection_id, ADA, document("one wasp and honey among many other words", "two"))
    await collections.add(made.collection_id, ADA, document("nothing here", "three"))
    assert await found(collections, made.collection_id, "honey", "bee") == [
        "honey honey bees",
        "one wasp and honey among many other words",
    ]
    assert await found(collections, made.collection_id, "wa*") == ["one wasp and honey among many other words"]
    assert await found(collections, made.collection_id, "absent") == []
    assert await found(collections, made.collection_id) == []
    with pytest.raises(RequestError):
        await found(collections, made.collection_id, 'x" OR "y')


async def test_labels_that_do_not_count_are_left_out(collections: Collections) -> None:
    made = await collections.create(ADA, "bees")
    for label in ("", "self", "speaks_for_owner"):
        await collections.add(made.collection_id, ADA, document(f"honey {label or 'plain'}", label or "plain", label))
    assert await found(collections, made.collection_id, "honey", exclude=("self", "speaks_for_owner")) == [
        "honey plain"
    ]
    assert len(await found(collections, made.collection_id, "honey", exclude=("self",))) == 2


async def test_a_version_is_what_the_documents_say_and_nothing_else(collections: Collections) -> None:
    one, two = await collections.create(ADA, "one"), await collections.create(BEN, "two")
    empty = await collections.version(one.collection_id)
    first, second = document("first"), document("second one", "b.txt")
    await collections.add(one.collection_id, ADA, first)
    after_first = await collections.version(one.collection_id)
    added = await collections.add(one.collection_id, ADA, second)
    await collections.add(two.collection_id, BEN, second)
    await collections.add(two.collection_id, BEN, first)
    both = await collections.version(one.collection_id)
    assert len({empty, after_first, both}) == 3
    assert await collections.version(two.collection_id) == both
    await collections.remove(one.collection_id, added.document_id, ADA)
    assert await collections.version(one.collection_id) == after_first


async def test_another_content_of_the_same_source_replaces_the_document(
    collections: Collections, database: Database
) -> None:
    made = await collections.create(ADA, "news")
    old = await collections.add(made.collection_id, ADA, document("rain today"))
    assert await collections.of_source(made.collection_id, "a.txt") == old
    assert await collections.of_source(made.collection_id, "b.txt") is None
    await collections.note_fetch(old.document_id, 5)
    assert await collections.of_source(made.collection_id, "a.txt") == replace(old, fetched_ms=5)
    new = await collections.add(made.collection_id, ADA, document("sunshine today"))
    assert await collections.documents(made.collection_id, ADA) == [new]
    assert await found(collections, made.collection_id, "today") == ["sunshine today"]
    counts = [await database.read(lambda tx, t=table: tx.execute(f"SELECT count(*) FROM {t}")) for table in TABLES]
    assert [rows[0][0] for rows in counts] == [1, 1, 1]


async def test_only_its_owner_changes_a_collection_and_others_find_it_when_it_is_shared(
    collections: Collections,
) -> None:
    own, shared = await collections.create(ADA, "own"), await collections.create(ADA, "shared", is_shared=True)
    kept = await collections.add(shared.collection_id, ADA, document("for all"))
    for call in (collections.get(own.collection_id, BEN), collections.delete(own.collection_id, BEN)):
        with pytest.raises(UnknownObject):
            await call
    assert [item.name for item in await collections.listed(BEN)] == ["shared"]
    assert await collections.document(shared.collection_id, kept.document_id, BEN) == kept
    for call in (
        collections.remove(shared.collection_id, kept.document_id, BEN),
        collections.delete(shared.collection_id, BEN),
    ):
        with pytest.raises(ForbiddenError):
            await call
    with pytest.raises(UnknownObject):
        await collections.document(own.collection_id, kept.document_id, ADA)


async def test_names_are_taken_once_and_room_is_bounded(collections: Collections) -> None:
    made = await collections.create(ADA, " Much  text ")
    assert made.name == "Much text"
    with pytest.raises(ConflictError):
        await collections.create(ADA, "Much text")
    with pytest.raises(RequestError):
        await collections.create(ADA, "  ")
    await collections.add(made.collection_id, ADA, document("x" * 150_000, "big"))
    with pytest.raises(TooLarge):
        await collections.add(made.collection_id, ADA, document("y" * 60_000, "more"))
    await collections.add(made.collection_id, ADA, document("z" * 160_000, "big"))
    for name in ("two", "three"):
        await collections.create(ADA, name)
    with pytest.raises(TooLarge):
        await collections.create(ADA, "four")


@pytest.mark.parametrize("whole", [False, True], ids=["a document", "a collection"])
async def test_what_was_removed_lies_in_no_file_any_more(
    collections: Collections, database: Database, target: str, whole: bool
) -> None:
    made = await collections.create(ADA, "secret")
    text = " ".join(f"{MARKER}{number}" for number in range(3_000))
    gone = replace(document(text, f"{MARKER}.txt", pieces=600), title=MARKER)
    kept = await collections.add(made.collection_id, ADA, document("kept words"))
    stored = await collections.add(made.collection_id, ADA, gone)
    assert await found(collections, made.collection_id, f"{MARKER}*")
    if whole:
        await collections.delete(made.collection_id, ADA)
        assert await collections.listed(ADA) == []
    else:
        await collections.remove(made.collection_id, stored.document_id, ADA)
        assert await collections.documents(made.collection_id, ADA) == [kept]
        assert await found(collections, made.collection_id, "kept") == ["kept words"]
    if database.dialect == "sqlite":
        files = list(Path(target).parent.glob("verax.db*"))
        assert files
        assert [path.name for path in files if MARKER.encode() in path.read_bytes()] == []
        left = await database.read(lambda tx: tx.execute("SELECT name FROM sqlite_schema WHERE name LIKE 'words_of_%'"))
        assert bool(left) is not whole
    else:
        words = await database.read(lambda tx: tx.execute("SELECT count(*) FROM collection_words"))
        assert words == [(0 if whole else 1,)]


async def test_a_removal_that_was_broken_off_is_finished_later(
    collections: Collections, database: Database, clock: VirtualClock
) -> None:
    made = await collections.create(ADA, "half")
    kept = await collections.add(made.collection_id, ADA, document("kept", "kept"))
    one = await collections.add(made.collection_id, ADA, document("one", "one"))
    two = await collections.add(made.collection_id, ADA, document("two", "two"))

    def break_off(tx: Tx) -> None:
        tx.execute("UPDATE collection_documents SET state = 'removing' WHERE id = ?", (one.document_id,))
        tx.execute("UPDATE collection_documents SET state = 'adding' WHERE id = ?", (two.document_id,))

    await database.write(break_off)
    assert await collections.documents(made.collection_id, ADA) == [kept]
    assert await found(collections, made.collection_id, "one", "two", "kept") == ["kept"]
    assert await collections.sweep() == 1
    clock.advance(3_601)
    assert await collections.sweep() == 1
    rows = await database.read(lambda tx: tx.execute("SELECT count(*) FROM collection_passages"))
    assert rows == [(1,)]
