"""A turn answered again elsewhere: an honest server matches, one that serves something else does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from verax.kernel.record import Record, TurnSecret
from verax.kernel.release import Release
from verax.kernel.segments import Segment
from verax.testing.releases import manifest_toml
from verax.testing.scripted import Rule, ScriptedBackend
from verax.testing.turns import TurnWorld
from verax.turn.events import Completed
from verax.turn.replay import replay
from verax.turn.request import SamplingRequest

MODEL = 'backend = "scripted"\nname = "big"\ncontext_tokens = 4096\ndeterministic = {}'
SAMPLING = '[sampling]\nmax_tokens = 64\nallow = ["max_tokens", "stop", "n"]\n'
HONEST = [Rule("Hamlet", "Shakespeare wrote it.")]
LYING = [Rule("Hamlet", "Shakespeare wrote it, friend.")]
PARTS = (Segment("release", "system", "Be brief."), Segment("user", "user", "Who wrote Hamlet?"))


def release_of(deterministic: str = "true") -> Release:
    return Release.from_toml(manifest_toml("Be brief.", model=MODEL.format(deterministic), rest=SAMPLING))


def folder(parent: Path, name: str) -> Path:
    (parent / name).mkdir()
    return parent / name


async def served(place: Path, rules: list[Rule], release: Release, **rest: Any) -> tuple[Record, TurnSecret, bytes]:
    """What a server recorded and delivered."""
    async with TurnWorld.open(place, ScriptedBackend(rules), release) as world:
        done = (await world.say("Who wrote Hamlet?", **rest))[-1]
        assert isinstance(done, Completed), done
        record, secret = Record.from_dict(done.record), TurnSecret(bytes.fromhex(done.secret))
        return record, secret, done.choices[0].text.encode()


async def test_an_honest_reply_matches(tmp_path: Path) -> None:
    record, secret, _ = await served(tmp_path, HONEST, release_of())
    found = await replay(release_of(), record, secret, PARTS, ScriptedBackend(HONEST))
    assert found.verdict == "match"


async def test_a_server_that_served_something_else_is_caught_at_the_byte(tmp_path: Path) -> None:
    record, secret, delivered = await served(tmp_path, LYING, release_of())
    found = await replay(release_of(), record, secret, PARTS, ScriptedBackend(HONEST), delivered=delivered)
    assert (found.verdict, found.first_difference) == ("no match", 20)
    blind = await replay(release_of(), record, secret, PARTS, ScriptedBackend(HONEST), delivered=b"other")
    assert (blind.verdict, blind.first_difference) == ("no match", None)


async def test_a_reply_at_its_limit_matches_and_a_false_end_does_not(tmp_path: Path) -> None:
    record, secret, _ = await served(tmp_path, HONEST, release_of(), sampling=SamplingRequest(max_tokens=2))
    backend = ScriptedBackend(HONEST)
    assert record.status == "length"
    assert (await replay(release_of(), record, secret, PARTS, backend)).verdict == "match"
    claimed = replace(record, status="complete")
    assert (await replay(release_of(), claimed, secret, PARTS, backend)).verdict == "no match"


async def test_stop_strings_are_the_callers_to_say(tmp_path: Path) -> None:
    record, secret, _ = await served(tmp_path, HONEST, release_of(), sampling=SamplingRequest(stop=("wrote",)))
    backend = ScriptedBackend(HONEST)
    assert (await replay(release_of(), record, secret, PARTS, backend)).verdict == "no match"
    assert (await replay(release_of(), record, secret, PARTS, backend, stop=("wrote",))).verdict == "match"


@pytest.mark.parametrize(("text", "verdict"), [("Shakespeare", "match"), ("", "match"), ("Bacon", "no match")])
async def test_what_was_cut_must_be_a_beginning(tmp_path: Path, text: str, verdict: str) -> None:
    record, secret, _ = await served(tmp_path, HONEST, release_of())
    cut = replace(record, status="cancelled", reply=secret.commit("reply", text.encode()))
    assert (await replay(release_of(), cut, secret, PARTS, ScriptedBackend(HONEST))).verdict == verdict


async def test_what_cannot_be_replayed_is_said(tmp_path: Path) -> None:
    backend = ScriptedBackend(HONEST)
    loose = release_of("false")
    record, secret, _ = await served(folder(tmp_path, "a"), HONEST, loose)
    found = await replay(loose, record, secret, PARTS, backend)
    assert found.verdict == "cannot be replayed"
    assert "deterministic" in found.detail
    several, secret, _ = await served(folder(tmp_path, "b"), HONEST, release_of(), sampling=SamplingRequest(n=2))
    assert (await replay(release_of(), several, secret, PARTS, backend)).verdict == "cannot be replayed"
    remote = Release.from_toml(
        manifest_toml("x", model='backend = "remote"\nname = "m"\nurl = "http://localhost:9/v1"\ncontext_tokens = 4096')
    )
    assert "remote" in (await replay(remote, record, secret, PARTS, backend)).detail


async def test_other_weights_than_the_release_names_are_a_lie(tmp_path: Path) -> None:
    record, secret, _ = await served(tmp_path, HONEST, release_of())
    false = replace(record, backend=replace(record.backend, weights="ab" * 32))
    assert (await replay(release_of(), false, secret, PARTS, ScriptedBackend(HONEST))).verdict == "no match"
