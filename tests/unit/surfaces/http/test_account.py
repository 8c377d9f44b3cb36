"""What people do with their own account, and what an API key may not do with it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from verax.surfaces.http import account_models
from verax.testing.http_installation import FakeInstallation

OWN = {"origin": "http://localhost:8420"}
PASSWORD = "correct horse battery"
NEW = "another one entirely"
ANN = {"name": "ann", "password": PASSWORD}

# Every call that changes a credential of the account, with a body that is fine.
PERSONAL: tuple[tuple[str, str, dict[str, Any] | None], ...] = (
    ("PATCH", "/v1/account", {"name": "carol"}),
    ("POST", "/v1/account/keys", {"name": "laptop"}),
    ("DELETE", "/v1/account/keys/key_0", None),
    ("DELETE", "/v1/account/sessions", None),
    ("DELETE", "/v1/account/sessions/session_0", None),
    ("POST", "/v1/account/erase", {"password": PASSWORD}),
)
READS = ("/v1/account", "/v1/account/settings", "/v1/account/keys", "/v1/account/sessions", "/v1/account/export")


@pytest.fixture
async def ann(key: str, anonymous: httpx.AsyncClient) -> httpx.AsyncClient:
    """Ann at a browser."""
    assert (await anonymous.post("/v1/session", json=ANN)).status_code == 200
    anonymous.headers.update(OWN)
    return anonymous


def code_of(response: httpx.Response) -> str:
    return str(response.json()["error"]["code"])


@pytest.mark.parametrize(("method", "path", "body"), PERSONAL)
async def test_an_api_key_changes_no_credentials(
    client: httpx.AsyncClient, method: str, path: str, body: dict[str, Any] | None
) -> None:
    refused = await client.request(method, path, json=body)
    assert (refused.status_code, code_of(refused)) == (403, "access/session-needed")


@pytest.mark.parametrize(("method", "path", "body"), PERSONAL)
async def test_a_foreign_page_changes_nothing(
    ann: httpx.AsyncClient, method: str, path: str, body: dict[str, Any] | None
) -> None:
    for origin in ("https://evil.example", "null", ""):
        refused = await ann.request(method, path, json=body, headers={"origin": origin})
        assert (refused.status_code, code_of(refused)) == (403, "access/origin")
    assert (await ann.get("/v1/account")).json()["name"] == "ann"


@pytest.mark.parametrize(("method", "path"), [*((m, p) for m, p, _ in PERSONAL), *(("GET", path) for path in READS)])
async def test_nobody_without_a_credential_sees_or_changes_an_account(
    anonymous: httpx.AsyncClient, method: str, path: str
) -> None:
    assert (await anonymous.request(method, path, json={})).status_code == 401


async def test_a_new_password_takes_the_old_one(ann: httpx.AsyncClient) -> None:
    for old in (None, "wrong"):
        change = {"password": {"new": NEW} | ({} if old is None else {"old": old})}
        refused = await ann.patch("/v1/account", json=change)
        assert (refused.status_code, code_of(refused)) == (403, "access/password")
    changed = await ann.patch("/v1/account", json={"password": {"old": PASSWORD, "new": NEW}})
    assert changed.status_code == 200
    assert (await ann.post("/v1/session", json=ANN)).status_code == 401
    assert (await ann.post("/v1/session", json={**ANN, "password": NEW})).status_code == 200


async def test_guessing_the_old_password_is_slowed_down(ann: httpx.AsyncClient) -> None:
    change = {"password": {"old": "wrong", "new": NEW}}
    tries = [(await ann.patch("/v1/account", json=change)).status_code for _ in range(6)]
    assert tries == [403] * 5 + [429]


async def test_a_new_password_ends_every_other_session(installation: FakeInstallation, ann: httpx.AsyncClient) -> None:
    before = ann.cookies["verax_session"]
    other = await installation.accounts.create_session((await installation.accounts.user("ann")).user_id)
    changed = await ann.patch("/v1/account", json={"password": {"old": PASSWORD, "new": NEW}})
    assert changed.cookies["verax_session"] != before
    assert (await ann.get("/v1/account")).status_code == 200
    for token in (before, other.token):
        ann.cookies.clear()
        assert (await ann.get("/v1/account", headers={"cookie": f"verax_session={token}"})).status_code == 401


@pytest.mark.parametrize(
    "change", [{"name": "a b"}, {"name": ""}, {"password": {"old": PASSWORD, "new": "short"}}, {"roles": ["owner"]}]
)
async def test_an_unacceptable_change_is_refused_whole(ann: httpx.AsyncClient, change: dict[str, Any]) -> None:
    assert (await ann.patch("/v1/account", json=change)).status_code == 400
    assert (await ann.get("/v1/account")).json()["name"] == "ann"


async def test_a_bad_password_keeps_the_old_name(ann: httpx.AsyncClient) -> None:
    change = {"name": "carol", "password": {"old": PASSWORD, "new": "short"}}
    assert (await ann.patch("/v1/account", json=change)).status_code == 400
    assert (await ann.get("/v1/account")).json()["name"] == "ann"


async def test_a_name_that_is_taken_is_refused(installation: FakeInstallation, ann: httpx.AsyncClient) -> None:
    await installation.accounts.create_user("bob")
    assert (await ann.patch("/v1/account", json={"name": "Bob"})).status_code == 409


async def test_keys_are_made_listed_and_revoked(ann: httpx.AsyncClient) -> None:
    made = await ann.post("/v1/account/keys", json={"name": "laptop"})
    account_models.KeyMade.model_validate(made.json())
    assert made.status_code == 201
    headers = {"authorization": f"Bearer {made.json()['key']}"}
    assert (await ann.get("/v1/models", headers=headers)).status_code == 200
    listed = (await ann.get("/v1/account/keys")).json()
    account_models.KeyList.model_validate(listed)
    assert made.json()["key"] not in json.dumps(listed)
    assert listed["data"][0]["id"] == made.json()["id"]
    assert (await ann.delete(f"/v1/account/keys/{made.json()['id']}")).status_code == 204
    assert (await ann.get("/v1/models", headers=headers)).status_code == 401


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"roles": ["owner"]}, 403),
        ({"roles": ["king"]}, 400),
        ({"requests_per_minute": 601}, 400),
        ({"expires_ms": 1}, 400),
        ({"name": ""}, 400),
        ({"name": "a\nb"}, 400),
    ],
)
async def test_a_key_that_would_open_more_than_its_account_is_refused(
    ann: httpx.AsyncClient, fields: dict[str, Any], status: int
) -> None:
    assert (await ann.post("/v1/account/keys", json={"name": "laptop", **fields})).status_code == status


async def test_an_account_has_only_so_many_keys(installation: FakeInstallation, ann: httpx.AsyncClient) -> None:
    user = await installation.accounts.user("ann")
    for _ in range(99):
        await installation.accounts.create_key("one more", user.user_id)
    assert (await ann.post("/v1/account/keys", json={"name": "laptop"})).status_code == 409


async def test_nobody_touches_keys_and_sessions_of_another(
    installation: FakeInstallation, ann: httpx.AsyncClient
) -> None:
    bob = await installation.accounts.create_user("bob")
    theirs = await installation.accounts.create_key("laptop", bob.user_id)
    await installation.accounts.create_session(bob.user_id)
    [session] = await installation.accounts.sessions(bob.user_id)
    assert (await ann.delete(f"/v1/account/keys/{theirs.key.key_id}")).status_code == 404
    assert (await ann.delete(f"/v1/account/sessions/{session.session_id}")).status_code == 404
    assert (await ann.delete("/v1/account/sessions")).json() == {"ended": 0}
    assert (await installation.accounts.resolve_key(theirs.plain)).name == "bob"
    assert len(await installation.accounts.sessions(bob.user_id)) == 1


async def test_sessions_are_listed_with_the_present_one_marked(
    installation: FakeInstallation, ann: httpx.AsyncClient
) -> None:
    user_id = (await installation.accounts.user("ann")).user_id
    await installation.accounts.create_session(user_id, "192.0.2.9", "Firefox")
    listed = (await ann.get("/v1/account/sessions")).json()
    account_models.SessionList.model_validate(listed)
    assert sorted(item["is_current"] for item in listed["data"]) == [False, True]
    assert ann.cookies["verax_session"] not in json.dumps(listed)
    other = next(item for item in listed["data"] if not item["is_current"])
    assert (other["client"], other["agent"]) == ("192.0.2.9", "Firefox")
    assert (await ann.delete(f"/v1/account/sessions/{other['id']}")).status_code == 204
    assert len((await ann.get("/v1/account/sessions")).json()["data"]) == 1


async def test_settings_are_checked(ann: httpx.AsyncClient) -> None:
    first = (await ann.get("/v1/account/settings")).json()
    assert first == {"language": "", "theme": "system", "channel": "", "send_key": "enter"}
    assert (await ann.put("/v1/account/settings", json={"theme": "dark"})).json() == {**first, "theme": "dark"}
    for wrong in ({"theme": "pink"}, {"prompt": "Be rude."}, {"language": "fr"}, {"channel": "x" * 81}, []):
        assert (await ann.put("/v1/account/settings", json=wrong)).status_code == 400
    assert (await ann.get("/v1/account/settings")).json()["theme"] == "dark"


async def test_settings_that_this_version_does_not_know_are_left_out(
    installation: FakeInstallation, ann: httpx.AsyncClient
) -> None:
    user_id = (await installation.accounts.user("ann")).user_id
    await installation.office.settings.put(user_id, {"theme": "pink", "language": "zh", "later": 1})
    shown = (await ann.get("/v1/account/settings")).json()
    assert (shown["theme"], shown["language"]) == ("system", "zh")
    assert "later" not in shown


async def test_an_export_is_a_file_of_lines(ann: httpx.AsyncClient) -> None:
    response = await ann.get("/v1/account/export")
    assert response.headers["content-disposition"].startswith("attachment")
    lines = [json.loads(line) for line in response.text.splitlines()]
    assert [line["type"] for line in lines] == ["export", "end"]


async def test_erasing_oneself_takes_the_password_again(installation: FakeInstallation, ann: httpx.AsyncClient) -> None:
    for body in ({}, {"password": "wrong"}):
        refused = await ann.post("/v1/account/erase", json=body)
        assert (refused.status_code, code_of(refused)) == (403, "access/password")
    erased = await ann.post("/v1/account/erase", json={"password": PASSWORD})
    account_models.AccountErased.model_validate(erased.json())
    assert erased.json()["is_done"] is True
    assert [user.name for user in await installation.accounts.users()] == []
    assert (await ann.get("/v1/account")).status_code == 401


async def test_the_last_owner_is_not_erased(installation: FakeInstallation, anonymous: httpx.AsyncClient) -> None:
    await installation.accounts.create_user("eve", password=PASSWORD, roles=["owner"])
    await anonymous.post("/v1/session", json={**ANN, "name": "eve"})
    refused = await anonymous.post("/v1/account/erase", json={"password": PASSWORD}, headers=OWN)
    assert (refused.status_code, code_of(refused)) == (409, "accounts/last-owner")
