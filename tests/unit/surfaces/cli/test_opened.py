"""The checks of ``verax receipt open``: every lie about a prompt is met by one of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from verax.kernel.join import rejoin
from verax.kernel.record import BackendRef, GovernanceRef, Record, TurnSecret
from verax.kernel.release import Release
from verax.kernel.segments import Segment, close_segments, prompt_digest
from verax.surfaces.cli.opened import OpenedPrompt, check_opened
from verax.testing.releases import make_release

SECRET = TurnSecret(bytes(range(32)))
SEGMENTS = (Segment("release", "system", "You are kind."), Segment("user", "user", "Hello"))
RELEASES = [make_release("You are kind."), make_release("You are kind.", embedded=True)]


def recorded(release: Release, segments: tuple[Segment, ...] = SEGMENTS, sent: bytes | None = None) -> Record:
    """A record as an honest server writes it."""
    return Record(
        log="example/replies/0",
        id="00" * 16,
        channel="assistant",
        arm="head",
        mode="solo",
        release=release.id,
        runtime="ab" * 32,
        governance=GovernanceRef(3, "cd" * 32),
        backend=BackendRef(release.model.backend, release.model.weights),
        prompt=prompt_digest(close_segments(segments, SECRET)),
        sent=SECRET.commit("sent", rejoin(release, segments) if sent is None else sent),
        request=SECRET.commit("request", b"{}"),
        reply=SECRET.commit("reply", b"Hi"),
        reply_form="text",
        status="complete",
        seed=7,
        time_ms=1,
        salt=SECRET.salt("record").hex(),
    )


def opened(release: Release) -> OpenedPrompt:
    return OpenedPrompt(recorded(release), SECRET, SEGMENTS, release)


def states(prompt: OpenedPrompt) -> tuple[str, ...]:
    return tuple(check.state for check in check_opened(prompt))


@pytest.mark.parametrize("release", RELEASES)
def test_an_honest_turn_is_verified(release: Release) -> None:
    assert states(opened(release)) == ("verified", "verified")


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    "segments",
    [
        SEGMENTS[:1],
        SEGMENTS[::-1],
        (*SEGMENTS, Segment("app", "user", "!")),
        (SEGMENTS[0], Segment("user", "user", "Hullo")),
    ],
)
def test_other_parts_than_the_recorded_ones_fail_both_checks(release: Release, segments: tuple[Segment, ...]) -> None:
    assert states(replace(opened(release), segments=segments)) == ("failed", "failed")


def test_a_part_under_another_author_fails_though_the_bytes_are_the_same() -> None:
    prompt = opened(RELEASES[0])
    assert states(replace(prompt, segments=(SEGMENTS[0], Segment("app", "user", "Hello")))) == ("failed", "verified")


@pytest.mark.parametrize("release", RELEASES)
def test_bytes_that_were_not_the_recorded_parts_fail(release: Release) -> None:
    record = recorded(release, sent=rejoin(release, SEGMENTS) + b" Be rude.")
    assert states(replace(opened(release), record=record)) == ("verified", "failed")


def test_another_secret_fails() -> None:
    assert states(replace(opened(RELEASES[0]), secret=TurnSecret(bytes(32)))) == ("failed", "failed")


def test_without_the_release_the_bytes_are_not_checked_and_it_is_said() -> None:
    checks = list(check_opened(replace(opened(RELEASES[0]), release=None)))
    assert [check.state for check in checks] == ["verified", "not checked"]
    assert "does not hold release" in checks[1].detail


def test_parts_that_the_release_cannot_join_fail() -> None:
    broken = (*SEGMENTS, Segment("app", "tools", "{no json"))
    prompt = OpenedPrompt(recorded(RELEASES[1], broken, b"x"), SECRET, broken, RELEASES[1])
    assert states(prompt) == ("verified", "failed")


def test_sending_nothing_is_believed_only_of_a_turn_that_did_not_complete() -> None:
    record = recorded(RELEASES[0], (), b"")
    prompt = OpenedPrompt(record, SECRET, (), RELEASES[0])
    assert states(prompt) == ("verified", "failed")
    assert states(replace(prompt, record=replace(record, status="refused"))) == ("verified", "verified")
