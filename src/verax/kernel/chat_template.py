"""Chat templates: a model's own Jinja text, run in a sandbox with a budget (protocol clause 7).

A chat template is release text: approved with the release, and still not trusted with the
machine.

* Syntax and filters are allow-lists that the templates of common models fit. No includes,
  imports, recursive loops, powers, or string formatting.
* No clock and no randomness: the same input gives the same text.
* Every loop round, call and text is paid for out of a budget (`verax.kernel.chat_sandbox`);
  when it is spent the rendering fails. So no template costs more than some seconds or
  `MAX_CHARS` characters.
* Line ends after blocks and blanks before them are stripped (``trim_blocks``,
  ``lstrip_blocks``), as the authors of such templates expect.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Template, TemplateError, nodes
from jinja2.visitor import NodeTransformer

from verax.kernel.chat_sandbox import (
    BUDGET,
    CHARGE,
    CONCAT,
    EMIT,
    MAX_CHARS,
    MAX_STEPS,
    ROUNDS,
    SANDBOX,
    Budget,
    RaisedByTemplate,
)
from verax.kernel.errors import ReleaseError, RequestError

__all__ = ["MAX_CHARS", "MAX_STEPS", "chat_template_texts", "check_chat_template", "render_chat"]

MAX_TEMPLATE_CHARS = 65_536
_MAX_NODES = 10_000
_MAX_DEPTH = 120

_NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.For, nodes.If, nodes.Assign, nodes.AssignBlock,
    nodes.Macro, nodes.Call, nodes.Filter, nodes.Test, nodes.Name, nodes.NSRef, nodes.Const, nodes.Tuple,
    nodes.List, nodes.Dict, nodes.Pair, nodes.Keyword, nodes.CondExpr, nodes.Getitem, nodes.Getattr,
    nodes.Slice, nodes.Concat, nodes.Compare, nodes.Operand, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div,
    nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos, nodes.And, nodes.Or, nodes.Not, nodes.Break, nodes.Continue,
)  # fmt: skip


def check_chat_template(text: str) -> None:
    """Check that `text` is a chat template within the allow-list.

    Raises:
        ReleaseError: syntax outside the allow-list, or a limit passed.
    """
    _compile(text)


def chat_template_texts(text: str) -> tuple[str, ...]:
    """Return every literal text of a chat template, in the order in which it stands there."""
    texts: list[str] = []
    _collect_texts(_parse(text), texts)
    return tuple(texts)


def render_chat(text: str, variables: Mapping[str, Any]) -> str:
    """Render a chat template; `variables` are ``messages`` and the like, plain JSON values.

    Raises:
        RequestError: the template itself refuses these messages (``raise_exception``).
        ReleaseError: the template failed, or spent its budget.
    """
    template, weight = _compile(text)
    budget = Budget(weight)
    try:
        return "".join(template.generate({**variables, BUDGET: budget}))
    except RaisedByTemplate as error:
        raise RequestError(f"messages: the model's chat template refuses them: {str(error)[:200]}") from None
    except (
        TemplateError,
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise ReleaseError(f"chat template: failed with {type(error).__name__}") from None


def _parse(text: str) -> nodes.Template:
    if len(text) > MAX_TEMPLATE_CHARS:
        raise ReleaseError(f"chat template: expected at most {MAX_TEMPLATE_CHARS} characters, found {len(text)}")
    try:
        return SANDBOX.parse(text)
    except (TemplateError, RecursionError, ValueError) as error:
        raise ReleaseError(f"chat template: not a template: {type(error).__name__}") from None


@lru_cache(maxsize=64)
def _compile(text: str) -> tuple[Template, int]:
    tree = _parse(text)
    _check_nodes(tree)
    weight = _weigh(tree)
    metered = _Meter().visit(tree)
    try:
        return SANDBOX.from_string(metered), weight
    except (TemplateError, RecursionError, SyntaxError, ValueError) as error:
        raise ReleaseError(f"chat template: does not compile: {type(error).__name__}") from None


def _check_nodes(tree: nodes.Template) -> None:
    level: list[nodes.Node] = [tree]
    count = depth = 0
    while level:
        count, depth = count + len(level), depth + 1
        if count > _MAX_NODES or depth > _MAX_DEPTH:
            raise ReleaseError(f"chat template: over {_MAX_NODES} parts, or nested deeper than {_MAX_DEPTH}")
        for node in level:
            if type(node) not in _NODES or (isinstance(node, nodes.For) and node.recursive):
                raise ReleaseError(
                    f"chat template: {type(node).__name__} is outside the allowed syntax (line {node.lineno})"
                )
            if isinstance(node, nodes.Filter) and (node.name not in SANDBOX.filters or " " in node.name):
                raise ReleaseError(f"chat template: filter {node.name[:40]!r} is not allowed (line {node.lineno})")
        level = [child for node in level for child in node.iter_child_nodes()]


def _weigh(node: nodes.Node) -> int:
    """Return what one run of `node` costs in steps: its parts, and its literal text by length."""
    own = 1 + (len(node.data) // 16 if isinstance(node, nodes.TemplateData) else 0)
    return own + sum(_weigh(child) for child in node.iter_child_nodes())


def _collect_texts(node: nodes.Node, texts: list[str]) -> None:
    if isinstance(node, nodes.TemplateData):
        texts.append(node.data)
    elif isinstance(node, nodes.Const) and isinstance(node.value, str):
        texts.append(node.value)
    for child in node.iter_child_nodes():
        _collect_texts(child, texts)


class _Meter(NodeTransformer):
    """Puts the budget's filters around everything that repeats, prints or makes text."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - the visitor's naming
        weight = 1 + sum(_weigh(child) for child in node.body)
        self.generic_visit(node)
        node.iter = _wrap(node.iter, ROUNDS, nodes.Const(weight, lineno=node.lineno))
        return node

    def visit_Output(self, node: nodes.Output) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.nodes = [part if isinstance(part, nodes.TemplateData) else _wrap(part, EMIT) for part in node.nodes]
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _wrap(nodes.List(node.nodes, lineno=node.lineno), CONCAT)

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _wrap(node, CHARGE) if isinstance(node.arg, nodes.Slice) else node

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _wrap(node, CHARGE)

    def visit_Add(self, node: nodes.Add) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _wrap(node, CHARGE)


def _wrap(node: nodes.Node, name: str, *arguments: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, list(arguments), [], None, None, lineno=node.lineno)
