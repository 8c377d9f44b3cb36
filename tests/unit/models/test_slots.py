from __future__ import annotations

import asyncio

import pytest

from verax.kernel.errors import BusyError
from verax.models.slots import Slots
from verax.testing.clock import VirtualClock


async def test_slots_are_given_in_the_order_of_asking() -> None:
    slots = Slots(1, 10, VirtualClock().monotonic_s)
    order: list[int] = []

    async def work(number: int) -> None:
        taken = await slots.take()
        order.append(number)
        await asyncio.sleep(0)
        slots.give_back(taken)

    async with asyncio.timeout(60):
        await asyncio.gather(*(work(number) for number in range(5)))
    assert order == [0, 1, 2, 3, 4]
    assert (slots.running, slots.waiting) == (0, 0)


async def test_a_full_line_raises_and_says_when_to_come_back() -> None:
    clock = VirtualClock()
    slots = Slots(1, 1, clock.monotonic_s)
    slots.check_room()
    taken = await slots.take()
    slots.check_room()
    waiting = asyncio.create_task(slots.take())
    await asyncio.sleep(0)
    assert (slots.running, slots.waiting) == (1, 1)
    with pytest.raises(BusyError) as raised:
        slots.check_room()
    assert raised.value.retry_after_s == 10
    slots.give_back(taken)
    async with asyncio.timeout(60):
        slots.give_back(await waiting)
    slots.check_room()


async def test_who_leaves_the_line_makes_room() -> None:
    slots = Slots(1, 1, VirtualClock().monotonic_s)
    taken = await slots.take()
    waiting = asyncio.create_task(slots.take())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    slots.check_room()
    slots.give_back(taken)
    async with asyncio.timeout(60):
        slots.give_back(await slots.take())


async def test_the_time_to_come_back_follows_the_length_of_recent_work_within_bounds() -> None:
    clock = VirtualClock()
    slots = Slots(1, 0, clock.monotonic_s)
    for seconds, expected in ((1000.0, 60), (0.0, 1)):
        for _ in range(40):
            taken = await slots.take()
            clock.advance(seconds)
            slots.give_back(taken)
        taken = await slots.take()
        with pytest.raises(BusyError) as raised:
            slots.check_room()
        assert raised.value.retry_after_s == expected
        slots.give_back(taken)
