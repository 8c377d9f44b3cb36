"""What a recipe's examples are made from, and what they never hold."""

from __future__ import annotations

import gzip
import json
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from lab.runlog import Entry, read_entries, write_entry
from lab.verifier.batches import Encoded, batches
from lab.verifier.composed import swapped_word
from lab.verifier.dataset import SPLITS, build, read_split, shorten, split_of, write
from lab.verifier.recipe import RECIPES, Recipe, load_recipe
from lab.verifier.rows import TEST_ONLY, Label, NotForTraining, Row, plain, training_rows
from lab.verifier.scores import score_rows
from lab.verifier.scoring import score
from verax.truth.chunks import sentences
from verax.truth.verifier.calibration import margin
from verax.truth.verifier.pieces import pieces

TOWNS = "Verden Celle Uelzen Stade Soltau Peine".split()


def passage(number: int) -> str:
    town = TOWNS[number % len(TOWNS)]
    return (
        f"The town of {town} has a bridge that was opened in {1900 + number} by Mayor Lena Voss. "
        f"It is {number + 3} metres long and was built of stone from {TOWNS[(number + 1) % len(TOWNS)]} by 40 people. "
        f"In the year after, the river rose and the harbour of {town} was closed for three weeks. "
        + "Many people came to see it and the newspapers wrote about it at some length. "
        * 3
    )


ROWS = [
    Row(
        f"set_{number % 2}",
        str(number),
        f"The bridge of {TOWNS[number % len(TOWNS)]} was opened in {1900 + number}.",
        passage(number),
        Label.SUPPORTED if number % 3 else Label.UNSUPPORTED,
    )
    for number in range(200)
]


def recipe(**changes: object) -> Recipe:
    given = {name: getattr(load_recipe(RECIPES / "cross-encoder.toml"), name) for name in Recipe.__dataclass_fields__}
    hard = dict.fromkeys(("swap_number", "swap_name", "swap_negation", "copied", "copied_swap", "neighbour"), 10)
    made = {"natural": {"set_0": 50, "set_1": 20}, "hard": hard, "held_out": {"set_0": 5, "set_1": 5}}
    return Recipe(**{**given, **made, **changes})  # type: ignore[arg-type]  # fields by name


def test_the_same_rows_and_recipe_give_the_same_examples() -> None:
    first = build(ROWS, recipe())
    assert first.digest == build(ROWS, recipe()).digest
    assert first.digest != build(ROWS, recipe(seed=1)).digest


def test_no_evidence_of_a_held_out_row_is_trained_on() -> None:
    made = build(ROWS, recipe(max_words=10_000, hard={}))
    trained = {row.group for row in made.splits["train"]}
    assert made.splits["calibration"] and made.splits["holdout"]
    for name in ("calibration", "holdout"):
        assert not trained & {row.group for row in made.splits[name]}
        assert all(split_of(row) == name for row in made.splits[name])


def test_quotas_are_kept_and_every_kind_of_hard_pair_is_made() -> None:
    counts = build(ROWS, recipe()).counts()["train"]
    assert (counts["set_0"], counts["set_1"]) == (50, 20)
    assert {name for name in counts if not name.startswith("set_")} == set(recipe().hard)


def test_composed_pairs_are_supported_only_where_all_of_their_parts_are() -> None:
    kinds = ("joined", "joined_wrong", "planted", "dialogue", "many", "many_wrong")
    short = [replace(row, evidence=row.evidence.partition(". ")[0] + ".") for row in ROWS]
    made = build([*short, *ROWS], recipe(hard=dict.fromkeys(kinds, 12))).splits["train"]
    held = {kind: [row for row in made if row.source == kind] for kind in kinds}
    assert {kind: len(rows) for kind, rows in held.items()} == dict.fromkeys(kinds, 12)
    for row in [*held["joined"], *held["many"]]:
        assert row.is_supported
        assert all(span.of(row.claim).strip() in row.evidence for span in sentences(row.claim)) or (
            row.source == "joined"
        )
    assert not any(row.is_supported for kind in ("joined_wrong", "many_wrong") for row in held[kind])
    labels = {(row.claim, row.label) for row in ROWS}
    for row in [*held["planted"], *held["dialogue"]]:
        assert (row.claim, row.label) in labels
    assert all(re.match(r"[A-Z][a-z]+: ", line) for row in held["dialogue"] for line in row.evidence.splitlines())


def test_a_swapped_word_stands_in_the_passage_and_ends_alike() -> None:
    passage = "The harbour was closed and the bridge was crossed."
    assert swapped_word("The bridge was crossed.", passage, random.Random(0)) == "The bridge was closed."
    assert swapped_word("The bridge stands.", "Nothing else.", random.Random(0)) is None


def test_examples_are_short_enough_to_be_read() -> None:
    made = build(ROWS, recipe(max_words=30))
    assert max(len(row.evidence.split()) for row in made.splits["train"]) <= 30


def test_cut_evidence_of_a_supported_claim_keeps_the_sentence_that_supports_it() -> None:
    for row in ROWS:
        if row.is_supported:
            assert f"opened in {1900 + int(row.id)}" in shorten(row, 30, random.Random(0)).evidence


def test_splits_come_back_as_they_were_written(tmp_path: Path) -> None:
    made = build(ROWS, recipe())
    write(made, tmp_path)
    assert {name: read_split(tmp_path, name) for name in SPLITS} == made.splits


def claims_file(folder: Path, source: str) -> Path:
    path = folder / "rows.jsonl.gz"
    row = {"src": source, "id": 7, "claim": "A -LRB- b -RRB- .", "evidence": "``C''", "label": "REFUTES"}
    with gzip.open(path, "wt") as lines:
        lines.write(json.dumps(row) + "\n")
    return path


@pytest.mark.parametrize("source", sorted(TEST_ONLY))
def test_rows_that_are_there_to_measure_with_are_never_trained_on(tmp_path: Path, source: str) -> None:
    with pytest.raises(NotForTraining, match=source):
        training_rows(claims_file(tmp_path, source))


def test_marks_of_treebanks_are_undone(tmp_path: Path) -> None:
    assert training_rows(claims_file(tmp_path, "mine")) == [Row("mine", "7", "A ( b ) .", '"C"', Label.CONTRADICTED)]
    assert plain(" <b><u>an English</u></b> class ") == "an English class"


def test_batches_hold_every_example_once_and_differ_by_epoch() -> None:
    rng = random.Random(3)
    examples = [Encoded([1] * rng.randint(4, 60), 2, 0) for _ in range(500)]
    epochs = [batches(examples, 256, 1, epoch) for epoch in (0, 0, 1)]
    assert epochs[0] == epochs[1] != epochs[2]
    for epoch in epochs:
        assert sorted(place for batch in epoch for place in batch) == list(range(500))
        assert all(len(batch) * max(len(examples[place].ids) for place in batch) <= 256 for batch in epoch)


def test_scoring_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    asked: list[str] = []

    def one(row: Row) -> dict[str, float]:
        asked.append(row.id)
        if len(asked) == 4:
            raise KeyboardInterrupt
        return {"margin": float(row.id)}

    path = tmp_path / "scores.jsonl"
    with pytest.raises(KeyboardInterrupt):
        score_rows(one, ROWS[:6], path)
    with path.open("a") as lines:
        lines.write('{"row": "set_1/3", "mar')  # cut off by a kill
    assert [found["margin"] for found in score_rows(one, ROWS[:6], path)] == [0, 1, 2, 3, 4, 5]
    assert asked == ["0", "1", "2", "3", "3", "4", "5"]
    with pytest.raises(ValueError, match="other rows"):
        score_rows(one, ROWS[1:6], path)


def test_long_evidence_is_scored_by_its_best_piece() -> None:
    evidence = passage(1) * 4

    def scorer(_: str, piece: str) -> list[float]:
        return [float("1901" in piece), 0.0, 0.0]

    found = score(scorer, "The bridge was opened in 1901.", evidence, 30)
    assert found.pieces == len(pieces("The bridge was opened in 1901.", evidence, 30)) > 2
    assert found.margin == pytest.approx(margin([1.0, 0.0, 0.0]))
    assert score(scorer, "c", "short", 30).pieces == 1


def test_an_entry_of_the_run_log_comes_back_and_is_never_written_over(tmp_path: Path) -> None:
    entry = Entry(
        "0001-try", "2026-11-26", "why?", "first", "r 00", "00", {"loss": 0.5}, {"steps": 3}, "(negative) chance"
    )
    write_entry(entry, tmp_path)
    assert read_entries(tmp_path) == [entry]
    assert entry.is_negative
    with pytest.raises(FileExistsError):
        write_entry(entry, tmp_path)
    (tmp_path / "notes.json").write_text("{}")
    with pytest.raises(ValueError, match=r"notes\.json"):
        read_entries(tmp_path)


def test_every_shipped_entry_and_recipe_can_be_read() -> None:
    read_entries()
    assert [load_recipe(path).name for path in sorted(RECIPES.glob("*.toml"))]
