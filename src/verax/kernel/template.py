"""Prompt templates: typed variables in, segments with their authors out (protocol clause 7).

* Literal text becomes segments by ``release``; the text of a variable becomes a segment by
  the variable's author, never merged with its neighbours.
* Variables declare type *and* source. Configuration and clock supply no free text: ``config``
  gives enums, numbers and dates only.
* Syntax is the allow-list of `verax.kernel.template_syntax`; output is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from verax.kernel import template_syntax as syntax
from verax.kernel.errors import ReleaseError
from verax.kernel.fields import DECIMAL
from verax.kernel.segments import Author, Role, Segment

__all__ = [
    "MAX_RENDER_CHARS",
    "MAX_SEGMENTS",
    "Variable",
    "VariableSource",
    "VariableSpec",
    "VariableType",
    "check_template",
    "render",
    "renderings",
]

VariableType = Literal["text", "enum", "number", "date", "flag", "list"]
VariableSource = Literal["clock", "app", "user", "memory", "retrieved", "tool", "config"]
Value = str | int | bool | tuple[str, ...]

MAX_RENDER_CHARS = 4_000_000
MAX_SEGMENTS = 10_000
_MAX_RENDERINGS = 1_024
_MAX_RENDERINGS_CHARS = 1_000_000

_DATE = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])\Z")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
# What each source may supply: operator, environment, configuration and clock bring no wording (clause 7).
_TYPES_OF_SOURCE: Mapping[str, frozenset[str]] = {
    "clock": frozenset({"number", "date"}),
    "config": frozenset({"enum", "number", "date"}),
}


@dataclass(frozen=True, slots=True)
class Variable:
    """A value with its true author."""

    author: Author
    value: Value


@dataclass(frozen=True, slots=True)
class VariableSpec:
    """What a release declares of one variable.

    Attributes:
        name: How the template calls it.
        type: ``date`` is ``YYYY-MM-DD``; ``number`` an integer or a decimal string; ``list`` a
            list of texts; ``flag`` stands in conditions only.
        source: Who supplies the value.
        choices: The legal values of an ``enum``; empty for every other type.
    """

    name: str
    type: VariableType
    source: VariableSource
    choices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        where = f"variable {self.name[:64]!r}"
        if not _NAME.match(self.name) or self.name in syntax.RESERVED:
            raise ReleaseError(f"{where}: expected a name of the form {_NAME.pattern}, not a reserved word")
        if self.type not in get_args(VariableType) or self.source not in get_args(VariableSource):
            raise ReleaseError(f"{where}: unknown type or source")
        if self.type not in _TYPES_OF_SOURCE.get(self.source, get_args(VariableType)):
            raise ReleaseError(f"{where}: source {self.source!r} cannot supply {self.type!r}")
        if (self.type == "enum") != bool(self.choices):
            raise ReleaseError(f"{where}: an enum, and nothing else, lists its choices")

    @property
    def author(self) -> Author:
        """Author of the value's text; what configuration supplies is the operator's, ``app``."""
        return "app" if self.source == "config" else self.source

    def bind(self, value: Value) -> Variable:
        """Check a value against the declaration and attach its author.

        Raises:
            ReleaseError: the value has another type, or is not among the choices.
        """
        if not self._admits(value):
            raise ReleaseError(f"variable {self.name!r}: expected a value of type {self.type!r}")
        return Variable(self.author, value)

    def _admits(self, value: Value) -> bool:
        if isinstance(value, bool):
            return self.type == "flag"
        if isinstance(value, int):
            return self.type == "number"
        if isinstance(value, tuple):
            return self.type == "list" and all(isinstance(item, str) for item in value)
        if self.type == "enum":
            return value in self.choices
        if self.type == "number":
            return DECIMAL.match(value) is not None
        if self.type == "date":
            return _DATE.match(value) is not None
        return self.type == "text"


def check_template(text: str, declared: Mapping[str, VariableSpec]) -> None:
    """Check that `text` is a legal template over the variables `declared`.

    Raises:
        ReleaseError: syntax outside the allow-list, an undeclared or misused variable, or a
            limit passed.
    """
    _check_body(syntax.parse_template(text), {name: spec.type for name, spec in declared.items()})
    renderings(text, declared)


def render(template: str, variables: Mapping[str, Variable], role: Role) -> list[Segment]:
    """Render a checked template into segments; neighbouring release texts are one segment.

    Raises:
        ReleaseError: a variable is missing or has the wrong kind, or the output is too long.
    """
    output = _Output(role)
    _render_body(syntax.parse_template(template), variables, output)
    return output.segments


def renderings(text: str, declared: Mapping[str, VariableSpec]) -> tuple[str, ...]:
    """Return the wording of every way through a template, for ban matching (clause 8).

    Text of variables is left out, except choices of enums, which the release states. Each
    condition goes both ways; each loop runs zero times, once and twice.

    Raises:
        ReleaseError: more ways, or more text in them, than can be matched.
    """
    paths = _expand(syntax.parse_template(text), declared, [_Path("", {})])
    return tuple(dict.fromkeys(path.text for path in paths))


def _check_body(body: Sequence[syntax.Part], types: Mapping[str, str]) -> None:
    for part in body:
        if isinstance(part, syntax.Print):
            kind = _type_of(part.name, types)
            if (kind == "list") != (part.separator is not None) or kind == "flag":
                raise ReleaseError(
                    f"template: variable {part.name!r} of type {kind!r} cannot be printed so",
                    hint='print a list with a loop or with join(", "); a flag stands in conditions only',
                )
        elif isinstance(part, syntax.If):
            for branch in part.branches:
                _check_condition(branch.condition, types)
                _check_body(branch.body, types)
            _check_body(part.otherwise, types)
        elif isinstance(part, syntax.Loop):
            if _type_of(part.source, types) != "list":
                raise ReleaseError(f"template: a loop runs over a list, and {part.source!r} is none")
            if part.item in types:
                raise ReleaseError(f"template: the name {part.item!r} is already taken")
            _check_body(part.body, {**types, part.item: "text"})
            _check_body(part.otherwise, types)


def _check_condition(condition: syntax.Condition, types: Mapping[str, str]) -> None:
    if isinstance(condition, syntax.NameTest):
        _type_of(condition.name, types)
    elif isinstance(condition, syntax.Not):
        _check_condition(condition.inner, types)
    elif not isinstance(condition, syntax.Literal):
        _check_condition(condition.left, types)
        _check_condition(condition.right, types)


def _type_of(name: str, types: Mapping[str, str]) -> str:
    if name not in types:
        raise ReleaseError(f"template: variable {name[:64]!r} is not declared")
    return types[name]


class _Output:
    """Collects segments within the limits."""

    def __init__(self, role: Role) -> None:
        self.segments: list[Segment] = []
        self._role = role
        self._size = self._steps = 0

    def emit(self, author: Author, text: str) -> None:
        self._size += len(text)
        if self._size > MAX_RENDER_CHARS or len(self.segments) >= MAX_SEGMENTS:
            raise ReleaseError("template: the rendering is too long", hint="shorten the lists that it prints")
        if author == "release" and self.segments and self.segments[-1].by == "release":
            text = self.segments.pop().text + text
        if text:
            self.segments.append(Segment(author, self._role, text))

    def step(self) -> None:
        self._steps += 1
        if self._steps > MAX_SEGMENTS:
            raise ReleaseError("template: the loops run too often", hint="shorten the lists that it prints")


def _render_body(body: Sequence[syntax.Part], scope: Mapping[str, Variable], output: _Output) -> None:
    for part in body:
        if isinstance(part, syntax.Text):
            output.emit("release", part.text)
        elif isinstance(part, syntax.Print):
            _print(part, _lookup(part.name, scope), output)
        elif isinstance(part, syntax.If):
            chosen = (branch.body for branch in part.branches if _value(branch.condition, scope))
            _render_body(next(chosen, part.otherwise), scope, output)
        else:
            source = _lookup(part.source, scope)
            items = source.value if isinstance(source.value, tuple) else ()
            for item in items:
                output.step()
                _render_body(part.body, {**scope, part.item: Variable(source.author, item)}, output)
            if not items:
                _render_body(part.otherwise, scope, output)


def _print(part: syntax.Print, variable: Variable, output: _Output) -> None:
    value = variable.value
    if isinstance(value, bool) or isinstance(value, tuple) != (part.separator is not None):
        raise ReleaseError(f"template: variable {part.name!r} has no value of the declared type")
    for index, item in enumerate(value if isinstance(value, tuple) else (str(value),)):
        text = item
        for name in part.filters:
            text = syntax.FILTERS[name](text)
        if index:
            output.emit("release", part.separator or "")
        output.emit(variable.author, text)


def _lookup(name: str, scope: Mapping[str, Variable]) -> Variable:
    if name not in scope:
        raise ReleaseError(f"template: no value was given for variable {name[:64]!r}")
    return scope[name]


def _value(condition: syntax.Condition, scope: Mapping[str, Variable]) -> Value:
    if isinstance(condition, syntax.Literal):
        return condition.value
    if isinstance(condition, syntax.NameTest):
        return _lookup(condition.name, scope).value
    if isinstance(condition, syntax.Not):
        return not _value(condition.inner, scope)
    left = _value(condition.left, scope)
    if isinstance(condition, syntax.Comparison):
        return (left == _value(condition.right, scope)) != condition.is_negated
    if isinstance(condition, syntax.Both):
        return bool(left) and bool(_value(condition.right, scope))
    return bool(left) or bool(_value(condition.right, scope))


@dataclass(frozen=True, slots=True)
class _Path:
    """One way through a template: its wording so far, and the enum choices made on it."""

    text: str
    choices: Mapping[str, str]

    def extend(self, text: str) -> _Path:
        return _Path(self.text + text, self.choices)


def _expand(body: Sequence[syntax.Part], declared: Mapping[str, VariableSpec], paths: list[_Path]) -> list[_Path]:
    for part in body:
        if isinstance(part, syntax.Text):
            paths = [path.extend(part.text) for path in paths]
        elif isinstance(part, syntax.Print):
            paths = _expand_print(part, declared, paths)
        elif isinstance(part, syntax.If):
            bodies = [branch.body for branch in part.branches] + [part.otherwise]
            paths = [path for inner in bodies for path in _expand(inner, declared, paths)]
        else:
            once = _expand(part.body, declared, paths)
            paths = _expand(part.otherwise, declared, paths) + once + _expand(part.body, declared, once)
        if len(paths) > _MAX_RENDERINGS or sum(len(path.text) for path in paths) > _MAX_RENDERINGS_CHARS:
            raise ReleaseError(
                f"template: more than {_MAX_RENDERINGS} ways through it, or too much text in them",
                hint="use fewer conditions, loops and enums in one template",
            )
    return paths


def _expand_print(part: syntax.Print, declared: Mapping[str, VariableSpec], paths: list[_Path]) -> list[_Path]:
    if part.separator is not None:
        return [longer for path in paths for longer in (path, path.extend(part.separator))]
    spec = declared.get(part.name)
    if spec is None or not spec.choices:
        return paths
    result: list[_Path] = []
    for path in paths:
        made = path.choices.get(part.name)
        options = spec.choices if made is None else (made,)
        result += [_Path(path.text + option, {**path.choices, part.name: option}) for option in options]
    return result
