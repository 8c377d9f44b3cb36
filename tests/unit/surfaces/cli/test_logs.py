"""``verax log``, ``verax release`` and ``verax change`` on an installation's files, without a server."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from verax.kernel.statement import NONE, Basis, Change, payload_of
from verax.store.home import Home

Verax = Callable[..., Any]


def steps(text: str) -> dict[str, str]:
    return {step["name"]: step["state"] for step in json.loads(text)["steps"]}


def test_an_honest_installation_is_verified(founded: Any, verax: Verax) -> None:
    ran = verax("log", "verify", "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["verified"] is True
    assert steps(ran.out) == dict.fromkeys(
        [
            "governance log",
            "root document",
            "fold",
            "channel assistant",
            "channel runtime",
            "reply log 0",
        ],
        "verified",
    )
    text = verax("log", "verify")
    assert founded.genesis.fingerprint in text.out
    assert "everything holds" in text.err


def test_the_mark_of_each_log_is_kept(founded: Any, verax: Verax) -> None:
    verax("log", "verify")
    name = founded.identity.credentials.name
    assert founded.identity.mark(f"{name}/governance").size == len(founded.genesis.entries)
    assert founded.identity.mark(f"{name}/replies/0").size == 300


@pytest.mark.parametrize("path", ["governance/tile/entries/000.p/5", "governance/tile/0/000.p/5"])
def test_a_damaged_governance_file_is_named_and_exits_3(founded: Any, verax: Verax, path: str) -> None:
    file = Home(founded.home).log_dir / path
    data = file.read_bytes()
    file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    ran = verax("log", "verify", "--json")
    assert ran.code == 3
    assert steps(ran.out) == {"governance log": "failed"}
    assert "tile" in ran.out


def test_a_damaged_reply_log_does_not_hide_the_rest(founded: Any, verax: Verax) -> None:
    (Home(founded.home).replies_dir(0) / "tile/0/000").unlink()
    ran = verax("log", "verify", "--json")
    assert ran.code == 3
    assert steps(ran.out)["reply log 0"] == "failed"
    assert steps(ran.out)["channel assistant"] == "verified"


def test_a_log_that_lost_entries_is_refused(founded: Any, verax: Verax) -> None:
    grown = founded.append(b"an entry without effect")
    assert verax("log", "verify").code == 0
    founded.append()
    ran = verax("log", "verify")
    assert ran.code == 3
    assert f"this machine saw {len(grown.genesis.entries)} entries" in ran.out


def test_a_log_with_another_beginning_is_refused(founded: Any, verax: Verax) -> None:
    founded.append(b"one")
    assert verax("log", "verify").code == 0
    founded.append(b"other", b"more")
    ran = verax("log", "verify")
    assert ran.code == 3
    assert "are not those that this machine saw" in ran.out


def test_a_checkpoint_by_another_key_is_refused(founded: Any, verax: Verax) -> None:
    name = founded.identity.credentials.name
    keys = [line for line in founded.identity.log_keys() if "/governance" not in line]
    founded.identity.pin_log_keys(keys)
    ran = verax("log", "verify")
    assert ran.code == 3
    assert f"{name}/replies/0" in founded.identity.log_keys_path.read_text()


def test_another_installation_under_the_same_name_is_refused(founded: Any, verax: Verax) -> None:
    founded.identity.update(fingerprint="ab" * 32)
    ran = verax("log", "verify")
    assert ran.code == 3
    assert "expected the root abababababab" in ran.out


def test_a_missing_release_is_found(founded: Any, verax: Verax) -> None:
    digest = founded.release.id
    (Home(founded.home).blobs / digest[:2] / digest).unlink()
    ran = verax("log", "verify", "--json")
    assert ran.code == 3


def test_log_show_says_who_signed_and_what_had_no_effect(founded: Any, verax: Verax) -> None:
    basis = Basis(f"{founded.identity.credentials.name}/governance", 1, 0, "00" * 32, "00" * 16, 1)
    founded.append(payload_of(Change(basis, "assistant", "ab" * 32, NONE, 0, "cd" * 32)))
    entries = json.loads(verax("log", "show", "--json").out)["entries"]
    assert [entry["kind"] for entry in entries] == ["root", "change", "move", "change", "move", "unknown"]
    assert entries[0]["persons"] == ["owner"]
    assert [entry["effective"] for entry in entries] == [True] * 5 + [False]
    assert "INDEX" in verax("log", "show").out


def test_release_show_prints_everything_that_shapes_behaviour(founded: Any, verax: Verax) -> None:
    shown = json.loads(verax("release", "show", "--json").out)
    assert shown["id"] == founded.release.id
    assert shown["channels"] == ["assistant"]
    assert shown["manifest"] == founded.release.manifest
    text = verax("release", "show", founded.release.short_id).out
    assert "You answer briefly" in text


def test_release_list_names_the_head(founded: Any, verax: Verax) -> None:
    rows = json.loads(verax("release", "list", "--json").out)["releases"]
    assert rows == [{"id": founded.release.id, "name": "first", "channels": ["assistant"], "model": "script"}]
    assert founded.release.short_id in verax("release", "list").out


@pytest.mark.parametrize("name", ["nonsense", "r-00000000", "runtime", "abc"])
def test_an_unknown_release_says_how_to_list_them(founded: Any, verax: Verax, name: str) -> None:
    ran = verax("release", "show", name)
    assert ran.code == 1
    assert "verax release list" in ran.err


def test_release_diff_compares_a_file_with_a_head(founded: Any, verax: Verax, tmp_path: Path) -> None:
    changed = founded.release.manifest
    changed["sampling"]["temperature"] = "0.9"
    changed["prompt"]["system"] = "You answer at length."
    from verax.kernel.canonical import encode

    file = tmp_path / "next.json"
    file.write_bytes(encode(changed))
    differences = json.loads(verax("release", "diff", "assistant", str(file), "--json").out)["differences"]
    assert [item["path"] for item in differences] == ["prompt.system", "sampling.temperature"]
    text = verax("release", "diff", "assistant", str(file)).out
    assert "sampling.temperature: 0.[-2-]{+9+}" in text
    assert "prompt.system: You answer [-briefly-]{+at+}" in text
    assert "they are the same" in verax("release", "diff", "assistant", "assistant").err


def test_a_file_that_is_no_release_is_refused(founded: Any, verax: Verax, tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text("name = 1")
    assert verax("release", "show", str(file)).code == 3


def test_release_verify_says_what_was_not_checked(founded: Any, verax: Verax) -> None:
    ran = verax("release", "verify", "--json")
    assert ran.code == 0
    states = {check["name"]: check["state"] for check in json.loads(ran.out)["checks"]}
    assert states == {
        "manifest": "verified",
        "governance": "verified",
        "bans": "verified",
        "weights": "not checked",
    }


def test_change_list_and_show_tell_what_was_admitted(founded: Any, verax: Verax) -> None:
    assert json.loads(verax("change", "list", "--json").out)["changes"] == []
    changes = json.loads(verax("change", "list", "--all", "--json").out)["changes"]
    assert [(item["channel"], item["status"]) for item in changes] == [
        ("runtime", "admitted"),
        ("assistant", "admitted"),
    ]
    shown = json.loads(verax("change", "show", changes[1]["id"][:8], "--json").out)
    assert shown["authors"] == ["owner"]
    assert shown["reason"].startswith("First start")
    assert shown["differences"] == []
    assert verax("change", "show", "ffffffff").code == 1


def test_governing_needs_a_running_server(founded: Any, verax: Verax) -> None:
    founded.identity.update(api_key="vx-key")
    ran = verax("channel", "freeze", "assistant", "--reason", "x", "--yes")
    assert ran.code == 1
    assert "verax up" in ran.err


def test_without_an_installation_reads_say_how_to_make_one(home: Path, verax: Verax) -> None:
    home.rmdir()
    ran = verax("log", "verify")
    assert ran.code == 2
    assert "verax up" in ran.err
