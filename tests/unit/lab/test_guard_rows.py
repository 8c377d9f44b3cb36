"""What the guard's classifiers learn from, and what they never see."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from lab.guard.calibrate import threshold
from lab.guard.constructed import PHRASES, construct, load
from lab.guard.dataset import Nearness
from lab.guard.heads import HEADS, UNKNOWN, YES, labels
from lab.guard.pieces import choose
from lab.guard.public import programs, sums
from lab.guard.recipe import RECIPES, load_recipe
from lab.guard.rows import Row, read_rows, split_of, write_rows
from lab.guard.tricks import trick

FILES = sorted(PHRASES.glob("*.toml"))
PHRASE = """
[words]
animal = ["ant", "bear", "cat", "dog", "eel", "fox", "goat", "hen", "ibis", "jay", "koi", "lynx", "mole", "newt", "owl"]

[[block]]
name = "animals"
labels = ["hate"]
unknown = ["crime"]
count = 12
templates = ["the {animal} sees the {animal}"]
"""


@pytest.fixture
def phrases(tmp_path: Path) -> Path:
    path = tmp_path / "animals.toml"
    path.write_text(PHRASE, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_every_block_of_the_phrases_gives_rows_of_its_own_for_every_split(path: Path) -> None:
    found = list(construct(load(path), seed=1, scale=0.05, held_out=12))
    assert {split for split, _ in found} == {"train", "calibration", "holdout"}
    assert {row.source for _, row in found} == {block.name for block in load(path).blocks}
    assert not [row.text for _, row in found if "{" in row.text or "<DO>" in row.text]


def test_the_same_seed_constructs_the_same_rows(phrases: Path) -> None:
    once, again = (list(construct(load(phrases), 3, 1.0, 12)) for _ in range(2))
    assert once == again
    assert once != list(construct(load(phrases), 4, 1.0, 12))


def test_a_held_out_row_has_a_word_that_no_training_row_has(phrases: Path) -> None:
    found = list(construct(load(phrases), 3, 1.0, 50))
    trained = {word for split, row in found if split == "train" for word in row.text.lower().split()}
    held = [set(row.text.lower().split()) for split, row in found if split != "train"]
    assert held
    assert all(words - trained for words in held)


def test_labels_say_yes_no_and_unknown(phrases: Path) -> None:
    [block] = load(phrases).blocks
    assert block.labels[HEADS.index("hate")] == YES
    assert block.labels[HEADS.index("crime")] == UNKNOWN
    with pytest.raises(ValueError, match="unknown head 'hats'"):
        labels({"hats"}, set())


def test_a_slot_without_a_list_is_refused(phrases: Path) -> None:
    phrases.write_text(PHRASE.replace("the {animal} sees", "the {plant} sees"), encoding="utf-8")
    with pytest.raises(KeyError, match="plant"):
        load(phrases)


def test_rows_near_a_test_row_are_found_whatever_their_order_and_marks() -> None:
    tests = Nearness(["The quick brown fox jumps over the lazy dog.", "What is arson?"])
    assert tests.is_near("the lazy brown dog jumps over the quick fox!")
    assert tests.is_near("What is arson")
    assert not tests.is_near("What is fraud?")
    assert not tests.is_near("The quick brown fox sleeps under a warm stone.")


def test_a_spelling_trick_changes_some_words_and_never_all_letters() -> None:
    rng = random.Random(5)
    text = "nobody should ever believe this terrible story"
    played = [trick(text, rng) for _ in range(200)]
    assert all(played)
    assert len(set(played)) > 50
    assert trick("a b c", rng) == "a b c"


def test_rows_are_written_and_read_to_the_same_bytes(tmp_path: Path) -> None:
    rows = [Row("a", "one", labels({"hate"}, set())), Row("b", "zwei ß", labels(set(), {"crime"}))]
    for name in ("one", "two"):
        write_rows(rows, tmp_path / name)
    assert read_rows(tmp_path / "one") == rows
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_text_always_falls_into_the_same_split() -> None:
    found = [split_of(f"text {number}") for number in range(400)]
    assert found == [split_of(f"text {number}") for number in range(400)]
    assert 300 < found.count("train") < 390


def test_marks_and_letters_are_kept_among_the_word_pieces(tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "rare", "often", "a", "##b", "never"]
    path.write_text("\n".join(pieces) + "\n", encoding="utf-8")
    assert [pieces[index] for index in choose(path, ["often often rare"], 8)] == [
        *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "often", "a", "##b")
    ]


def test_an_operating_point_lets_no_more_through_than_its_share() -> None:
    scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0]
    assert sum(score >= threshold(scores, 0.2) for score in scores) == 2
    assert sum(score >= threshold(scores, 0.01) for score in scores) == 0


def _packed(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)
    return path


def test_programs_of_the_test_part_are_no_rows(tmp_path: Path) -> None:
    given = [{"task_id": number, "text": f"Write a function for task {number}."} for number in (10, 11, 510, 511)]
    found = list(programs(_packed(tmp_path / "mbpp.jsonl.gz", given)))
    assert [row.text for row in found] == ["Write a function for task 10.", "Write a function for task 511."]
    assert {row.labels for row in found} == {labels({"instruction"}, set())}


def test_sums_are_read_by_the_sentence_and_harmless(tmp_path: Path) -> None:
    question = "Ann sold 48 clips in April. Oh! How many did she sell in May?"
    found = list(sums(_packed(tmp_path / "train.jsonl.gz", [{"question": question, "answer": "24"}])))
    assert [row.text for row in found] == ["Ann sold 48 clips in April.", "How many did she sell in May?"]
    assert {row.labels for row in found} == {labels(set(), {"instruction"})}


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_recipe_can_be_read(path: Path) -> None:
    recipe = load_recipe(path)
    assert recipe.steps > recipe.decay_steps or (recipe.fitted in HEADS and recipe.steps == 0)
    assert len(recipe.digest) == 64
