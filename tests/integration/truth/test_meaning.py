"""Passages are found by what they mean; vectors are the same bits each time and go with their passages."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from verax.store.collections import Collections
from verax.store.collections_vectors import CollectionVectors
from verax.store.database import Database, open_database
from verax.truth.knowledge.convert import Converter
from verax.truth.knowledge.encoder import WIDTH, Encoder
from verax.truth.knowledge.library import File, Library, Question
from verax.truth.knowledge.meaning import Meaning
from verax.truth.knowledge.nearest import Vectors
from verax.truth.knowledge.wordpiece import MAX_PIECES

ADA = "user_ada"


def believe(_: Mapping[str, str]) -> None:
    """Take any code; plain text is read in this process."""


@dataclass
class Shelf:
    """A library on a database of its own, and the vectors below it."""

    database: Database
    library: Library
    collection_id: str

    async def add(self, name: str, text: str, label: str = "") -> str:
        file = File(text.encode(), name, label=label)  # type: ignore[arg-type]  # labels of tests
        return (await self.library.add(self.collection_id, ADA, file)).document.document_id

    async def find(self, text: str, *exclude: str) -> list[str]:
        question = Question(text, 3, exclude)  # type: ignore[arg-type]  # labels of tests
        found = await self.library.search(self.collection_id, ADA, question)
        return [hit.passage.name for hit in found.hits]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder()


@pytest.fixture
async def shelf(tmp_path: Path, encoder: Encoder) -> AsyncIterator[Shelf]:
    database = open_database(tmp_path / "verax.db")
    collections = Collections(database)
    meaning = Meaning(CollectionVectors(database), encoder)
    made = await collections.create(ADA, "animals")
    yield Shelf(database, Library(collections, Converter(believe), meaning), made.collection_id)
    database.close()


def dot(one: bytes, two: bytes) -> float:
    pairs = zip(memoryview(one).cast("b"), memoryview(two).cast("b"), strict=True)
    return sum(first * second for first, second in pairs) / 127**2


def test_a_text_has_one_vector_and_near_meanings_near_vectors(encoder: Encoder) -> None:
    eats, meal, stocks = map(encoder.encode, ("A man is eating food.", "A man eats something.", "Share prices fell."))
    assert len(eats) == WIDTH
    assert encoder.encode("A man is eating food.") == Encoder().encode("A man is eating food.") == eats
    assert dot(eats, meal) > 0.8 > 0.2 > dot(eats, stocks)
    assert 0.97 < dot(eats, eats) < 1.03


def test_a_long_text_is_read_to_its_bound(encoder: Encoder) -> None:
    long = "honey " * (MAX_PIECES * 2)
    assert encoder.encode(long) == encoder.encode(long + "and much more that is not read")


async def test_a_passage_without_a_word_of_the_question_is_found_by_what_it_means(shelf: Shelf) -> None:
    await shelf.add("physician", "The physician examined the patient and prescribed medicine.")
    await shelf.add("market", "Share prices fell on Monday.")
    assert await shelf.find("doctor treating somebody who is ill") == []
    while await shelf.library.meaning.encode_waiting():
        pass
    assert (await shelf.find("doctor treating somebody who is ill"))[0] == "physician"


async def test_labels_count_for_meaning_too_and_vectors_go_with_their_passages(shelf: Shelf) -> None:
    own = await shelf.add("own", "The assistant is the best of all.", "self")
    await shelf.add("other", "Tests found the assistant to be average.")
    assert await shelf.library.meaning.encode_waiting() == 2
    assert await shelf.library.meaning.encode_waiting() == 0
    assert set(await shelf.find("how good is this machine?")) == {"own", "other"}
    assert await shelf.find("how good is this machine?", "self") == ["other"]
    await shelf.library.collections.remove(shelf.collection_id, own, ADA)
    assert await shelf.library.meaning.count(shelf.collection_id) == 1
    assert await shelf.find("how good is this machine?") == ["other"]


async def test_a_document_that_was_removed_and_added_again_is_found_by_what_it_means(shelf: Shelf) -> None:
    text = "The physician examined the patient and prescribed medicine."
    await shelf.add("market", "Share prices fell on Monday.")
    for _ in range(2):
        document = await shelf.add("physician", text)
        while await shelf.library.meaning.encode_waiting():
            pass
        assert (await shelf.find("doctor treating somebody who is ill"))[0] == "physician"
        await shelf.library.collections.remove(shelf.collection_id, document, ADA)
    assert await shelf.find("doctor treating somebody who is ill") == ["market"]


async def test_the_task_encodes_what_is_added_and_what_a_stop_left(shelf: Shelf) -> None:
    vectors = CollectionVectors(shelf.database)
    await shelf.add("before", "Added before the start.")
    meaning = Meaning(vectors)
    meaning.start()
    try:
        while await vectors.missing(1):
            pass
        assert await meaning.count(shelf.collection_id) == 1
    finally:
        await meaning.close()
        await meaning.close()


def test_the_first_pass_over_signs_finds_what_an_exact_one_finds() -> None:
    draw = random.Random(7)

    def vector(near: bytes | None = None) -> bytes:
        noise = [draw.gauss(0, 6.5) for _ in range(WIDTH)]
        base = memoryview(near).cast("b") if near else [0] * WIDTH
        values = [
            max(-127, min(127, round(one + other * (0.5 if near else 1))))
            for one, other in zip(base, noise, strict=True)
        ]
        return bytes(value & 0xFF for value in values)

    rows = [(number, vector(), "self" if number % 2 else "") for number in range(3_000)]
    found = Vectors(rows)
    for number in (0, 1, 1_500, 2_999):
        question = vector(rows[number][1])
        assert found.nearest(question, 1) == [number]
        allowed = found.nearest(question, 2_000, ["self"])
        assert (number in allowed) is (number % 2 == 0)
        assert all(item % 2 == 0 for item in allowed)
    assert Vectors([]).nearest(rows[0][1], 5) == []
