"""A labelled short text, and files of them."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

SPLITS = ("train", "calibration", "holdout")
_HELD_OUT_OF_100 = {"calibration": 5, "holdout": 5}


@dataclass(frozen=True)
class Row:
    """One text. `source` is the public set or the block it comes from; `labels` has one of `heads` a head."""

    source: str
    text: str
    labels: tuple[int, ...]


def place(text: str) -> int:
    """Return a number from 0 to 99 that follows from the text alone."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % 100


def split_of(text: str) -> str:
    """Return the split that a row of a public set falls into, whatever the recipe."""
    where = place(text)
    for name, share in _HELD_OUT_OF_100.items():
        if where < share:
            return name
        where -= share
    return "train"


def read_jsonl(path: Path) -> Iterator[dict[str, object]]:
    """Yield the objects of a ``.jsonl.gz`` file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def write_rows(rows: Iterable[Row], path: Path) -> None:
    """Write rows, the same bytes for the same rows."""
    with path.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
        for row in rows:
            packed.write(line(row))


def read_rows(path: Path) -> list[Row]:
    """Read what `write_rows` wrote."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [Row(source, text, tuple(labels)) for source, text, labels in map(json.loads, lines)]


def line(row: Row) -> bytes:
    """Return a row's line, the text that digests are made over."""
    return (json.dumps([row.source, row.text, row.labels], ensure_ascii=False) + "\n").encode()
