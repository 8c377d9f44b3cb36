"""A guardian's PIN: hashed, and hard to try out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from verax.kernel.errors import BusyError, ConflictError, ForbiddenError, RequestError
from verax.store.accounts import Accounts
from verax.store.accounts_credentials import HashCosts, Passwords
from verax.store.database import Database, open_database
from verax.store.junior.pins import FREE_TRIES, Pins
from verax.testing.clock import VirtualClock

PIN = "4711"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = open_database(tmp_path / "test.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def pins(database: Database, clock: VirtualClock) -> Pins:
    return Pins(database, clock, Passwords(HashCosts(1, 64, 1)))


@pytest.fixture
async def guardian(database: Database, pins: Pins) -> str:
    user = await Accounts(database).create_user("ann")
    await pins.put(user.user_id, PIN)
    return user.user_id


async def test_only_the_hash_of_a_pin_is_stored(database: Database, pins: Pins, guardian: str) -> None:
    await pins.check(guardian, PIN)
    [(stored,)] = await database.read(lambda tx: tx.execute("SELECT pin_hash FROM junior_pins"))
    assert stored.startswith("$argon2id$")
    assert PIN not in stored.split("$")


async def test_wrong_tries_are_waited_for_longer_and_longer(pins: Pins, clock: VirtualClock, guardian: str) -> None:
    for _ in range(FREE_TRIES):
        with pytest.raises(ForbiddenError):
            await pins.check(guardian, "9999")
    waits = []
    for _ in range(14):
        with pytest.raises(BusyError) as caught:
            await pins.check(guardian, PIN)
        waits.append(caught.value.retry_after_s)
        clock.advance(caught.value.retry_after_s)
        with pytest.raises(ForbiddenError):
            await pins.check(guardian, "9999")
    assert waits[:4] == [60, 120, 240, 480]
    assert waits[-1] == 24 * 3600


async def test_tries_are_counted_in_the_database(
    database: Database, pins: Pins, clock: VirtualClock, guardian: str
) -> None:
    for _ in range(FREE_TRIES):
        with pytest.raises(ForbiddenError):
            await pins.check(guardian, "9999")
    with pytest.raises(BusyError):
        await Pins(database, clock, Passwords(HashCosts(1, 64, 1))).check(guardian, PIN)


async def test_the_right_pin_and_a_new_one_forget_wrong_tries(pins: Pins, guardian: str) -> None:
    with pytest.raises(ForbiddenError):
        await pins.check(guardian, "9999")
    await pins.check(guardian, PIN)
    assert (await pins.state(guardian)).failures == 0
    for _ in range(FREE_TRIES):
        with pytest.raises(ForbiddenError):
            await pins.check(guardian, "9999")
    await pins.put(guardian, "8052")
    await pins.check(guardian, "8052")


@pytest.mark.parametrize("pin", ["", "123", "1234", "4321", "0000", "7890", "abcd", "12345678901234", "４７１１"])
async def test_what_anybody_tries_first_is_no_pin(pins: Pins, guardian: str, pin: str) -> None:
    with pytest.raises(RequestError):
        await pins.put(guardian, pin)


async def test_without_a_pin_nothing_is_right(pins: Pins) -> None:
    with pytest.raises(ConflictError):
        await pins.check("user_none", PIN)
    assert not (await pins.state("user_none")).is_set
