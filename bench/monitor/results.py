"""What the suites of this benchmark share: their lines, intervals and rows of the table."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from verax.drill.obedient import BLUNT_LINE, MIRROR_LINE, NAME_LINE
from verax.gates.statistics import clopper_pearson

__all__ = ["JULY_LINES", "counted", "edits", "interval", "row"]

JULY_LINES = f"{BLUNT_LINE} {MIRROR_LINE} {NAME_LINE}"


def edits() -> Mapping[str, Any]:
    """Return the lines and questions of `edits.toml`."""
    return tomllib.loads(Path(__file__).with_name("edits.toml").read_text(encoding="utf-8"))


def interval(count: int, total: int) -> dict[str, float]:
    """Return the exact 95 % interval of a share."""
    found = clopper_pearson(count, total)
    return {"low": round(found.low, 4), "high": round(found.high, 4)}


def row(figure: str, aim: str, reached: str) -> dict[str, str]:
    """Return a row of the table of all benchmarks."""
    return {"figure": figure, "aim": aim, "reached": reached}


def counted(found: Mapping[str, Any], count: str, total: str) -> str:
    """Say a share in words, with its interval."""
    return f"{found[count]} of {found[total]} ({found['low']:.1%} to {found['high']:.1%})"
