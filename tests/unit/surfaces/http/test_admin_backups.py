"""Asking for a backup: what is taken, what is kept, and for how long. Whole files: tests/integration/cli."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from verax.store import age
from verax.surfaces.http.admin_backups import BackupOffer
from verax.surfaces.http.app import create_app
from verax.testing.http_installation import FakeInstallation

PATH = "/v1/admin/backups"
PASSPHRASE = "correct horse battery"


@pytest.fixture(autouse=True)
def _quick_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(age, "_LOG_N", 2)


@pytest.fixture
async def owner(installation: FakeInstallation) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(installation))
    headers = {"authorization": f"Bearer {await installation.make_key('eve', ['owner'])}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8420", headers=headers) as opened:
        yield opened


async def test_an_offer_names_a_path_that_nobody_guesses(owner: httpx.AsyncClient) -> None:
    offers = [(await owner.post(PATH, json={"passphrase": PASSPHRASE})).json() for _ in range(2)]
    for offer in offers:
        BackupOffer.model_validate(offer)
        assert offer["file_name"].endswith(".tar.age")
        assert (offer["is_encrypted"], offer["notice"]) == (True, "")
        assert len(offer["path"].removeprefix(f"{PATH}/")) == 32
    assert offers[0]["path"] != offers[1]["path"]
    assert PASSPHRASE not in str(offers)


async def test_a_backup_without_encryption_takes_the_word_unsafe(owner: httpx.AsyncClient) -> None:
    offer = (await owner.post(PATH, json={"unencrypted_unsafe": True})).json()
    assert offer["file_name"].endswith(".tar")
    assert offer["is_encrypted"] is False


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"passphrase": None},
        {"unencrypted_unsafe": False},
        {"passphrase": PASSPHRASE, "unencrypted_unsafe": True},
        {"passphrase": "short"},
        {"passphrase": "with a\nline end"},
        {"passphrase": "x" * 1025},
        {"passphrase": 5},
        {"password": PASSPHRASE},
    ],
)
async def test_anything_else_is_refused(owner: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await owner.post(PATH, json=body)).status_code == 400


async def test_only_so_many_wait_at_once(owner: httpx.AsyncClient) -> None:
    statuses = [(await owner.post(PATH, json={"unencrypted_unsafe": True})).status_code for _ in range(17)]
    assert statuses == [201] * 16 + [429]


@pytest.mark.parametrize("name", ["0", "x" * 32, "..%2f..%2fetc"])
async def test_what_was_not_offered_is_not_there(owner: httpx.AsyncClient, name: str) -> None:
    assert (await owner.get(f"{PATH}/{name}")).status_code == 404


async def test_an_error_before_the_first_byte_has_a_status_and_frees_the_place(owner: httpx.AsyncClient) -> None:
    """This installation has no keys, so there is nothing to back up."""
    for _ in range(3):
        offer = (await owner.post(PATH, json={"passphrase": PASSPHRASE})).json()
        response = await owner.get(offer["path"])
        assert response.status_code == 500
        assert response.json()["error"]["code"] == "config/invalid"


async def test_where_the_rows_are_elsewhere_the_offer_says_so(tmp_path: Any) -> None:
    installation = FakeInstallation.open(tmp_path, database_url="postgresql://localhost/x")
    headers = {"authorization": f"Bearer {await installation.make_key('eve', ['owner'])}"}
    transport = httpx.ASGITransport(create_app(installation))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        offer = (await client.post(PATH, json={"passphrase": PASSPHRASE})).json()
    installation.close()
    assert "pg_dump" in offer["notice"]
