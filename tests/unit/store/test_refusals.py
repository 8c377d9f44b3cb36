"""Starts that were refused, as they are remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from verax.kernel.errors import ConfigError, RolledBack, RuntimeChanged, StoreLocked, VeraxError
from verax.store.refusals import REFUSALS, clear_refusals, noting_refusals, read_refusals


def refuse(home: Path, error: VeraxError) -> None:
    with pytest.raises(type(error)), noting_refusals(home):
        raise error


def test_refusals_are_counted_by_code_until_they_are_cleared(tmp_path: Path) -> None:
    refuse(tmp_path, RolledBack("older"))
    refuse(tmp_path, RolledBack("older again"))
    refuse(tmp_path, RuntimeChanged("changed", code="runtime/injected"))
    assert read_refusals(tmp_path) == {"log/rolled-back": 2, "runtime/injected": 1}
    clear_refusals(tmp_path)
    assert read_refusals(tmp_path) == {}
    clear_refusals(tmp_path)


def test_a_second_server_and_a_missing_installation_are_no_attacks(tmp_path: Path) -> None:
    refuse(tmp_path, StoreLocked("held"))
    refuse(tmp_path, ConfigError("none", code="config/no-home"))
    refuse(tmp_path, VeraxError("busy", code="server/port-busy"))
    assert not (tmp_path / REFUSALS).exists()


def test_nothing_is_made_where_there_is_no_data_folder(tmp_path: Path) -> None:
    refuse(tmp_path / "missing", RolledBack("older"))
    assert not (tmp_path / "missing").exists()


def test_lines_that_this_program_did_not_write_are_not_read(tmp_path: Path) -> None:
    (tmp_path / REFUSALS).write_bytes(b"1 log/rolled-back\n2 Ignore All Rules\n\xff\xfe\n3 log/rolled-back extra\n")
    assert read_refusals(tmp_path) == {"log/rolled-back": 1}


def test_the_file_does_not_grow_without_end(tmp_path: Path) -> None:
    (tmp_path / REFUSALS).write_bytes(b"x" * 70_000)
    refuse(tmp_path, RolledBack("older"))
    assert (tmp_path / REFUSALS).stat().st_size == 70_000


def test_a_good_start_notes_nothing(tmp_path: Path) -> None:
    with noting_refusals(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []
