"""Children's profiles and sessions over HTTP: who may do what, for how long, and what is left of it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import httpx
import pytest
from starlette.routing import Route
from tests.integration.junior.kit import (
    BASE,
    FIELDS,
    PASSWORD,
    PIN,
    beat_for,
    browser,
    code_of,
    found_in,
    make_profile,
    signed_in,
)

from verax.kernel.record import erase_profile_entry
from verax.store.junior.records import Exchange, JuniorRecords
from verax.store.junior.types import required_terms
from verax.surfaces.http import junior_models as shapes
from verax.surfaces.http.app import Application
from verax.surfaces.http.gate import SESSION_COOKIE
from verax.surfaces.http.junior_child import CHILD_CALLS, CHILD_FILES
from verax.surfaces.http.pages import JUNIOR_FILES, JUNIOR_PATHS
from verax.testing.http_world import HttpWorld

# Default deny


def every_call(app: Application) -> list[tuple[str, str]]:
    """Return every method and path that the application routes, with a word for each variable part."""
    found = {("POST", "/v1/chat/completions"), ("GET", "/nowhere"), ("POST", "/junior"), ("GET", "/assets")}
    for route in app._router.routes:
        assert isinstance(route, Route), "a new kind of route has to be looked at here"
        path = "/".join("x" if part.startswith("{") else part for part in route.path.split("/"))
        found |= {(method, path) for method in (*(route.methods or ()), "PUT", "DELETE")}
    return sorted(found)


async def test_a_childs_token_opens_nothing_but_a_short_list(app: Application, child: httpx.AsyncClient) -> None:
    calls = every_call(app)
    assert len(calls) > 150
    token = child.cookies[SESSION_COOKIE]
    carriers: tuple[dict[str, str], ...] = (
        {},
        {"cookie": f"{SESSION_COOKIE}=x; {SESSION_COOKIE}={token}; {SESSION_COOKIE}=y"},
    )
    for method, path in calls:
        if (method, path) in CHILD_CALLS or (method == "GET" and path.startswith(CHILD_FILES)):
            continue
        for headers in carriers:
            refused = await child.request(method, path, headers=headers)
            assert refused.status_code == 403, (method, path)
            if method != "HEAD":
                assert code_of(refused) == "junior/not-allowed", (method, path)


async def test_a_browser_that_opens_another_page_is_led_back(app: Application, child: httpx.AsyncClient) -> None:
    headers = {"sec-fetch-mode": "navigate"}
    for method, path in every_call(app):
        if (method, path) in CHILD_CALLS or (method == "GET" and path.startswith(CHILD_FILES)):
            continue
        answer = await child.request(method, path, headers=headers)
        expected = (303, "/junior") if method == "GET" else (403, None)
        assert (answer.status_code, answer.headers.get("location")) == expected, (method, path)


async def test_a_childs_token_is_no_api_key(app: Application, child: httpx.AsyncClient) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as program:
        bearer = {"authorization": f"Bearer {child.cookies[SESSION_COOKIE]}"}
        for path in ("/v1/models", "/v1/account", "/v1/junior/profiles", "/v1/site", "/openapi.json", "/"):
            assert code_of(await program.get(path, headers=bearer)) == "junior/not-allowed", path


async def test_every_call_of_the_short_list_is_one_of_junior_and_answers(
    app: Application, child: httpx.AsyncClient
) -> None:
    own = {*JUNIOR_PATHS, *JUNIOR_FILES}
    assert all(path in own or path.startswith("/v1/junior/session") for _, path in CHILD_CALLS)
    assert all(path.startswith("/junior") for path in own)
    for path in own:
        assert (await child.get(path)).status_code == 200, path
    assert (await child.get("/v1/junior/session")).status_code == 200
    assert (await child.post("/v1/junior/session/beat")).status_code == 200
    assert (await child.get("/assets/index-1a2b.js")).status_code == 200


async def test_without_a_childs_session_its_calls_answer_nobody(app: Application, guardian: httpx.AsyncClient) -> None:
    for client in (guardian, browser(app)):
        assert (await client.get("/v1/junior/session")).status_code == 401
        assert (await client.post("/v1/junior/session/leave", json={"pin": PIN})).status_code == 401


async def test_a_foreign_page_uses_no_childs_session(child: httpx.AsyncClient) -> None:
    refused = await child.post("/v1/junior/session/beat", headers={"origin": "https://evil.example"})
    assert code_of(refused) == "access/origin"


# Sessions, and the way out


async def test_opening_a_childs_session_takes_the_guardians_place_in_the_browser(
    app: Application, guardian: httpx.AsyncClient, profile: str
) -> None:
    before = guardian.cookies[SESSION_COOKIE]
    opened = await guardian.post(f"/v1/junior/profiles/{profile}/sessions")
    shapes.ChildSessionInfo.model_validate(opened.json())
    assert "httponly" in opened.headers["set-cookie"].lower()
    assert guardian.cookies[SESSION_COOKIE].startswith("vxc-")
    async with browser(app) as thief:
        thief.cookies.set(SESSION_COOKIE, before)
        assert (await thief.get("/v1/account")).status_code == 401


async def test_leaving_takes_the_pin_and_signs_nobody_in(child: httpx.AsyncClient) -> None:
    assert code_of(await child.post("/v1/junior/session/leave", json={"pin": "9876"})) == "access/pin"
    assert (await child.get("/v1/junior/session")).status_code == 200
    token = child.cookies[SESSION_COOKIE]
    assert (await child.post("/v1/junior/session/leave", json={"pin": PIN})).status_code == 204
    assert (await child.get("/v1/account")).status_code == 401
    child.cookies.set(SESSION_COOKIE, token)
    assert code_of(await child.get("/v1/junior/session")) == "junior/ended"


async def test_a_guardian_who_forgot_the_pin_leaves_with_the_password_and_sets_another(
    child: httpx.AsyncClient,
) -> None:
    wrong = await child.post("/v1/junior/session/leave", json={"password": "not this one"})
    assert code_of(wrong) == "access/password"
    assert (await child.post("/v1/junior/session/leave", json={"password": PASSWORD})).status_code == 204
    await child.post("/v1/session", json={"name": "ann", "password": PASSWORD})
    assert code_of(await child.put("/v1/junior/pin", json={"pin": "8052"})) == "access/password"
    assert (await child.put("/v1/junior/pin", json={"pin": "8052", "password": PASSWORD})).status_code == 200


async def test_a_guardian_ends_a_session_from_elsewhere_at_once(
    guardian: httpx.AsyncClient, child: httpx.AsyncClient, profile: str
) -> None:
    listed = (await guardian.get(f"/v1/junior/profiles/{profile}/sessions")).json()
    assert len(shapes.ChildSessionList.model_validate(listed).data) == 1
    assert (await guardian.delete(f"/v1/junior/profiles/{profile}/sessions")).json() == {"ended": 1}
    assert (await child.get("/v1/junior/session")).status_code == 401
    assert SESSION_COOKIE not in child.cookies, "the browser can sign in again"


async def test_a_disabled_guardian_has_no_childs_sessions(world: HttpWorld, child: httpx.AsyncClient) -> None:
    await world.accounts.set_disabled((await world.accounts.user("ann")).user_id, True)
    assert (await child.get("/v1/junior/session")).status_code == 401


async def test_a_key_sets_no_pin_and_opens_no_session(world: HttpWorld, app: Application, profile: str) -> None:
    key = await world.accounts.create_key("program", (await world.accounts.user("ann")).user_id)
    async with browser(app) as program:
        program.headers["authorization"] = f"Bearer {key.plain}"
        for refused in (
            await program.put("/v1/junior/pin", json={"pin": "8052"}),
            await program.post(f"/v1/junior/profiles/{profile}/sessions"),
        ):
            assert code_of(refused) == "access/session-needed"


# Time


async def test_two_tabs_use_one_budget_up_by_the_servers_clock(
    world: HttpWorld, guardian: httpx.AsyncClient, child: httpx.AsyncClient, app: Application, profile: str
) -> None:
    async with browser(app) as second:
        second.cookies.set(SESSION_COOKIE, child.cookies[SESSION_COOKIE])
        await beat_for(world, child, 16)
        found = await beat_for(world, second, 15)
    shapes.ChildBody.model_validate(found)
    assert found["standing"]["name"] == "day_used_up"
    assert found["used_today_ms"] == 30 * 60_000
    assert found["standing"]["opens_ms"] > found["now_ms"]
    used = (await guardian.get(f"/v1/junior/profiles/{profile}/use")).json()
    assert [day.used_ms for day in shapes.UseBody.model_validate(used).data] == [30 * 60_000]


async def test_bedtime_comes_by_the_servers_clock(
    world: HttpWorld, guardian: httpx.AsyncClient, child: httpx.AsyncClient, profile: str
) -> None:
    night = {**FIELDS, "bedtime": {"start": "19:30", "end": "07:00"}}
    assert (await guardian.put(f"/v1/junior/profiles/{profile}", json=night)).status_code == 200
    assert (await child.get("/v1/junior/session")).json()["standing"]["name"] == "open"
    world.world.clock.advance(8 * 3600)
    found = (await child.post("/v1/junior/session/beat")).json()
    assert (found["standing"]["name"], found["used_today_ms"]) == ("bedtime", 0)


# Profiles


async def test_a_profile_is_made_only_with_consent_to_exactly_what_is_kept(guardian: httpx.AsyncClient) -> None:
    choices = (await guardian.get("/v1/junior/choices?log_days=7")).json()
    terms = shapes.ChoicesBody.model_validate(choices).terms
    assert [(term.name, term.days) for term in terms][-1] == ("log", 7)
    assert "space" in choices["topics"]
    british = {"country": "GB", "name": "Childline", "phone": "0800 1111", "emergency": "999", "is_verified": False}
    assert british in choices["helplines"]
    for agreed in ([], ["profile"], [*required_terms(None), "log"]):
        refused = await guardian.post("/v1/junior/profiles", json={**FIELDS, "agreed": agreed})
        assert code_of(refused) == "junior/consent"


async def test_a_log_that_is_asked_for_later_takes_consent_again(
    world: HttpWorld, guardian: httpx.AsyncClient, profile: str
) -> None:
    world.world.clock.advance(1)
    path, logged = f"/v1/junior/profiles/{profile}", {**FIELDS, "log_days": 7}
    assert code_of(await guardian.put(path, json=logged)) == "junior/consent"
    changed = await guardian.put(path, json={**logged, "agreed": sorted(required_terms(7))})
    assert [len(consent["terms"]) for consent in changed.json()["consents"]] == [6, 5]


async def test_children_are_told_apart_by_colour_and_animal(guardian: httpx.AsyncClient, profile: str) -> None:
    agreed = sorted(required_terms(None))
    same = await guardian.post("/v1/junior/profiles", json={**FIELDS, "agreed": agreed})
    assert code_of(same) == "junior/pair-taken"
    for animal in ("fox", "frog"):
        await make_profile(guardian, animal=animal, place="classroom")
    listed = (await guardian.get("/v1/junior/profiles")).json()
    assert len(shapes.ProfileList.model_validate(listed).data) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Lena"},
        {"band": "13+"},
        {"country": "Germany"},
        {"time_zone": "Mars/Olympus"},
        {"daily_minutes": 0},
        {"bedtime": {"start": "19:30", "end": "19:30"}},
        {"bedtime": {"start": "24:00", "end": "07:00"}},
        {"log_days": 4000},
    ],
)
async def test_what_cannot_be_is_refused(guardian: httpx.AsyncClient, change: dict[str, Any]) -> None:
    body = {**FIELDS, **change, "agreed": sorted(required_terms(None))}
    assert (await guardian.post("/v1/junior/profiles", json=body)).status_code in (400, 422)


async def test_another_guardian_finds_nothing(world: HttpWorld, app: Application, profile: str) -> None:
    one = f"/v1/junior/profiles/{profile}"
    bob = await signed_in(world, app, "bob")
    async with contextlib.aclosing(bob):
        assert (await bob.get("/v1/junior/profiles")).json()["data"] == []
        for method, path, body in (
            ("GET", one, None),
            ("PUT", one, FIELDS),
            ("DELETE", one, None),
            *(("GET", f"{one}/{part}", None) for part in ("export", "sessions", "use", "log")),
            ("POST", f"{one}/sessions", None),
            ("DELETE", f"{one}/sessions", None),
            ("DELETE", f"{one}/log", None),
        ):
            assert (await bob.request(method, path, json=body)).status_code == 404, (method, path)


# What is kept


@pytest.fixture
def records(world: HttpWorld) -> JuniorRecords:
    return world.junior.records


async def test_nothing_a_child_says_is_kept_by_default(
    guardian: httpx.AsyncClient, profile: str, records: JuniorRecords
) -> None:
    await records.add(profile, Exchange("why is the sky blue?", "Light is scattered."))
    assert (await guardian.get(f"/v1/junior/profiles/{profile}/log")).json()["data"] == []


async def test_a_log_is_kept_without_personal_data_and_only_as_long_as_agreed(
    world: HttpWorld, guardian: httpx.AsyncClient, records: JuniorRecords
) -> None:
    profile = await make_profile(guardian, animal="fox", log_days=7)
    await records.add(profile, Exchange("My name is Lena. Why is it dark?", "Because the sun is away."))
    path = f"/v1/junior/profiles/{profile}/log"
    found = (await guardian.get(path)).json()
    assert [line.text for line in shapes.LogBody.model_validate(found).data] == [
        "Because the sun is away.",
        "[removed]. Why is it dark?",
    ]
    world.world.clock.advance(7 * 24 * 3600)
    assert (await guardian.get(path)).json()["data"] == []
    await world.eraser.resume()
    assert await world.world.database.read(lambda tx: tx.execute("SELECT id FROM junior_lines")) == []


async def test_an_alert_goes_to_the_guardian_unless_they_may_be_the_danger(
    guardian: httpx.AsyncClient, records: JuniorRecords
) -> None:
    home = await make_profile(guardian, animal="fox", log_days=7)
    school = await make_profile(guardian, animal="frog", place="classroom", log_days=7)
    for profile in (home, school):
        await records.alert(profile, ["violence"], "family")
        await records.add(profile, Exchange("dad hits me", "Call 116111.", "family"))
    listed = (await guardian.get("/v1/junior/alerts")).json()
    alerts = shapes.AlertList.model_validate(listed).data
    assert [(alert.profile, alert.category) for alert in alerts] == [(school, "violence")]
    assert (await guardian.get(f"/v1/junior/profiles/{home}/log")).json()["data"] == []
    assert (await guardian.delete(f"/v1/junior/alerts/{alerts[0].id}")).status_code == 204
    assert (await guardian.get("/v1/junior/alerts")).json()["data"] == []


@pytest.mark.parametrize("param", ["topics_held", "topics_allowed"])
async def test_a_topic_that_junior_does_not_have_is_refused_with_those_it_has(
    guardian: httpx.AsyncClient, param: str
) -> None:
    body = {**FIELDS, "animal": "fox", param: ["sport", "war"], "agreed": sorted(required_terms(None))}
    refused = await guardian.post("/v1/junior/profiles", json=body)
    error = refused.json()["error"]
    assert (refused.status_code, error["param"]) == (400, param)
    assert "war" in error["message"]


async def test_an_export_holds_everything_of_a_profile_and_so_does_that_of_the_guardian(
    guardian: httpx.AsyncClient, child: httpx.AsyncClient, records: JuniorRecords, profile: str
) -> None:
    await child.post("/v1/junior/session/beat")
    await records.alert(profile, ["self_harm"])
    exported = (await guardian.get(f"/v1/junior/profiles/{profile}/export")).json()
    data = shapes.ProfileExport.model_validate(exported).data
    assert [entry["type"] for entry in data] == ["profile", "consent", "day", "session", "alert"]
    whole = (await guardian.get("/v1/account/export")).text
    assert '"junior_profile"' in whole
    assert "Europe/Busingen" in whole


async def test_an_erased_profile_leaves_nothing_in_any_file_and_gives_a_receipt(
    world: HttpWorld, guardian: httpx.AsyncClient, child: httpx.AsyncClient, records: JuniorRecords
) -> None:
    profile = await make_profile(guardian, animal="fox", log_days=7)
    await records.add(profile, Exchange("quuxblorb planted message", "quuxblorb answer"))
    await records.alert(profile, ["self_harm"])
    opened = await world.junior.sessions.open(profile)
    assert await world.junior.sessions.keep_state(opened.session.session_id, '"quuxblorb planted state"', "")
    planted = (b"quuxblorb", profile.encode(), opened.session.session_id.encode())
    folder = world.config.home.parent
    assert all(found_in(folder, word) for word in planted)
    erased = (await guardian.delete(f"/v1/junior/profiles/{profile}")).json()
    shapes.ProfileErased.model_validate(erased)
    assert erased["is_done"]
    await world.settle()
    assert [word for word in planted if found_in(folder, word)] == []
    receipt = erased["receipt"]
    assert receipt["count"] == 6
    entry = erase_profile_entry(receipt["log"], receipt["count"], receipt["time_ms"], bytes.fromhex(receipt["salt"]))
    await world.settle()
    logged = await asyncio.to_thread(world.world.live.log.entries_now, receipt["index"], receipt["index"] + 1)
    assert logged == [entry]
    assert (await child.get("/v1/junior/session")).status_code == 200, "another profile is left alone"


async def test_erasing_the_guardian_erases_the_children(
    world: HttpWorld, guardian: httpx.AsyncClient, child: httpx.AsyncClient
) -> None:
    erased = await guardian.post("/v1/account/erase", json={"password": PASSWORD})
    assert erased.json()["is_done"]
    assert (await child.get("/v1/junior/session")).status_code == 401
    assert not found_in(world.config.home.parent, b"Europe/Busingen")
