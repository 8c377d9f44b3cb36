"""What the rooms of the lab have in common: refusals in words, recipes, and entries in the log of runs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from lab.commands import (
    Mistake,
    add_report,
    check_start,
    command_parser,
    find_recipe,
    read_recipe,
    run_command,
    say_steps,
    write_report,
)
from lab.guard.recipe import RECIPES, load_recipe


def parser_of(fails: Exception | None) -> argparse.ArgumentParser:
    parser, shared = command_parser("room", "What it does.\n\nMore.", threads=1)

    def command(_: argparse.Namespace) -> int:
        if fails:
            raise fails
        return 75

    parser.add_subparsers(required=True).add_parser("go", parents=[shared]).set_defaults(command=command)
    return parser


@pytest.mark.parametrize("error", [Mistake("no"), FileExistsError("no"), ValueError("no")])
def test_a_mistake_is_one_line_and_exit_code_1(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(parser_of(error), ["go", "--run", "x"]) == 1
    assert capsys.readouterr().err == "error: no\n"
    assert run_command(parser_of(None), ["go", "--run", "x"]) == 75


def test_an_error_of_the_program_is_not_hidden() -> None:
    with pytest.raises(KeyError):
        run_command(parser_of(KeyError("no")), ["go", "--run", "x"])


def test_a_recipe_is_named_or_given_by_a_path(tmp_path: Path) -> None:
    assert find_recipe("first", RECIPES) == RECIPES / "first.toml"
    assert find_recipe("./first.toml", RECIPES) == Path("first.toml")
    with pytest.raises(Mistake, match="hint: run data first"):
        read_recipe(tmp_path, load_recipe)


def test_a_run_begins_with_the_weights_that_its_recipe_names() -> None:
    first, fourth = (load_recipe(RECIPES / f"{name}.toml") for name in ("first", "fourth"))
    assert (bool(first.start), bool(fourth.start)) == (False, True)
    check_start(first, None)
    check_start(fourth, Path("earlier"))
    for recipe, start in ((first, Path("earlier")), (fourth, None)):
        with pytest.raises(Mistake, match="begins with"):
            check_start(recipe, start)


def test_a_run_that_did_not_reach_its_last_step_may_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert (say_steps(3, 3), say_steps(2, 3)) == (0, 75)
    assert capsys.readouterr().out == '{"steps": 3, "of": 3}\n{"steps": 2, "of": 3}\n'


def test_an_entry_is_made_of_the_files_of_the_run(tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text('{"recipe": "first", "recipe_digest": "ab", "digest": "cd"}')
    (tmp_path / "progress.jsonl").write_text('{}\n{"loss": 0.5, "step": 7, "examples": 70, "seconds": 9}\n')
    parser, shared = command_parser("room", "", threads=1)
    recipe = load_recipe(RECIPES / "first.toml")
    add_report(parser.add_subparsers(), shared, lambda given: write_report(given, recipe, "room/", {"score": 1}))
    words = ("--name", "0001-x", "--date", "2026-11-27", "--change", "none", "--verdict", "(negative) no")
    given = ("report", "--run", str(tmp_path), *words, "--machine", "a test", "--log", str(tmp_path))
    assert run_command(parser, given) == 0
    entry = json.loads((tmp_path / "0001-x.json").read_text())
    assert (entry["recipe"], entry["data"], entry["result"]) == ("room/first ab", "cd", {"loss": 0.5, "score": 1})
    assert entry["cost"] == {"steps": 7, "examples": 70, "seconds": 9, "machine": "a test"}
    assert run_command(parser, given) == 1, "entries are never written over"
