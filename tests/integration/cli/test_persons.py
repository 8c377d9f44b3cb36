"""``verax user export`` and ``verax user erase`` on an installation whose server has stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from verax.surfaces.cli.client import Client

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


def ask_as_ann(world: Any, verax: Verax) -> None:
    """Add Ann, and let her ask a question."""
    verax(world, "user", "add", "ann", "--no-password")
    key = verax(world, "key", "create", "laptop", "--user", "ann").out.strip()
    client = Client(world.url, key)
    client.post_json("/v1/responses", {"model": "assistant", "input": "Who wrote Hamlet?"})
    client.close()


def test_a_running_server_erases_a_person(own: Any, verax: Verax) -> None:
    ask_as_ann(own, verax)
    ran = verax(own, "user", "erase", "Ann", "--yes")
    assert ran.code == 0, ran.err
    assert "1 turns" in ran.err
    assert "erase receipt" in ran.err
    assert [user["name"] for user in json.loads(verax(own, "user", "list", "--json").out)["users"]] == ["owner"]
    assert json.loads(verax(own, "log", "verify", "--json").out)["verified"] is True


def test_a_running_server_keeps_its_last_owner_and_knows_no_strangers(own: Any, verax: Verax) -> None:
    assert verax(own, "user", "erase", "owner", "--yes").code == 1
    ran = verax(own, "user", "erase", "nobody", "--yes")
    assert ran.code == 1
    assert "no such account" in ran.err


def test_the_server_of_another_installation_is_not_asked(own: Any, verax: Verax, tmp_path: Path) -> None:
    """The port of this installation's settings belongs to somebody else's server."""
    ask_as_ann(own, verax)
    keys = own.home / "keys" / "server.json"
    kept = keys.read_bytes()
    keys.write_bytes(kept.replace(own.identity.credentials.name.encode(), b"abcdefghijklmnopqrstuvwxyz"))
    ran = verax(own, "user", "erase", "ann", "--yes")
    keys.write_bytes(kept)
    assert ran.code == 1
    assert "another installation answers" in ran.err
    assert "ann" in verax(own, "user", "list").out
