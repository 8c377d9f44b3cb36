"""Scores of rows in a file that grows line by line, so that scoring goes on where it was stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from lab.verifier.rows import Row


def score_rows(score: Callable[[Row], dict[str, float]], rows: Sequence[Row], path: Path) -> list[dict[str, float]]:
    """Return a score for each row, in order; those that `path` holds already are not computed again.

    Raises:
        ValueError: the file holds scores of other rows.
    """
    found = _read(path)
    if [name for name, _ in found] != [_name(row) for row in rows[: len(found)]]:
        raise ValueError(f"{path}: holds scores of other rows; remove it to begin again")
    # A line that was cut off by a kill is written again.
    path.write_text("".join(_line(name, values) for name, values in found), encoding="utf-8")
    with path.open("a", buffering=1, encoding="utf-8") as lines:
        for row in rows[len(found) :]:
            values = score(row)
            found.append((_name(row), values))
            lines.write(_line(_name(row), values))
    return [values for _, values in found]


def _name(row: Row) -> str:
    return f"{row.source}/{row.id}"


def _line(name: str, values: dict[str, float]) -> str:
    return json.dumps({"row": name, **values}) + "\n"


def _read(path: Path) -> list[tuple[str, dict[str, float]]]:
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if not line.endswith("\n"):
            break
        given = json.loads(line)
        found.append((given.pop("row"), given))
    return found
