"""Puzzles and the robot's levels for eight to twelve, read once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from verax.products.junior.topics import topics_of

__all__ = ["Puzzle", "load_puzzles", "load_robot"]


@dataclass(frozen=True, slots=True)
class Puzzle:
    """One puzzle; `topics` are those of its file, such as *numbers*, and what its words name."""

    asks: str
    answers: tuple[str, ...]
    hints: tuple[str, ...]
    tells: str
    topics: frozenset[str]


@cache
def load_puzzles() -> Mapping[str, Puzzle]:
    """Return the puzzles that come with Verax, by name."""
    return {
        entry["name"]: Puzzle(
            entry["asks"],
            tuple(entry["answers"]),
            tuple(entry["hints"]),
            entry["tells"],
            topics_of(" ".join((entry["asks"], *entry["hints"], entry["tells"]))) | {*entry["topics"]},
        )
        for entry in load_robot()["puzzle"]
    }


@cache
def load_robot() -> Mapping[str, Any]:
    """Return the whole file: what is said about the robot under ``robot``, its levels under ``level``."""
    return tomllib.loads(files(__package__).joinpath("puzzles.toml").read_text(encoding="utf-8"))
