"""Rows, JSON, bars."""

from __future__ import annotations

import json

import pytest

from verax.kernel.errors import VeraxError
from verax.surfaces.cli import output


def test_rows_are_aligned_and_empty_cells_are_marked(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"name": "assistant", "head": None, "frozen": False, "roles": ["b", "a"]},
        {"name": "x", "head": "abc", "frozen": True, "roles": []},
    ]
    output.print_rows(["name", "head", "frozen", "roles"], rows)
    assert capsys.readouterr().out.splitlines() == [
        "NAME       HEAD  FROZEN  ROLES",
        "assistant  -     no      a, b",
        "x          abc   yes     -",
    ]


def test_no_rows_print_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_rows(["name"], [])
    assert capsys.readouterr().out == ""


def test_json_keeps_the_order_of_keys_and_the_characters(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_json({"b": "ä", "a": 1})
    text = capsys.readouterr().out
    assert text == '{\n  "b": "ä",\n  "a": 1\n}\n'
    assert json.loads(text) == {"a": 1, "b": "ä"}


def test_errors_and_hints_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    output.say_error(VeraxError("release r: wrong", hint="mend it"))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "error: release r: wrong\nhint: mend it\n"


def test_a_bar_is_never_drawn_where_stderr_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with output.Progress("work", 10) as bar:
        bar.advance(10)
    assert capsys.readouterr().err == ""


def test_a_bar_appears_only_after_two_seconds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(output.time, "monotonic", lambda: now)
    monkeypatch.setattr(output.sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with output.Progress("hashing", 4, "files") as bar:
        now = 101.9
        bar.advance(1)
        assert capsys.readouterr().err == ""
        now = 102.1
        bar.advance(1)
        assert "hashing  ████████████░░░░░░░░░░░░  50%  2 files of 4 files" in capsys.readouterr().err


def test_sizes_and_unknown_totals_read_well() -> None:
    bar = output.Progress("weights", 98_362_432, "bytes")
    bar.advance(49_181_216)
    assert bar.line() == "weights  ████████████░░░░░░░░░░░░  50%  49.2 MB of 98.4 MB"
    counting = output.Progress("entries", unit="entries")
    counting.advance(1_234)
    assert counting.line() == "entries  1,234 entries"
