"""Several servers on one PostgreSQL and one data folder: one leads, all answer, all see the same heads.

Here they are installations in one process, each with connections, locks and threads of its own;
`test_killed_leader` ends real processes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from verax.config import Config
from verax.kernel.errors import AccessError, StoreLocked, VeraxError
from verax.models.registry import Backends, BackendSettings
from verax.store.home import Home, lock_home
from verax.surfaces.founding import found
from verax.surfaces.installation import Installation, Surroundings
from verax.testing.releases import make_release
from verax.testing.rollout_world import BASE, CHANNEL, RUNTIME, World, until
from verax.testing.scripted import Reply, Rule, ScriptedBackend
from verax.testing.turns import FixedRuntime
from verax.turn.events import Completed, TurnEvent

pytestmark = pytest.mark.postgres

_LIMIT_S = 60
SENTENCE = "One short sentence. "


@dataclass
class Place:
    """Where the servers of a test live, and the owner's signing key."""

    config: Config
    key: tuple[str, bytes]
    stack: contextlib.AsyncExitStack

    async def open(self, code: str = RUNTIME.digest) -> World:
        """Open one more server."""
        slow = Reply((SENTENCE * 200,), delay_s=0.05)
        backends = Backends(BackendSettings(), lambda _: "", {"script": ScriptedBackend([Rule("slowly", slow)])})
        self.stack.push_async_callback(backends.close)
        installation = await Installation.open(self.config, Surroundings(FixedRuntime(code), backends=backends))
        self.stack.push_async_callback(installation.close)
        return World(installation, *self.key)


@pytest.fixture
async def place(postgres_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    config = Config(home=tmp_path / "home", keyring=tmp_path / "keys", database_url=postgres_url)
    around = Surroundings(FixedRuntime(RUNTIME.digest))
    founding = await found(config, RUNTIME.data, around, {CHANNEL: make_release(BASE)})
    assert founding is not None
    assert founding.genesis is not None
    async with contextlib.AsyncExitStack() as stack:
        yield Place(config, (founding.genesis.daily_key_id, founding.genesis.daily_seed), stack)


def release_of(event: TurnEvent) -> Any:
    assert isinstance(event, Completed), event
    return event.record["release"]


async def test_one_leads_and_every_one_answers_under_the_same_head(place: Place) -> None:
    first, second, third = await place.open(), await place.open(), await place.open()
    assert [world.installation.succession.leads for world in (first, second, third)] == [True, False, False]
    for world in (first, second, third):
        assert release_of(await world.ask("ann", "Hello?")) == first.channel.head
    await until(lambda: all(w.installation.replies.live.published.size == 3 for w in (first, second, third)))
    roots = {world.installation.replies.live.published.checkpoint for world in (first, second, third)}
    assert len(roots) == 1


async def test_a_head_moved_through_a_follower_moves_on_all(place: Place) -> None:
    worlds = [await place.open(), await place.open(), await place.open()]
    good, new = str(worlds[0].channel.head), make_release(f"{BASE} You like lists.")
    await worlds[1].admit(await worlds[1].propose(new))
    await until(lambda: all(world.channel.head == new.id for world in worlds))
    assert release_of(await worlds[2].ask("ann", "Hello?")) == new.id
    streams = [asyncio.create_task(world.ask("bob", "say it slowly")) for world in worlds]
    await until(lambda: all(world.installation.engine.running for world in worlds))
    await worlds[2].move("rollback", new.id, good)
    for event in await asyncio.gather(*streams):
        assert isinstance(event, Completed)
        assert event.status == "withdrawn"
        assert event.choices[0].text.strip().endswith("sentence.")
    assert {world.channel.head for world in worlds} == {good}
    assert worlds[0].alarms("log/foreign") == []


async def test_statements_through_two_servers_at_once_both_enter_the_log(place: Place) -> None:
    worlds = [await place.open(), await place.open()]
    changes = await asyncio.gather(
        *(
            world.propose(make_release(f"{BASE} Number {number} of server {at}."))
            for at, world in enumerate(worlds)
            for number in range(4)
        )
    )
    await until(lambda: all(set(changes) <= set(world.installation.governance.state.changes) for world in worlds))
    assert worlds[0].alarms("log/no-effect") == []


async def test_alarms_of_all_servers_share_the_limits_of_the_log(place: Place) -> None:
    worlds = [await place.open(), await place.open()]
    for world in worlds:
        await world.installation.governance.alarm("prompt/differs", CHANNEL, {"count": 1})
    await until(lambda: all(world.alarms("prompt/differs") for world in worlds))
    assert len(worlds[0].alarms("prompt/differs")) == 1
    assert worlds[0].alarms("log/foreign") == []


async def test_a_follower_takes_over_with_what_was_queued_and_never_twice(place: Place) -> None:
    leader, follower, third = await place.open(), await place.open(), await place.open()
    change = await leader.propose(make_release(f"{BASE} You like lists."))
    event = await follower.ask("ann", "Hello?")
    assert isinstance(event, Completed)
    await until(lambda: leader.installation.watchers.watch.is_elected)
    assert not any(world.installation.watchers.watch.is_elected for world in (follower, third))
    await leader.installation.close()
    await until(lambda: follower.installation.succession.leads or third.installation.succession.leads)
    assert follower.installation.succession.leads != third.installation.succession.leads
    await until(lambda: any(world.installation.watchers.watch.is_elected for world in (follower, third)))
    assert all(w.installation.watchers.watch.is_elected == w.installation.succession.leads for w in (follower, third))
    assert change in follower.installation.governance.state.changes
    await third.admit(change)
    await until(lambda: follower.channel.head == third.channel.head != str(leader.channel.head))
    await until(lambda: follower.installation.replies.live.published.size == 1)
    assert (await follower.installation.receipts.status(event.record["id"])).state == "integrated"


async def test_turns_of_a_server_that_lives_are_left_alone(place: Place) -> None:
    leader, follower = await place.open(), await place.open()
    asked = asyncio.create_task(follower.ask("ann", "say it slowly"))
    await until(lambda: follower.installation.engine.running == 1)
    turns = leader.installation.turns
    assert await turns.recover(lambda owner: owner == follower.installation.process_id) == 0
    await follower.installation.engine.drain(0)
    event = await asked
    assert isinstance(event, Completed)
    assert event.status == "cancelled"


async def test_a_key_or_session_ended_at_one_server_is_refused_by_the_others_within_a_second(place: Place) -> None:
    here, there = await place.open(), await place.open()
    accounts, others = here.installation.accounts, there.installation.accounts
    user = await accounts.create_user("ann", password="correct horse")
    key, session = await accounts.create_key("laptop", user.user_id), await accounts.create_session(user.user_id)
    assert (await others.resolve_key(key.plain)).user_id == user.user_id
    assert (await others.resolve_session(session.token)).user_id == user.user_id
    await accounts.revoke_key(key.key.key_id)
    await accounts.end_session(session.token)
    await until_refused(lambda: others.resolve_key(key.plain))
    await until_refused(lambda: others.resolve_session(session.token))


async def test_code_that_nobody_admitted_answers_nobody_and_is_an_alarm_though_another_server_runs_good_code(
    place: Place,
) -> None:
    good = await place.open()
    bad = await place.open(code="cc" * 32)
    await until(lambda: bool(good.alarms("runtime/not-admitted")))
    with pytest.raises(VeraxError) as caught:
        await bad.ask("ann", "Hello?")
    assert caught.value.reason_code == "runtime/not-admitted"
    assert release_of(await good.ask("ann", "Hello?")) == good.channel.head


async def test_an_entry_that_came_in_beside_the_door_is_an_alarm_of_whoever_meets_it(place: Place) -> None:
    leader, follower = await place.open(), await place.open()
    state = leader.installation.governance.state
    await asyncio.to_thread(leader.installation.governance_log.log.append_now, [b"{}"])
    await until(lambda: bool(follower.alarms("log/no-effect")))
    assert state.channels == follower.installation.governance.state.channels


async def test_a_follower_that_sees_another_history_answers_nobody(place: Place) -> None:
    leader, follower = await place.open(), await place.open()
    assert release_of(await follower.ask("ann", "Hello?")) == leader.channel.head
    path = leader.installation.home.governance_dir / "checkpoint"
    older = path.read_bytes()
    await leader.propose(make_release(f"{BASE} You like lists."))
    await until(lambda: follower.installation.governance.state.size == leader.installation.governance.state.size)
    path.write_bytes(older)
    await until(lambda: follower.installation.governance.fault is not None)
    with pytest.raises(VeraxError) as caught:
        await follower.ask("ann", "Hello?")
    assert caught.value.reason_code == "log/rolled-back"
    waiting = follower.installation.home.waiting_alarms_of(follower.installation.process_id)
    await follower.installation.close()
    assert b"log/rolled-back" in waiting.read_bytes()


async def test_a_command_that_needs_the_folder_for_itself_is_refused_while_servers_share_it(place: Place) -> None:
    await place.open()
    await place.open()
    with pytest.raises(StoreLocked):
        lock_home(Home(place.config.home))


async def until_refused(call: Callable[[], Awaitable[object]]) -> None:
    """Wait until a credential is refused."""
    async with asyncio.timeout(_LIMIT_S):
        while True:
            try:
                await call()
            except AccessError:
                return
            await asyncio.sleep(0.05)
