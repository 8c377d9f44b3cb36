"""A whole installation whose witness saw more, or something else: what ends, what is kept, what enters the log."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from verax.config import Config
from verax.kernel.dsse import Envelope, sign_envelope
from verax.kernel.errors import RequestError, RolledBack
from verax.kernel.note import NoteSigner
from verax.kernel.root_drafts import witnessed_root
from verax.kernel.split_view import SplitView
from verax.kernel.statement import Basis, RootChange, parse_statement, payload_of
from verax.kernel.witness import origin_digest
from verax.store.genesis import Genesis
from verax.store.keys import load_server_keys
from verax.surfaces.founding import found
from verax.surfaces.installation import Installation, Surroundings
from verax.testing.clock import VirtualClock
from verax.testing.histories import Histories
from verax.testing.releases import make_release
from verax.testing.scripted import ScriptedBackend
from verax.testing.turns import RUNTIME, FixedRuntime, OneBackend
from verax.testing.witness_link import SimulatedLink

LIMIT_S = 20.0


@dataclass
class Founded:
    """An installation on disk that is not open, and witnesses behind a simulated link."""

    config: Config
    around: Surroundings
    link: SimulatedLink
    genesis: Genesis

    @property
    def governance(self) -> NoteSigner:
        keys = load_server_keys(self.config.home / "keys")
        assert keys is not None
        return keys.governance_signer()

    def histories(self) -> Histories:
        """Return other histories that the governance log's own key signs."""
        keys = self.genesis.server_keys
        return Histories(keys.governance_origin, keys.seeds["governance"])

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[Installation]:
        installation = await Installation.open(self.config, self.around)
        try:
            yield installation
        finally:
            await installation.close()


@pytest.fixture
async def founded(tmp_path: Path) -> Founded:
    """A solo installation whose root names the witness ``one``, which has seen nothing yet."""
    clock = VirtualClock()
    link = SimulatedLink(tmp_path / "witnesses", clock)
    around = Surroundings(FixedRuntime(), backends=OneBackend(ScriptedBackend()), clock=clock, witnesses=link)
    config = Config(home=tmp_path / "home", keyring=tmp_path / "keys", witness_interval_s=0.01)
    founding = await found(config, RUNTIME.data, around, {"assistant": make_release("You answer.")})
    assert founding is not None and founding.genesis is not None
    made = Founded(config, around, link, founding.genesis)
    keys = founding.genesis.server_keys
    link.add("one", made.governance.verifier, keys.replies_signer().verifier)
    async with made.opened() as installation:
        await require_witness(installation, made)
    return made


async def require_witness(installation: Installation, made: Founded) -> None:
    state, genesis = installation.governance.state, made.genesis
    document = witnessed_root(state.root, made.link.policy("quorum one"), ["assistant"])
    basis = Basis(state.root.origin, 1, state.size, state.tree_root.hex(), secrets.token_hex(16), 1_760_000_000_000)
    payload = payload_of(RootChange(basis, document))
    await installation.governance.submit(sign_envelope(payload, [(genesis.daily_key_id, genesis.daily_seed)]), {})
    await until(lambda: installation.governance.live.log.witnessed)


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not is_so():
            await asyncio.sleep(0.005)


def alarms(installation: Installation) -> list[str]:
    log = installation.governance.live.log
    statements = [parse_statement(Envelope.parse(entry).payload) for entry in log.entries_now(0, log.published.size)]
    return [str(getattr(item, "code", "")) for item in statements if hasattr(item, "code")]


async def test_a_start_asks_witnesses_and_goes_on_where_they_agree_or_are_silent(founded: Founded) -> None:
    async with founded.opened() as installation:
        assert installation.governance.fault is None
        assert (
            "1 of 1 witnesses cosign" in installation.witnessing.summary()
            or not installation.witnessing.plan().is_empty
        )
    founded.link.down.add("one")
    async with founded.opened() as installation:
        installation.governance.check_fresh("assistant")
        assert installation.governance.state.channels["assistant"].head is not None


async def test_a_witness_that_never_answers_holds_up_no_start(founded: Founded) -> None:
    async with founded.opened() as installation:
        founded.link.hanging.add("one")
        await asyncio.wait_for(installation.witnessing.survey(limit_s=0.05), LIMIT_S)


async def test_a_witness_that_saw_more_ends_the_start(founded: Founded) -> None:
    size = len(founded.genesis.entries) + 1
    ahead = founded.histories()
    founded.link.add("one", founded.governance.verifier)
    folder = founded.link.folder("one")
    folder.write_seen(origin_digest(ahead.origin), ahead.note("a", size + 5))
    with pytest.raises(RolledBack, match="witness one says size"):
        async with founded.opened():
            pytest.fail("it was opened")


async def test_another_history_of_ours_at_a_witness_is_alarmed_kept_and_ends_new_turns(founded: Founded) -> None:
    async with founded.opened() as installation:
        governance = installation.governance
        await until(lambda: governance.live.log.witnessed)
        # Somebody signs another history with our key and shows it to the witness while we run.
        size = governance.live.published.size
        folder = founded.link.folder("one")
        folder.write_seen(origin_digest(governance.live.log.origin), founded.histories().note("b", size))
        await governance.alarm("disk/slow", "none", {})
        await until(lambda: governance.fault)
        assert isinstance(governance.fault, RolledBack)
        assert alarms(installation)[-2:] == ["disk/slow", "log/forked"]
        with pytest.raises(RolledBack):
            governance.check_fresh("assistant")
        (kept,) = installation.witnessing.describe()["evidence"]
        data = installation.witnessing.evidence(kept)
        assert data is not None
        proved = SplitView.parse(data).verify([founded.governance.verifier])
        assert proved.origin == founded.governance.verifier.name


async def test_a_larger_history_of_ours_at_a_witness_ends_everything_and_nothing_is_written(founded: Founded) -> None:
    async with founded.opened() as installation:
        governance = installation.governance
        await until(lambda: governance.live.log.witnessed)
        folder = founded.link.folder("one")
        folder.write_seen(
            origin_digest(governance.live.log.origin), founded.histories().note("b", governance.live.published.size + 7)
        )
        await governance.alarm("disk/slow", "none", {})
        await until(lambda: governance.fault)
        assert "log/forked" not in alarms(installation)
        for refused in (governance.live.check_accepting, lambda: governance.check_fresh("assistant")):
            with pytest.raises(RolledBack):
                refused()
        assert not all(detail.is_ready for detail in installation.health())


async def test_a_quorum_that_stays_away_is_alarmed(founded: Founded) -> None:
    founded.link.down.add("one")
    async with founded.opened() as installation:
        governance = installation.governance
        await governance.alarm("disk/slow", "none", {})
        await until(lambda: installation.witnessing.describe()["witnesses"][0]["logs"][0]["problem"])
        clock = founded.around.clock
        assert isinstance(clock, VirtualClock)
        clock.advance(200)
        for cosigner in installation.witnessing._cosigners:
            cosigner.wake()
        await until(lambda: "witness/quorum-missing" in alarms(installation))
        assert "quorum not met" in installation.witnessing.summary()


async def test_only_evidence_against_a_log_of_ours_is_taken(founded: Founded) -> None:
    async with founded.opened() as installation:
        stranger = Histories("verax.test/governance", bytes(32))
        with pytest.raises(RequestError):
            await installation.witnessing.take_evidence(SplitView(stranger.note("a", 3), stranger.note("b", 3)))
        ours = founded.histories()
        digest = await installation.witnessing.take_evidence(SplitView(ours.note("a", 3), ours.note("b", 3)))
        assert installation.witnessing.describe()["evidence"] == [digest]
        assert alarms(installation)[-1] == "log/forked"
