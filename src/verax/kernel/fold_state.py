"""What the fold knows: channels, changes, bans and outcomes (protocol clause 5).

`State` is the immutable result that processes swap in one assignment (clause 6). `Ledger` is
the fold's own working copy; the judges in ``fold_root``, ``fold_change`` and ``fold_move``
read it and return an `Effect`, which only `verax.kernel.fold` applies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from verax.kernel.bans import Ban
from verax.kernel.errors import RefusedError, StatementError, UnknownObject
from verax.kernel.fold_canary import in_canary
from verax.kernel.root import RUNTIME_CHANNEL, RootDocument

__all__ = [
    "BanRecord",
    "Blobs",
    "Canary",
    "ChangeState",
    "ChangeStatus",
    "ChannelState",
    "Effect",
    "GateResult",
    "Head",
    "Ledger",
    "Mode",
    "Opinion",
    "Outcome",
    "Serving",
    "State",
    "TreeRef",
    "worse_mode",
]

Mode = Literal["quorum", "solo"]
ChangeStatus = Literal["open", "stale", "admitted"]
Blobs: TypeAlias = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one entry; `reason` is empty when it took effect.

    Attributes:
        statement_id: Empty where no statement could be read.
        kind: Kind of the statement, or ``unknown``.
    """

    index: int
    statement_id: str
    kind: str
    effective: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """A release or runtime at the head of a channel.

    Attributes:
        index: Entry that put it at the head this time.
        admitted_index: Entry that admitted it; the same unless it came back by a rollback.
        change: Statement id of the change that brought it.
        base: What it was compared with, ``none`` for a first one; admitting a head again keeps it.
        unbanned: Bans that the reviews of that change named.
    """

    release: str
    index: int
    admitted_index: int
    mode: Mode
    change: str
    base: str
    unbanned: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Canary:
    """A release that serves a share of the users beside the head; `base` is that head."""

    release: str
    change: str
    share_bp: int
    mode: Mode
    admitted_index: int
    base: str
    unbanned: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ChannelState:
    """A channel as the log leaves it.

    Attributes:
        serving: The head, None before the first admission.
        frozen: The channel answers nobody.
        history: Heads before this one that a rollback may return to, oldest first.
        backward_steps: Rollbacks of the head since the last admission.
        epoch: Counts head moves and rollbacks; changes of an older epoch are stale.
        withdrawn: Releases whose turns end now: rolled back or banned, and not let back in.
    """

    serving: Head | None = None
    canary: Canary | None = None
    frozen: bool = False
    history: tuple[Head, ...] = ()
    backward_steps: int = 0
    epoch: int = 0
    withdrawn: frozenset[str] = frozenset()

    @property
    def head(self) -> str | None:
        """The release or runtime at the head."""
        return None if self.serving is None else self.serving.release

    @property
    def head_index(self) -> int:
        """Index of the entry that set the head, 0 before the first."""
        return 0 if self.serving is None else self.serving.index

    @property
    def mode(self) -> Mode | None:
        """How the head was admitted."""
        return None if self.serving is None else self.serving.mode


@dataclass(frozen=True, slots=True)
class Opinion:
    """A reviewer's last verdict on a change."""

    approves: bool
    unban: frozenset[str]
    index: int


@dataclass(frozen=True, slots=True)
class GateResult:
    """The first complete result of a suite on a change."""

    passed: bool
    n: int
    runtime: str
    report: str
    index: int


@dataclass(frozen=True, slots=True)
class ChangeState:
    """A change and what was said about it.

    Attributes:
        signers: Persons who signed it; none of them can approve it.
        epoch: The channel's epoch when it was proposed.
        seed: The seed that every gate must use, 64 hex digits.
        opinions: Last verdict by person.
        gates: First complete result by suite.
        admitted_index: Entry that admitted it, or used it to unfreeze; None before.
    """

    id: str
    index: int
    channel: str
    candidate: str
    base: str
    base_index: int
    reason: str
    signers: frozenset[str]
    epoch: int
    seed: str
    opinions: Mapping[str, Opinion] = field(default_factory=dict)
    gates: Mapping[str, GateResult] = field(default_factory=dict)
    admitted_index: int | None = None


@dataclass(frozen=True, slots=True)
class BanRecord:
    """A ban and the entry that made it, the latest where it was made again."""

    ban: Ban
    index: int


@dataclass(frozen=True, slots=True)
class Serving:
    """Who answers a user: release, arm, and how that release was admitted."""

    release: str
    arm: Literal["head", "canary"]
    mode: Mode
    change: str


@dataclass(frozen=True, slots=True)
class TreeRef:
    """A tree of the governance log: how many entries, and its root, 32 bytes."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class State:
    """The result of a fold.

    Attributes:
        size: Entries folded.
        tree_root: Root of the tree over them, 32 bytes.
        fingerprint: Fingerprint of the first root document; empty while there is none.
        channels: The channels that the root in force names.
        changes: Every change by statement id.
        bans: Banned fragments by digest.
        banned_releases: Index of the latest rollback by release or runtime.
        outcomes: What became of each entry.
        held: Channels whose forward moves wait for witnesses, with the newest tree that shows them
            as they are obeyed; None where none does. Always empty as the fold gives it; see
            `verax.kernel.forward_hold`.
        folded: The channels as the fold gives them, where `channels` are those that are obeyed.
    """

    size: int
    tree_root: bytes
    fingerprint: str
    root_in_force: RootDocument | None
    channels: Mapping[str, ChannelState]
    changes: Mapping[str, ChangeState]
    bans: Mapping[str, BanRecord]
    banned_releases: Mapping[str, int]
    outcomes: tuple[Outcome, ...]
    held: Mapping[str, TreeRef | None] = field(default_factory=dict)
    folded: Mapping[str, ChannelState] = field(default_factory=dict)

    @property
    def root(self) -> RootDocument:
        """The root document in force.

        Raises:
            RefusedError: the log has no valid first entry, so nothing is allowed.
        """
        if self.root_in_force is None:
            raise RefusedError("governance log: it does not begin with a valid root", code="governance/no-root")
        return self.root_in_force

    def status_of(self, change_id: str) -> ChangeStatus:
        """Say whether a change can still be admitted.

        Raises:
            UnknownObject: no such change.
        """
        if change_id not in self.changes:
            raise UnknownObject(f"change {change_id[:12]}: the log holds no such change")
        change = self.changes[change_id]
        if change.admitted_index is not None:
            return "admitted"
        channel = self.channels.get(change.channel)
        return "open" if channel is not None and channel.epoch == change.epoch else "stale"

    def serving(self, channel: str, user_id: str) -> Serving:
        """Return what answers `user_id` on `channel`.

        Raises:
            UnknownObject: the root names no such channel.
            RefusedError: no head, frozen, or the head was banned since it was admitted.
        """
        state = self.channels.get(channel)
        if state is None or channel == RUNTIME_CHANNEL:
            raise UnknownObject(f"channel {channel[:64]!r}: this installation has none of that name")
        if state.frozen:
            raise RefusedError(f"channel {channel}: frozen, it answers nobody", code="governance/frozen")
        head, canary = state.serving, state.canary
        if head is None:
            raise RefusedError(f"channel {channel}: no release was ever admitted", code="governance/no-head")
        if canary is not None and in_canary(canary.change, user_id, canary.share_bp):
            found = Serving(canary.release, "canary", canary.mode, canary.change)
        else:
            found = Serving(head.release, "head", head.mode, head.change)
        if found.release in state.withdrawn:
            raise RefusedError(
                f"channel {channel}: its release was rolled back elsewhere",
                hint="roll this channel back too, or propose a change whose review names the ban",
                code="governance/banned",
            )
        return found

    def as_folded(self) -> State:
        """Return the state that the next statement is judged on, whoever waits for witnesses."""
        return replace(self, channels=self.folded, held={}, folded={}) if self.held else self

    def tree_for(self, channel: str) -> TreeRef:
        """Return the tree that a record of `channel` names: the newest that shows what is obeyed.

        Raises:
            RefusedError: the channel waits for witnesses, and the runtime moved meanwhile: a
                record could name no tree that shows both.
        """
        found = self.held.get(channel, TreeRef(self.size, self.tree_root))
        if found is None:
            raise RefusedError(
                f"channel {channel}: it waits for witnesses, and the runtime moved meanwhile",
                hint='"verax witness status" says which witnesses do not answer',
                code="governance/not-witnessed",
            )
        return found

    def bans_on(self, channel: str) -> tuple[Ban, ...]:
        """Return the fragments that no prompt of this channel may hold (clause 8).

        Those that the approvals of its head, or of its canary, let back in are left out.
        """
        state = self.channels.get(channel, ChannelState())
        admissions = [item for item in (state.serving, state.canary) if item is not None]
        return tuple(
            record.ban
            for digest, record in self.bans.items()
            if not any(digest in item.unbanned and record.index < item.admitted_index for item in admissions)
        )


@dataclass(slots=True)
class Ledger:
    """The fold's working copy.

    Attributes:
        roots: Tree root at every size from 0 to the present one.
        statement_ids: Statements that a key of the root signed, effective or not.
    """

    blobs: Blobs
    roots: list[bytes]
    fingerprint: str = ""
    root: RootDocument | None = None
    channels: dict[str, ChannelState] = field(default_factory=dict)
    changes: dict[str, ChangeState] = field(default_factory=dict)
    bans: dict[str, BanRecord] = field(default_factory=dict)
    banned_releases: dict[str, int] = field(default_factory=dict)
    statement_ids: set[str] = field(default_factory=set)
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def index(self) -> int:
        """Index of the entry being judged."""
        return len(self.outcomes)

    def channel(self, name: str) -> ChannelState:
        """Return the state of a channel that the root names.

        Raises:
            StatementError: it names none.
        """
        if self.root is None or name not in self.root.channels:
            raise StatementError(f"the root names no channel {name!r}")
        return self.channels.get(name, ChannelState())

    def open_change(self, change_id: str) -> ChangeState:
        """Return a change that can still be admitted.

        Raises:
            StatementError: unknown, admitted already, or stale.
        """
        change = self.changes.get(change_id)
        if change is None:
            raise StatementError("the log holds no such change")
        if change.admitted_index is not None:
            raise StatementError("the change was admitted already")
        if change.epoch != self.channel(change.channel).epoch:
            raise StatementError("the change is stale: its channel moved after it was proposed")
        return change


@dataclass(frozen=True, slots=True)
class Effect:
    """What one entry changes; nothing by default."""

    root: RootDocument | None = None
    channels: Mapping[str, ChannelState] = field(default_factory=dict)
    changes: Mapping[str, ChangeState] = field(default_factory=dict)
    bans: tuple[Ban, ...] = ()
    banned_releases: tuple[str, ...] = ()


def worse_mode(one: Mode, other: Mode) -> Mode:
    """Return ``solo`` if either is: a mode never improves (clause 5.6)."""
    return "quorum" if one == other == "quorum" else "solo"
