"""One installation for all tests of mutations: each plays in a copy of it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest
from bench.mutations.case import Mutator
from bench.mutations.play import Outcome, Player
from bench.mutations.world import World, make_world

Play = Callable[..., Outcome]


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """An installation at rest."""
    folder = tmp_path_factory.mktemp("mutations") / "world"
    folder.mkdir()
    return asyncio.run(make_world(folder, 1))


@pytest.fixture(scope="package")
def player(world: World, tmp_path_factory: pytest.TempPathFactory) -> Player:
    """Plays on it."""
    ready = Player(world, 1, tmp_path_factory.mktemp("cases"))
    asyncio.run(ready.start())
    return ready


@pytest.fixture
def play(player: Player) -> Play:
    """Play one mutation, while the server runs or at rest."""

    def run(mutator: Mutator, *, is_running: bool = False) -> Outcome:
        return asyncio.run(player.play_this(mutator, random.Random(1), is_running=is_running))

    return run
