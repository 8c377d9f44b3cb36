"""A plan is signed with the admission; its steps are taken by the server where the root lets it, else by people."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verax.drill.obedient import MAY_LINE
from verax.gates.rollout.plan import RolloutPlan
from verax.kernel.chronicle import chronicle
from verax.kernel.drafting import draft_step
from verax.kernel.errors import ConflictError
from verax.kernel.statement import Change, Move
from verax.testing.releases import make_release
from verax.testing.rollout_world import BASE, CHANNEL, World, founded, plain_question, reopened, until

QUICK = RolloutPlan.of_shares([2_000, 5_000], soak_s=0, users=8)
GOOD = f"{BASE} You like lists."


def operator_of(world: World, threshold: int = 1) -> Any:
    """Return an edit of the root that gives the server's operator key the operator role."""
    seed = world.installation.watchers.watch._parts.keys.operator
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()

    def edit(document: dict[str, Any]) -> None:
        material = base64.b64encode(public).decode()
        document["keys"]["server_operator"] = {"person": "server", "kind": "ed25519", "material": material}
        role = document["roles"]["operator"]
        role["keys"] = sorted([*role["keys"], "server_operator"])
        role["threshold"] = threshold

    return edit


async def deeds(world: World) -> list[tuple[str, int, tuple[str, ...]]]:
    governance = world.installation.governance
    found = chronicle(await governance.entries(), governance.state.outcomes, CHANNEL)
    moves = [(deed.statement, deed.persons) for deed in found if isinstance(deed.statement, Move)]
    return [(move.act, move.share_bp, persons) for move, persons in moves[1:]]


async def test_where_the_root_lets_it_the_server_takes_the_steps_of_the_plan(world: World) -> None:
    await world.change_root(operator_of(world))
    good = await world.start_canary(GOOD, 2_000, QUICK)
    while world.channel.canary is not None:
        await world.traffic(16, plain_question)
        await world.counted()
        assert world.count < 1_000, "expected the head to move"
        await until(lambda: world.installation.watchers.watch.is_elected)
    assert world.channel.head == good.id
    assert await deeds(world) == [
        ("admit", 2_000, ("owner",)),
        ("step", 5_000, ("server",)),
        ("step", 10_000, ("server",)),
    ]
    facts = await world.installation.rollouts.facts(CHANNEL)
    assert (facts["canary"], facts["head"]) == (None, good.id)
    await until_ended(world, "full")


async def until_ended(world: World, outcome: str) -> None:
    async with asyncio.timeout(30):
        while True:
            row = (await world.installation.rollouts.signals(CHANNEL))["rollout"]
            if row is not None and row["outcome"] == outcome:
                return
            await asyncio.sleep(0.02)


async def test_elsewhere_a_person_signs_each_step(world: World) -> None:
    good = await world.start_canary(GOOD, 2_000, QUICK)
    await world.traffic(120, plain_question)
    await world.counted()
    assert world.canary.share_bp == 2_000
    async with asyncio.timeout(30):
        while (facts := await world.installation.rollouts.facts(CHANNEL))["next"]["state"] != "due":
            await world.traffic(1, plain_question)
    assert facts["next"] == {"share_bp": 5_000, "by": "operator", "state": "due", "until_ms": None}
    assert [step["share_bp"] for step in facts["plan"]["steps"]] == [2_000, 5_000, 10_000]
    draft = draft_step(world.installation.governance.state, world.basis(), CHANNEL, 5_000)
    await world.sign(draft.statement)
    assert world.canary.share_bp == 5_000
    assert world.canary.release == good.id


async def test_an_operator_key_of_which_the_root_wants_two_steps_nothing_alone(world: World) -> None:
    await world.change_root(operator_of(world, threshold=2))
    assert world.installation.watchers.watch._parts.keys.operator_id(world.installation.governance.state.root) is None


async def test_the_operator_key_cannot_admit_what_nobody_approved(tmp_path: Path) -> None:
    """The server's key in the operator role moves only what an author proposed: it is no author itself."""
    async with reopened(tmp_path, await founded(tmp_path)) as world:
        await world.change_root(operator_of(world))
        seed = world.installation.watchers.watch._parts.keys.operator
        insider = World(world.installation, "server_operator", seed)
        bad = make_release(f"{BASE} {MAY_LINE}")
        with pytest.raises(ConflictError, match="author"):
            await insider.propose(bad)
        state = world.installation.governance.state
        assert not any(isinstance(item, Change) for item in state.changes.values())
        assert world.channel.canary is None


async def test_a_plan_waits_while_the_monitor_holds_it(world: World) -> None:
    """With the May line in the canary no step is taken: it is held, then taken out."""
    await world.change_root(operator_of(world))
    await world.start_canary(f"{BASE} {MAY_LINE}", 2_000, RolloutPlan.of_shares([2_000, 5_000], soak_s=0, users=1))
    while world.channel.canary is not None:
        await world.traffic(8, plain_question)
        await world.counted()
        assert world.count < 1_000, "expected a rollback"
    assert "rollback" in [act for act, _, _ in await deeds(world)]
    assert ("step", 10_000, ("server",)) not in await deeds(world)


async def test_a_soak_time_is_waited_for(world: World) -> None:
    await world.change_root(operator_of(world))
    await world.start_canary(GOOD, 2_000, RolloutPlan.of_shares([2_000], soak_s=3_600, users=1))
    await world.traffic(60, plain_question)
    await world.counted()
    facts = await world.installation.rollouts.facts(CHANNEL)
    assert facts["next"]["state"] == "soak"
    assert facts["next"]["by"] == "server"
    assert world.canary.share_bp == 2_000


async def test_a_canary_without_a_plan_stays_where_it_is(world: World) -> None:
    await world.change_root(operator_of(world))
    await world.start_canary(GOOD, 2_000)
    await world.traffic(60, plain_question)
    await world.counted()
    facts = await world.installation.rollouts.facts(CHANNEL)
    assert (facts["plan"], facts["next"]) == (None, None)
    assert world.canary.share_bp == 2_000
