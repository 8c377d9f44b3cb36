"""Differences of two releases as lines for a terminal: ``[-gone-]`` and ``{+come+}``.

The marks stay where there is no colour, so a difference can be read in a file as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from verax.kernel.release_diff import FieldDiff, Run

__all__ = ["difference_lines", "difference_row"]

_AROUND = 1
_OPEN = {"removed": "[-", "added": "{+", "same": ""}
_CLOSE = {"removed": "-]", "added": "+}", "same": ""}
_COLOURS = {"removed": "red", "added": "green"}


def difference_lines(diff: FieldDiff, *, is_whole: bool = False) -> Iterator[str]:
    """Yield one field's difference; of long text only the lines that differ and one around them.

    Args:
        is_whole: Every line, those that stayed too.
    """
    lines = _marked(diff.runs)
    if len(lines) == 1:
        yield f"{diff.path}: {lines[0][0]}"
        return
    yield f"{diff.path}:"
    changed = [index for index, (_, differs) in enumerate(lines) if differs or is_whole]
    shown = {index for at in changed for index in range(at - _AROUND, at + _AROUND + 1) if 0 <= index < len(lines)}
    last = -1
    for index in sorted(shown):
        if index > last + 1:
            yield "  …"
        yield f"  {lines[index][0]}"
        last = index
    if last + 1 < len(lines):
        yield "  …"


def difference_row(diff: FieldDiff) -> dict[str, str | None]:
    """Return one field's difference for ``--json``."""
    return {"path": diff.path, "before": diff.before, "after": diff.after}


def _marked(runs: Sequence[Run]) -> list[tuple[str, bool]]:
    """Return the lines of both texts in one, each with whether it differs."""
    lines: list[tuple[str, bool]] = [("", False)]
    for run in runs:
        for number, part in enumerate(run.text.split("\n")):
            if number:
                lines.append(("", False))
            if part or run.op != "same":
                text, differs = lines[-1]
                lines[-1] = (text + _mark(run.op, part), differs or run.op != "same")
    return lines


def _mark(op: str, text: str) -> str:
    if op == "same":
        return text
    return click.style(f"{_OPEN[op]}{text}{_CLOSE[op]}", fg=_COLOURS[op])
