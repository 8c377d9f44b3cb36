"""The guide to rollouts: its commands, as they stand there, against a real server."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guides" / "rollout.md"
PROGRAM = ".venv/bin/verax "
SIGNED = {"propose", "admit", "step", "rollback", "freeze", "unfreeze"}
LIMIT_S = 60.0


def commands() -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.removeprefix(PROGRAM) for block in blocks for line in block.splitlines()]
    return [shlex.split(line, comments=True) for line in lines]


def test_every_command_of_the_guide_works_in_its_order(
    own: Any, verax: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    change = ""
    for words in commands():
        target = Path(words[words.index(">") + 1]) if ">" in words else None
        arguments = [change if word == "CHANGE" else word for word in (words[: words.index(">")] if target else words)]
        arguments += ["--yes"] if arguments[1] in SIGNED else []
        ran = verax(own, *arguments)
        end_s = time.monotonic() + LIMIT_S
        while arguments[1] == "timeline" and ran.code and time.monotonic() < end_s:
            time.sleep(0.1)  # the server writes it soon after the rollback
            ran = verax(own, *arguments)
        assert ran.code == 0, (arguments, ran.err)
        if target:
            target.write_text(re.sub(r'(?m)^system = "', 'system = "Be friendly. ', ran.out), encoding="utf-8")
        if arguments[1] == "propose":
            change = ran.out.strip()
    assert change


def test_the_guide_names_every_command_of_a_rollout() -> None:
    named = {tuple(words[:2]) for words in commands()}
    assert {
        ("channel", name) for name in ("rollout", "monitor", "step", "rollback", "timeline", "freeze", "unfreeze")
    } <= named
