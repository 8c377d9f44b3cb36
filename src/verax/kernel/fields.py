"""Strict reading of objects: every field has a type and limits, unknown fields fail (clause 1).

`Fields` wraps one object. Each accessor takes one field out; `close` fails when a field is
left over. Values taken, and the defaults of those that were absent, collect in `filled`,
so a reader that fills defaults also yields the complete object.

>>> from verax.kernel.errors import ReleaseError
>>> fields = Fields({"size": 3}, "example", ReleaseError)
>>> fields.integer("size", 0, 9), fields.text("name", default="none")
(3, 'none')
>>> fields.close()
>>> fields.filled
{'size': 3, 'name': 'none'}
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, NoReturn, TypeVar

from verax.kernel import canonical
from verax.kernel.errors import KernelError

__all__ = ["DECIMAL", "Fields"]

DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,9})?\Z")
_MAX_TEXT = 262_144

Choice = TypeVar("Choice", bound=str)


class Fields:
    """One object being read strictly.

    Args:
        value: The object; anything but a mapping fails.
        where: Names the object in messages.
        error: Class of the errors raised.
    """

    def __init__(self, value: object, where: str, error: type[KernelError]) -> None:
        if not isinstance(value, Mapping):
            raise error(f"{where}: expected an object, found {_type_name(value)}")
        self._left: dict[str, Any] = dict(value)
        self._error = error
        self.where = where
        self.filled: dict[str, Any] = {}

    def fail(self, message: str) -> NoReturn:
        """Raise the reader's error about this object."""
        raise self._error(f"{self.where}: {message}")

    def has(self, name: str) -> bool:
        """Say whether `name` was given and not yet taken."""
        return name in self._left

    def names(self) -> list[str]:
        """Return the names of the fields not yet taken, in order."""
        return sorted(map(str, self._left))

    def take(self, name: str, default: Any = None) -> Any:
        """Take a field of any type; None as `default` makes it required."""
        if name in self._left:
            value = self._left.pop(name)
        elif default is None:
            self.fail(f"field {name!r} is missing")
        else:
            value = default
        self.filled[name] = value
        return value

    def text(
        self, name: str, *, pattern: re.Pattern[str] | None = None, limit: int = _MAX_TEXT, default: str | None = None
    ) -> str:
        """Take a string of at most `limit` characters that `pattern` matches from its start."""
        value = self.take(name, default)
        if not isinstance(value, str):
            self.fail(f"field {name!r}: expected text, found {_type_name(value)}")
        if len(value) > limit:
            self.fail(f"field {name!r}: expected at most {limit} characters, found {len(value)}")
        if pattern is not None and not pattern.match(value):
            self.fail(f"field {name!r}: the text does not have the form {pattern.pattern}")
        return value

    def choice(self, name: str, choices: Sequence[Choice], default: Choice | None = None) -> Choice:
        """Take one of `choices`."""
        value = self.take(name, default)
        found = [choice for choice in choices if isinstance(value, str) and value == choice]
        if not found:
            self.fail(f"field {name!r}: expected one of {', '.join(choices)}")
        return found[0]

    def digest(self, name: str, *, words: Collection[str] = (), default: str | None = None) -> str:
        """Take 64 lower-case hex digits, or one of `words`."""
        value = self.take(name, default)
        if not isinstance(value, str) or not (value in words or canonical.is_digest(value)):
            self.fail(f"field {name!r}: expected {' or '.join(['64 lower-case hex digits', *sorted(words)])}")
        return value

    def integer(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """Take an integer between `low` and `high`, both included."""
        value = self.take(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.fail(f"field {name!r}: expected an integer from {low} to {high}")
        return value

    def flag(self, name: str, default: bool | None = None) -> bool:
        """Take true or false."""
        value = self.take(name, default)
        if not isinstance(value, bool):
            self.fail(f"field {name!r}: expected true or false, found {_type_name(value)}")
        return value

    def decimal(self, name: str, low: str, high: str, default: str | None = None) -> float:
        """Take a decimal written as a string, ``"0.7"``; the object keeps the string."""
        value = self.take(name, default)
        is_decimal = isinstance(value, str) and DECIMAL.match(value) is not None
        if not is_decimal or not Decimal(low) <= Decimal(value) <= Decimal(high):
            self.fail(f'field {name!r}: expected a decimal string from "{low}" to "{high}"')
        return float(value)

    def items(self, name: str, *, limit: int = 256, default: list[Any] | None = None) -> list[Any]:
        """Take a list of at most `limit` items."""
        value = self.take(name, default)
        if not isinstance(value, (list, tuple)) or len(value) > limit:
            self.fail(f"field {name!r}: expected a list of at most {limit} items")
        return list(value)

    def texts(
        self, name: str, *, pattern: re.Pattern[str] | None = None, limit: int = 256, default: list[Any] | None = None
    ) -> tuple[str, ...]:
        """Take a list of different strings."""
        values = self.items(name, limit=limit, default=default)
        for value in values:
            if not isinstance(value, str) or (pattern is not None and not pattern.match(value)):
                form = "" if pattern is None else f" of the form {pattern.pattern}"
                self.fail(f"field {name!r}: expected a list of strings{form}")
        if len(set(values)) != len(values):
            self.fail(f"field {name!r}: an item appears twice")
        return tuple(values)

    def section(self, name: str, *, optional: bool = False) -> Fields:
        """Take an object; an optional one that is absent reads as empty."""
        inner = Fields(self.take(name, {} if optional else None), f"{self.where}, {name}", self._error)
        self.filled[name] = inner.filled
        return inner

    def sections(self, name: str, *, limit: int = 256, default: list[Any] | None = None) -> list[Fields]:
        """Take a list of objects."""
        values = self.items(name, limit=limit, default=default)
        inner = [Fields(value, f"{self.where}, {name}[{i}]", self._error) for i, value in enumerate(values)]
        self.filled[name] = [fields.filled for fields in inner]
        return inner

    def named(
        self, name: str, pattern: re.Pattern[str], *, limit: int = 256, optional: bool = False
    ) -> dict[str, Fields]:
        """Take an object whose keys are names and whose values are objects."""
        value = self.take(name, {} if optional else None)
        if not isinstance(value, Mapping) or len(value) > limit:
            self.fail(f"field {name!r}: expected an object of at most {limit} entries")
        for key in value:
            if not isinstance(key, str) or not pattern.match(key):
                self.fail(f"field {name!r}: names have the form {pattern.pattern}")
        inner = {key: Fields(item, f"{self.where}, {name}.{key}", self._error) for key, item in value.items()}
        self.filled[name] = {key: fields.filled for key, fields in inner.items()}
        return inner

    def close(self) -> None:
        """Fail when a field was given that nobody took."""
        if self._left:
            self.fail(f"unknown field {min(map(str, self._left))[:40]!r}")


def _type_name(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "an integer"}
    return names.get(type(value), f"a {type(value).__name__}")
