"""The kernel as a package: what it exports, its example, and that importing it touches nothing."""

from __future__ import annotations

import ast
import doctest
from pathlib import Path

import pytest

import verax.kernel

FOLDER = Path(verax.kernel.__file__).parent
MODULES = sorted(path for path in FOLDER.glob("*.py") if path.stem != "__init__")
IMPURE = {
    "asyncio",
    "io",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
}


def test_every_module_is_listed_in_order() -> None:
    assert verax.kernel.__all__ == sorted(verax.kernel.__all__) == [path.stem for path in MODULES]


def test_the_example_runs() -> None:
    result = doctest.testmod(verax.kernel)
    assert (result.attempted, result.failed) == (2, 0)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_module_reads_a_file_a_clock_the_environment_or_chance(path: Path) -> None:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    imported = {alias.name.partition(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module).partition(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
    assert not imported & IMPURE
    called = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not called & {"open", "print", "input", "exec", "eval"}
