"""``verax release show --toml`` on an installation's files, without a server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from verax.kernel.release import Release

Verax = Callable[..., Any]


def test_the_head_of_a_channel_is_written_as_a_manifest_of_the_same_id(founded: Any, verax: Verax) -> None:
    ran = verax("release", "show", "assistant", "--toml")
    assert ran.code == 0, ran.err
    assert Release.from_toml(ran.out).id == founded.release.id
    assert verax("release", "show", founded.release.id[:8], "--toml").out == ran.out


def test_a_file_that_was_written_shows_as_itself(founded: Any, verax: Verax, tmp_path: Path) -> None:
    written = verax("release", "show", "--toml").out
    (tmp_path / "my.toml").write_text(written, encoding="utf-8")
    assert verax("release", "show", str(tmp_path / "my.toml"), "--toml").out == written
    assert "they are the same" in verax("release", "diff", "assistant", str(tmp_path / "my.toml")).err


def test_toml_and_json_together_are_bad_usage(founded: Any, verax: Verax) -> None:
    ran = verax("release", "show", "--toml", "--json")
    assert ran.code == 2
    assert ran.out == ""
