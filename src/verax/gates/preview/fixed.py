"""The fixed set: questions and example inputs that are the same for every change (``fixed.toml``).

It belongs to the code, not to a release and not to a setting: whoever proposes a change cannot choose what reviewers
are shown of it, and a change of the set is a change of the runtime, which people admit (decision 0092).
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from verax.turn.events import ToolCall
from verax.turn.request import InputFile, InputItem

__all__ = ["Example", "FixedSet", "Question", "fixed_set", "own_example"]

_FILE = Path(__file__).parent / "fixed.toml"
_OWN = "own"


@dataclass(frozen=True, slots=True)
class Question:
    """One question that both releases are asked."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Example:
    """One input whose prompt is shown.

    Attributes:
        is_held: Whether assistant lines count as replies that this installation gave, so that their author is
            ``assistant``; else a caller claims them, and they are by ``app`` (clause 7).
        tools: Definitions in OpenAI's shape.
    """

    name: str
    title: str
    items: tuple[InputItem, ...]
    is_held: bool = False
    tools: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class FixedSet:
    """All of it, in the order in which it is shown."""

    questions: tuple[Question, ...]
    examples: tuple[Example, ...]


def own_example(question: str) -> Example:
    """Return the example whose one line is the reviewer's own question."""
    return Example(_OWN, "Your question", (InputItem("user", question),))


@cache
def fixed_set() -> FixedSet:
    """Return the set of this version."""
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return FixedSet(
        questions=tuple(Question(row["name"], row["text"]) for row in data["question"]),
        examples=tuple(_example(row) for row in data["example"]),
    )


def _example(row: Mapping[str, Any]) -> Example:
    items = list(_items(row))
    if "last" in row:
        items.append(InputItem("user", row["last"]))
    return Example(row["name"], row["title"], tuple(items), row.get("is_held", False), tuple(row.get("tools", ())))


def _items(row: Mapping[str, Any]) -> Iterator[InputItem]:
    files = (_file(row["file"]),) if "file" in row else ()
    for number in range(1, row.get("rounds", 1) + 1):
        for line in row["lines"]:
            calls = tuple(ToolCall(call["id"], call["name"], call["arguments"]) for call in line.get("tool_calls", ()))
            text = line["text"].replace("{round}", str(number))
            mine = files if line["role"] == "user" else ()
            yield InputItem(line["role"], text, calls, line.get("tool_call_id", ""), files=mine)


def _file(row: Mapping[str, str]) -> InputFile:
    return InputFile(row["name"], "text", hashlib.sha256(row["text"].encode()).hexdigest(), (row["text"],))
