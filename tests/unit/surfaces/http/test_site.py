"""The first run, and what a page knows before anybody signs in."""

from __future__ import annotations

import httpx
import pytest

import verax
from verax.surfaces.http import account_models, reply_models
from verax.testing.http_installation import FakeInstallation

OWN = {"origin": "http://localhost:8420"}
LINK = "/v1/session/link"


async def make_link(installation: FakeInstallation, name: str = "owner", roles: tuple[str, ...] = ("owner",)) -> str:
    user = await installation.accounts.create_user(name, roles=roles)
    return (await installation.accounts.create_link(user.user_id)).code


async def test_a_page_learns_what_this_is_before_anybody_signs_in(anonymous: httpx.AsyncClient) -> None:
    body = (await anonymous.get("/v1/site")).json()
    account_models.SiteBody.model_validate(body)
    assert body["version"] == verax.__version__
    assert body["fingerprint"] == "33" * 32
    assert body["channels"] == [
        {"name": "assistant", "is_public": True},
        {"name": "companion/iris", "is_public": False},
    ]
    assert (body["is_signed_in"], body["set_up"], body["languages"]) == (False, False, ["en", "zh"])


async def test_the_whole_first_run(installation: FakeInstallation, anonymous: httpx.AsyncClient) -> None:
    code = await make_link(installation)
    signed_in = await anonymous.post(LINK, json={"code": code}, headers=OWN)
    assert signed_in.status_code == 200
    reply_models.Session.model_validate(signed_in.json())
    assert signed_in.json()["may_set_password"] is True
    change = {"name": "Ann", "password": {"new": "correct horse battery"}}
    changed = await anonymous.patch("/v1/account", json=change, headers=OWN)
    account_models.AccountBody.model_validate(changed.json())
    assert (changed.json()["name"], changed.json()["has_password"]) == ("ann", True)
    settings = {"language": "zh", "theme": "dark"}
    assert (await anonymous.put("/v1/account/settings", json=settings, headers=OWN)).json()["theme"] == "dark"
    assert (await anonymous.post("/v1/site/set-up", headers=OWN)).json()["set_up"] is True
    site = (await anonymous.get("/v1/site")).json()
    assert (site["is_signed_in"], site["set_up"]) == (True, True)
    assert (await anonymous.get("/v1/session")).json()["may_set_password"] is False
    anonymous.cookies.clear()
    signed_in = await anonymous.post("/v1/session", json={"name": "ann", "password": "correct horse battery"})
    assert signed_in.status_code == 200


async def test_a_link_that_was_used_opens_nothing(installation: FakeInstallation, anonymous: httpx.AsyncClient) -> None:
    code = await make_link(installation)
    assert (await anonymous.post(LINK, json={"code": code})).status_code == 200
    anonymous.cookies.clear()
    again = await anonymous.post(LINK, json={"code": code})
    assert again.status_code == 401
    assert again.json()["error"]["code"] == "access/link"
    assert "set-cookie" not in again.headers


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": 5}, {"code": "x" * 257}, {"code": "x", "name": "owner"}])
async def test_a_malformed_link_is_refused(anonymous: httpx.AsyncClient, body: dict[str, object]) -> None:
    assert (await anonymous.post(LINK, json=body)).status_code == 400


async def test_guessing_links_is_slowed_down(anonymous: httpx.AsyncClient) -> None:
    tries = [await anonymous.post(LINK, json={"code": f"guess {number}"}) for number in range(21)]
    assert {response.status_code for response in tries[:20]} == {401}
    assert tries[20].status_code == 429
    assert int(tries[20].headers["retry-after"]) > 0


async def test_a_foreign_page_cannot_use_a_link(installation: FakeInstallation, anonymous: httpx.AsyncClient) -> None:
    code = await make_link(installation)
    refused = await anonymous.post(LINK, json={"code": code}, headers={"origin": "https://evil.example"})
    assert refused.status_code == 403
    assert (await anonymous.post(LINK, json={"code": code}, headers=OWN)).status_code == 200


async def test_signing_in_takes_over_no_session_that_was_planted(
    installation: FakeInstallation, anonymous: httpx.AsyncClient
) -> None:
    mallory = await installation.accounts.create_user("mallory")
    planted = (await installation.accounts.create_session(mallory.user_id)).token
    for token in (planted, "chosen-by-somebody-else"):
        anonymous.cookies.clear()
        anonymous.cookies.set("verax_session", token, domain="localhost.local")
        code = (await installation.accounts.create_link(mallory.user_id)).code
        fresh = (await anonymous.post(LINK, json={"code": code}, headers=OWN)).headers["set-cookie"]
        assert token not in fresh
    anonymous.cookies.clear()
    refused = await anonymous.get("/v1/session", headers={"cookie": f"verax_session={planted}"})
    assert refused.status_code == 401


async def test_a_session_that_ended_counts_as_none(anonymous: httpx.AsyncClient) -> None:
    response = await anonymous.get("/v1/site", headers={"cookie": "verax_session=gone"})
    assert response.status_code == 200
    assert response.json()["is_signed_in"] is False
    assert (await anonymous.get("/v1/site", headers={"authorization": "Bearer vx-wrong"})).status_code == 401


async def test_only_an_owner_at_a_browser_finishes_the_set_up(
    installation: FakeInstallation, client: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    owner = {"authorization": f"Bearer {await installation.make_key('eve', ['owner'])}"}
    assert (await anonymous.post("/v1/site/set-up")).status_code == 401
    refused = await anonymous.post("/v1/site/set-up", headers=owner)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "access/session-needed")
    await anonymous.post(LINK, json={"code": await make_link(installation, "bob", ("member",))})
    assert (await anonymous.post("/v1/site/set-up", headers=OWN)).status_code == 403
    assert (await anonymous.get("/v1/site")).json()["set_up"] is False
