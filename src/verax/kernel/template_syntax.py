"""The allow-list of template syntax: Jinja's parser in front, a small tree of our own behind (clause 7).

* Allowed: text, comments, ``{{ name }}``, ``{{ "text" }}``, the filters ``upper lower trim`` and
  ``join`` over a list, ``if / elif / else`` over names, literals, ``== !=`` and ``and or not``, and
  ``for item in list``.
* Everything else is refused: attributes, calls, globals, arithmetic, assignment, macros,
  imports, and whatever a later Jinja adds.
* Templates are bounded in length, parts and depth; the parser's own failures become
  `ReleaseError`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn, TypeAlias

from jinja2 import Environment, TemplateError, nodes

from verax.kernel.errors import ReleaseError

__all__ = [
    "FILTERS",
    "MAX_TEMPLATE_CHARS",
    "RESERVED",
    "Both",
    "Branch",
    "Comparison",
    "Condition",
    "Either",
    "If",
    "Literal",
    "Loop",
    "NameTest",
    "Not",
    "Part",
    "Print",
    "Text",
    "parse_template",
]

MAX_TEMPLATE_CHARS = 65_536
_MAX_NODES = 5_000
_MAX_DEPTH = 40

FILTERS: Mapping[str, Callable[[str], str]] = {"upper": str.upper, "lower": str.lower, "trim": str.strip}
RESERVED = frozenset({"loop", "self", "none", "true", "false", "caller", "varargs", "kwargs"})

_ENVIRONMENT = Environment(autoescape=False, keep_trailing_newline=True)  # noqa: S701 - nothing here is HTML


@dataclass(frozen=True, slots=True)
class Text:
    """Wording of the release."""

    text: str


@dataclass(frozen=True, slots=True)
class Print:
    """A variable, printed through filters, innermost first; `separator` joins a list."""

    name: str
    filters: tuple[str, ...] = ()
    separator: str | None = None


@dataclass(frozen=True, slots=True)
class NameTest:
    """A variable as a condition: true when it is not empty, zero or false."""

    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant in a condition."""

    value: str | int


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left == right``, or ``!=`` when `is_negated`."""

    left: Condition
    right: Condition
    is_negated: bool


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    inner: Condition


@dataclass(frozen=True, slots=True)
class Both:
    """``and``."""

    left: Condition
    right: Condition


@dataclass(frozen=True, slots=True)
class Either:
    """``or``."""

    left: Condition
    right: Condition


@dataclass(frozen=True, slots=True)
class Branch:
    """One condition of an `If` and what it prints."""

    condition: Condition
    body: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class If:
    """The first branch whose condition holds, else `otherwise`."""

    branches: tuple[Branch, ...]
    otherwise: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """`body` once for each item of the list `source`, `otherwise` for an empty one."""

    item: str
    source: str
    body: tuple[Part, ...]
    otherwise: tuple[Part, ...]


Condition: TypeAlias = NameTest | Literal | Comparison | Not | Both | Either
Part: TypeAlias = Text | Print | If | Loop


@lru_cache(maxsize=256)
def parse_template(text: str) -> tuple[Part, ...]:
    """Parse a template into parts.

    Raises:
        ReleaseError: not a template, outside the allow-list, or beyond a limit.
    """
    if len(text) > MAX_TEMPLATE_CHARS:
        raise ReleaseError(f"template: expected at most {MAX_TEMPLATE_CHARS} characters, found {len(text)}")
    try:
        tree = _ENVIRONMENT.parse(text)
    except (TemplateError, RecursionError, ValueError) as error:
        # ValueError: an integer literal of thousands of digits, or an escape outside Unicode.
        raise ReleaseError(f"template: not a template: {type(error).__name__}") from None
    _check_size(tree)
    return _body(tree.body)


def _check_size(tree: nodes.Template) -> None:
    level: list[nodes.Node] = [tree]
    count = depth = 0
    while level:
        count, depth = count + len(level), depth + 1
        if count > _MAX_NODES or depth > _MAX_DEPTH:
            raise ReleaseError(f"template: over {_MAX_NODES} parts, or nested deeper than {_MAX_DEPTH}")
        level = [child for node in level for child in node.iter_child_nodes()]


def _body(body: Sequence[nodes.Node]) -> tuple[Part, ...]:
    parts: list[Part] = []
    for node in body:
        if isinstance(node, nodes.Output):
            parts += [_printed(inner) for inner in node.nodes]
        elif isinstance(node, nodes.If):
            ifs: list[nodes.If] = [node, *node.elif_]
            branches = tuple(Branch(_condition(branch.test), _body(branch.body)) for branch in ifs)
            parts.append(If(branches, _body(node.else_)))
        elif isinstance(node, nodes.For) and node.test is None and not node.recursive:
            item = _name(node.target)
            if item in RESERVED:
                _refuse(node)
            parts.append(Loop(item, _name(node.iter), _body(node.body), _body(node.else_)))
        else:
            _refuse(node)
    return tuple(parts)


def _printed(node: nodes.Expr) -> Text | Print:
    if isinstance(node, nodes.TemplateData):
        return Text(node.data)
    if isinstance(node, nodes.Const):
        return Text(_constant_text(node))
    if isinstance(node, nodes.Filter) and node.node is not None:
        return _filtered(node, node.node)
    return Print(_name(node))


def _filtered(node: nodes.Filter, inner: nodes.Expr) -> Text | Print:
    if node.kwargs or node.dyn_args is not None or node.dyn_kwargs is not None:
        _refuse(node)
    if node.name == "join" and len(node.args) <= 1:
        separator = _constant_text(node.args[0]) if node.args else ""
        return Print(_name(inner), separator=separator)
    if node.name not in FILTERS or node.args:
        _refuse(node)
    printed = _printed(inner)
    if isinstance(printed, Text):
        return Text(FILTERS[node.name](printed.text))
    return Print(printed.name, (*printed.filters, node.name), printed.separator)


def _condition(node: nodes.Node) -> Condition:
    if isinstance(node, nodes.Not):
        return Not(_condition(node.node))
    if isinstance(node, nodes.And):
        return Both(_condition(node.left), _condition(node.right))
    if isinstance(node, nodes.Or):
        return Either(_condition(node.left), _condition(node.right))
    if isinstance(node, nodes.Compare) and len(node.ops) == 1 and node.ops[0].op in {"eq", "ne"}:
        operand = node.ops[0]
        return Comparison(_condition(node.expr), _condition(operand.expr), operand.op == "ne")
    if isinstance(node, nodes.Const) and isinstance(node.value, (str, int)):
        return Literal(node.value)
    return NameTest(_name(node))


def _constant_text(node: nodes.Expr) -> str:
    if not isinstance(node, nodes.Const) or not isinstance(node.value, str):
        _refuse(node)
    if any("\ud800" <= letter <= "\udfff" for letter in node.value):
        raise ReleaseError("template: a literal holds a lone surrogate")
    return node.value


def _name(node: nodes.Node) -> str:
    if not isinstance(node, nodes.Name):
        _refuse(node)
    return node.name


def _refuse(node: nodes.Node) -> NoReturn:
    raise ReleaseError(f"template: {type(node).__name__} is outside the allowed syntax (line {node.lineno})")
