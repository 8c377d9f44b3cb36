"""What tests of Junior over HTTP share: a guardian's browser, a child's tablet, and a look into every file."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import httpx

from verax.store.junior.types import required_terms
from verax.surfaces.http import junior_models as shapes
from verax.surfaces.http.app import Application
from verax.surfaces.http.pages import JUNIOR_FILES, WebApp
from verax.testing.http_world import HttpWorld

BASE = "http://localhost:8420"
PASSWORD = "correct horse battery"
PIN = "4711"
FIELDS: dict[str, Any] = {
    "band": "5-7",
    "colour": "blue",
    "animal": "owl",
    "country": "DE",
    "topics_held": ["sport"],
    "daily_minutes": 30,
    "time_zone": "Europe/Busingen",  # so rare that it can be searched for
}
MINUTE_S = 60


def page(tmp_path: Path) -> WebApp:
    """A built web app of two pages, the files of Junior, and one more."""
    (tmp_path / "app/assets").mkdir(parents=True)
    (tmp_path / "app/index.html").write_text("<html></html>")
    (tmp_path / "app/junior.html").write_text("<html></html>")
    for path in JUNIOR_FILES:
        (tmp_path / f"app{path}").write_text("{}")
    (tmp_path / "app/assets/index-1a2b.js").write_text("start()")
    return WebApp(tmp_path / "app")


def browser(app: Application) -> httpx.AsyncClient:
    """A browser on a page of this server, with cookies of its own."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE, headers={"origin": BASE})


async def signed_in(world: HttpWorld, app: Application, name: str = "ann") -> httpx.AsyncClient:
    """A browser in which a guardian has signed in and set a PIN."""
    await world.accounts.create_user(name, password=PASSWORD)
    client = browser(app)
    assert (await client.post("/v1/session", json={"name": name, "password": PASSWORD})).status_code == 200
    assert (await client.put("/v1/junior/pin", json={"pin": PIN})).status_code == 200
    return client


async def make_profile(client: httpx.AsyncClient, **changes: Any) -> str:
    """Make a profile with the consent that its settings need, and return its id."""
    agreed = sorted(required_terms(changes.get("log_days")))
    made = await client.post("/v1/junior/profiles", json={**FIELDS, **changes, "agreed": agreed})
    assert made.status_code == 201, made.text
    shapes.ProfileBody.model_validate(made.json())
    return str(made.json()["id"])


def code_of(response: httpx.Response) -> str:
    return str(response.json()["error"]["code"])


async def beat_for(world: HttpWorld, child: httpx.AsyncClient, minutes: int) -> dict[str, Any]:
    """Let a child's page send signs of life for so many minutes, and return the last answer."""
    found = (await child.post("/v1/junior/session/beat")).json()
    for _ in range(2 * minutes):
        world.world.clock.advance(MINUTE_S / 2)
        found = (await child.post("/v1/junior/session/beat")).json()
    return dict(found)


def found_in(folder: Path, planted: bytes) -> bool:
    """Say whether any file below a folder holds some bytes."""
    for path in folder.rglob("*"):
        # A temporary file may have its last name by now.
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and planted in path.read_bytes():
                return True
    return False
