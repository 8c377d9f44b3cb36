"""The fold: from the entries of a governance log to the state that everything obeys (protocol clause 5).

``fold(entries, blobs) → state`` is pure and total, in index order.

* An entry that fails has no effect and a reason; it never stops the fold.
* Two things stop it, as `FoldError`: a root with unsupported rules, and a missing blob that a
  rule needs.
* 5.1 Bytes canonical; statement id new; ``log`` this log; ``root`` the version in force; ``seen.size``
  at most the index, and ``seen.root`` the true root at that size.
* 5.2 Signatures are checked against the root in force at this index.
* An id is used up by any statement that a key of the root signed, effective or not: what
  failed once cannot be replayed when it would succeed. A copy with worthless signatures
  uses nothing up.
* Accounts and roles in a database have no weight here.

`Folder` folds one entry at a time; `fold` is a loop over it.

>>> state = fold(entries, blobs.get)
>>> state.serving("assistant", user_id).release
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from verax.kernel.dsse import Envelope, Signer, verify_signatures
from verax.kernel.errors import FoldError, KernelError, StatementError
from verax.kernel.fold_canary import in_canary
from verax.kernel.fold_change import gate_seed, judge_change, judge_gate, judge_review
from verax.kernel.fold_move import judge_move
from verax.kernel.fold_root import judge_genesis, judge_root_change, require_threshold
from verax.kernel.fold_state import (
    BanRecord,
    Blobs,
    Canary,
    ChangeState,
    ChangeStatus,
    ChannelState,
    Effect,
    GateResult,
    Head,
    Ledger,
    Mode,
    Opinion,
    Outcome,
    Serving,
    State,
    TreeRef,
)
from verax.kernel.merkle import EMPTY_ROOT, Frontier, leaf_hash
from verax.kernel.root import RootDocument
from verax.kernel.statement import (
    Change,
    Gate,
    Move,
    Review,
    RootChange,
    Statement,
    parse_statement,
    statement_id,
)
from verax.kernel.statement_kinds import describe

__all__ = [
    "BanRecord",
    "Blobs",
    "Canary",
    "ChangeState",
    "ChangeStatus",
    "ChannelState",
    "Folder",
    "GateResult",
    "Head",
    "Mode",
    "Opinion",
    "Outcome",
    "Serving",
    "State",
    "TreeRef",
    "fold",
    "gate_seed",
    "in_canary",
]


def fold(entries: Iterable[bytes], blobs: Blobs) -> State:
    """Fold a whole log.

    Args:
        entries: Leaf bytes in index order.
        blobs: Returns the bytes of a digest (64 hex digits), or None where it has none.

    Raises:
        FoldError: unsupported rules, or a missing blob that a rule needs.
    """
    folder = Folder(blobs)
    for entry in entries:
        folder.apply(entry)
    return folder.state


@dataclass(frozen=True, slots=True)
class _Judgement:
    """An outcome, what it changes, and whether the statement's id is used up by it."""

    outcome: Outcome
    effect: Effect
    is_signed: bool


class Folder:
    """Folds entries one at a time; not safe for use by several threads at once."""

    def __init__(self, blobs: Blobs) -> None:
        self._ledger = Ledger(blobs, [EMPTY_ROOT])
        self._frontier = Frontier()
        self._state: State | None = None

    @property
    def state(self) -> State:
        """The state after the entries applied so far; the same object until the next one."""
        if self._state is None:
            self._state = _state_of(self._ledger)
        return self._state

    @property
    def size(self) -> int:
        """Entries applied so far."""
        return self._ledger.index

    @property
    def tree_root(self) -> bytes:
        """Root of the tree over them, 32 bytes."""
        return self._ledger.roots[-1]

    @property
    def root(self) -> RootDocument | None:
        """The root document in force; what `state` has, without making the rest of it."""
        return self._ledger.root

    @property
    def channels(self) -> Mapping[str, ChannelState]:
        """The channels that it names; what `state` has, without making the rest of it."""
        return _channels_of(self._ledger)

    def apply(self, entry: bytes) -> Outcome:
        """Fold the next entry and return what became of it.

        Raises:
            FoldError: the fold stops before this entry; the state is as it was, and the same
                entry may be applied again, when a missing blob has arrived for instance.
        """
        after = self._after(entry)
        judgement = self._judge(entry, after.root())
        self._frontier = after
        self._ledger.roots.append(after.root())
        _apply(judgement, self._ledger)
        self._state = None
        return judgement.outcome

    def preview(self, entry: bytes) -> Outcome:
        """Return what `apply` would return, and change nothing.

        Raises:
            FoldError: as `apply`.
        """
        return self._judge(entry, self._after(entry).root()).outcome

    def _after(self, entry: bytes) -> Frontier:
        after = Frontier.from_hashes(self._frontier.size, self._frontier.hashes)
        after.append(leaf_hash(entry))
        return after

    def _judge(self, entry: bytes, root_after: bytes) -> _Judgement:
        ledger = self._ledger
        ledger.roots.append(root_after)  # a change fixes its gates' seed by the tree just after it
        try:
            return _judge(entry, ledger)
        finally:
            ledger.roots.pop()


def _judge(entry: bytes, ledger: Ledger) -> _Judgement:
    identifier, kind, is_signed = "", "unknown", False
    try:
        envelope = Envelope.parse(entry)
        identifier = statement_id(envelope.payload)
        statement = parse_statement(envelope.payload)
        kind = describe(statement).kind
        if identifier in ledger.statement_ids:
            raise StatementError("the statement was made already")
        if ledger.index == 0:
            return _accept(ledger, identifier, kind, judge_genesis(statement, envelope))
        root = ledger.root
        if root is None:
            raise StatementError("the log does not begin with a valid root, so nothing is allowed")
        signers = verify_signatures(envelope, root)
        is_signed = bool(signers)
        if not is_signed:
            raise StatementError("no key of the root in force signed it")
        _check_basis(statement, ledger, root)
        effect = _effect_of(statement, identifier, envelope, signers, ledger, root)
    except FoldError:
        raise
    except KernelError as error:
        return _Judgement(Outcome(ledger.index, identifier, kind, False, error.message), Effect(), is_signed)
    return _accept(ledger, identifier, kind, effect)


def _accept(ledger: Ledger, identifier: str, kind: str, effect: Effect) -> _Judgement:
    return _Judgement(Outcome(ledger.index, identifier, kind, True), effect, True)


def _check_basis(statement: Statement, ledger: Ledger, root: RootDocument) -> None:
    basis = statement.basis
    if basis.log != root.origin:
        raise StatementError("the statement is for another log")
    if basis.root != root.version:
        raise StatementError(f"the statement relies on root {basis.root}, and {root.version} is in force")
    if basis.seen_size > ledger.index:
        raise StatementError("the statement claims to have seen entries that were not there yet")
    if basis.seen_root != ledger.roots[basis.seen_size].hex():
        raise StatementError("the statement claims to have seen another tree than this log had at that size")


def _effect_of(
    statement: Statement,
    identifier: str,
    envelope: Envelope,
    signers: frozenset[Signer],
    ledger: Ledger,
    root: RootDocument,
) -> Effect:
    match statement:
        case RootChange():
            return judge_root_change(statement, envelope, signers, root)
        case Change():
            return judge_change(statement, identifier, signers, ledger, root)
        case Review():
            return judge_review(statement, signers, ledger, root)
        case Gate():
            return judge_gate(statement, signers, ledger, root)
        case Move():
            return judge_move(statement, signers, ledger, root)
    require_threshold("recorder", signers, root)
    return Effect()


def _apply(judgement: _Judgement, ledger: Ledger) -> None:
    effect, index = judgement.effect, ledger.index
    if judgement.is_signed:
        ledger.statement_ids.add(judgement.outcome.statement_id)
    if effect.root is not None:
        ledger.root = effect.root
        ledger.fingerprint = ledger.fingerprint or effect.root.fingerprint
    ledger.channels.update(effect.channels)
    ledger.changes.update(effect.changes)
    ledger.bans.update({ban.digest: BanRecord(ban, index) for ban in effect.bans})
    ledger.banned_releases.update(dict.fromkeys(effect.banned_releases, index))
    ledger.outcomes.append(judgement.outcome)


def _state_of(ledger: Ledger) -> State:
    return State(
        size=ledger.index,
        tree_root=ledger.roots[-1],
        fingerprint=ledger.fingerprint,
        root_in_force=ledger.root,
        channels=_channels_of(ledger),
        changes=dict(ledger.changes),
        bans=dict(ledger.bans),
        banned_releases=dict(ledger.banned_releases),
        outcomes=tuple(ledger.outcomes),
    )


def _channels_of(ledger: Ledger) -> dict[str, ChannelState]:
    names = [] if ledger.root is None else list(ledger.root.channels)
    return {name: _with_withdrawn(ledger.channel(name), ledger) for name in names}


def _with_withdrawn(channel: ChannelState, ledger: Ledger) -> ChannelState:
    admitted = [item for item in (channel.serving, channel.canary) if item is not None]
    let_in = {
        item.release
        for item in admitted
        if item.release in item.unbanned and ledger.banned_releases.get(item.release, 0) < item.admitted_index
    }
    return replace(channel, withdrawn=frozenset(ledger.banned_releases.keys() - let_in))
