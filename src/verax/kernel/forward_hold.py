"""What a process obeys while forward moves wait for witnesses (protocol clause 6).

* A forward move (admit, step, unfreeze) on a channel whose root demands witnesses is obeyed only
  when a checkpoint that covers it carries the quorum of the root in force there.
* A freeze is obeyed at once, and so is what a rollback withdraws. A rollback leads to the
  head that the fold names, unless that was no head in the witnessed tree.
* Before a root demands witnesses every tree counts as witnessed.
* A record names a tree at which the fold shows what was obeyed, for the channel and for the
  runtime. While a channel waits that is an older one; where no tree shows both, no record can be
  made, so no turn runs.

`ForwardHold` follows a `Folder` entry by entry. The fold itself knows nothing of witnesses:
two processes that saw other cosignatures still agree about the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from verax.kernel.dsse import Envelope
from verax.kernel.fold import ChannelState, Folder, Outcome, State, TreeRef
from verax.kernel.merkle import EMPTY_ROOT
from verax.kernel.root import RUNTIME_CHANNEL, RootDocument
from verax.kernel.statement import Act, Move, parse_statement

__all__ = ["ForwardHold", "demands_witnesses"]


def demands_witnesses(root: RootDocument | None) -> bool:
    """Say whether any channel's forward moves wait for witnesses under this root."""
    return root is not None and any(channel.needs_witness for channel in root.channels.values())


@dataclass(frozen=True, slots=True)
class _Step:
    """The fold after one entry beyond the witnessed tree; `move` is what the entry moved, if anything."""

    tree: TreeRef
    root: RootDocument
    channels: Mapping[str, ChannelState]
    move: tuple[str, Act] | None


class ForwardHold:
    """Follows a fold, and says what of it may be obeyed."""

    def __init__(self) -> None:
        self._witnessed = TreeRef(0, EMPTY_ROOT)
        self._base: Mapping[str, ChannelState] | None = None
        self._tail: list[_Step] = []
        self._obeyed: dict[str, ChannelState] = {}
        self._trees: dict[str, TreeRef | None] = {}

    @property
    def witnessed_size(self) -> int:
        """Entries of the newest tree that nothing waits for."""
        return self._witnessed.size

    def root_at(self, size: int) -> RootDocument | None:
        """Return the root in force at a tree beyond the witnessed one, whose policy judges its quorum."""
        return next((step.root for step in self._tail if step.tree.size == size), None)

    def follow(self, folder: Folder, entry: bytes, outcome: Outcome) -> None:
        """Take notice of the entry that `folder` has just applied."""
        root, tree = folder.root, TreeRef(folder.size, folder.tree_root)
        if root is None or not demands_witnesses(root):
            self._witnessed, self._base = tree, None
            self._tail.clear()
            return
        step = _Step(tree, root, folder.channels, _move_of(entry, outcome))
        if self._base is None:
            # The entry that first demands witnesses is a root: it moves no channel.
            self._base = step.channels
            self._restart()
        self._tail.append(step)
        self._advance(step)

    def take_quorum(self, size: int) -> None:
        """Note that a checkpoint of that size carries its quorum; one that is not beyond the last changes nothing."""
        place = next((place for place, step in enumerate(self._tail) if step.tree.size == size), None)
        if place is None:
            return
        step = self._tail[place]
        self._witnessed, self._base = step.tree, step.channels
        self._tail = self._tail[place + 1 :]
        self._restart()
        for later in self._tail:
            self._advance(later)

    def obey(self, state: State) -> State:
        """Return the fold's newest state with the channels as they are obeyed."""
        if not self._tail:
            return state
        newest = TreeRef(state.size, state.tree_root)
        held = {name: self._trees[name] for name in state.channels if self._trees[name] != newest}
        if not held:
            return state
        obeyed = {name: self._obeyed[name] for name in state.channels}
        return replace(state, channels=obeyed, held=held, folded=state.channels)

    def _restart(self) -> None:
        self._obeyed = dict(self._base or {})
        self._trees = dict.fromkeys(self._obeyed, self._witnessed)

    def _advance(self, step: _Step) -> None:
        before = dict(self._obeyed)
        for name, folded in step.channels.items():
            act = step.move[1] if step.move is not None and step.move[0] == name else None
            if step.root.channels[name].needs_witness:
                base = (self._base or {}).get(name, ChannelState())
                self._obeyed[name] = _hold(before.get(name, ChannelState()), folded, act, base)
            else:
                self._obeyed[name] = folded
        for name in step.channels:
            both = (name, RUNTIME_CHANNEL)
            if all(_is_same(self._obeyed[item], step.channels[item]) for item in both):
                self._trees[name] = step.tree
            elif name not in before or any(not _is_same(self._obeyed[item], before[item]) for item in both):
                self._trees[name] = None


def _hold(old: ChannelState, folded: ChannelState, act: Act | None, base: ChannelState) -> ChannelState:
    """Return what is obeyed after an entry that left the fold at `folded`, on a channel that waits.

    Args:
        old: What was obeyed before it.
        base: The channel in the witnessed tree.
    """
    if act == "freeze":
        return replace(old, frozen=True, withdrawn=folded.withdrawn)
    if act == "rollback":
        known = {(head.release, head.change) for head in (*base.history, base.serving) if head is not None}
        head = folded.serving
        serving = head if head is not None and (head.release, head.change) in known else old.serving
        return replace(folded, serving=serving, frozen=folded.frozen or old.frozen)
    return replace(old, withdrawn=folded.withdrawn)


def _is_same(one: ChannelState, other: ChannelState) -> bool:
    return (one.serving, one.canary, one.frozen) == (other.serving, other.canary, other.frozen)


def _move_of(entry: bytes, outcome: Outcome) -> tuple[str, Act] | None:
    if not outcome.effective or outcome.kind != "move":
        return None
    statement = parse_statement(Envelope.parse(entry).payload)
    return (statement.channel, statement.act) if isinstance(statement, Move) else None
