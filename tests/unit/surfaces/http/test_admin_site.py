"""Channels, settings, health, alarms and log lines, as administrators see them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from verax.kernel import canonical
from verax.kernel.history import HistoryEntry
from verax.surfaces.house_checks import BACKUP_FACT
from verax.surfaces.http import admin_shapes
from verax.surfaces.http.app import create_app
from verax.surfaces.http.ports import HealthDetail
from verax.testing.http_installation import FakeInstallation


@pytest.fixture
async def admin(installation: FakeInstallation) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(installation))
    headers = {"authorization": f"Bearer {await installation.make_key('oli', ['operator'])}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8420", headers=headers) as opened:
        yield opened


async def test_channels_are_shown_with_what_the_root_demands(admin: httpx.AsyncClient) -> None:
    body = (await admin.get("/v1/admin/channels")).json()
    admin_shapes.ChannelList.model_validate(body)
    assert [channel["name"] for channel in body["data"]] == ["assistant", "companion/iris", "runtime"]
    assert body["data"][0]["rules"]["is_public"] is True
    assert body["data"][1]["rules"]["is_public"] is False
    assert body["data"][0]["release"] == "11" * 32
    assert body["data"][2]["title"] is None
    assert body["fingerprint"] == "33" * 32


async def test_settings_are_shown_with_their_origin_and_without_secrets(tmp_path: Path) -> None:
    installation = FakeInstallation.open(
        tmp_path, api_key="vx-secret", database_url="postgresql://ann:hunter2@db/x", port=8421
    )
    headers = {"authorization": f"Bearer {await installation.make_key('oli', ['operator'])}"}
    transport = httpx.ASGITransport(create_app(installation))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        response = await client.get("/v1/admin/settings")
    installation.close()
    admin_shapes.SettingList.model_validate(response.json())
    values = {setting["name"]: setting["value"] for setting in response.json()["data"]}
    assert values["port"] == 8421
    assert "vx-secret" not in response.text
    assert "hunter2" not in response.text
    assert all(setting["description"] for setting in response.json()["data"])


async def test_health_names_a_next_step_for_what_fails(
    installation: FakeInstallation, admin: httpx.AsyncClient
) -> None:
    installation.details = [
        HealthDetail("models", False, "model: no weights\nhint: run verax model pull"),
        HealthDetail("governance", True, "log of 4 entries"),
    ]
    body = (await admin.get("/v1/admin/health")).json()
    admin_shapes.AdminHealth.model_validate(body)
    assert body["is_ready"] is False
    found = {item["name"]: item for item in body["data"]}
    assert found["models"] == {
        "name": "models",
        "state": "wrong",
        "detail": "model: no weights",
        "next_step": "run verax model pull",
    }
    assert (found["governance"]["state"], found["governance"]["next_step"]) == ("fine", "")
    assert {"disk", "erasures", "backup"} <= found.keys()
    assert found["backup"]["state"] == "note"
    await installation.office.facts.put(BACKUP_FACT, str(installation.office.clock.now_ms()))
    body = (await admin.get("/v1/admin/health")).json()
    assert next(item for item in body["data"] if item["name"] == "backup")["detail"] == "made today"


def alarm(index: int, code: str, detail: str) -> HistoryEntry:
    facts = {"code": code, "count": 3, "first_ms": 5, "last_ms": 9}
    return HistoryEntry(index, "a" * 64, "alarm", True, "", "assistant", digests={"detail": detail}, facts=facts)


async def test_alarms_are_told_in_plain_words_newest_first(
    installation: FakeInstallation, admin: httpx.AsyncClient
) -> None:
    detail = installation.blobs.put(canonical.encode({"turn": "ab", "count": 2}))
    installation.fake_history.told = [
        HistoryEntry(0, "b" * 64, "root", True, ""),
        alarm(1, "prompt/differs", detail),
        alarm(2, "later/added", "00" * 32),
        alarm(3, "runtime/changed", installation.blobs.put(b"not canonical")),
    ]
    body = (await admin.get("/v1/admin/alarms")).json()
    admin_shapes.AlarmList.model_validate(body)
    assert [item["index"] for item in body["data"]] == [3, 2, 1]
    assert "prompt" in body["data"][2]["meaning"]
    assert [item["detail"] for item in body["data"]] == [{}, {}, {"turn": "ab", "count": 2}]
    assert all(item["next_step"] for item in body["data"])
    page = (await admin.get("/v1/admin/alarms?limit=1")).json()
    assert ([item["index"] for item in page["data"]], page["has_more"]) == ([3], True)
    assert [item["index"] for item in (await admin.get("/v1/admin/alarms?before=3")).json()["data"]] == [2, 1]


async def test_log_lines_are_read_on_from_where_one_stopped(
    installation: FakeInstallation, admin: httpx.AsyncClient
) -> None:
    lines = installation.office.lines
    for number, level in enumerate((logging.INFO, logging.WARNING, logging.ERROR)):
        lines.handle(logging.LogRecord("verax.test", level, __file__, 1, f"line {number}", (), None))
    body = (await admin.get("/v1/admin/logs")).json()
    admin_shapes.LogPage.model_validate(body)
    assert [line["message"] for line in body["data"]] == ["line 0", "line 1", "line 2"]
    assert (body["run"], body["last"], body["has_more"]) == (lines.run, 3, False)
    assert (await admin.get("/v1/admin/logs?after=3")).json()["data"] == []
    assert len((await admin.get("/v1/admin/logs?level=warning")).json()["data"]) == 2
    first = (await admin.get("/v1/admin/logs?limit=1")).json()
    assert (len(first["data"]), first["has_more"]) == (1, True)


@pytest.mark.parametrize("query", ["level=loud", "after=-1", "limit=2001", "limit=0"])
async def test_a_malformed_query_of_lines_is_refused(admin: httpx.AsyncClient, query: str) -> None:
    assert (await admin.get(f"/v1/admin/logs?{query}")).status_code == 400
