"""A slice of `bench.mutations`, always the same, and that the fuzzer finds what it looks for."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from bench.mutations.case import Case
from bench.mutations.play import FAULTS, Player

from verax.kernel import fold_blobs
from verax.store import refusals
from verax.store.blobs import Blobs
from verax.store.disk import LocalDisk

from .conftest import Play

COUNT = 150


@pytest.mark.timeout(600)
def test_random_mutations_change_nothing_or_are_refused_with_an_alarm(player: Player) -> None:
    async def play() -> list[str]:
        outcomes = [await player.play(number) for number in range(COUNT)]
        assert [outcome for outcome in outcomes if outcome.verdict in FAULTS] == []
        return [outcome.verdict for outcome in outcomes]

    verdicts = asyncio.run(play())
    assert min(verdicts.count("identical"), verdicts.count("refused")) > COUNT / 5


def test_a_mutation_can_be_made_again_by_its_number(player: Player) -> None:
    first, second = (asyncio.run(player.play(14)) for _ in range(2))
    assert (first.kind, first.what, first.verdict) == (second.kind, second.what, second.verdict)


def rewrite_a_prompt(case: Case) -> str:
    """Change the wording of a release that serves, under its old name."""
    path = next(path for path in case.files("blobs") if b'"name":"companion-1"' in path.read_bytes())
    path.write_bytes(path.read_bytes().replace(b"kindly", b"rudely"))
    return "a prompt rewritten"


def test_without_the_digests_of_blobs_the_fuzzer_reports_a_silent_difference(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert play(rewrite_a_prompt).verdict == "refused"
    # Two places compare: the one that reads a blob, and the rules that are about to use it.
    monkeypatch.setattr(Blobs, "get", lambda blobs, digest: LocalDisk().read(blobs.path_of(digest)))
    monkeypatch.setattr(fold_blobs, "_blob", lambda digest, ledger: ledger.blobs(digest))
    outcome = play(rewrite_a_prompt)
    assert outcome.verdict == "different"
    assert any(item.startswith("ask companion") for item in outcome.changed)


def lose_the_mark(case: Case) -> str:
    (case.home / "governance.seen").unlink()
    return "the adopted mark deleted"


def test_without_the_note_of_a_refused_start_the_fuzzer_reports_a_missing_alarm(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert play(lose_the_mark).verdict == "refused"

    def forget(path: Path, code: str) -> None:
        """Note nothing."""

    monkeypatch.setattr(refusals, "_note", forget)
    assert play(lose_the_mark).verdict == "no alarm"
