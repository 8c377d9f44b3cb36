"""A class joins with a code: for a limited time, for one thing, and not by guessing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from tests.integration.junior.kit import browser, code_of, make_profile, signed_in

from verax.store.junior.joining import WRONG_A_MINUTE, WRONG_PAIRS
from verax.surfaces.http import junior_models as shapes
from verax.surfaces.http.app import Application
from verax.surfaces.http.gate import SESSION_COOKIE
from verax.testing.http_world import HttpWorld

CODES, JOIN = "/v1/junior/classroom-codes", "/v1/junior/join"
FOX = {"colour": "blue", "animal": "fox"}


async def code_for(client: httpx.AsyncClient, minutes: int = 45) -> str:
    made = await client.post(CODES, json={"minutes": minutes})
    assert made.status_code == 200, made.text
    return shapes.ClassroomCodeBody.model_validate(made.json()).code


@pytest.fixture
async def fox(guardian: httpx.AsyncClient) -> str:
    return await make_profile(guardian, animal="fox", place="classroom")


@pytest.fixture
async def device(app: Application) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(app) as opened:
        yield opened


def wrong_one(code: str, number: int) -> str:
    return f"{(int(code) + 1 + number) % 10**8:08d}"


async def test_a_child_joins_with_code_colour_and_animal_and_can_do_nothing_else(
    guardian: httpx.AsyncClient, device: httpx.AsyncClient, fox: str
) -> None:
    code = await code_for(guardian)
    joined = await device.post(JOIN, json={"code": code, **FOX})
    assert joined.status_code == 200, joined.text
    assert shapes.ChildView.model_validate(joined.json()).animal == "fox"
    assert device.cookies[SESSION_COOKIE].startswith("vxc-")
    assert "httponly" in joined.headers["set-cookie"].lower()
    assert (await device.post("/v1/junior/session/turns", json={})).json()["kind"] == "hello"
    for method, path in (("GET", "/v1/models"), ("GET", "/v1/account"), ("POST", JOIN), ("POST", CODES), ("GET", "/")):
        assert code_of(await device.request(method, path)) == "junior/not-allowed", path
    listed = (await guardian.get(f"/v1/junior/profiles/{fox}/sessions")).json()["data"]
    assert len(listed) == 1
    assert (await device.post("/v1/junior/session/leave", json={"pin": "4711"})).status_code == 204


async def test_a_code_is_for_the_classroom_and_for_its_teacher_alone(
    world: HttpWorld, app: Application, guardian: httpx.AsyncClient, device: httpx.AsyncClient, profile: str
) -> None:
    assert code_of(await guardian.post(CODES, json={})) == "junior/no-classroom", profile
    await make_profile(guardian, animal="fox", place="classroom")
    code = await code_for(guardian)
    assert code_of(await device.post(JOIN, json={"code": code, "colour": "blue", "animal": "owl"})) == "junior/nobody"
    bob = await signed_in(world, app, "bob")
    await make_profile(bob, animal="frog", place="classroom")
    assert code_of(await device.post(JOIN, json={"code": code, "colour": "blue", "animal": "frog"})) == "junior/nobody"
    await bob.aclose()


async def test_a_code_ends_by_time_by_the_teacher_by_another_one_and_with_the_account(
    world: HttpWorld, guardian: httpx.AsyncClient, device: httpx.AsyncClient, fox: str
) -> None:
    async def is_over(code: str) -> bool:
        return code_of(await device.post(JOIN, json={"code": code, **FOX})) == "junior/wrong-code"

    first = await code_for(guardian, minutes=5)
    second = await code_for(guardian, minutes=5)
    assert await is_over(first), fox
    world.world.clock.advance(5 * 60)
    assert await is_over(second)
    third = await code_for(guardian)
    assert (await guardian.delete(CODES)).status_code == 204
    assert await is_over(third)
    fourth = await code_for(guardian)
    await world.accounts.set_disabled((await world.accounts.user("ann")).user_id, True)
    assert await is_over(fourth)


async def test_codes_are_not_guessed(
    world: HttpWorld, guardian: httpx.AsyncClient, device: httpx.AsyncClient, fox: str
) -> None:
    code = await code_for(guardian)
    for number in range(WRONG_A_MINUTE):
        refused = await device.post(JOIN, json={"code": wrong_one(code, number), **FOX})
        assert code_of(refused) == "junior/wrong-code", fox
    busy = await device.post(JOIN, json={"code": code, **FOX})
    assert (busy.status_code, code_of(busy)) == (429, "busy/join")
    assert 0 < int(busy.headers["retry-after"]) <= 60
    world.world.clock.advance(60)
    assert (await device.post(JOIN, json={"code": code, **FOX})).status_code == 200


async def test_who_has_the_code_cannot_list_the_class(
    guardian: httpx.AsyncClient, device: httpx.AsyncClient, fox: str
) -> None:
    code = await code_for(guardian)
    for _ in range(WRONG_PAIRS):
        refused = await device.post(JOIN, json={"code": code, "colour": "red", "animal": "bee"})
        assert code_of(refused) == "junior/nobody"
    assert code_of(await device.post(JOIN, json={"code": code, **FOX})) == "junior/wrong-code", fox


async def test_a_code_takes_a_session_a_pin_and_a_page_of_this_server(
    world: HttpWorld, app: Application, guardian: httpx.AsyncClient, device: httpx.AsyncClient, fox: str
) -> None:
    code = await code_for(guardian)
    foreign = await device.post(JOIN, json={"code": code, **FOX}, headers={"origin": "https://evil.example"})
    assert code_of(foreign) == "access/origin", fox
    for body in ({"code": "1234567", **FOX}, {"code": code}, {"code": code, "colour": "blue", "animal": "x"}, {}):
        assert (await device.post(JOIN, json=body)).status_code in (400, 422)
    assert (await device.post(CODES, json={})).status_code == 401
    key = await world.accounts.create_key("program", (await world.accounts.user("ann")).user_id)
    async with browser(app) as program:
        program.headers["authorization"] = f"Bearer {key.plain}"
        assert code_of(await program.post(CODES, json={})) == "access/session-needed"
    await world.accounts.create_user("cyd", password="correct horse battery")
    async with browser(app) as cyd:
        await cyd.post("/v1/session", json={"name": "cyd", "password": "correct horse battery"})
        await make_profile(cyd, place="classroom")
        assert code_of(await cyd.post(CODES, json={})) == "junior/no-pin"


async def test_a_guardians_session_does_not_stay_beside_the_childs(
    app: Application, guardian: httpx.AsyncClient, fox: str
) -> None:
    code = await code_for(guardian)
    before = guardian.cookies[SESSION_COOKIE]
    assert (await guardian.post(JOIN, json={"code": code, **FOX})).status_code == 200, fox
    async with browser(app) as thief:
        thief.cookies.set(SESSION_COOKIE, before)
        assert (await thief.get("/v1/account")).status_code == 401
