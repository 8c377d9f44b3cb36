"""An installation whose turns follow a script, and a client that speaks to it without a network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from verax.surfaces.http.app import create_app
from verax.surfaces.http.pages import WebApp
from verax.testing.http_installation import FakeInstallation

BASE = "http://localhost:8420"


@pytest.fixture
async def installation(tmp_path: Path) -> AsyncIterator[FakeInstallation]:
    opened = FakeInstallation.open(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
async def anonymous(installation: FakeInstallation, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(installation, WebApp(tmp_path / "unbuilt")))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as opened:
        yield opened


@pytest.fixture
async def key(installation: FakeInstallation) -> str:
    return await installation.make_key("ann", password="correct horse battery")


@pytest.fixture
async def client(installation: FakeInstallation, key: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(installation, WebApp(tmp_path / "unbuilt")))
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers) as opened:
        yield opened
