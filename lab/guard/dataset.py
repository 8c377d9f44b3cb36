"""The rows of a recipe: public ones, constructed ones, some of both with spelling tricks; nothing near a test row.

A training row that shares four fifths of its words with a row of a test set or of `untaught` is left out, and so is
every copy.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from lab.guard.constructed import PHRASES, construct, load
from lab.guard.innocent import own_rows
from lab.guard.public import test_texts, training_rows
from lab.guard.recipe import Recipe
from lab.guard.rows import SPLITS, Row, line, read_rows, split_of, write_rows
from lab.guard.tricks import trick
from lab.guard.untaught import untaught

_NEAR = 0.8
_HELD_OUT = 12  # in a hundred of a constructed block's rows
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Dataset:
    """Rows by split, and how many were left out for being near a test row."""

    splits: dict[str, list[Row]]
    left_out: int

    @property
    def digest(self) -> str:
        """SHA-256 over every row of every split, in order."""
        hashed = hashlib.sha256()
        for name in SPLITS:
            for row in self.splits[name]:
                hashed.update(line(row))
        return hashed.hexdigest()

    def counts(self) -> dict[str, dict[str, int]]:
        """Return the number of rows by split and source."""
        return {name: dict(sorted(Counter(row.source for row in self.splits[name]).items())) for name in SPLITS}


def build(data: Path, recipe: Recipe) -> Dataset:
    """Make the rows of a recipe from the folder of public sets."""
    rng = random.Random(recipe.seed)
    splits: dict[str, list[Row]] = {name: [] for name in SPLITS}
    tests, left_out = Nearness(chain(test_texts(data), *untaught().values())), 0
    own = own_rows() if recipe.is_for_children else ()
    for split, row in [*_public(data, recipe, rng), *_constructed(recipe), *own]:
        if tests.is_near(row.text):
            left_out += 1
        else:
            splits[split] += [row] * (recipe.repeated.get(row.source, 1) if split == "train" else 1)
    for rows in splits.values():
        rows += [Row(row.source, trick(row.text, rng), row.labels) for row in rows if rng.random() < recipe.tricked]
        rng.shuffle(rows)
    return Dataset(splits, left_out)


def write(made: Dataset, folder: Path) -> None:
    """Write a file for each split."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in made.splits.items():
        write_rows(rows, folder / f"{name}.jsonl.gz")


def read_split(folder: Path, name: str) -> list[Row]:
    """Read one split of what `write` wrote."""
    return read_rows(folder / f"{name}.jsonl.gz")


class Nearness:
    """Finds texts that share four fifths of their words, counted once, with one of a set."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._bags = sorted({_bag(text) for text in texts} - {frozenset()}, key=sorted)
        self._by_word: defaultdict[str, list[int]] = defaultdict(list)
        frequency = Counter(word for bag in self._bags for word in bag)
        for index, bag in enumerate(self._bags):
            # Two bags that share four fifths share one of the rarest words of either: the others are too few.
            rarest = sorted(bag, key=lambda word: (frequency[word], word))
            for word in rarest[: len(bag) - int(_NEAR * len(bag)) + 1]:
                self._by_word[word].append(index)

    def is_near(self, text: str) -> bool:
        """Say whether the text is near one of the set."""
        bag = _bag(text)
        found = {index for word in bag for index in self._by_word.get(word, ())}
        return any(len(bag & self._bags[index]) >= _NEAR * len(bag | self._bags[index]) for index in found)


def _bag(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


def _public(data: Path, recipe: Recipe, rng: random.Random) -> Iterator[tuple[str, Row]]:
    """Yield at most a quota of each set, drawn at random, with its split; copies go."""
    by_source: defaultdict[str, dict[str, Row]] = defaultdict(dict)
    for row in training_rows(data):
        by_source[row.source].setdefault(row.text, row)
    for source, quota in sorted(recipe.public.items()):
        held = list(by_source[source].values())
        for row in rng.sample(held, min(quota, len(held))):
            yield split_of(row.text), row


def _constructed(recipe: Recipe) -> Iterator[tuple[str, Row]]:
    for path in sorted(PHRASES.glob("*.toml")):
        yield from construct(load(path), recipe.seed, recipe.scale, _HELD_OUT)
