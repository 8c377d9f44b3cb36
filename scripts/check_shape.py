"""Hold the shape of the code: files, functions, parameters and names (docs/contributing.md).

* A file has at most 800 lines, a function at most 80, a signature at most 8 parameters; tests too.
* No module is called utils, helpers, common, manager or misc.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAX_FILE_LINES = 800
MAX_FUNCTION_LINES = 80
MAX_PARAMETERS = 8
VAGUE_NAMES = frozenset({"common", "helper", "helpers", "manager", "misc", "util", "utils"})
# Written by a script from the server's own models, and compared by another check.
GENERATED = frozenset({Path("web/src/core/wire.ts")})
LINE_LIMITED = frozenset({".css", ".go", ".mjs", ".py", ".sh", ".sql", ".ts", ".tsx"})


def main() -> int:
    """Print every violation; 1 if there was one."""
    found = [problem for path in tracked_files(ROOT) for problem in problems_of(path)]
    for problem in found:
        print(problem)
    if found:
        print(f"{len(found)} violations of the limits in scripts/check_shape.py", file=sys.stderr)
    return 1 if found else 0


def tracked_files(root: Path) -> list[Path]:
    """Return every file that git tracks or would add, by name."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
    paths = (root / name for name in sorted(set(names)) if name)
    return [path for path in paths if path.is_file() or path.is_symlink()]


def problems_of(path: Path) -> Iterator[str]:
    """Yield what is too large or too vaguely named in one file."""
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    if path.suffix not in LINE_LIMITED or shown in GENERATED:
        return
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    if lines > MAX_FILE_LINES:
        yield f"{shown}: {lines} lines, at most {MAX_FILE_LINES}"
    if VAGUE_NAMES & {path.stem, path.parent.name}:
        yield f"{shown}: a name that says nothing; say what is inside"
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(text, filename=str(path))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from _function_problems(node, f"{shown}:{node.lineno}")


def _function_problems(node: ast.FunctionDef | ast.AsyncFunctionDef, where: str) -> Iterator[str]:
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    if length > MAX_FUNCTION_LINES:
        yield f"{where}: {node.name} has {length} lines, at most {MAX_FUNCTION_LINES}"
    given = node.args
    names = [argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    parameters = len([name for name in names if name not in ("self", "cls")])
    if parameters > MAX_PARAMETERS:
        yield f"{where}: {node.name} takes {parameters} parameters, at most {MAX_PARAMETERS}"


if __name__ == "__main__":
    sys.exit(main())
