"""What changed between two releases, for people who review it.

Every field that differs is listed by its path in the manifest. Text is compared line by
line, and within changed lines word by word, so that one changed word is seen as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from verax.kernel import canonical
from verax.kernel.release import Release

__all__ = ["FieldDiff", "Run", "diff_releases", "diff_texts"]

_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_MAX_WORDS = 2_000  # beyond this a changed block is shown whole: comparing costs its square


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
    for old, new in _aligned(_LINES.findall(before), _LINES.findall(after)):
        if old == new:
            runs.append(Run("same", old))
            continue
        words, other_words = _WORDS.findall(old), _WORDS.findall(new)
        is_small = max(len(words), len(other_words)) <= _MAX_WORDS
        for one, other in _aligned(words, other_words) if is_small else [(old, new)]:
            if one == other:
                runs.append(Run("same", one))
                continue
            runs += [Run("removed", one)] if one else []
            runs += [Run("added", other)] if other else []
    return tuple(runs)


def _aligned(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield matching and differing blocks of two sequences, joined, in order."""
    for _, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        yield "".join(old[a:b]), "".join(new[c:d])
