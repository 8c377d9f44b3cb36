"""What changed between two releases, for people who review it.

Every field that differs is listed by its path in the manifest. Text is compared line by
line, and within changed lines word by word, so that one changed word is seen as one.

What two texts begin and end with is set aside first. Comparing the rest costs up to its square, so a
stretch that is too long, or repeats itself too often, is shown whole: what went, then what came.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from verax.kernel import canonical
from verax.kernel.release import Release

__all__ = ["FieldDiff", "Run", "diff_releases", "diff_texts"]

_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_MAX_LINES = 4_000
_MAX_WORDS = 2_000
_MAX_PAIRS = 500_000  # of equal lines, or words, each of which is looked at


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text that stayed, went or came."""

    op: Literal["same", "removed", "added"]
    text: str


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One field that differs.

    Attributes:
        path: ``prompt.system`` or ``guard.input[0].action`` for instance.
        before: Its text, canonical JSON for what is not text; None where it was absent.
        after: As `before`.
        runs: Joined without the added ones they give `before`, without the removed ones `after`.
    """

    path: str
    before: str | None
    after: str | None
    runs: tuple[Run, ...]


def diff_releases(old: Release, new: Release) -> tuple[FieldDiff, ...]:
    """Return every field in which two releases differ, in order of their paths."""
    before, after = dict(_leaves("", old.manifest)), dict(_leaves("", new.manifest))
    diffs = []
    for path in sorted(before.keys() | after.keys()):
        one, other = before.get(path), after.get(path)
        if one != other:
            diffs.append(FieldDiff(path, one, other, diff_texts(one or "", other or "")))
    return tuple(diffs)


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(f"{path}.{key}" if path else key, item)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves(f"{path}[{index}]", item)
    else:
        yield path, value if isinstance(value, str) else canonical.encode(value).decode("utf-8")


def diff_texts(before: str, after: str) -> tuple[Run, ...]:
    """Return what stayed, went and came between two texts."""
    runs: list[Run] = []
    for old, new in _aligned(_LINES.findall(before), _LINES.findall(after), _MAX_LINES):
        if old == new:
            runs.append(Run("same", old))
            continue
        for one, other in _aligned(_WORDS.findall(old), _WORDS.findall(new), _MAX_WORDS):
            if one == other:
                runs.append(Run("same", one))
                continue
            runs += [Run("removed", one)] if one else []
            runs += [Run("added", other)] if other else []
    return tuple(runs)


def _aligned(old: Sequence[str], new: Sequence[str], limit: int) -> Iterator[tuple[str, str]]:
    """Yield matching and differing blocks of two sequences, joined, in order."""
    head = _count_same(old, new)
    tail = min(_count_same(old[::-1], new[::-1]), min(len(old), len(new)) - head)
    old_rest, new_rest = old[head : len(old) - tail], new[head : len(new) - tail]
    if head:
        yield "".join(old[:head]), "".join(old[:head])
    if _is_within(old_rest, new_rest, limit):
        for _, a, b, c, d in SequenceMatcher(None, old_rest, new_rest, autojunk=False).get_opcodes():
            yield "".join(old_rest[a:b]), "".join(new_rest[c:d])
    else:
        yield "".join(old_rest), "".join(new_rest)
    if tail:
        yield "".join(old[len(old) - tail :]), "".join(old[len(old) - tail :])


def _count_same(old: Sequence[str], new: Sequence[str]) -> int:
    """Return how many items both sequences begin with."""
    pairs = zip(old, new, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(old), len(new)))


def _is_within(old: Sequence[str], new: Sequence[str], limit: int) -> bool:
    """Say whether comparing costs little enough; where one of them is empty it costs nothing."""
    if not old or not new:
        return True
    counts = Counter(new)
    return max(len(old), len(new)) <= limit and sum(counts[item] for item in old) <= _MAX_PAIRS
