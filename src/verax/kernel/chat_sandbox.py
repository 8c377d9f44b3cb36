"""The sandbox that chat templates run in: allow-lists, and a budget of steps and characters.

* Globals: ``raise_exception``, ``namespace``, a bounded ``range``; no clock, no randomness.
* Methods of text, lists and objects are allow-listed; ``*`` and ``%`` take numbers only, so
  nothing multiplies text; containers are printed through ``tojson`` only.
* Every loop round and call is paid for in steps, every text made in characters, before it
  is made where it could be large.

`verax.kernel.chat_template` puts the filters ``EMIT``, ``ROUNDS``, ``CHARGE`` and ``CONCAT``
around the parts of a template that repeat, print or make text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

from jinja2 import pass_context
from jinja2.ext import loopcontrols
from jinja2.runtime import Context, Macro, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from verax.kernel.errors import ReleaseError

__all__ = [
    "BUDGET",
    "CHARGE",
    "CONCAT",
    "EMIT",
    "MAX_CHARS",
    "MAX_STEPS",
    "ROUNDS",
    "SANDBOX",
    "Budget",
    "RaisedByTemplate",
    "Sandbox",
]

MAX_STEPS = 2_000_000
MAX_CHARS = 64_000_000
_MAX_RANGE = 100_000
_MAX_NUMBER = 2**63
_ITEM_CHARS = 16  # what an item of a list costs beside a character of text
_PIECE_STEPS = 16  # what a piece of JSON costs beside a part of a template

# Spaces keep these names out of reach of templates.
BUDGET, EMIT, ROUNDS, CHARGE, CONCAT = "verax budget", "verax emit", "verax rounds", "verax charge", "verax concat"
_BUILTIN_FILTERS = (
    "abs", "capitalize", "count", "d", "default", "dictsort", "e", "first", "int", "items", "last", "length",
    "list", "lower", "map", "reject", "rejectattr", "reverse", "safe", "select", "selectattr", "sort", "title",
    "trim", "unique", "upper",
)  # fmt: skip
_STR_METHODS = frozenset(
    {
        "capitalize", "count", "endswith", "find", "index", "isalpha", "isdigit", "isspace", "join", "lower",
        "lstrip", "partition", "removeprefix", "removesuffix", "replace", "rfind", "rpartition", "rsplit",
        "rstrip", "split", "splitlines", "startswith", "strip", "title", "upper",
    }
)  # fmt: skip
_DICT_METHODS = frozenset({"get", "items", "keys", "values"})
_LIST_METHODS = frozenset({"count", "index"})


class RaisedByTemplate(Exception):
    """The template called ``raise_exception``."""


class Budget:
    """What one rendering may still spend."""

    __slots__ = ("chars", "macro_weight", "steps")

    def __init__(self, macro_weight: int) -> None:
        self.steps = MAX_STEPS
        self.chars = MAX_CHARS
        self.macro_weight = macro_weight

    def step(self, count: int) -> None:
        self.steps -= count
        if self.steps < 0:
            raise ReleaseError(f"chat template: spent its {MAX_STEPS} steps")

    def write(self, count: int) -> None:
        self.chars -= count
        if self.chars < 0:
            raise ReleaseError(f"chat template: spent its {MAX_CHARS} characters")


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's immutable sandbox with allow-lists and a budget."""

    intercepted_binops = frozenset({"*", "%"})

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if not super().is_safe_attribute(obj, attr, value):
            return False
        if not callable(value):
            return True
        if isinstance(obj, str):
            return attr in _STR_METHODS
        if isinstance(obj, dict):
            return attr in _DICT_METHODS
        return attr in _LIST_METHODS or not isinstance(obj, (list, tuple))

    def wrap_str_format(self, value: Any) -> None:
        """Hand out no formatter: a width in a format could ask for any length."""

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if not all(isinstance(side, (int, float)) for side in (left, right)):
            raise TypeError(operator)
        result = super().call_binop(context, operator, left, right)
        if abs(result) > _MAX_NUMBER:
            raise OverflowError(operator)
        return result

    def call(self, context: Context, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        budget = _budget(context)
        budget.step(budget.macro_weight if isinstance(called, Macro) else 1)
        owner, name = getattr(called, "__self__", None), getattr(called, "__name__", "")
        if isinstance(owner, str):
            budget.write(len(owner))
            if name == "replace":  # Jinja adds keywords of its own inside loops; these take none
                return _replace(context, owner, *args)
            if name == "join":
                (values,) = args
                return _join(context, values, owner)
        return _charge(context, super().call(context, called, *args, **kwargs))


def _budget(context: Context) -> Budget:
    budget = context.get(BUDGET)
    if not isinstance(budget, Budget):
        raise TypeError("budget")
    return budget


def _text(value: object) -> str:
    """Return a scalar as text; containers are refused, so that no text hides its size."""
    if isinstance(value, Undefined):
        return ""
    if value is None or isinstance(value, (str, int, float)):
        return str(value)
    raise ReleaseError("chat template: printed a list or an object", hint="print it with the filter tojson")


@pass_context
def _emit(context: Context, value: Any) -> str:
    text = _text(value)
    _budget(context).write(len(text))
    return text


@pass_context
def _rounds(context: Context, values: Iterable[Any], weight: int) -> Sequence[Any]:
    budget = _budget(context)
    rounds: list[Any] = []
    for value in values:
        budget.step(weight)
        rounds.append(value)
    return rounds


@pass_context
def _charge(context: Context, value: Any) -> Any:
    if isinstance(value, str):
        _budget(context).write(len(value))
    elif isinstance(value, (list, tuple, dict)):
        _budget(context).write(_ITEM_CHARS * len(value))
    return value


@pass_context
def _join(context: Context, values: Iterable[Any], separator: Any = "") -> str:
    between, texts = _text(separator), []
    for value in values:
        texts.append(_text(value))
        _budget(context).write(len(texts[-1]) + len(between))
    return between.join(texts)


@pass_context
def _concat(context: Context, values: list[Any]) -> str:
    return str(_join(context, values))


@pass_context
def _replace(context: Context, text: Any, old: Any, new: Any, count: int = -1) -> str:
    whole, part, other = _text(text), _text(old), _text(new)
    found = whole.count(part) if count < 0 else min(count, whole.count(part))
    _budget(context).write(len(whole) + found * len(other))
    return whole.replace(part, other, count)


@pass_context
def _string(context: Context, value: Any) -> str:
    return str(_emit(context, value))


@pass_context
def _tojson(context: Context, value: Any, ensure_ascii: bool = False, indent: int | None = None) -> str:
    if indent is not None and not 0 <= indent <= 8:
        raise ValueError("indent")
    budget, pieces = _budget(context), []
    for piece in json.JSONEncoder(ensure_ascii=ensure_ascii, indent=indent).iterencode(value):
        budget.step(_PIECE_STEPS)
        budget.write(len(piece))
        pieces.append(piece)
    return "".join(pieces)


def _range(*bounds: int) -> range:
    values = range(*bounds)
    if len(values) > _MAX_RANGE:
        raise ReleaseError(f"chat template: a range has over {_MAX_RANGE} numbers")
    return values


def _raise_exception(message: object = "") -> NoReturn:
    raise RaisedByTemplate(message)


def _environment() -> Sandbox:
    environment = Sandbox(
        trim_blocks=True, lstrip_blocks=True, autoescape=False, optimized=False, cache_size=0, extensions=[loopcontrols]
    )
    own: dict[str, Callable[..., Any]] = {"join": _join, "replace": _replace, "string": _string, "tojson": _tojson}
    own |= {EMIT: _emit, ROUNDS: _rounds, CHARGE: _charge, CONCAT: _concat}
    environment.filters = {name: environment.filters[name] for name in _BUILTIN_FILTERS} | own
    environment.globals = {"raise_exception": _raise_exception, "namespace": Namespace, "range": _range}
    return environment


SANDBOX = _environment()
