"""``verax change preview`` against a real server: prompts before and after, and replies side by side."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from verax.testing.releases import manifest_toml

Verax = Callable[..., Any]
SYSTEM = "You answer kindly."


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("manifest") / "next.toml"
    path.write_text(manifest_toml(SYSTEM, name="next"), encoding="utf-8")
    return path


@pytest.fixture
def change(shared: Any, verax: Verax, manifest: Path) -> str:
    proposed: str = verax(shared, "change", "propose", str(manifest), "--reason", "kinder", "--yes").out.strip()
    return proposed


def test_example_prompts_are_shown_with_what_differs(shared: Any, verax: Verax, change: str) -> None:
    ran = verax(shared, "change", "preview", change[:12])
    assert ran.code == 0
    assert "One question:" in ran.out
    assert "[-briefly-]{+kindly+}" in ran.out
    assert "Who wrote Hamlet?" not in ran.out
    assert "Who wrote Hamlet?" in verax(shared, "change", "preview", change, "--full").out


def test_the_prompt_of_an_own_question_asks_no_model(shared: Any, verax: Verax, change: str) -> None:
    ran = verax(shared, "change", "preview", change, "--prompts", "--question", "silence", "--json")
    (pair,) = json.loads(ran.out)["prompts"]
    assert ran.code == 0
    assert pair["candidate"]["parts"][-1] == {"by": "user", "role": "user", "text": "silence"}
    assert pair["candidate"]["parts"][0]["text"] == SYSTEM


def test_replies_of_both_releases_stand_beside_each_other(shared: Any, verax: Verax, change: str) -> None:
    ran = verax(shared, "change", "preview", change, "--question", "Who wrote Hamlet?")
    assert ran.code == 0
    assert ran.out.count("Hamlet was written by William Shakespeare.") == 2
    assert "difference: none, to the character" in ran.out
    told = verax(shared, "change", "preview", change, "--fixed", "--json")
    replies = json.loads(told.out)["replies"]
    assert len(replies) >= 5
    assert {reply[side]["status"] for reply in replies for side in ("base", "candidate")} == {"complete"}
    assert (
        len({reply["base"]["release"] for reply in replies} | {reply["candidate"]["release"] for reply in replies}) == 2
    )


def test_a_release_that_gives_no_reply_is_told_and_counts_as_a_failure(shared: Any, verax: Verax, change: str) -> None:
    ran = verax(shared, "change", "preview", change, "--question", "silence", "--json")
    (reply,) = json.loads(ran.out)["replies"]
    assert ran.code == 1
    assert reply["candidate"]["error"] == {
        "code": "model/unavailable",
        "message": "model: it is silent",
        "hint": "wake it",
    }


def test_asking_and_not_asking_models_at_once_is_bad_usage(shared: Any, verax: Verax) -> None:
    assert verax(shared, "change", "preview", "ab" * 32, "--fixed", "--prompts").code == 2
