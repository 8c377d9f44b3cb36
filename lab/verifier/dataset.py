"""The examples that a recipe asks for, made from rows: natural pairs, hard pairs, long evidence cut to what is read.

* Rows are split by their evidence: no passage that is trained on is held out, in whatever pair.
* Held-out rows are a part to calibrate on (`calibration`), natural ones only, and a part to choose recipes by
  (`holdout`), which may have hard pairs of passages held out for it besides (`held_out_hard` of a recipe).
* Everything follows from the rows and the recipe's seed; `digest` names the result.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from lab.verifier.composed import COMPOSED, MANY, composed, many
from lab.verifier.crossed import CROSSED, crossed
from lab.verifier.pairs import names_in, negate, swaps, symmetric
from lab.verifier.recipe import Recipe
from lab.verifier.rows import Label, Row
from verax.truth.chunks import chunks, focus, sentences

SPLITS = ("train", "calibration", "holdout")
_HELD_OUT_OF_100 = {"calibration": 3, "holdout": 3}
_SWAPPED = ("swap_number", "swap_word", "swap_name", "swap_negation")
_COPIED = ("copied", "copied_swap", "copied_without", "neighbour")
_MIN_SENTENCE_WORDS, _MAX_SENTENCE_WORDS = 6, 40


@dataclass(frozen=True)
class Dataset:
    """Rows by split, and a digest over all of them."""

    splits: dict[str, list[Row]]

    @property
    def digest(self) -> str:
        """SHA-256 over every row of every split, in order."""
        hashed = hashlib.sha256()
        for name in SPLITS:
            for row in self.splits[name]:
                hashed.update(_line(row).encode())
        return hashed.hexdigest()

    def counts(self) -> dict[str, dict[str, int]]:
        """Return the number of rows by split and source."""
        return {name: dict(sorted(Counter(row.source for row in self.splits[name]).items())) for name in SPLITS}


def build(rows: Sequence[Row], recipe: Recipe) -> Dataset:
    """Make the examples of a recipe."""
    split: dict[str, list[Row]] = {name: [] for name in SPLITS}
    for row in rows:
        split[split_of(row)].append(row)
    rng = random.Random(recipe.seed)
    natural = _sample(split["train"], recipe.natural, rng)
    hard = list(_hard(split["train"], recipe.hard, rng))
    examples = [shorten(row, recipe.max_words, rng) for row in [*natural, *hard]]
    rng.shuffle(examples)
    held = {name: _sample(split[name], recipe.held_out, rng) for name in _HELD_OUT_OF_100}
    held["holdout"] += _hard(split["holdout"], recipe.held_out_hard, rng)
    return Dataset({"train": examples, **held})


def split_of(row: Row) -> str:
    """Return the split that a row's evidence falls into, whatever the recipe."""
    place = int(row.group[:8], 16) % 100
    for name, share in _HELD_OUT_OF_100.items():
        if place < share:
            return name
        place -= share
    return "train"


def shorten(row: Row, max_words: int, rng: random.Random) -> Row:
    """Cut long evidence to one piece that is read: the sentences nearest to the claim, or, for a pair that is not
    supported and so is supported by no piece, sometimes any chunk."""
    if len(row.evidence.split()) <= max_words:
        return row
    if not row.is_supported and rng.random() < 0.3:
        return replace(row, evidence=rng.choice(chunks(row.evidence, max_words)).of(row.evidence))
    return replace(row, evidence=focus(row.evidence, row.claim, max_words) or row.evidence)


def _sample(rows: Iterable[Row], quotas: dict[str, int], rng: random.Random) -> list[Row]:
    """Draw at most a quota from each source; a source that no quota names is left out."""
    by_source: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_source[row.source].append(row)
    found: list[Row] = []
    for source, quota in sorted(quotas.items()):
        held = by_source[source]
        found += rng.sample(held, min(quota, len(held)))
    return found


def _hard(rows: Sequence[Row], quotas: dict[str, int], rng: random.Random) -> Iterator[Row]:
    """Yield hard pairs from rows in a random order, until each kind has its quota or the rows are used up."""
    names = sorted({name for row in rows[::7] for name in names_in(row.evidence)})
    pool = rng.sample(names, min(4000, len(names)))
    order = rng.sample(rows, len(rows))
    made: Counter[str] = Counter()
    ways = (
        (_SWAPPED, _swapped(order, pool, rng)),
        (_COPIED, _copied(order, pool, rng)),
        (COMPOSED, composed(order, rng)),
        (MANY, many(order, pool, rng)),
        (CROSSED, crossed(order, rng)),
    )
    for kinds, pairs in ways:
        open_kinds = {kind for kind in kinds if quotas.get(kind, 0)}
        if not open_kinds:
            continue  # not even one is drawn, so that chance goes on as it did before there were such pairs
        for row in pairs:
            if not open_kinds:
                break
            if row.source in open_kinds:
                yield row
                made[row.source] += 1
                if made[row.source] == quotas[row.source]:
                    open_kinds.remove(row.source)


def _swapped(rows: Sequence[Row], names: Sequence[str], rng: random.Random) -> Iterator[Row]:
    for row in rows:
        if row.is_supported:
            for swap in swaps(row, rng.sample(names, min(40, len(names))), rng):
                yield from symmetric(row, swap)
            negated = negate(row)
            if negated is not None:
                yield negated


def _copied(rows: Sequence[Row], names: Sequence[str], rng: random.Random) -> Iterator[Row]:
    """Yield sentences of long passages as claims: true of their own, not found in the neighbour, swapped, and joined
    in twos, so that the evidence for one claim stands in two places."""
    passages = list(dict.fromkeys(row.evidence for row in rows if 60 <= len(row.evidence.split()) <= 600))
    previous = ""
    for passage in passages:
        if "#" in passage:  # a table: its lines are no sentences
            continue
        said = [span.of(passage).strip() for span in sentences(passage)]
        said = [text for text in said if _MIN_SENTENCE_WORDS <= len(text.split()) <= _MAX_SENTENCE_WORDS]
        if len(said) < 3:
            continue
        first, second = sorted(rng.sample(range(len(said)), 2))
        claim = said[first] if rng.random() < 0.5 else f"{said[first]} {said[second]}"
        identity = hashlib.sha256(f"{passage}\n{claim}".encode()).hexdigest()[:16]
        copied = Row("copied", identity, claim, passage, Label.SUPPORTED)
        yield copied
        for swap in swaps(copied, rng.sample(names, min(40, len(names))), rng):
            wrong = replace(copied, source="copied_swap", label=Label.CONTRADICTED)
            yield replace(wrong, id=f"{identity}~{swap.kind}", claim=swap.apply(claim))
        # The passage without the sentence says nothing of it; so does a neighbour.
        absent = replace(copied, claim=said[first], label=Label.NOT_FOUND)
        without = passage.replace(said[first], "").strip()
        yield replace(absent, source="copied_without", id=f"{identity}~without", evidence=without)
        if previous:
            yield replace(absent, source="neighbour", id=f"{identity}~neighbour", evidence=previous)
        previous = passage


def write(dataset: Dataset, folder: Path) -> None:
    """Write one file a split, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in SPLITS:
        partial = folder / f"{name}.jsonl.gz.partial"
        with gzip.open(partial, "wt", encoding="utf-8") as lines:
            lines.writelines(_line(row) for row in dataset.splits[name])
        partial.replace(folder / f"{name}.jsonl.gz")


def read_split(folder: Path, name: str) -> list[Row]:
    """Read one split that `write` wrote."""
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [Row(**{**given, "label": Label(given["label"])}) for given in map(json.loads, lines)]


def _line(row: Row) -> str:
    return json.dumps(asdict(row), ensure_ascii=False, sort_keys=True) + "\n"
