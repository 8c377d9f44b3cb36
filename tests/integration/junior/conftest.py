"""A server, a guardian who has signed in, a profile of theirs, and a tablet that was handed to the child."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from tests.integration.junior.kit import PASSWORD, browser, make_profile, page, signed_in

from verax.surfaces.http.app import Application, create_app
from verax.testing.http_world import HttpWorld


@pytest.fixture
async def world() -> AsyncIterator[HttpWorld]:
    async with HttpWorld.open(rate_per_minute=None) as opened:
        noon = datetime(2026, 3, 10, 11, tzinfo=UTC)
        opened.world.clock.set_wall(round(noon.timestamp() * 1000))
        yield opened


@pytest.fixture
def app(world: HttpWorld, tmp_path: Path) -> Application:
    return create_app(world, page(tmp_path))


@pytest.fixture
async def guardian(world: HttpWorld, app: Application) -> AsyncIterator[httpx.AsyncClient]:
    client = await signed_in(world, app)
    yield client
    await client.aclose()


@pytest.fixture
async def profile(guardian: httpx.AsyncClient) -> str:
    return await make_profile(guardian)


@pytest.fixture
async def child(app: Application, guardian: httpx.AsyncClient, profile: str) -> AsyncIterator[httpx.AsyncClient]:
    """A tablet on which the guardian signed in and opened the child's session."""
    async with browser(app) as tablet:
        await tablet.post("/v1/session", json={"name": "ann", "password": PASSWORD})
        assert (await tablet.post(f"/v1/junior/profiles/{profile}/sessions")).status_code == 201
        yield tablet
