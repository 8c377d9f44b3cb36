"""Which blobs of the governance log are for everybody, by the root in force."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from verax.kernel import canonical
from verax.kernel.statement import Alarm
from verax.surfaces.public_history import PublicHistory
from verax.testing.governance import SimulatedHistory, channel_rules, root_document
from verax.testing.releases import make_release


def rules(name: str, *, public: bool) -> dict[str, Any]:
    return {**channel_rules(name, approvals=0, suites=()), "public": public}


def make_log(*, secret_is_public: bool = False) -> SimulatedHistory:
    """A solo log with a public channel, and one that need not be."""
    channels = [rules("assistant", public=True), rules("runtime", public=True)]
    channels.append(rules("secret", public=secret_is_public))
    return SimulatedHistory(root_document(solo=True, channels=channels))


def open_history(log: SimulatedHistory) -> PublicHistory:
    return PublicHistory(lambda: log.state, lambda start, end: log.entries[start:end], log.blobs.get)


async def content_of_last(history: PublicHistory) -> list[str]:
    return sorted((await history.entries())[-1].content)


async def test_only_what_belongs_to_no_public_channel_is_closed() -> None:
    log = make_log()
    history = open_history(log)
    log.change("ann", "assistant", make_release("You answer briefly."))
    open_blobs = await content_of_last(history)
    log.change("ann", "secret", make_release("You keep secrets.", name="secret"))
    closed_blobs = set(await content_of_last(history)) - set(open_blobs)
    assert closed_blobs
    assert [await history.is_closed(digest) for digest in open_blobs] == [False, False]
    assert all([await history.is_closed(digest) for digest in closed_blobs])


async def test_a_blob_of_two_channels_is_open_when_one_of_them_is_public() -> None:
    log, release = make_log(), make_release("You answer briefly.")
    history = open_history(log)
    log.change("ann", "secret", release)
    assert await history.is_closed(release.id)
    log.change("ann", "assistant", release)
    assert not await history.is_closed(release.id)


async def test_an_entry_without_effect_opens_nothing() -> None:
    log, release = make_log(), make_release("You keep secrets.", name="secret")
    history = open_history(log)
    log.change("ann", "secret", release)
    assert not log.change("mallory", "assistant", release).effective
    assert await history.is_closed(release.id)


async def test_a_root_change_opens_and_closes() -> None:
    log, release = make_log(), make_release("You keep secrets.", name="secret")
    history = open_history(log)
    log.change("ann", "secret", release)
    assert await history.is_closed(release.id)
    channels = [rules("assistant", public=True), rules("runtime", public=True), rules("secret", public=True)]
    assert log.change_root("ann", channels=channels).effective
    assert not await history.is_closed(release.id)
    assert log.change_root("ann", channels=channels[:2]).effective
    assert await history.is_closed(release.id), "a channel that the root no longer names is not public"


async def test_what_no_entry_names_is_open() -> None:
    history = open_history(make_log())
    assert not await history.is_closed("00" * 32)


async def test_an_alarm_without_a_channel_is_open() -> None:
    log = make_log()
    history = open_history(log)
    log.alarm("recorder", "log/rolled-back")
    assert not await history.is_closed((await content_of_last(history))[0])


def alarm(log: SimulatedHistory, channel: str, detail: bytes) -> None:
    """Append an alarm with a detail of the caller's."""
    digest = log.put(detail)
    log.append(Alarm(log.basis(), "rollout/rolled-back", channel, digest, 1, 0, 0), "recorder")


async def test_the_timeline_that_an_alarm_names_is_as_closed_as_its_channel() -> None:
    log = make_log()
    history = open_history(log)
    secret, shown = (log.put(f"a timeline that quotes prompts of {name}".encode()) for name in ("secret", "assistant"))
    for channel, digest in (("secret", secret), ("assistant", shown)):
        alarm(log, channel, canonical.encode({"timeline": digest, "move": 3}))
    assert [await history.is_closed(digest) for digest in (secret, shown)] == [True, False]


@pytest.mark.parametrize("detail", [b"not canonical", b"[]", b'{"timeline":5}', b'{"timeline":"x"}'])
async def test_a_detail_that_names_no_timeline_closes_itself_alone(detail: bytes) -> None:
    log = make_log()
    alarm(log, "secret", detail)
    history = open_history(log)
    assert await history.is_closed(canonical.hex_digest(detail))


async def test_a_detail_that_is_gone_stops_nothing() -> None:
    log = make_log()
    alarm(log, "secret", b"{}")
    log.blobs.clear()
    assert len(await open_history(log).entries()) == 2


async def test_each_entry_is_read_once_however_many_ask() -> None:
    log, asked = make_log(), []

    def read(start: int, end: int) -> Sequence[bytes]:
        asked.append((start, end))
        return log.entries[start:end]

    history = PublicHistory(lambda: log.state, read, log.blobs.get)
    await asyncio.gather(*(history.entries() for _ in range(8)))
    log.change("ann", "assistant", make_release("You answer briefly."))
    await asyncio.gather(*(history.entries() for _ in range(8)))
    assert asked == [(0, 1), (1, 2)]
    assert [entry.index for entry in await history.entries()] == [0, 1]
