"""Rows made from the phrases of this room: blocks of templates whose ``{slots}`` are filled with words.

*Held-out words.* Of every list with at least `_ENOUGH` entries a twelfth is kept for each of the two held-out splits. A
row of a held-out split has at least one such entry, a training row has none: what is measured there is whether
the model goes beyond the words that it was taught. Shapes and short lists are shared, so it is easier than new text.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab.guard.heads import labels
from lab.guard.rows import SPLITS, Row, place

PHRASES = Path(__file__).with_name("phrases")
_ENOUGH = 12
_SLOT = re.compile(r"\{([a-z_]+)\}")
_TRIES = 12  # drawn for each row that is wanted, repetitions left out
_SPACES = re.compile(r" {2,}")
_CAPITALS = 0.5  # share of rows that begin with a capital letter


@dataclass(frozen=True)
class Block:
    """Templates whose rows have the same labels."""

    name: str
    labels: tuple[int, ...]
    count: int
    templates: tuple[str, ...]


@dataclass(frozen=True)
class Phrases:
    """One file: lists of words, and blocks that use them."""

    words: Mapping[str, Sequence[str]]
    blocks: tuple[Block, ...]


def load(path: Path) -> Phrases:
    """Read a file of phrases; ``uses`` names files beside it whose words it fills in too.

    Raises:
        KeyError: a template names a list that is not there.
        ValueError: a label is no head.
    """
    given = tomllib.loads(path.read_text(encoding="utf-8"))
    words: dict[str, Sequence[str]] = {}
    for name in given.get("uses", []):
        words |= tomllib.loads(path.with_name(f"{name}.toml").read_text(encoding="utf-8"))["words"]
    words |= given["words"]
    blocks = tuple(_block(one, words) for one in given["block"])
    used = [*(text for entries in words.values() for text in entries), *(t for b in blocks for t in b.templates)]
    for name in {name for text in used for name in _SLOT.findall(text)}:
        if name not in words:
            raise KeyError(f"{path.name}: no list {name!r}")
    return Phrases(words, blocks)


def construct(phrases: Phrases, seed: int, scale: float, held_out: int) -> Iterator[tuple[str, Row]]:
    """Yield rows with their split: `scale` times a block's count to train on, `held_out` in a hundred of that for each
    held-out split; blocks that cannot be told apart give fewer."""
    for block in phrases.blocks:
        wanted = round(block.count * scale)
        for split in SPLITS:
            count = wanted if split == "train" else max(8, wanted * held_out // 100)
            writer = _Writer(phrases.words, split, random.Random(f"{seed} {block.name} {split}"))
            for text in writer.texts(block.templates, count):
                yield split, Row(block.name, text, block.labels)


@dataclass
class _Writer:
    """Fills templates with the words of one split; `fresh` counts the held-out words of the row being written."""

    words: Mapping[str, Sequence[str]]
    split: str
    rng: random.Random
    fresh: int = 0
    _pools: dict[tuple[str, bool], Sequence[str]] = field(default_factory=dict)

    def texts(self, templates: Sequence[str], count: int) -> Iterator[str]:
        seen: set[str] = set()
        for _ in range(count * _TRIES):
            if len(seen) == count:
                return
            self.fresh = 0
            text = self._finish(self._fill(self._pick("", templates)))
            if (self.split == "train" or self.fresh) and text.lower() not in seen:
                seen.add(text.lower())
                yield text

    def _fill(self, template: str) -> str:
        return _SLOT.sub(lambda slot: self._fill(self._pick(slot[1], self.words[slot[1]])), template)

    def _pick(self, name: str, entries: Sequence[str]) -> str:
        if len(entries) < _ENOUGH:
            return self.rng.choice(entries)
        # Half of all choices of a held-out row are fresh, so that most rows hold at least one.
        wants_fresh = self.split != "train" and self.rng.random() < 0.5
        key = (name or entries[0], wants_fresh)
        if key not in self._pools:
            wanted = self.split if wants_fresh else "train"
            self._pools[key] = [entry for entry in entries if _split_of_entry(entry) == wanted]
        pool = self._pools[key]
        if not pool:
            return self.rng.choice([entry for entry in entries if _split_of_entry(entry) == "train"])
        self.fresh += wants_fresh
        return self.rng.choice(pool)

    def _finish(self, text: str) -> str:
        text = _SPACES.sub(" ", text).strip().replace(" ,", ",").replace(" .", ".")
        return text[:1].upper() + text[1:] if self.rng.random() < _CAPITALS else text


def _split_of_entry(entry: str) -> str:
    where = place(entry) % len(_TWELFTHS)
    return _TWELFTHS[where]


_TWELFTHS = ("calibration", "holdout", *("train",) * 10)


def _block(given: Mapping[str, object], words: Mapping[str, Sequence[str]]) -> Block:
    found = labels(set(_texts(given["labels"])), set(_texts(given.get("unknown", []))))
    return Block(str(given["name"]), found, int(str(given["count"])), tuple(_templates(given, words)))


def _templates(given: Mapping[str, object], words: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield a block's templates; ``fill`` puts each phrase of ``do`` into each of the list ``how``."""
    fill = given.get("fill")
    if not isinstance(fill, dict):
        yield from _texts(given["templates"])
        return
    for shape in words["how"]:
        for phrase in _texts(fill["do"]):
            yield shape.replace("<DO>", phrase)


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise TypeError(f"expected a list of texts, found {value!r}")
    return [str(text) for text in value]
