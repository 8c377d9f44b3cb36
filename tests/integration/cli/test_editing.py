"""A person takes what a channel serves as TOML, edits it, and has it served."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Verax = Callable[..., Any]


def test_a_served_release_is_written_edited_proposed_and_served(own: Any, verax: Verax, tmp_path: Path) -> None:
    before = json.loads(verax(own, "release", "show", "--json").out)
    written = verax(own, "release", "show", "assistant", "--toml").out
    edited = written.replace(
        'system = "You answer briefly."', 'system = """\nYou answer briefly.\nYou say "please"."""\n'
    )
    assert edited != written
    (tmp_path / "my.toml").write_text(edited, encoding="utf-8")
    ran = verax(own, "change", "propose", str(tmp_path / "my.toml"), "--reason", "Politeness.", "--admit", "--yes")
    assert ran.code == 0, ran.err
    assert 'You say "please".' in ran.err
    shown = json.loads(verax(own, "release", "show", "--json").out)
    assert shown["channels"] == ["assistant"]
    assert shown["manifest"]["prompt"].pop("system") == 'You answer briefly.\nYou say "please".'
    del before["manifest"]["prompt"]["system"]
    assert shown["manifest"] == before["manifest"]
