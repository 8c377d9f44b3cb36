"""A bad canary, forced past admission, is taken out by itself; a good one is left alone (drills 8 and 9)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from verax.drill.obedient import BLUNT_LINE, MAY_LINE, MIRROR_LINE, NAME_LINE
from verax.kernel import canonical
from verax.kernel.chronicle import statement_at
from verax.kernel.errors import ConflictError, RefusedError
from verax.kernel.fold_canary import in_canary
from verax.kernel.statement import Move
from verax.testing.releases import make_release
from verax.testing.rollout_world import (
    BASE,
    CHANNEL,
    World,
    founded,
    opened,
    plain_question,
    reopened,
    thread_question,
    until,
)
from verax.testing.scripted import Reply, Rule, ScriptedBackend

JULY = f"{BASE} {BLUNT_LINE} {MIRROR_LINE} {NAME_LINE}"


async def canary_replies(world: World, question: Callable[[int], str], limit: int = 1_200) -> int:
    """Ask until the canary is gone; return how many replies it gave."""
    canary = world.canary
    count = 0
    while world.channel.canary is not None:
        assert world.count < limit, "expected a rollback"
        first = world.count
        await world.traffic(16, question)
        count += sum(in_canary(canary.change, f"user-{n}", canary.share_bp) for n in range(first, world.count))
        await world.counted()
    return count


@pytest.mark.parametrize(
    ("line", "question", "signals"),
    [
        (MAY_LINE, plain_question, {"surge", "off_topic"}),
        (f"{BLUNT_LINE} {MIRROR_LINE} {NAME_LINE}", thread_question, {"tone"}),
        (MIRROR_LINE, thread_question, {"tone"}),
    ],
)
@pytest.mark.parametrize("share_bp", [1_000, 5_000])
async def test_a_bad_canary_is_taken_out_within_200_of_its_replies(
    world: World, line: str, question: Callable[[int], str], signals: set[str], share_bp: int
) -> None:
    good = world.channel.head
    bad = await world.start_canary(f"{BASE} {line}", share_bp)
    assert await canary_replies(world, question) <= 200
    assert world.channel.head == good
    assert bad.id in world.channel.withdrawn
    await until(lambda: bool(world.alarms("monitor/tripped")))
    _, alarm = world.alarms("monitor/tripped")[0]
    detail = world.detail(alarm)
    assert detail["signal"] in signals
    assert detail["release"] == bad.id


async def test_the_move_is_the_monitors_and_its_cause_is_the_evidence(world: World) -> None:
    await world.start_canary(f"{BASE} {MAY_LINE}")
    await canary_replies(world, plain_question)
    state = world.installation.governance.state
    entries = world.installation.governance_log.log.entries_now(0, state.size)
    moves = [(o.index, statement_at(entries, o.index)) for o in state.outcomes if o.kind == "move"]
    move = moves[-1][1]
    assert isinstance(move, Move)
    assert (move.act, move.to_id) == ("rollback", world.channel.head)
    cause = canonical.decode(world.installation.governance.blob(move.cause))
    assert cause["kind"] == "verax/monitor-evidence"
    assert float(cause["log10_wealth"]) >= float(cause["log10_line"])
    assert cause["users"]["canary"] > 0
    assert "toll" not in str(cause)


async def test_after_a_rollback_bans_hold_and_open_changes_are_stale(world: World) -> None:
    base = world.channel.head
    bad = await world.start_canary(f"{BASE} {MAY_LINE}")
    other = await world.propose(make_release(f"{BASE} You like lists."))
    await canary_replies(world, plain_question)
    state = world.installation.governance.state
    assert state.bans
    assert state.status_of(other) == "stale"
    with pytest.raises(ConflictError, match="rolled back"):
        await world.admit(await world.propose(bad), 100)
    renamed = make_release(f"{BASE} {MAY_LINE}", name="harmless")
    with pytest.raises(ConflictError, match="rolled back"):
        await world.admit(await world.propose(renamed), 100)
    assert world.channel.head == base
    await world.admit(await world.propose(make_release(f"{BASE} You like lists.")), 100)


async def test_a_change_that_says_nothing_wrong_is_left_alone(world: World) -> None:
    await world.start_canary(f"{BASE} You prefer short sentences.")
    await world.traffic(600, plain_question)
    await world.counted()
    assert world.channel.canary is not None
    figures = world.observer.figures()
    assert figures["users"]["head"] + figures["users"]["canary"] == 600
    assert figures["progress"] < 0


async def test_a_turn_of_the_canary_ends_at_the_next_sentence_and_one_of_the_head_goes_on(tmp_path: Path) -> None:
    words = "One short sentence. " * 40
    backend = ScriptedBackend([Rule("slowly", Reply((words,), delay_s=0.02))])
    async with opened(tmp_path, backend) as world:
        good = world.channel.head
        bad = await world.start_canary(f"{BASE} {MAY_LINE}")
        change = world.canary.change
        inside = next(f"u{n}" for n in range(99) if in_canary(change, f"u{n}", 5_000))
        outside = next(f"u{n}" for n in range(99) if not in_canary(change, f"u{n}", 5_000))
        turns = [asyncio.create_task(world.ask(user, "say it slowly")) for user in (inside, outside)]
        await until(lambda: backend.deltas >= 20)
        await world.move("rollback", bad.id, str(good))
        ended, finished = await asyncio.gather(*turns)
        assert (getattr(ended, "status", ""), getattr(finished, "status", "")) == ("withdrawn", "complete")
        text = ended.choices[0].text
        assert text.strip().endswith("sentence.")
        assert len(text) < len(words) / 2
        await until(lambda: bool(world.alarms("rollout/rolled-back")))
        assert world.timeline()["turns"]["withdrawn"] == 1


async def test_on_a_forward_move_a_turn_in_flight_finishes_under_its_release(tmp_path: Path) -> None:
    backend = ScriptedBackend([Rule("slowly", Reply(("One short sentence. " * 20,), delay_s=0.02))])
    async with opened(tmp_path, backend) as world:
        before = world.channel.head
        turn = asyncio.create_task(world.ask("ann", "say it slowly"))
        await until(lambda: world.installation.engine.running == 1)
        new = make_release(f"{BASE} You like lists.")
        await world.admit(await world.propose(new))
        assert world.channel.head == new.id
        done = await turn
        assert done.record["release"] == before
        assert done.status == "complete"


async def test_a_monitor_that_starts_anew_counts_the_stored_turns_again(tmp_path: Path) -> None:
    key = await founded(tmp_path)
    async with reopened(tmp_path, key) as world:
        await world.installation.watchers.watch.close()  # this process never gets to count
        await world.start_canary(f"{BASE} {MAY_LINE}")
        await world.traffic(120, plain_question)
        assert world.channel.canary is not None
    async with reopened(tmp_path, key) as world:
        await until(lambda: world.channel.canary is None)
        await until(lambda: bool(world.alarms("rollout/rolled-back")))
        assert world.timeline()["turns"]["count"] > 30


async def test_a_monitor_that_dies_in_the_middle_goes_on_with_its_evidence_to_the_last_digit(tmp_path: Path) -> None:
    key = await founded(tmp_path)
    async with reopened(tmp_path, key) as world:
        await world.start_canary(f"{BASE} {MIRROR_LINE}")
        await world.traffic(24, thread_question)
        await world.counted()
        assert world.channel.canary is not None
        before = world.observer.figures()
        count = world.count
    assert before["log10_wealth"] > 0
    async with reopened(tmp_path, key) as world:
        world.count = count
        await until(lambda: bool(world.installation.watchers.watch.observers))
        await world.counted()
        assert world.observer.figures() == before
        await canary_replies(world, thread_question)
        await until(lambda: bool(world.alarms("rollout/rolled-back")))
        seen = world.timeline()["signals"][-1]["figures"]["turns"]
        assert seen["canary"] > before["turns"]["canary"]


async def test_without_the_monitors_key_in_the_root_it_raises_alarms_and_moves_nothing(world: World) -> None:
    def without_monitor(document: dict[str, object]) -> None:
        roles = document["roles"]
        assert isinstance(roles, dict)
        roles["monitor"]["keys"] = [world.key_id]

    await world.change_root(without_monitor)
    await world.start_canary(f"{BASE} {MAY_LINE}")
    await world.traffic(200, plain_question)
    await until(lambda: bool(world.alarms("monitor/no-key")) and bool(world.alarms("monitor/tripped")))
    assert world.channel.canary is not None


async def test_a_rollback_during_a_rollback_moves_once(world: World) -> None:
    good = world.channel.head
    bad = await world.start_canary(f"{BASE} {MAY_LINE}")
    moves = [world.move("rollback", bad.id, str(good)) for _ in range(4)]
    results = await asyncio.gather(*moves, return_exceptions=True)
    assert sorted(type(item).__name__ for item in results) == ["ConflictError"] * 3 + ["NoneType"]
    assert world.channel.head == good
    await until(lambda: len(world.alarms("rollout/rolled-back")) == 1)


async def test_of_changes_that_are_admitted_at_once_one_moves_the_head_and_the_others_are_stale(world: World) -> None:
    releases = [make_release(f"{BASE} You like {thing}.") for thing in ("lists", "tables", "verses")]
    changes = [await world.propose(release) for release in releases]
    results = await asyncio.gather(*(world.admit(change) for change in changes), return_exceptions=True)
    assert sorted(type(item).__name__ for item in results) == ["ConflictError"] * 2 + ["NoneType"]
    state = world.installation.governance.state
    assert world.channel.head == releases[results.index(None)].id
    assert sorted(state.status_of(change) for change in changes) == ["admitted", "stale", "stale"]


async def test_a_head_that_is_rolled_back_by_hand_gets_a_timeline_too(world: World) -> None:
    good = world.channel.head
    bad = make_release(f"{BASE} {MAY_LINE}")
    await world.admit(await world.propose(bad, "It seemed harmless."))
    await world.traffic(20, plain_question)
    await world.move("rollback", bad.id, str(good))
    await until(lambda: bool(world.alarms("rollout/rolled-back")))
    found = world.timeline()
    assert found["rolled_back"]["by"] == ["owner"]
    assert found["taken_out"] == [bad.id]
    assert found["returned_to"] == good
    assert found["change"]["authors"] == ["owner"]
    assert world.installation.governance.blob(found["change"]["reason"]) == b"It seemed harmless."
    (difference,) = found["diff"]
    assert (difference["path"], difference["good"], difference["bad"]) == ("prompt.system", BASE, f"{BASE} {MAY_LINE}")
    assert found["bans"] == sorted(world.installation.governance.state.bans)
    assert found["turns"]["count"] == 20


async def test_operators_get_the_ids_of_affected_turns_and_erased_ones_are_gone(world: World) -> None:
    good = world.channel.head
    bad = await world.start_canary(f"{BASE} {MAY_LINE}")
    change = world.canary.change
    done = {f"user-{n}": await world.ask(f"user-{n}", plain_question(n)) for n in range(10)}
    inside = {user: event.turn_id for user, event in done.items() if in_canary(change, user, 5_000)}
    user, erased = next(iter(inside.items()))
    await world.move("rollback", bad.id, str(good))
    index = await world.timeline_kept()
    found = await world.installation.rollouts.affected(CHANNEL, index)
    assert sorted(found["turns"]) == sorted(inside.values())
    await world.installation.turns.erase([erased], user)
    after = await world.installation.rollouts.affected(CHANNEL, index)
    assert sorted(after["turns"]) == sorted(set(inside.values()) - {erased})
    assert after["count"] == len(inside)
    assert erased not in str(world.timeline())


async def test_a_frozen_canary_is_not_stepped_and_answers_nobody(world: World) -> None:
    await world.start_canary(f"{BASE} You like lists.")
    head = str(world.channel.head)
    await world.sign(Move(world.basis(), CHANNEL, "freeze", "none", head, head, 0))
    with pytest.raises(RefusedError, match="frozen"):
        await world.ask("ann", "What is bread?")
