"""Forward moves wait for witnesses where the root demands them; backward moves and freezes never do (clause 6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verax.kernel.cosignature import CosignatureSigner
from verax.kernel.errors import RefusedError
from verax.kernel.fold import ChannelState, Folder, Outcome, State, TreeRef
from verax.kernel.forward_hold import ForwardHold, demands_witnesses
from verax.kernel.runtime import PortableRuntime
from verax.kernel.statement import NONE, Move
from verax.testing.governance import SimulatedHistory, channel_rules, root_document
from verax.testing.releases import make_release

WITNESS = CosignatureSigner("w.test", b"w" * 32, 0).verifier
RELEASES = [make_release(f"You answer in style {number}.") for number in range(4)]
ONE, TWO, THREE, FOUR = RELEASES
CODE = [PortableRuntime(f"{number}1" * 32, "22" * 32) for number in range(3)]


def rules(name: str, *, witness: bool = True) -> dict[str, Any]:
    return channel_rules(name, approvals=0, suites=(), depth=3) | {"witness": witness}


def witnessed_root(*, runtime: bool = True, **changes: Any) -> dict[str, Any]:
    channels = [rules("assistant"), rules("runtime", witness=runtime)]
    document = root_document(solo=True, channels=channels)
    return document | {"witness_policy": f"witness w {WITNESS}\nquorum w\n"} | changes


class Watched:
    """A governance log in the hands of people, and a process that sees cosignatures when it is told."""

    def __init__(self, document: dict[str, Any] | None = None) -> None:
        self.log = SimulatedHistory(document or witnessed_root())
        self.hold = ForwardHold()
        self.folder = Folder(self.log.blobs.get)
        self.states: list[State] = []

    def catch_up(self) -> State:
        for entry in self.log.entries[self.folder.size :]:
            outcome = self.folder.apply(entry)
            self.hold.follow(self.folder, entry, outcome)
            self.states.append(self.folder.state)
        return self.hold.obey(self.folder.state)

    def cosign(self, size: int | None = None) -> State:
        self.catch_up()
        self.hold.take_quorum(self.log.state.size if size is None else size)
        return self.hold.obey(self.folder.state)

    def head(self, name: str = "assistant") -> str | None:
        return self.catch_up().channels[name].head

    def unfreeze(self) -> Outcome:
        log = self.log
        head = log.channel().head
        change = log.change("ann", "assistant", next(item for item in RELEASES if item.id == head))
        move = Move(log.basis(), "assistant", "unfreeze", change.statement_id, head or NONE, head or NONE, 0)
        return log.append(move, "ann")


@pytest.fixture
def watched() -> Watched:
    """An installation whose first head and first code are witnessed."""
    watched = Watched()
    watched.log.release_now(CODE[0], "runtime")
    watched.log.release_now(ONE)
    watched.cosign()
    return watched


def test_a_root_that_asks_for_nobody_holds_nothing() -> None:
    calm = [rules("assistant", witness=False), rules("runtime", witness=False)]
    watched = Watched(root_document(solo=True, channels=calm))
    watched.log.release_now(ONE)
    state = watched.catch_up()
    assert state is watched.folder.state
    assert not demands_witnesses(state.root) and not demands_witnesses(None)


def test_the_first_head_waits_too() -> None:
    watched = Watched()
    watched.log.release_now(ONE)
    assert watched.head() is None
    assert watched.cosign().channels["assistant"].head == ONE.id


def test_an_admission_waits_for_its_quorum_and_no_older_one_helps(watched: Watched) -> None:
    before = watched.log.state.size
    watched.log.release_now(TWO)
    assert watched.head() == ONE.id
    for size in range(before, watched.log.state.size):
        assert watched.cosign(size).channels["assistant"].head == ONE.id
    assert watched.cosign().channels["assistant"].head == TWO.id
    assert watched.hold.obey(watched.folder.state) is watched.folder.state


def test_a_canary_and_each_of_its_steps_wait(watched: Watched) -> None:
    change = watched.log.change("ann", "assistant", TWO)
    watched.log.admit("ann", change, share_bp=1000)
    assert watched.catch_up().channels["assistant"].canary is None
    canary = watched.cosign().channels["assistant"].canary
    assert canary is not None and canary.share_bp == 1000
    watched.log.move("ann", "step", change=change, share_bp=5000)
    canary = watched.catch_up().channels["assistant"].canary
    assert canary is not None and canary.share_bp == 1000
    watched.log.move("ann", "step", change=change, share_bp=10000)
    assert watched.head() == ONE.id
    assert watched.cosign().channels["assistant"].head == TWO.id


def test_a_freeze_is_obeyed_at_once_and_its_end_waits(watched: Watched) -> None:
    watched.log.move("ann", "freeze")
    assert watched.catch_up().channels["assistant"].frozen
    assert watched.unfreeze().effective
    assert not watched.log.channel().frozen
    assert watched.catch_up().channels["assistant"].frozen
    assert not watched.cosign().channels["assistant"].frozen


def test_a_rollback_is_obeyed_at_once(watched: Watched) -> None:
    watched.log.release_now(TWO)
    watched.cosign()
    watched.log.move("ann", "rollback", to_id=ONE.id)
    state = watched.catch_up()
    assert state.channels["assistant"].head == ONE.id
    assert state.channels["assistant"].withdrawn == {TWO.id}
    assert state.held == {}


def test_a_rollback_of_what_still_waits_leaves_the_head_where_it_is(watched: Watched) -> None:
    watched.log.release_now(TWO)
    watched.log.move("ann", "rollback", to_id=ONE.id)
    state = watched.catch_up()
    assert state.channels["assistant"].head == ONE.id
    assert state.channels["assistant"].withdrawn == {TWO.id}
    assert state.held == {}


def test_a_rollback_is_no_way_forward_to_a_head_that_waits(watched: Watched) -> None:
    watched.log.release_now(TWO)
    watched.log.release_now(THREE)
    assert watched.log.move("ann", "rollback", to_id=TWO.id).effective
    assert watched.head() == ONE.id
    assert watched.cosign().channels["assistant"].head == TWO.id


def test_a_rollback_is_no_way_to_a_canary_that_waits_to_be_the_head(watched: Watched) -> None:
    change = watched.log.change("ann", "assistant", TWO)
    watched.log.admit("ann", change, share_bp=1000)
    watched.cosign()
    watched.log.move("ann", "step", change=change, share_bp=10000)
    watched.log.release_now(THREE)
    assert watched.log.move("ann", "rollback", to_id=TWO.id).effective
    assert watched.head() == ONE.id


def test_a_dropped_canary_is_dropped_at_once(watched: Watched) -> None:
    change = watched.log.change("ann", "assistant", TWO)
    watched.log.admit("ann", change, share_bp=1000)
    watched.cosign()
    watched.log.move("ann", "rollback", to_id=ONE.id)
    state = watched.catch_up()
    assert (state.channels["assistant"].canary, state.channels["assistant"].head) == (None, ONE.id)


def test_channels_that_demand_no_witness_do_not_wait(watched: Watched) -> None:
    watched = Watched(witnessed_root(runtime=False))
    watched.log.release_now(ONE)
    watched.log.release_now(CODE[0], "runtime")
    assert watched.head() is None
    assert watched.head("runtime") == CODE[0].digest


def test_other_entries_change_nothing_for_a_channel_that_waits(watched: Watched) -> None:
    watched.log.release_now(TWO)
    tree = watched.catch_up().tree_for("assistant")
    watched.log.alarm("recorder", "disk/slow")
    watched.log.change("ann", "assistant", THREE)
    assert watched.catch_up().tree_for("assistant") == tree
    assert watched.head() == ONE.id


def test_a_demand_that_begins_later_covers_later_moves_only() -> None:
    calm = [rules("assistant", witness=False), rules("runtime", witness=False)]
    watched = Watched(witnessed_root(channels=calm))
    watched.log.release_now(ONE)
    assert watched.log.change_root("ann", channels=[rules("assistant"), rules("runtime")]).effective
    assert watched.head() == ONE.id
    watched.log.release_now(TWO)
    assert watched.head() == ONE.id
    watched.log.change_root("ann", channels=calm)
    assert watched.head() == TWO.id


def test_a_channel_that_a_root_names_later_begins_empty(watched: Watched) -> None:
    watched.log.change_root("ann", channels=[rules("assistant"), rules("runtime"), rules("social")])
    assert watched.catch_up().channels["social"] == ChannelState()
    watched.log.release_now(TWO, "social")
    assert watched.head("social") is None
    assert watched.cosign().channels["social"].head == TWO.id


def test_the_root_that_judges_a_quorum_is_the_one_of_its_tree(watched: Watched) -> None:
    watched.log.release_now(TWO)
    size = watched.log.state.size
    watched.log.change_root("ann", witness_policy=f"witness v {WITNESS}\nquorum v\n")
    watched.catch_up()
    old, new = watched.hold.root_at(size), watched.hold.root_at(size + 1)
    assert old is not None and new is not None
    assert (old.version, new.version) == (1, 2)
    assert watched.hold.root_at(size + 2) is None
    assert watched.hold.root_at(watched.hold.witnessed_size) is None


# What a record names


def test_a_record_names_a_tree_that_shows_what_was_obeyed(watched: Watched) -> None:
    watched.log.release_now(TWO)
    state = watched.catch_up()
    tree = state.tree_for("assistant")
    assert tree.size < state.size
    shown = watched.states[tree.size - 1]
    assert (shown.tree_root, shown.channels["assistant"].head) == (tree.root, ONE.id)
    state = watched.cosign()
    assert state.tree_for("assistant") == TreeRef(state.size, state.tree_root)


def test_a_channel_that_waits_while_the_code_moves_answers_nobody() -> None:
    watched = Watched(witnessed_root(runtime=False))
    watched.log.release_now(CODE[0], "runtime")
    watched.log.release_now(ONE)
    watched.cosign()
    watched.log.release_now(TWO)
    watched.catch_up().tree_for("assistant")
    watched.log.release_now(CODE[1], "runtime")
    with pytest.raises(RefusedError, match="waits for witnesses"):
        watched.catch_up().tree_for("assistant")
    assert watched.cosign().tree_for("assistant").size == watched.log.state.size


def test_code_that_waits_too_leaves_a_tree_to_name(watched: Watched) -> None:
    watched.log.release_now(TWO)
    watched.log.release_now(CODE[1], "runtime")
    state = watched.catch_up()
    shown = watched.states[state.tree_for("assistant").size - 1]
    assert shown.channels["runtime"].head == state.channels["runtime"].head == CODE[0].digest


# Any history


def _admit(watched: Watched, number: int, share_bp: int) -> None:
    release = RELEASES[number % len(RELEASES)]
    change = watched.log.change("ann", "assistant", release)
    watched.log.admit("ann", change, share_bp=share_bp)


def _step(watched: Watched, number: int) -> None:
    canary = watched.log.channel().canary
    if canary is not None:
        log = watched.log
        share = [2000, 6000, 10000][number % 3]
        move = Move(log.basis(), "assistant", "step", canary.change, log.channel().head or NONE, canary.release, share)
        log.append(move, "ann")


def _back(watched: Watched, number: int) -> None:
    channel = watched.log.channel()
    targets = [head.release for head in channel.history]
    if channel.canary is not None and channel.head is not None:
        targets.append(channel.head)
    if targets:
        watched.log.move("ann", "rollback", to_id=targets[number % len(targets)])


def _freeze(watched: Watched, _: int) -> None:
    if watched.log.channel().head is not None:
        watched.log.move("ann", "freeze")


def _unfreeze(watched: Watched, _: int) -> None:
    if watched.log.channel().frozen:
        watched.unfreeze()


def _code(watched: Watched, number: int) -> None:
    watched.log.release_now(CODE[number % len(CODE)], "runtime")


def _alarm(watched: Watched, _: int) -> None:
    watched.log.alarm("recorder", "disk/slow")


ACTS: list[Callable[[Watched, int], None]] = [
    lambda watched, number: _admit(watched, number, 10000),
    lambda watched, number: _admit(watched, number, 1000),
    _step,
    _back,
    _freeze,
    _unfreeze,
    _code,
    _alarm,
]


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(range(len(ACTS))), st.integers(0, 5), st.booleans()), max_size=14),
    st.booleans(),
)
def test_in_any_history_nothing_moves_forward_without_its_quorum(
    acts: list[tuple[int, int, bool]], runtime: bool
) -> None:
    watched = Watched(witnessed_root(runtime=runtime))
    quorums: list[int] = []
    for act, number, is_cosigned in acts:
        ACTS[act](watched, number)
        obeyed = watched.catch_up()
        if is_cosigned:
            obeyed = watched.cosign()
            quorums.append(obeyed.size)
            assert obeyed is watched.folder.state
        assert_obeyed(watched, obeyed)
    again = Watched(witnessed_root(runtime=runtime))
    again.log = watched.log
    again.folder = Folder(watched.log.blobs.get)
    again.catch_up()
    for size in quorums[-1:]:
        again.cosign(size)
    assert again.catch_up() == watched.catch_up()


def assert_obeyed(watched: Watched, obeyed: State) -> None:
    folded, name = watched.folder.state, "assistant"
    witnessed = watched.states[: watched.hold.witnessed_size]
    channel = obeyed.channels[name]
    heads = {state.channels[name].head for state in witnessed}
    seen = [state.channels[name].canary for state in witnessed]
    canaries = {(canary.release, canary.share_bp) for canary in seen if canary is not None}
    assert channel.head in heads | {None}
    assert channel.canary is None or (channel.canary.release, channel.canary.share_bp) in canaries
    assert channel.frozen or not folded.channels[name].frozen
    assert channel.withdrawn == folded.channels[name].withdrawn
    tree = obeyed.held.get(name, TreeRef(obeyed.size, obeyed.tree_root))
    if tree is not None and tree.size:
        shown = watched.states[tree.size - 1]
        assert shown.tree_root == tree.root
        for item in (name, "runtime"):
            one, other = shown.channels[item], obeyed.channels[item]
            assert (one.serving, one.canary, one.frozen) == (other.serving, other.canary, other.frozen)
