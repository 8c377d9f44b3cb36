"""Items from templates: wording that a seed fills in.

A suite's ``items.toml`` holds tables of words and templates::

    [[word.country]]
    name = "France"
    capital = "Paris"

    [[template]]
    group = "geography"
    calls = [["What is the capital of {country.name}?"]]
    expect = { answer = "{country.capital}" }

* A template draws one row of each table that it names, and one number for each ``{number.LOW-HIGH}``; a second row
  of a table is ``{country#2.name}``, always another one.
* A table whose rows have the one field ``text`` is written as a list of texts, and ``{opening}`` means that field.
* A line is a text by the user, or ``{ role, text }``; ``{ reply = 0 }`` stands for the reply to call 0.
* Groups take turns, so that each has the same number of items, give or take one; no two items ask the same.
* Text that is filled in is not looked at again, so a word may hold braces.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from verax.gates.draw import Draw
from verax.gates.items import Call, Item, Line
from verax.kernel.errors import ConfigError
from verax.turn.events import ToolCall

__all__ = ["ItemBank", "Template"]

_HOLE = re.compile(r"\{([a-z][a-z0-9_]*)(#[2-9])?(?:\.([a-z0-9_-]+))?\}")
_NUMBER = "number"
_TRIES = 200


@dataclass(frozen=True, slots=True)
class Template:
    """One form of item; `needs` names what a release must offer for it, ``tools`` for instance."""

    group: str
    calls: tuple[Any, ...]
    expect: Mapping[str, Any]
    tools: tuple[Mapping[str, Any], ...] = ()
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ItemBank:
    """All templates of a suite, and the words that fill them."""

    words: Mapping[str, tuple[Mapping[str, Any], ...]]
    templates: tuple[Template, ...]

    @classmethod
    def parse(cls, data: Mapping[str, Any], where: str) -> ItemBank:
        """Read the tables of an ``items.toml``.

        Raises:
            ConfigError: a template names a table or field that is not there, or there is no template.
        """
        words = {name: _rows(rows) for name, rows in data.get("word", {}).items()}
        templates = tuple(_template(entry) for entry in data.get("template", ()))
        bank = cls(words, templates)
        if not templates:
            raise ConfigError(f"{where}: it holds no template", code="gates/suite")
        for template in templates:
            for name, column in _holes((template.calls, template.expect, template.tools)):
                if name != _NUMBER and not all(column in row for row in words.get(name, ({},))):
                    raise ConfigError(f"{where}: no word {name}.{column}", code="gates/suite")
        return bank

    def draw(self, seed: str, label: str, count: int, offers: frozenset[str] = frozenset()) -> tuple[Item, ...]:
        """Return `count` items.

        Args:
            seed: The change's seed.
            label: Name of the suite; another one gives other items.
            offers: What the releases under test offer; templates that need more are left out.

        Raises:
            ConfigError: the templates cannot give so many different items.
        """
        draw = Draw(seed, label)
        by_group: dict[str, list[Template]] = {}
        for template in self.templates:
            if template.needs <= offers:
                by_group.setdefault(template.group, []).append(template)
        groups = draw.shuffled(sorted(by_group))
        queues: dict[str, list[Template]] = {group: [] for group in groups}
        items: list[Item] = []
        seen: set[str] = set()
        for number in range(count):
            group = groups[number % len(groups)]
            queues[group] = queues[group] or draw.shuffled(by_group[group])
            template = queues[group].pop()
            items.append(self._fill_anew(template, f"{group.replace(' ', '-').lower()}-{number:03d}", draw, seen))
        return tuple(items)

    def _fill_anew(self, template: Template, item_id: str, draw: Draw, seen: set[str]) -> Item:
        for _ in range(_TRIES):
            item = self._fill(template, item_id, draw)
            key = repr(item.calls)
            if key not in seen:
                seen.add(key)
                return item
        raise ConfigError(f"suite: group {template.group} has too few words for so many items", code="gates/suite")

    def _fill(self, template: Template, item_id: str, draw: Draw) -> Item:
        filling = _Filling(self.words, draw)
        calls = tuple(
            Call(tuple(_line(line, filling) for line in lines), filling.value(template.tools))
            for lines in template.calls
        )
        return Item(item_id, template.group, calls, filling.value(template.expect))


@dataclass
class _Filling:
    """The rows and numbers that one item drew."""

    words: Mapping[str, tuple[Mapping[str, Any], ...]]
    draw: Draw
    taken: dict[tuple[str, str], int] = field(default_factory=dict)

    def text(self, text: str) -> str:
        return _HOLE.sub(self._word, text)

    def value(self, value: Any) -> Any:
        """Fill a value of any shape; lists become tuples."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {name: self.value(inner) for name, inner in value.items()}
        if isinstance(value, Sequence):
            return tuple(self.value(inner) for inner in value)
        return value

    def _word(self, hole: re.Match[str]) -> str:
        name, which, column = hole[1], hole[2] or "", hole[3] or "text"
        if name == _NUMBER:
            return str(self._number(column + which, column))
        rows = self.words[name]
        if (name, which) not in self.taken:
            free = [place for place in range(len(rows)) if place not in self._places(name)]
            self.taken[name, which] = self.draw.choice(free)
        return str(rows[self.taken[name, which]][column])

    def _number(self, key: str, column: str) -> int:
        if (_NUMBER, key) not in self.taken:
            low, high = column.split("-")
            self.taken[_NUMBER, key] = self.draw.between(int(low), int(high))
        return self.taken[_NUMBER, key]

    def _places(self, name: str) -> set[int]:
        return {place for (taken, _), place in self.taken.items() if taken == name}


def _rows(rows: Sequence[Any]) -> tuple[Mapping[str, Any], ...]:
    return tuple({"text": row} if isinstance(row, str) else row for row in rows)


def _template(entry: Mapping[str, Any]) -> Template:
    return Template(
        group=entry["group"],
        calls=tuple(tuple(call) for call in entry["calls"]),
        expect=entry.get("expect", {}),
        tools=tuple(entry.get("tools", ())),
        needs=frozenset(entry.get("needs", ())),
    )


def _line(line: Any, filling: _Filling) -> Line:
    if isinstance(line, str):
        return Line("user", filling.text(line))
    if "reply" in line:
        return Line("assistant", reply_to=line["reply"])
    made = tuple(
        ToolCall(call["id"], call["name"], filling.text(call["arguments"])) for call in line.get("tool_calls", ())
    )
    return Line(line["role"], filling.text(line.get("text", "")), None, made, line.get("tool_call_id", ""))


def _holes(value: Any) -> set[tuple[str, str]]:
    if isinstance(value, str):
        return {(hole[1], hole[3] or "text") for hole in _HOLE.finditer(value)}
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, Sequence):
        return set().union(*(_holes(inner) for inner in value)) if value else set()
    return set()
