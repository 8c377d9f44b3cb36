"""A server that dies while it answers a child who tells of danger; a test looks at what it left on the disk."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NoReturn

from tests.integration.junior.kit import PASSWORD, browser, make_profile, page, signed_in

from verax.surfaces.http.app import create_app
from verax.testing.http_world import HttpWorld

DIED = 77


def _die(*_: Any) -> NoReturn:
    os._exit(DIED)


def _then_die(call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def done(*arguments: Any) -> Any:
        await call(*arguments)
        _die()

    return done


async def _answer(moment: str) -> None:
    async with HttpWorld.open(rate_per_minute=None) as world:
        app = create_app(world, page(Path(tempfile.mkdtemp())))
        guardian = await signed_in(world, app)
        profile = await make_profile(guardian, log_days=7)
        tablet = browser(app)
        await tablet.post("/v1/session", json={"name": "ann", "password": PASSWORD})
        await tablet.post(f"/v1/junior/profiles/{profile}/sessions")
        turns = world.world.turns
        at: dict[str, tuple[Any, str, Any]] = {
            "record": (turns, "finish", _die),
            "recorded": (turns, "finish", _then_die(turns.finish)),
            "log": (world.junior.records, "add", _die),
            "state": (world.junior.sessions, "keep_state", _die),
        }
        setattr(*at[moment])
        await tablet.post("/v1/junior/session/turns", json={"text": "a man wants to meet me"})


if __name__ == "__main__":
    asyncio.run(_answer(sys.argv[1]))
