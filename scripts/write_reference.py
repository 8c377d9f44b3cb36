"""Write the generated pages of docs/reference: ``write_reference.py [FOLDER]``.

A page is made from the code that it describes and from nothing else, so it cannot be wrong;
tests/unit/surfaces/cli/test_reference.py fails when a page is not current.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
from pydantic.fields import FieldInfo

sys.path.insert(0, str(Path(__file__).resolve().parent))
from decision_list import DECISIONS, decision_list
from error_reference import errors_page
from http_reference import http_page
from suite_reference import suites_page
from verax.config import ENVIRONMENT_PREFIX, Config
from verax.surfaces.cli.main import cli
from verax.surfaces.cli.shapes import SHAPES, Shape

ROOT = Path(__file__).resolve().parent.parent
NOTE = "<!-- Written by scripts/write_reference.py; run `make docs` after a change of the code. -->\n"

CLI_HEAD = """# The command line

Noun then verb. Data goes to stdout and everything else to stderr; every read takes `--json`, whose output is
stable; the exit code is 0 done, 1 failed, 2 usage, 3 refused or not verified. `NO_COLOR` is honoured. A progress
bar appears for work of over two seconds, on a terminal only.
"""

CONFIG_HEAD = """# The configuration

A value comes from a flag (`verax --set NAME=VALUE …`), then from the environment, then from `config.toml` in the
data folder, then from its default. A variable that is set to nothing counts as not set. An unknown setting is an
error, wherever it stands. `verax config show` prints each value with where it came from, secrets masked.

Nothing here can change what a model reads or says: that lives in releases alone.
"""


def main(arguments: list[str]) -> int:
    """Write every page to the folder named, docs/reference when none is."""
    folder = Path(arguments[0]) if arguments else ROOT / "docs" / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
    (DECISIONS / "README.md").write_text(decision_list(), encoding="utf-8")
    return 0


def pages() -> dict[str, str]:
    """Return the text of every generated page by its file name."""
    return {
        "cli.md": cli_page(),
        "config.md": config_page(),
        "errors.md": f"{NOTE}\n{errors_page()}",
        "http.md": f"{NOTE}\n{http_page()}",
        "suites.md": f"{NOTE}\n{suites_page()}",
    }


def cli_page() -> str:
    """Return the page of the command line."""
    sections = [_section(context) for context in _commands(click.Context(cli, info_name="verax"))]
    return "\n".join([NOTE, CLI_HEAD, *sections])


def config_page() -> str:
    """Return the page of the configuration."""
    rows = ["| setting | variable | default | meaning |", "|---|---|---|---|"]
    for name, field in Config.model_fields.items():
        cells = (f"`{name}`", f"`{ENVIRONMENT_PREFIX}{name.upper()}`", _default(name, field), field.description or "")
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join([NOTE, CONFIG_HEAD, *rows, ""])


def _commands(context: click.Context) -> Iterator[click.Context]:
    yield context
    command = context.command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield from _commands(click.Context(child, info_name=name, parent=context))


def _section(context: click.Context) -> str:
    """Return the heading and help text of one command, wrapped the same on every machine."""
    context.terminal_width = context.max_content_width = 100
    depth = len(context.command_path.split())
    name = context.command_path.removeprefix("verax").strip()
    shape = f"\n`--json` prints:\n\n{_shape_table(SHAPES[name])}" if name in SHAPES else ""
    return f"{'#' * min(depth + 1, 4)} {context.command_path}\n\n```\n{context.get_help()}\n```\n{shape}"


def _shape_table(shape: Shape) -> str:
    rows = [f"| `{path}` | {meaning} |" for path, meaning in _shape_rows(shape, "")]
    return "\n".join(["| key | meaning |", "|---|---|", *rows, ""])


def _shape_rows(shape: Shape, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(shape, str):
        yield path, shape
    elif isinstance(shape, Mapping):
        for key, inner in shape.items():
            yield from _shape_rows(inner, f"{path}.{key}" if path else key)
    else:
        yield from _shape_rows(shape[0], f"{path}[]")


def _default(name: str, field: FieldInfo) -> str:
    if name == "home":
        return "`$XDG_DATA_HOME/verax`, else `~/.local/share/verax`"
    if name == "keyring":
        return "`$XDG_CONFIG_HOME/verax`, else `~/.config/verax`"
    if field.default is None:
        return "not set"
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
