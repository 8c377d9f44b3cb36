"""A robot on a grid that a child programs with four words.

* The words are ``forward``, ``left``, ``right`` and ``repeat N`` before one of them. Nothing else is read, and no
  program of a child is ever run as code: a few counters move, at most `MAX_STEPS` times.

>>> run("forward forward right forward", (0, 0), ((2, 1),))
Run(path=((0, 0), (0, 1), (0, 2), (1, 2)), bumped=False, unread=False)
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

__all__ = ["MAX_STEPS", "SIZE", "Run", "run"]

SIZE = 5
"""Squares along each side of the grid."""

MAX_STEPS = 60
_WORD = re.compile(r"[a-z]+|\d+")
_AHEAD = ((0, 1), (1, 0), (0, -1), (-1, 0))
_FILLERS = frozenset("then and go turn move step steps times please".split())


@dataclass(frozen=True, slots=True)
class Run:
    """What a program did.

    Attributes:
        path: Squares from start to end, column and row.
        bumped: It met a wall or the edge and stopped there.
        unread: Some word was none of the robot's; nothing was done.
    """

    path: tuple[tuple[int, int], ...]
    bumped: bool = False
    unread: bool = False


def run(program: str, start: tuple[int, int], walls: Collection[tuple[int, int]]) -> Run:
    """Walk a program from a square, facing up."""
    orders = _orders(program)
    if not orders:
        return Run((start,), unread=True)
    path, facing = [start], 0
    for order in orders:
        if order != "forward":
            facing = (facing + (1 if order == "right" else -1)) % 4
            continue
        ahead = path[-1][0] + _AHEAD[facing][0], path[-1][1] + _AHEAD[facing][1]
        if ahead in walls or not all(0 <= part < SIZE for part in ahead):
            return Run(tuple(path), bumped=True)
        path.append(ahead)
    return Run(tuple(path))


def _orders(program: str) -> list[str]:
    """Return the single orders; none where a word is unknown or there are too many."""
    orders: list[str] = []
    times = 1
    words = [word for word in _WORD.findall(program.lower()) if word not in _FILLERS]
    for index, word in enumerate(words):
        if word in ("forward", "left", "right"):
            orders += [word] * times
            times = 1
        elif word == "repeat" and index + 1 < len(words) and words[index + 1].isdigit():
            continue
        elif word.isdigit() and index and words[index - 1] == "repeat" and len(word) < 3:
            times = int(word)
        else:
            return []
        if len(orders) > MAX_STEPS:
            return []
    return orders
