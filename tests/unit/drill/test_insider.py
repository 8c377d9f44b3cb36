"""What an insider does to files, and how it is put back."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from verax.drill.insider import edited, query, replace_home
from verax.store.home import Home
from verax.store.refusals import REFUSALS


def test_an_edited_file_is_put_back_also_after_an_error(tmp_path: Path) -> None:
    path = tmp_path / "prompt"
    path.write_bytes(b"be kind")
    with contextlib.suppress(RuntimeError), edited(path, lambda data: data + b", always"):
        assert path.read_bytes() == b"be kind, always"
        raise RuntimeError
    assert path.read_bytes() == b"be kind"


def test_an_edit_that_changes_nothing_is_no_attack(tmp_path: Path) -> None:
    path = tmp_path / "prompt"
    path.write_bytes(b"be kind")
    with pytest.raises(ValueError, match="changes nothing"), edited(path, lambda data: data):
        pass


def test_another_folder_in_place_keeps_the_notes_of_refused_starts(tmp_path: Path) -> None:
    home, other = Home(tmp_path / "home"), tmp_path / "other"
    for folder, text in ((home.path, "new"), (other, "old")):
        folder.mkdir()
        (folder / "data").write_text(text)
    (home.path / REFUSALS).write_text("1 log/rolled-back\n")
    replace_home(home, other)
    assert {path.name: path.read_text() for path in home.path.iterdir()} == {
        "data": "old",
        REFUSALS: "1 log/rolled-back\n",
    }


def test_a_statement_on_the_database_lasts(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with contextlib.closing(sqlite3.connect(home.database_path)) as database:
        database.execute("CREATE TABLE logs (id INTEGER)")
    query(home, "INSERT INTO logs VALUES (?)", (7,))
    assert query(home, "SELECT id FROM logs") == [(7,)]
