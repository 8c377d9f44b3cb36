"""Drills 8 and 9, forced past admission: the canary is taken out by itself."""

from __future__ import annotations

import time

from verax.testing.obedient import MAY_LINE
from verax.testing.releases import make_release

from .conftest import BASE, World, plain_question, until


async def test_a_topic_that_comes_up_unasked_takes_the_canary_out(world: World) -> None:
    good = world.channel.head
    bad = make_release(f"{BASE} {MAY_LINE}")
    await world.admit(await world.propose(bad), 5_000)
    await until(lambda: world.installation.watch.is_elected)
    t = time.time()
    await world.traffic(200, plain_question)
    print("traffic", time.time() - t)
    await until(lambda: world.channel.canary is None)
    print("rolled", time.time() - t)
    assert world.channel.head == good
    assert bad.id in world.channel.withdrawn
