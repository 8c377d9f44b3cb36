"""What differs between two manifests, for people: a path, the old value, the new one."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Difference", "compare_manifests"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs; None where a side lacks it.

    Attributes:
        path: Where it stands, ``prompt.system`` for instance.
    """

    path: str
    old: Any
    new: Any

    def lines(self) -> Iterator[str]:
        """Yield the difference as lines: ``-`` for what goes, ``+`` for what comes."""
        if isinstance(self.old, str) and isinstance(self.new, str) and ("\n" in self.old or "\n" in self.new):
            yield f"  {self.path}:"
            yield from _text_lines(self.old, self.new)
            return
        if self.old is not None:
            yield f"- {self.path} = {self.old!r}"
        if self.new is not None:
            yield f"+ {self.path} = {self.new!r}"


def compare_manifests(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """Return every field that differs, in order of its path."""
    left, right = dict(_flatten(old, "")), dict(_flatten(new, ""))
    paths = sorted(left.keys() | right.keys())
    return [Difference(path, left.get(path), right.get(path)) for path in paths if left.get(path) != right.get(path)]


def _flatten(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key in value:
            yield from _flatten(value[key], f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(item, (Mapping, list)) for item in value):
        for index, item in enumerate(value):
            yield from _flatten(item, f"{path}[{index}]")
    else:
        yield path, value


def _text_lines(old: str, new: str) -> Iterator[str]:
    """Yield a unified diff of two texts with three lines around each change, without its heading."""
    compared = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=3)
    for line in list(compared)[2:]:
        yield line if line[:1] in "+-" else f"  {line.strip('@ ')}" if line.startswith("@@") else f" {line}"
