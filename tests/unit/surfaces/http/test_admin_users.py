"""Accounts of other people: who may do what to whom."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from verax.store.accounts_types import ROLES
from verax.surfaces.http import account_models, admin_shapes
from verax.testing.http_installation import FakeInstallation

USERS = "/v1/admin/users"
MORE_THAN_MEMBER = [role for role in ROLES if role != "member"]

Headers = dict[str, str]


@pytest.fixture
async def owner(installation: FakeInstallation) -> Headers:
    return {"authorization": f"Bearer {await installation.make_key('eve', ['owner'])}"}


@pytest.fixture
async def operator(installation: FakeInstallation) -> Headers:
    return {"authorization": f"Bearer {await installation.make_key('oli', ['operator', 'member'])}"}


async def id_of(installation: FakeInstallation, name: str) -> str:
    return (await installation.accounts.user(name)).user_id


async def test_an_account_is_made_with_a_link_that_signs_its_person_in(
    installation: FakeInstallation, anonymous: httpx.AsyncClient, owner: Headers
) -> None:
    made = await anonymous.post(USERS, json={"name": "Bob", "requests_per_minute": 5}, headers=owner)
    assert made.status_code == 201
    admin_shapes.UserMade.model_validate(made.json())
    assert (made.json()["name"], made.json()["roles"], made.json()["has_password"]) == ("bob", ["member"], False)
    assert made.json()["requests_per_minute"] == 5
    address, code = made.json()["link"]["url"].split("/welcome#")
    assert address == "http://localhost:8420"
    signed_in = await anonymous.post("/v1/session/link", json={"code": code})
    assert (signed_in.json()["name"], signed_in.json()["may_set_password"]) == ("bob", True)


async def test_accounts_are_listed_searched_and_paged(
    installation: FakeInstallation, anonymous: httpx.AsyncClient, owner: Headers
) -> None:
    for name in ("bob", "bert", "carol"):
        await installation.accounts.create_user(name)
    listed = (await anonymous.get(f"{USERS}?limit=2", headers=owner)).json()
    admin_shapes.UserList.model_validate(listed)
    assert ([user["name"] for user in listed["data"]], listed["has_more"], listed["total"]) == (
        ["bert", "bob"],
        True,
        4,
    )
    rest = (await anonymous.get(f"{USERS}?limit=2&after=bob", headers=owner)).json()
    assert ([user["name"] for user in rest["data"]], rest["has_more"]) == (["carol", "eve"], False)
    found = (await anonymous.get(f"{USERS}?q=B", headers=owner)).json()
    assert ([user["name"] for user in found["data"]], found["total"]) == (["bert", "bob"], 2)


async def test_an_account_is_changed_whole_or_not_at_all(
    installation: FakeInstallation, anonymous: httpx.AsyncClient, owner: Headers
) -> None:
    await installation.accounts.create_user("bob")
    path = f"{USERS}/{await id_of(installation, 'bob')}"
    change = {"name": "robert", "roles": ["auditor", "member"], "requests_per_minute": 9, "is_disabled": True}
    changed = (await anonymous.patch(path, json=change, headers=owner)).json()
    admin_shapes.UserBody.model_validate(changed)
    assert (changed["name"], changed["roles"], changed["requests_per_minute"]) == ("robert", ["auditor", "member"], 9)
    assert changed["disabled_ms"] is not None
    again = (
        await anonymous.patch(path, json={"requests_per_minute": None, "is_disabled": False}, headers=owner)
    ).json()
    assert (again["name"], again["requests_per_minute"], again["disabled_ms"]) == ("robert", None, None)
    refused = await anonymous.patch(path, json={"name": "eve", "roles": ["member"]}, headers=owner)
    assert refused.status_code == 409
    assert (await anonymous.get(path, headers=owner)).json()["roles"] == ["auditor", "member"]


async def test_a_disabled_account_is_shut_out_at_once(
    installation: FakeInstallation, anonymous: httpx.AsyncClient, client: httpx.AsyncClient, owner: Headers
) -> None:
    assert (await client.get("/v1/models")).status_code == 200
    path = f"{USERS}/{await id_of(installation, 'ann')}"
    await anonymous.patch(path, json={"is_disabled": True}, headers=owner)
    assert (await client.get("/v1/models")).status_code == 401


async def test_the_last_owner_stays_one(
    installation: FakeInstallation, anonymous: httpx.AsyncClient, owner: Headers
) -> None:
    path = f"{USERS}/{await id_of(installation, 'eve')}"
    for change in ({"roles": ["member"]}, {"is_disabled": True}):
        response = await anonymous.patch(path, json=change, headers=owner)
        assert (response.status_code, response.json()["error"]["code"]) == (409, "accounts/last-owner")
    assert (await anonymous.delete(path, headers=owner)).status_code == 409
    assert (await anonymous.get("/v1/models", headers=owner)).status_code == 200


async def test_an_erased_account_is_gone(
    installation: FakeInstallation, anonymous: httpx.AsyncClient, owner: Headers
) -> None:
    await installation.accounts.create_user("bob")
    path = f"{USERS}/{await id_of(installation, 'bob')}"
    erased = (await anonymous.delete(path, headers=owner)).json()
    account_models.AccountErased.model_validate(erased)
    assert erased["is_done"] is True
    for method in ("GET", "DELETE"):
        assert (await anonymous.request(method, path, headers=owner)).status_code == 404


async def test_a_new_link_replaces_the_one_before(
    installation: FakeInstallation, anonymous: httpx.AsyncClient, owner: Headers
) -> None:
    await installation.accounts.create_user("bob", password="correct horse battery")
    path = f"{USERS}/{await id_of(installation, 'bob')}/link"
    codes = [(await anonymous.post(path, headers=owner)).json()["url"].partition("#")[2] for _ in range(2)]
    statuses = [(await anonymous.post("/v1/session/link", json={"code": code})).status_code for code in codes]
    assert statuses == [401, 200]


@pytest.mark.parametrize("role", MORE_THAN_MEMBER)
async def test_an_operator_touches_nobody_who_is_more_than_a_member(
    installation: FakeInstallation, anonymous: httpx.AsyncClient, operator: Headers, role: str
) -> None:
    await installation.accounts.create_first_owner()
    user = await installation.accounts.create_user("bob", roles=["member", role])
    key = await installation.accounts.create_key("laptop", user.user_id)
    path = f"{USERS}/{user.user_id}"
    calls: list[tuple[str, str, Any]] = [
        ("PATCH", path, {"is_disabled": True}),
        ("PATCH", path, {"roles": ["member"]}),
        ("PATCH", path, {"name": "robert"}),
        ("POST", f"{path}/link", None),
        ("DELETE", path, None),
        ("DELETE", f"/v1/admin/keys/{key.key.key_id}", None),
    ]
    for method, place, body in calls:
        response = await anonymous.request(method, place, json=body, headers=operator)
        assert (response.status_code, response.json()["error"]["code"]) == (403, "access/forbidden"), (method, place)
    assert await installation.accounts.user("bob") == user
    assert (await installation.accounts.resolve_key(key.plain)).name == "bob"


@pytest.mark.parametrize("role", MORE_THAN_MEMBER)
async def test_an_operator_gives_no_role_but_member(
    installation: FakeInstallation, anonymous: httpx.AsyncClient, operator: Headers, role: str
) -> None:
    made = await anonymous.post(USERS, json={"name": "bob", "roles": [role]}, headers=operator)
    assert made.status_code == 403
    user = await installation.accounts.create_user("bob")
    raised = await anonymous.patch(f"{USERS}/{user.user_id}", json={"roles": ["member", role]}, headers=operator)
    assert raised.status_code == 403
    assert (await installation.accounts.user("bob")).roles == {"member"}


async def test_an_operator_does_not_raise_themselves(
    installation: FakeInstallation, anonymous: httpx.AsyncClient, operator: Headers
) -> None:
    path = f"{USERS}/{await id_of(installation, 'oli')}"
    assert (await anonymous.patch(path, json={"roles": ["owner"]}, headers=operator)).status_code == 403
    assert (await anonymous.post(f"{path}/link", headers=operator)).status_code == 403


async def test_an_operator_manages_members(
    installation: FakeInstallation, anonymous: httpx.AsyncClient, operator: Headers
) -> None:
    made = (await anonymous.post(USERS, json={"name": "bob"}, headers=operator)).json()
    path = f"{USERS}/{made['id']}"
    assert (await anonymous.patch(path, json={"is_disabled": True}, headers=operator)).status_code == 200
    assert (await anonymous.patch(path, json={"is_disabled": False}, headers=operator)).status_code == 200
    assert (await anonymous.post(f"{path}/link", headers=operator)).status_code == 201
    assert (await anonymous.delete(path, headers=operator)).status_code == 200


async def test_keys_of_all_accounts_are_listed_and_revoked(
    installation: FakeInstallation, anonymous: httpx.AsyncClient, client: httpx.AsyncClient, key: str, owner: Headers
) -> None:
    listed = (await anonymous.get("/v1/admin/keys?limit=1", headers=owner)).json()
    admin_shapes.AdminKeyList.model_validate(listed)
    assert listed["has_more"] is True
    user_id = await id_of(installation, "ann")
    [shown] = (await anonymous.get(f"/v1/admin/keys?user={user_id}", headers=owner)).json()["data"]
    assert (shown["user_name"], shown["name"]) == ("ann", "test")
    assert key not in json.dumps(shown)
    assert (await anonymous.delete(f"/v1/admin/keys/{shown['id']}", headers=owner)).status_code == 204
    assert (await client.get("/v1/models")).status_code == 401
    assert (await anonymous.delete("/v1/admin/keys/key_0", headers=owner)).status_code == 404


async def test_an_operator_revokes_a_key_of_their_own(
    installation: FakeInstallation, anonymous: httpx.AsyncClient, operator: Headers
) -> None:
    made = await installation.accounts.create_key("lost", await id_of(installation, "oli"))
    assert (await anonymous.delete(f"/v1/admin/keys/{made.key.key_id}", headers=operator)).status_code == 204


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "a b"},
        {"name": "bob", "roles": []},
        {"name": "bob", "roles": ["king"]},
        {"name": "bob", "password": "correct horse battery"},
        {"name": "bob", "requests_per_minute": 0},
    ],
)
async def test_a_malformed_account_is_refused(
    installation: FakeInstallation, anonymous: httpx.AsyncClient, owner: Headers, body: dict[str, Any]
) -> None:
    assert (await anonymous.post(USERS, json=body, headers=owner)).status_code == 400
    assert [user.name for user in await installation.accounts.users()] == ["eve"]


async def test_every_change_is_a_line_of_the_log_by_ids(
    anonymous: httpx.AsyncClient, owner: Headers, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "verax.admin"):
        made = (await anonymous.post(USERS, json={"name": "bob"}, headers=owner)).json()
        await anonymous.patch(f"{USERS}/{made['id']}", json={"name": "robert"}, headers=owner)
    assert "account changed (name) by user_" in caplog.text
    assert made["id"] in caplog.text
    assert "bob" not in caplog.text
    assert "robert" not in caplog.text
