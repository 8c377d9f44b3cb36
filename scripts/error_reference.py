"""The page docs/reference/errors.md, made from the error tree and from the places that raise.

Every code that a client can meet stands on it: the one of each class, and the narrower ones
that are given where an error is raised.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from verax.kernel import errors
from verax.kernel.errors import VeraxError

__all__ = ["NarrowCode", "errors_page", "narrow_codes", "tree_of"]

SOURCE = Path(__file__).resolve().parent.parent / "src" / "verax"
_CODE = re.compile(r"[a-z]+/[a-z0-9-]+\Z")
_MAX_SHOWN = 110

HEAD = """# Errors

An error has a permanent `code`. In an HTTP body it stands beside OpenAI's `type` and `message`, with a `hint` that says
one thing to do; in logs and on the command line it is the same. Codes are never reused. A narrower code, such as
`busy/rate-limit`, is of the class that it is listed with: who must act is the same.

## The tree

```
{tree}
```

## Classes

| code | HTTP | class | meaning |
|---|---|---|---|
{classes}

## Narrower codes

What stands for a value is written `…`.

| code | class | says |
|---|---|---|
{codes}
"""


@dataclass(frozen=True, order=True)
class NarrowCode:
    """One place that raises an error with a code of its own."""

    code: str
    error: str
    message: str


def errors_page() -> str:
    """Return the text of the page, without the note that it is generated."""
    classes = [
        f"| `{item.code}` | {item.status} | `{item.__name__}` | {_first_line(item)} |"
        for item in sorted(tree_of(VeraxError), key=lambda item: item.code)
    ]
    first: dict[str, NarrowCode] = {}
    for code in sorted(set(narrow_codes(SOURCE))):
        first.setdefault(code.code, code)
    codes = [f"| `{item.code}` | `{item.error}` | {item.message} |" for item in first.values()]
    return HEAD.format(tree=_drawn_tree(), classes="\n".join(classes), codes="\n".join(codes))


def tree_of(root: type[VeraxError]) -> Iterator[type[VeraxError]]:
    """Yield a class of the error module and all its children there."""
    yield root
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from tree_of(child)


def narrow_codes(folder: Path) -> Iterator[NarrowCode]:
    """Yield every ``code=…`` that a call in the sources of `folder` gives."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.py"))]
    constants = dict(pair for tree in trees for pair in _constants(tree))
    classes = {item.__name__ for item in tree_of(VeraxError)}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = _called(node)
                code = next((_text(item.value, constants) for item in node.keywords if item.arg == "code"), "")
                if name in classes and _CODE.match(code):
                    yield NarrowCode(code, name, _message(node))


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from ((target.id, node.value.value) for target in node.targets if isinstance(target, ast.Name))


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _text(node: ast.expr, constants: dict[str, str]) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return constants.get(node.id, "") if isinstance(node, ast.Name) else ""


def _message(node: ast.Call) -> str:
    """Return the first argument with ``…`` for what is filled in."""
    first = node.args[0] if node.args else None
    if isinstance(first, ast.Constant):
        text = str(first.value)
    elif isinstance(first, ast.JoinedStr):
        text = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in first.values)
    else:
        text = "…"
    text = re.sub(r"\s+", " ", re.sub("…+", "…", text)).replace("|", "\\|").strip()
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"


def _first_line(item: type[VeraxError]) -> str:
    return (item.__doc__ or "").strip().splitlines()[0].replace("``", "`")


def _drawn_tree() -> str:
    """Return the drawing in the error module's docstring."""
    text = (errors.__doc__ or "").partition("::\n")[2]
    lines = text.strip("\n").splitlines()
    drawn = [line[4:] for line in lines if line.startswith("    ")]
    return "\n".join(drawn)
