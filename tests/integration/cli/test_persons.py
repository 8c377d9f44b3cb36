"""``verax user export`` and ``verax user erase`` on an installation whose server has stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Verax = Callable[..., Any]


def test_an_export_holds_everything_and_is_private(stopped: Any, verax: Verax, tmp_path: Path) -> None:
    target = tmp_path / "ann.jsonl"
    ran = verax(stopped, "user", "export", "ann", str(target))
    assert ran.code == 0, ran.err
    assert target.stat().st_mode & 0o777 == 0o600
    lines = [json.loads(line) for line in target.read_text().splitlines()]
    kinds = [line["type"] for line in lines]
    assert kinds[0] == "export"
    assert {"account", "key", "response", "turn"} <= set(kinds)
    assert lines[-1] == {"type": "end", "lines": len(lines) - 1}
    assert "Hamlet" in target.read_text()


def test_an_export_overwrites_nothing(stopped: Any, verax: Verax, tmp_path: Path) -> None:
    target = tmp_path / "ann.jsonl"
    target.write_text("precious")
    ran = verax(stopped, "user", "export", "ann", str(target))
    assert ran.code == 1
    assert target.read_text() == "precious"


def test_an_erased_person_is_gone_and_the_log_still_verifies(stopped: Any, verax: Verax, tmp_path: Path) -> None:
    ran = verax(stopped, "user", "erase", "ann", "--yes")
    assert ran.code == 0, ran.err
    assert "1 turns" in ran.err
    assert "erase receipt" in ran.err
    assert [user["name"] for user in json.loads(verax(stopped, "user", "list", "--json").out)["users"]] == ["owner"]
    assert verax(stopped, "user", "export", "ann", str(tmp_path / "x")).code == 1
    assert json.loads(verax(stopped, "log", "verify", "--json").out)["verified"] is True
    assert b"Who wrote Hamlet?" not in b"".join(
        path.read_bytes() for path in stopped.home.rglob("verax.db*") if path.is_file()
    )


def test_the_last_owner_is_not_erased(stopped: Any, verax: Verax) -> None:
    ran = verax(stopped, "user", "erase", "owner", "--yes")
    assert ran.code == 1
    assert "owner" in ran.err


def test_nothing_is_erased_without_a_yes(stopped: Any, verax: Verax) -> None:
    assert verax(stopped, "user", "erase", "ann").code == 2
