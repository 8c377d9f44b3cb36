"""``verax receipt open``: an owner sees that what was published is what was served."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from verax.testing.releases import manifest_toml

Verax = Callable[..., Any]

GUARD = """
[guard]
input = [{ detector = "secrets", action = "refuse" }]
output = [{ detector = "secrets", action = "rewrite" }]
"""


def asked(world: Any, verax: Verax, question: str) -> str:
    ran = verax(world, "ask", "--json", question)
    assert ran.code == 0, ran.err
    turn: str = json.loads(ran.out)["receipt"]
    return turn


def states(text: str) -> dict[str, str]:
    return {item["name"]: item["state"] for item in json.loads(text)["checks"]}


def test_an_owner_opens_a_turn_and_it_joins_to_what_was_sent(shared: Any, verax: Verax) -> None:
    turn = asked(shared, verax, "Who wrote Hamlet?")
    ran = verax(shared, "receipt", "open", turn, "--json")
    assert ran.code == 0, ran.err
    opened = json.loads(ran.out)
    assert [(item["by"], item["text"]) for item in opened["segments"]] == [
        ("release", "You answer briefly."),
        ("user", "Who wrote Hamlet?"),
    ]
    assert states(ran.out) == {"record": "verified", "prompt": "verified", "sent": "verified"}
    assert opened["release"] == json.loads(verax(shared, "release", "show", "--json").out)["id"]


def test_text_for_people_names_every_author_and_shows_what_cannot_be_seen(shared: Any, verax: Verax) -> None:
    turn = asked(shared, verax, "red \x1b[31m and\ntwo lines")
    ran = verax(shared, "receipt", "open", turn[:12])
    assert ran.code == 0, ran.err
    assert "0  system, by release\n   You answer briefly." in ran.out
    assert "1  user, by user\n   red \\u001b[31m and\n   two lines" in ran.out
    assert "\x1b" not in ran.out
    assert ran.out.count("verified") == 3


def test_a_turn_is_opened_without_the_receipt_that_was_kept(shared: Any, verax: Verax) -> None:
    turn = asked(shared, verax, "Who wrote Hamlet?")
    shared.identity.kept_receipt(turn).unlink()
    assert states(verax(shared, "receipt", "open", turn, "--json").out)["sent"] == "verified"


def test_a_question_that_was_refused_at_the_door_reached_no_model(shared: Any, verax: Verax) -> None:
    turn = asked(shared, verax, "Keep this: ghp_" + "a1B2" * 9)
    ran = verax(shared, "receipt", "open", turn, "--json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["segments"] == []
    assert "nothing was handed to a model" in ran.out


def test_a_changed_record_is_not_verified(shared: Any, verax: Verax) -> None:
    turn = asked(shared, verax, "Who wrote Hamlet?")
    kept: Path = shared.identity.kept_receipt(turn)
    receipt = json.loads(kept.read_bytes())
    data = kept.read_bytes().replace(receipt["record"]["sent"].encode(), b"0" * 64)
    kept.write_bytes(data)
    ran = verax(shared, "receipt", "open", turn, "--json")
    assert ran.code == 3
    assert states(ran.out) == {"record": "failed", "prompt": "verified", "sent": "failed"}


def test_another_person_cannot_open_it(shared: Any, verax: Verax) -> None:
    turn = asked(shared, verax, "Who wrote Hamlet?")
    assert verax(shared, "user", "add", "bea", "--no-password").code == 0
    shared.environ["VERAX_API_KEY"] = verax(shared, "key", "create", "theirs", "--user", "bea").out.strip()
    try:
        ran = verax(shared, "receipt", "open", turn)
    finally:
        del shared.environ["VERAX_API_KEY"]
    assert ran.code == 3
    assert ran.out == ""
    assert "owner" in ran.err


def test_a_turn_stays_openable_after_another_release_was_admitted(own: Any, verax: Verax, tmp_path: Path) -> None:
    turn = asked(own, verax, "Who wrote Hamlet?")
    (tmp_path / "next.toml").write_text(manifest_toml("You rhyme.", guard=GUARD), encoding="utf-8")
    manifest = str(tmp_path / "next.toml")
    assert verax(own, "change", "propose", manifest, "--reason", "x", "--admit", "--yes").code == 0
    ran = verax(own, "receipt", "open", turn, "--json")
    assert states(ran.out)["sent"] == "verified"
    assert "You answer briefly." in ran.out


def test_a_saved_turn_is_checked_before_it_is_replayed(shared: Any, verax: Verax, tmp_path: Path) -> None:
    turn, file = asked(shared, verax, "Who wrote Hamlet?"), tmp_path / "hamlet.turn"
    assert verax(shared, "receipt", "open", turn, "--save", str(file)).code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    ran = verax(shared, "receipt", "replay", str(file), "--json")
    assert ran.code == 1, ran.err
    assert json.loads(ran.out)["verdict"] == "cannot be replayed"
    assert states(ran.out) == {"record": "verified", "prompt": "verified", "sent": "verified"}
    file.write_bytes(file.read_bytes().replace(b"Hamlet", b"Faust!"))
    ran = verax(shared, "receipt", "replay", str(file), "--json")
    assert ran.code == 3
    assert json.loads(ran.out)["verdict"] == "no match"
    assert states(ran.out)["prompt"] == "failed"
    file.write_bytes(b"{}")
    assert "receipt open ID --save" in verax(shared, "receipt", "replay", str(file)).err
