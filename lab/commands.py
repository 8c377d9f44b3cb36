"""What the rooms of the lab have in common on the command line, and in the folder of a run."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from lab.runlog import RUNS, Entry, write_entry
from lab.storage import read_json, write_json

__all__ = [
    "Mistake",
    "add_report",
    "check_start",
    "command_parser",
    "digest_of",
    "find_recipe",
    "keep_data",
    "public_option",
    "read_recipe",
    "run_command",
    "say_steps",
    "training_options",
    "write_report",
]

RECIPE = "recipe.toml"


class Mistake(Exception):
    """A command cannot go on; the text says what to do."""


class AnyRecipe(Protocol):
    """What the recipes of all rooms have."""

    @property
    def name(self) -> str: ...
    @property
    def question(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def start(self) -> str: ...
    @property
    def steps(self) -> int: ...


class AnyDataset(Protocol):
    """What the examples of all rooms have."""

    @property
    def digest(self) -> str: ...
    def counts(self) -> dict[str, dict[str, int]]: ...


R = TypeVar("R", bound=AnyRecipe)


def run_command(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> int:
    """Run one command; 0 done, 1 failed, 2 usage, 75 stopped before its end."""
    given = parser.parse_args(arguments)
    try:
        return int(given.command(given))
    except (Mistake, FileExistsError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def command_parser(prog: str, about: str, threads: int) -> tuple[argparse.ArgumentParser, argparse.ArgumentParser]:
    """Return a room's parser, and the parent of its commands: the folder of the run, and threads to compute on."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--run", type=Path, required=True, help="the folder of the run")
    shared.add_argument("--threads", type=int, default=threads)
    return argparse.ArgumentParser(prog=prog, description=about.partition("\n")[0]), shared


def public_option(option: str, variable: str, about: str) -> argparse.ArgumentParser:
    """Return the parent of commands that read public sets, whose folder an option or a variable names."""
    named = os.environ.get(variable)
    parent = argparse.ArgumentParser(add_help=False)
    folder = Path(named) if named else None
    parent.add_argument(option, type=Path, default=folder, required=not named, help=f"{about}, or {variable}")
    return parent


def training_options(parser: argparse.ArgumentParser, base: Path | None) -> None:
    """Add what commands that train take."""
    parser.add_argument("--base", type=Path, default=base, help="the folder of the base weights")
    parser.add_argument("--start", type=Path, help="the folder of the run that the recipe begins with")
    parser.add_argument("--checkpoint-s", type=float, default=180.0)
    parser.add_argument("--report-steps", type=int, default=25)


def find_recipe(name: str, folder: Path) -> Path:
    """Return the file of a recipe, given by its name in `folder` or by a path."""
    return Path(name) if "/" in name else folder / f"{name}.toml"


def read_recipe(run: Path, load: Callable[[Path], R]) -> R:
    """Return the recipe of a run.

    Raises:
        Mistake: the run has none yet.
    """
    path = run / RECIPE
    if not path.exists():
        raise Mistake(f"{path}: not there\nhint: run data first")
    return load(path)


def check_start(recipe: AnyRecipe, start: Path | None) -> None:
    """See that a run begins with the weights that its recipe says.

    Raises:
        Mistake: `start` is missing, or given where the recipe names no run.
    """
    if bool(recipe.start) != (start is not None):
        needed = f"begins with the weights of run {recipe.start}" if recipe.start else "begins with the base weights"
        raise Mistake(f"recipe {recipe.name} {needed}\nhint: --start FOLDER names that run's folder, and only then")


def keep_data(run: Path, path: Path, recipe: AnyRecipe, made: AnyDataset, more: Mapping[str, object]) -> None:
    """Copy the recipe at `path` into the run's folder, and write ``data.json`` about the examples made by it."""
    shutil.copyfile(path, run / RECIPE)
    about = {"recipe": recipe.name, "recipe_digest": recipe.digest, "digest": made.digest, "rows": made.counts()}
    write_json(run / "data.json", about | dict(more))


def say_steps(done: int, of: int) -> int:
    """Print how far a run came and return its exit code."""
    print(json.dumps({"steps": done, "of": of}))
    return 0 if done >= of else os.EX_TEMPFAIL


def add_report(commands: Any, shared: argparse.ArgumentParser, command: Callable[[argparse.Namespace], int]) -> None:
    """Add the command ``report``."""
    report = commands.add_parser("report", parents=[shared], help="add the run to the log of runs")
    for option in ("name", "date", "change", "verdict", "machine"):
        report.add_argument(f"--{option}", required=True)
    report.add_argument("--log", type=Path, default=RUNS)
    report.set_defaults(command=command)


def write_report(given: argparse.Namespace, recipe: AnyRecipe, room: str, measured: Mapping[str, object]) -> int:
    """Add an entry to the log of runs from the run's own files, and the day, change and verdict that are given.

    Args:
        room: Written before the recipe's name.
        measured: What the room adds to the loss as the result.
    """
    about = read_json(given.run / "data.json")
    last = json.loads((given.run / "progress.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    entry = Entry(
        name=given.name,
        date=given.date,
        question=recipe.question,
        change=given.change,
        recipe=f"{room}{about['recipe']} {about['recipe_digest']}",
        data=about["digest"],
        result={"loss": last["loss"], **measured},
        cost={
            "steps": last["step"],
            "examples": last["examples"],
            "seconds": last["seconds"],
            "machine": given.machine,
        },
        verdict=given.verdict,
    )
    print(write_entry(entry, given.log))
    return 0


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
