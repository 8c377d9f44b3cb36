"""What turns used: everybody's for administrators, one's own for everybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from verax.store.meter import Usage, record_usage
from verax.surfaces.http import admin_shapes
from verax.testing.http_installation import FakeInstallation

DAY_MS = 86_400_000


async def use(installation: FakeInstallation, name: str, channel: str, days_ago: int, duration_ms: int) -> None:
    """Write down one turn."""
    user_id = (await installation.accounts.user(name)).user_id
    created_ms = installation.office.clock.now_ms() - days_ago * DAY_MS
    number = f"{name}-{channel}-{days_ago}-{duration_ms}"
    row = Usage(number, user_id, "", channel, "complete", 10, 20, duration_ms, created_ms)
    await installation.database.write(lambda tx: record_usage(tx, row))


@pytest.fixture
async def owner(installation: FakeInstallation, key: str) -> dict[str, str]:
    headers = {"authorization": f"Bearer {await installation.make_key('eve', ['owner'])}"}
    await use(installation, "ann", "assistant", 0, 100)
    await use(installation, "ann", "companion/iris", 0, 300)
    await use(installation, "eve", "assistant", 3, 200)
    await use(installation, "eve", "assistant", 90, 999)
    return headers


async def test_usage_of_the_last_days_by_name(
    installation: FakeInstallation, anonymous: httpx.AsyncClient, owner: dict[str, str]
) -> None:
    body = (await anonymous.get("/v1/admin/usage?by=user", headers=owner)).json()
    admin_shapes.UsageBody.model_validate(body)
    today = datetime.fromtimestamp(installation.office.clock.now_ms() / 1000, UTC).date()
    assert (body["first"], body["last"]) == ((today - timedelta(days=29)).isoformat(), today.isoformat())
    assert [(row["label"], row["turns"]) for row in body["names"]] == [("ann", 2), ("eve", 1)]
    assert [row["day"] for row in body["days"]] == [(today - timedelta(days=3)).isoformat(), today.isoformat()]
    assert (body["total"]["turns"], body["total"]["prompt_tokens"], body["total"]["p50_ms"]) == (3, 30, 200)


async def test_people_see_their_own_usage_and_no_others(client: httpx.AsyncClient, owner: dict[str, str]) -> None:
    body = (await client.get("/v1/account/usage?by=channel")).json()
    admin_shapes.UsageBody.model_validate(body)
    assert [(row["name"], row["turns"]) for row in body["names"]] == [("assistant", 1), ("companion/iris", 1)]
    assert body["total"]["turns"] == 2


async def test_a_time_without_turns_has_no_total(anonymous: httpx.AsyncClient, owner: dict[str, str]) -> None:
    body = (await anonymous.get("/v1/admin/usage?first=1999-12-31&last=2000-01-31", headers=owner)).json()
    assert (body["days"], body["names"], body["total"]) == ([], [], None)


@pytest.mark.parametrize(
    "query",
    [
        "by=key",
        "first=yesterday",
        "last=20261101",
        "first=2026-01-02&last=2026-01-01",
        "first=2020-01-01&last=2026-01-01",
        "last=0000-01-01",
    ],
)
async def test_a_malformed_time_is_refused(anonymous: httpx.AsyncClient, owner: dict[str, str], query: str) -> None:
    assert (await anonymous.get(f"/v1/admin/usage?{query}", headers=owner)).status_code == 400


async def test_the_first_day_that_there_is_does_no_harm(anonymous: httpx.AsyncClient, owner: dict[str, str]) -> None:
    assert (await anonymous.get("/v1/admin/usage?last=0001-01-01", headers=owner)).status_code == 200
