"""Every alarm, caused for real: it stands in the log, merged, without a word from outside."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from verax.drill.obedient import MAY_LINE
from verax.kernel import canonical
from verax.kernel.dsse import sign_envelope
from verax.kernel.errors import CorruptStore, IntegrityError, RolledBack
from verax.kernel.statement import NONE, Alarm, Move, payload_of
from verax.surfaces.http.app import create_app
from verax.surfaces.proof_probe import ProofProbe
from verax.testing.releases import make_release
from verax.testing.rollout_world import BASE, CHANNEL, World, founded, reopened, until
from verax.turn.events import Failed
from verax.turn.request import Caller, InputItem, TurnRequest

ENTRIES = "/v1/governance/entries"


@contextlib.asynccontextmanager
async def client_of(world: World, *roles: str) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of the real HTTP surface; with no roles it has no credential."""
    headers = {}
    if roles:
        user = await world.installation.accounts.create_user("mallory", roles=list(roles))
        headers["authorization"] = f"Bearer {(await world.installation.accounts.create_key('k', user.user_id)).plain}"
    transport = httpx.ASGITransport(create_app(world.installation))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8420", headers=headers) as client:
        yield client


def frozen_without_right(world: World) -> dict[str, Any]:
    """Return a statement signed by a key that holds no role for it: the recorder's own."""
    head = str(world.channel.head)
    move = Move(world.basis(), CHANNEL, "freeze", NONE, head, head, 0)
    seed = world.installation.governance._parts.recorder.seed
    return body_of(sign_envelope(payload_of(move), [("recorder", seed)]))


def body_of(envelope: bytes) -> dict[str, Any]:
    return {"envelope": base64.b64encode(envelope).decode(), "blobs": {}}


async def raised(world: World, code: str) -> Alarm:
    await until(lambda: bool(world.alarms(code)))
    return world.alarms(code)[0][1]


async def settle(world: World) -> None:
    """Wait until everything that rang is written."""
    await world.installation.bell.close()


# Attempts of people


async def test_a_statement_that_the_rules_refuse_is_an_alarm_with_its_kind_and_reason(world: World) -> None:
    async with client_of(world, "author") as client:
        refused = await client.post(ENTRIES, json=frozen_without_right(world))
    assert refused.status_code == 409
    alarm = await raised(world, "attempt/refused")
    assert (alarm.channel, world.detail(alarm)) == (CHANNEL, {"kind": "move", "reason": "signatures"})
    assert not world.channel.frozen


@pytest.mark.parametrize(
    ("seed", "reason"),
    [(bytes(32), "unknown-key")],
)
async def test_a_key_that_nobody_knows_is_an_attempt(world: World, seed: bytes, reason: str) -> None:
    head = str(world.channel.head)
    move = Move(world.basis(), CHANNEL, "freeze", NONE, head, head, 0)
    async with client_of(world, "operator") as client:
        await client.post(ENTRIES, json=body_of(sign_envelope(payload_of(move), [("owner_daily", seed)])))
    assert world.detail(await raised(world, "attempt/refused"))["reason"] == reason


async def test_a_ban_that_is_tried_again_is_an_attempt(world: World) -> None:
    good = str(world.channel.head)
    bad = await world.start_canary(f"{BASE} {MAY_LINE}")
    await world.move("rollback", bad.id, good)
    change = await world.propose(make_release(f"{BASE} {MAY_LINE}", name="again"))
    known = world.installation.governance.state.changes[change]
    move = Move(world.basis(), CHANNEL, "admit", change, known.base, known.candidate, 100)
    async with client_of(world, "operator") as client:
        await client.post(ENTRIES, json=body_of(sign_envelope(payload_of(move), [(world.key_id, world.seed)])))
    assert world.detail(await raised(world, "attempt/refused")) == {"kind": "move", "reason": "banned"}


async def test_attempts_of_a_minute_make_one_entry_and_are_counted(world: World) -> None:
    async with client_of(world, "author") as client:
        for _ in range(5):
            await client.post(ENTRIES, json=frozen_without_right(world))
    await settle(world)
    assert len(world.alarms("attempt/refused")) == 1
    waiting = world.installation.governance._desk._pending
    assert sum(item.count for item in waiting.values()) == 4
    assert [key[:2] for key in waiting] == [("attempt/refused", CHANNEL)]


async def test_bytes_that_are_no_statement_are_an_attempt_on_no_channel(world: World) -> None:
    async with client_of(world, "author") as client:
        assert (await client.post(ENTRIES, json=body_of(b"{}"))).status_code == 400
    alarm = await raised(world, "attempt/refused")
    assert (alarm.channel, world.detail(alarm)) == (NONE, {"kind": "unknown", "reason": "malformed"})


async def test_a_role_that_is_too_small_is_an_attempt(world: World) -> None:
    async with client_of(world, "member") as client:
        assert (await client.post(ENTRIES, json=body_of(b"{}"))).status_code == 403
        assert (await client.get("/v1/admin/users")).status_code == 403
    alarm = await raised(world, "attempt/forbidden")
    assert (alarm.channel, world.detail(alarm)["area"]) == (NONE, "governance")


async def test_strangers_and_foreign_pages_cause_no_entry(world: World) -> None:
    async with client_of(world) as client:
        assert (await client.post(ENTRIES, json=body_of(b"{}"))).status_code == 401
        assert (await client.get("/v1/admin/users")).status_code == 401
        user = await world.installation.accounts.create_user("ann", roles=["owner"])
        session = await world.installation.accounts.create_session(user.user_id)
        page = {"cookie": f"verax_session={session.token}", "origin": "https://evil.example"}
        foreign = await client.post(ENTRIES, json=body_of(b"{}"), headers=page)
        assert foreign.json()["error"]["code"] == "access/origin"
    await settle(world)
    assert not any(item.kind == "alarm" for item in world.installation.governance.state.outcomes)


async def test_an_application_that_brings_a_ban_back_is_an_attempt(world: World) -> None:
    good = str(world.channel.head)
    bad = await world.start_canary(f"{BASE} {MAY_LINE}")
    await world.move("rollback", bad.id, good)
    request = TurnRequest(CHANNEL, Caller("app"), (InputItem("system", MAY_LINE), InputItem("user", "Hello")))
    events = [event async for event in world.installation.engine.run(request)]
    assert isinstance(events[-1], Failed) and events[-1].code == "governance/banned"
    alarm = await raised(world, "attempt/banned")
    assert alarm.channel == CHANNEL
    assert "toll" not in str(world.detail(alarm))


async def test_no_alarm_holds_a_word_from_outside(world: World) -> None:
    """Names of accounts, texts and ids of turns stay in the server's log."""
    async with client_of(world, "author") as client:
        await client.post(ENTRIES, json=frozen_without_right(world))
        await client.post(ENTRIES, json=body_of(b'{"mallory":1}'))
    await settle(world)
    state = world.installation.governance.state
    entries = world.installation.governance_log.log.entries_now(0, state.size)
    details = [world.detail(alarm) for _, alarm in world.alarms("attempt/refused")]
    assert "mallory" not in str(details)
    assert not any(b"mallory" in base64.b64decode(json.loads(entry)["payload"]) for entry in entries)


# Tampering, broken proofs


async def test_an_entry_that_did_not_come_in_by_the_door_is_an_alarm(world: World) -> None:
    """An insider writes to the table of entries; what they wrote has no effect."""
    head = str(world.channel.head)
    forged = sign_envelope(payload_of(Move(world.basis(), CHANNEL, "freeze", NONE, head, head, 0)), [("x", bytes(32))])
    log = world.installation.governance_log
    await asyncio.to_thread(log.log.append_now, [forged])
    log.notify()
    await log.wait_published(world.installation.governance.state.size, 30)
    await world.installation.governance.check_and_tell()
    alarm = await raised(world, "log/no-effect")
    assert world.detail(alarm) == {"entry": world.alarms("log/no-effect")[0][0] - 1}
    assert not world.channel.frozen


async def test_a_log_that_is_found_changed_waits_with_its_alarm_until_it_is_mended(tmp_path: Path) -> None:
    key = await founded(tmp_path)
    async with reopened(tmp_path, key) as world:
        governance = world.installation.governance
        run = world.installation.database.write_now
        (root,) = run(lambda tx: tx.execute("SELECT root FROM logs WHERE id = 0"))[0]
        run(lambda tx: tx.execute("UPDATE logs SET root = ? WHERE id = 0", (bytes(32),)))
        await governance.check_and_tell()
        assert isinstance(governance.fault, RolledBack)
        with pytest.raises(IntegrityError):
            await world.ask("ann", "What is bread?")
        assert b"log/rolled-back" in (tmp_path / "home" / "alarms.waiting").read_bytes()
        run(lambda tx: tx.execute("UPDATE logs SET root = ? WHERE id = 0", (root,)))
    async with reopened(tmp_path, key) as world:
        await world.installation.governance.check_and_tell()
        await raised(world, "log/rolled-back")
        assert not (tmp_path / "home" / "alarms.waiting").exists()


async def test_a_file_of_waiting_alarms_that_was_tampered_with_stops_nothing(tmp_path: Path) -> None:
    key = await founded(tmp_path)
    alarm = {"code": "Not A Code", "channel": "x", "detail": "{}", "count": 1, "first_ms": 1, "last_ms": 1}
    good = alarm | {"code": "log/rolled-back", "channel": NONE}
    waiting = tmp_path / "home" / "alarms.waiting"
    waiting.write_bytes(canonical.encode([{**alarm, "is_single": False}, {**good, "is_single": False}]))
    async with reopened(tmp_path, key) as world:
        await world.installation.governance.check_and_tell()
        await raised(world, "log/rolled-back")
    waiting.write_bytes(b"\xff not json")
    async with reopened(tmp_path, key) as world:
        assert world.channel.head is not None


async def test_an_entry_that_cannot_be_proved_any_more_is_an_alarm(world: World) -> None:
    for number in range(3):
        await world.ask(f"u{number}", "What is bread?")
    log = world.installation.replies.live.log
    await world.installation.replies.live.wait_published(2, 30)
    probe = ProofProbe([("replies", log)], world.installation.bell, choose=lambda size: size - 1)
    await probe.probe()
    await settle(world)
    assert not world.alarms("log/failed-proof")
    sql = "UPDATE log_entries SET entry = ? WHERE log_id = ? AND idx = 2"
    world.installation.database.write_now(lambda tx: tx.execute(sql, (bytes(32), log.log_id)))
    await probe.probe()
    assert world.detail(await raised(world, "log/failed-proof")) == {"log": "replies"}


async def test_a_manifest_that_was_edited_on_disk_ends_the_turn_with_an_alarm(world: World) -> None:
    new = make_release(f"{BASE} You like lists.")
    await world.admit(await world.propose(new))
    path = world.installation.blobs.path_of(new.id)
    path.write_bytes(path.read_bytes().replace(b"lists", b"jokes"))
    world.installation.governance._load.cache_clear()
    async with client_of(world, "member") as client:
        body = {"model": CHANNEL, "messages": [{"role": "user", "content": "Hello"}]}
        answer = await client.post("/v1/chat/completions", json=body)
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "store/corrupt"
    await raised(world, "store/corrupt")


async def test_a_damaged_tile_is_refused_with_an_alarm(world: World) -> None:
    log = world.installation.governance_log.log
    state = world.installation.governance.state
    (tile,) = (log.folder / "tile" / "entries").glob("**/*.p/*")
    tile.write_bytes(bytes(len(tile.read_bytes())))
    async with client_of(world, "member") as client:
        answer = await client.get(f"/log/tile/entries/000.p/{state.size}")
    assert answer.status_code == 503
    await raised(world, "store/corrupt")


async def test_what_a_database_holds_beside_the_adopted_log_is_never_read_as_the_log(world: World) -> None:
    sql = "UPDATE log_entries SET entry = ? WHERE log_id = 0 AND idx = 1"
    world.installation.database.write_now(lambda tx: tx.execute(sql, (b"{}",)))
    with pytest.raises(CorruptStore):
        await world.installation.governance.entries()


async def test_a_start_on_code_that_nobody_admitted_is_one_alarm_and_every_turn_is_refused(tmp_path: Path) -> None:
    key, other = await founded(tmp_path), "cd" * 32
    async with reopened(tmp_path, key, code=other) as world, client_of(world, "member") as client:
        [(_, alarm)] = world.alarms("runtime/not-admitted")
        assert (alarm.channel, world.detail(alarm)) == ("runtime", {"runtime": other})
        body = {"model": CHANNEL, "messages": [{"role": "user", "content": "Hello"}]}
        for _ in range(2):
            answer = await client.post("/v1/chat/completions", json=body)
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "runtime/not-admitted")
        assert len(world.alarms("runtime/not-admitted")) == 1
    async with reopened(tmp_path, key) as world:
        assert len(world.alarms("runtime/not-admitted")) == 1, "admitted code raises none"
