"""The governance log told over HTTP, and blobs that take an account."""

from __future__ import annotations

import httpx
import pytest

from verax.kernel.history import HistoryEntry
from verax.surfaces.http.history import HistoryBody
from verax.testing.http_installation import FakeInstallation

PATH = "/v1/governance/history"


@pytest.fixture
def told(installation: FakeInstallation) -> list[HistoryEntry]:
    entries = [
        HistoryEntry(0, "a" * 64, "root", True, "", facts={"version": 1, "solo": True}, persons=("owner",)),
        HistoryEntry(1, "b" * 64, "change", True, "", "assistant", "b" * 64, 5, ("ann",), {"candidate": "c" * 64}),
        HistoryEntry(2, "", "unknown", False, "envelope: not canonical"),
        HistoryEntry(3, "d" * 64, "move", False, "no approvals", "assistant", "b" * 64, 6, ("ann",)),
    ]
    installation.fake_history.told = entries
    return entries


async def test_everybody_may_read_how_behaviour_came_to_be(
    told: list[HistoryEntry], anonymous: httpx.AsyncClient
) -> None:
    body = (await anonymous.get(PATH)).json()
    HistoryBody.model_validate(body)
    assert [entry["index"] for entry in body["data"]] == [0, 1, 2, 3]
    assert (body["size"], body["has_more"]) == (4, False)
    assert body["data"][3]["reason"] == "no approvals"
    assert body["data"][2]["channel"] is None


async def test_pages_follow_each_other(told: list[HistoryEntry], anonymous: httpx.AsyncClient) -> None:
    first = (await anonymous.get(f"{PATH}?limit=3")).json()
    assert ([entry["index"] for entry in first["data"]], first["has_more"]) == ([0, 1, 2], True)
    rest = (await anonymous.get(f"{PATH}?limit=3&after=2")).json()
    assert ([entry["index"] for entry in rest["data"]], rest["has_more"]) == ([3], False)
    assert (await anonymous.get(f"{PATH}?after=9007199254740991")).json()["data"] == []


async def test_one_channel_is_told_alone(told: list[HistoryEntry], anonymous: httpx.AsyncClient) -> None:
    assert [entry["index"] for entry in (await anonymous.get(f"{PATH}?channel=assistant")).json()["data"]] == [1, 3]
    assert (await anonymous.get(f"{PATH}?channel=nothing")).json()["data"] == []


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "after=-1", "after=1.5", "after=%C2%B2", "by=x"])
async def test_a_malformed_query_is_refused(anonymous: httpx.AsyncClient, query: str) -> None:
    assert (await anonymous.get(f"{PATH}?{query}")).status_code == 400


async def test_a_closed_blob_takes_an_account_of_any_role(
    installation: FakeInstallation, client: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    digest = installation.blobs.put(b"a prompt that is not public")
    installation.fake_history.closed.add(digest)
    refused = await anonymous.get(f"/log/blob/{digest}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "access/blob-not-public")
    assert b"a prompt" not in refused.content
    served = await client.get(f"/log/blob/{digest}")
    assert served.content == b"a prompt that is not public"
    assert served.headers["cache-control"] == "no-store"
    wrong = await anonymous.get(f"/log/blob/{digest}", headers={"authorization": "Bearer vx-wrong"})
    assert wrong.status_code == 401


async def test_a_closed_blob_that_is_gone_is_not_found_by_those_who_may_look(
    installation: FakeInstallation, client: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    installation.fake_history.closed.add("ab" * 32)
    assert (await anonymous.get(f"/log/blob/{'ab' * 32}")).status_code == 401
    assert (await client.get(f"/log/blob/{'ab' * 32}")).status_code == 404
