"""The command tree: exit codes, where text goes, settings as flags."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from verax.kernel.errors import (
    AccessError,
    ConfigError,
    ReceiptError,
    RefusedError,
    RolledBack,
    StoreLocked,
    VeraxError,
)
from verax.surfaces.cli import main
from verax.surfaces.cli.output import exit_code_of
from verax.surfaces.cli.shapes import SHAPES, find_mismatch


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERAX_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VERAX_KEYRING", str(tmp_path / "keys"))


def test_help_and_version_are_data_and_succeed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("verax ")
    assert main.run(["--help"]) == 0
    assert "Commands:" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["nonsense"], ["config", "nonsense"], ["--nonsense"], ["--set", "x"], []])
def test_bad_usage_exits_2_and_says_so_on_stderr(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (VeraxError("x"), 1),
        (StoreLocked("x"), 1),
        (ConfigError("x"), 2),
        (RefusedError("x"), 3),
        (AccessError("x"), 3),
        (ReceiptError("x"), 3),
        (RolledBack("x"), 3),
    ],
)
def test_who_must_act_decides_the_exit_code(error: VeraxError, code: int) -> None:
    assert exit_code_of(error) == code


def test_config_show_names_the_source_of_each_value(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--set", "port=9000", "config", "show", "--json"]) == 0
    settings = {item["name"]: item for item in json.loads(capsys.readouterr().out)["settings"]}
    assert settings["port"] == {"name": "port", "value": 9000, "source": "flag"}
    assert settings["home"]["source"] == "VERAX_HOME"
    assert settings["slots"]["source"] == "default"


def test_config_show_masks_secrets(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERAX_API_KEY", "vx-topsecret")
    assert main.run(["config", "show"]) == 0
    assert "topsecret" not in capsys.readouterr().out


def test_an_unknown_setting_is_bad_usage_with_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--set", "prot=1", "config", "show"]) == 2
    assert capsys.readouterr().err == "error: command line: unknown setting 'prot'\nhint: did you mean port?\n"


def test_the_home_flag_wins_over_the_variable(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main.run(["--home", str(tmp_path / "other"), "config", "show", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["settings"][0]["value"] == str(tmp_path / "other")


def test_every_listed_command_exists_and_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    context = click.Context(main.cli)
    for name in main.cli.list_commands(context):
        assert main.run([name, "--help"]) == 0, name
        assert "Usage:" in capsys.readouterr().out


def test_every_read_takes_json_and_every_command_has_help() -> None:
    reads = {"show", "list", "status", "diff", "verify", "doctor", "test"}
    for path, command in walk(main.cli, ()):
        assert command.help, path
        if path[-1] in reads:
            assert any("--json" in parameter.opts for parameter in command.params), path


def test_every_json_output_is_documented_and_nothing_else_is() -> None:
    with_json = {
        " ".join(path)
        for path, command in walk(main.cli, ())
        if any("--json" in parameter.opts for parameter in command.params)
    }
    assert set(SHAPES) == with_json


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"a": 1, "b": []}, ""),
        ({"a": 1, "b": [{"c": 2}]}, ""),
        ({"b": [], "a": 1}, "$: expected the keys"),
        ({"a": 1}, "$: expected the keys"),
        ([], "$: expected the keys"),
        ({"a": 1, "b": "x"}, "$.b: expected a list"),
        ({"a": 1, "b": [{"c": 2}, {"d": 2}]}, "$.b[1]: expected the keys"),
    ],
)
def test_a_shape_finds_what_does_not_fit_it(value: object, problem: str) -> None:
    assert find_mismatch(value, {"a": "x", "b": [{"c": "y"}]}).startswith(problem)
    assert bool(find_mismatch(value, {"a": "x", "b": [{"c": "y"}]})) == bool(problem)


def test_starting_the_command_line_imports_no_heavy_module() -> None:
    heavy = ("aiohttp", "cryptography", "pydantic", "starlette", "apsw", "jinja2", "asyncio")
    code = (
        "import sys; from verax.surfaces.cli import main, ask; "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.strip() == "[]"


def walk(command: click.Command, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(command, click.Group):
        return [(path, command)]
    context = click.Context(command)
    found = []
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        assert child is not None
        found += walk(child, (*path, name))
    return found
