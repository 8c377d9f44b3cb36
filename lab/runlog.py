"""The log of runs: one file a run in ``lab/runs``, failures included.

A file holds the day, the question, what was changed, the result, what it cost and the verdict; a run that did not do
what it was for has a verdict that begins with "(negative)". The numbers are copied from the run's own files; nobody
types them in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RUNS = Path(__file__).resolve().parent / "runs"
_NAME = re.compile(r"\d{4}-[a-z0-9-]+\.json")
_FIELDS = ("date", "question", "change", "recipe", "data", "result", "cost", "verdict")


@dataclass(frozen=True)
class Entry:
    """One run. `result` and `cost` hold numbers with their units in the names."""

    name: str
    date: str
    question: str
    change: str
    recipe: str
    data: str
    result: Mapping[str, Any]
    cost: Mapping[str, Any]
    verdict: str

    @property
    def is_negative(self) -> bool:
        """Say whether the run failed at what it was for."""
        return self.verdict.startswith("(negative)")


def read_entries(folder: Path = RUNS) -> list[Entry]:
    """Return the entries, oldest first.

    Raises:
        ValueError: a file has another name or other fields than an entry.
    """
    return [_read(path) for path in sorted(folder.glob("*.json"))]


def write_entry(entry: Entry, folder: Path = RUNS) -> Path:
    """Add an entry.

    Raises:
        FileExistsError: there is one of that name; entries are never written over.
    """
    path = folder / f"{entry.name}.json"
    with path.open("x", encoding="utf-8") as sink:
        json.dump({name: getattr(entry, name) for name in _FIELDS}, sink, indent=1, ensure_ascii=False)
        sink.write("\n")
    return path


def _read(path: Path) -> Entry:
    given = json.loads(path.read_text(encoding="utf-8"))
    if not _NAME.fullmatch(path.name) or tuple(given) != _FIELDS:
        raise ValueError(f"{path}: expected NNNN-name.json with the fields {', '.join(_FIELDS)}")
    return Entry(name=path.stem, **given)
