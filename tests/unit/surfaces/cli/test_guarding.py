"""``verax guard``: a text, a file or standard input, judged without a server."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from verax.surfaces.cli.main import run
from verax.surfaces.cli.shapes import SHAPES, find_mismatch


def test_what_is_refused_exits_1_and_what_passes_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["guard", "Bees dance."]) == 0
    assert run(["guard", "I want to kill myself"]) == 1
    out, err = capsys.readouterr()
    assert "crisis self_harm/intent 1.00 [0:21]  I want to kill myself" in out
    assert "crisis: self harm" in err


def test_a_file_and_standard_input_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "text.txt"
    path.write_text("My name is Tom.", encoding="utf-8")
    assert run(["guard", "--file", str(path), "--audience", "5-7"]) == 1
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"see www.example.org")))
    assert run(["guard", "--file", "-", "--audience", "5-7"]) == 1
    assert "links/link" in capsys.readouterr().out


def test_its_json_is_that_of_the_api(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["guard", "Write to joe@example.com", "--direction", "output", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert find_mismatch(found, SHAPES["guard"]) == ""
    assert "email" in [item["kind"] for item in found["results"][0]["verax"]["findings"]]


def test_no_text_two_texts_and_a_missing_file_are_bad_usage(tmp_path: Path) -> None:
    assert run(["guard"]) == 2
    assert run(["guard", " \n"]) == 2
    assert run(["guard", "a", "--file", "b"]) == 2
    assert run(["guard", "--file", str(tmp_path / "missing")]) != 0
