"""Rules of the fold for moves (protocol clause 5.6 to 5.8).

* Forward moves (admit, step, unfreeze) need the operator threshold. Rollback and freeze need
  one signature by an operator or the monitor.
* ``admit`` sets the head (share 10000) or the canary. A canary needs a head to stand beside
  and is not that head. A new head or canary takes the place of the canary that was there.
* ``mode`` is ``quorum`` if the root is not solo; it never improves later.
* ``step`` only raises the share of the present canary; at 10000 the canary is the head.
* ``rollback`` drops the canary, or returns to one of the last ``rollback_depth`` heads that is
  neither banned nor rolled back, at most ``rollback_depth`` times between two admissions. It
  makes open changes stale and bans what it takes out, the heads that it goes past included:
  one long step bans what as many short ones would. Dropping a canary moves no head and
  is not counted.
* ``freeze``: the channel answers nobody. ``unfreeze`` needs a change whose candidate is the head,
  with all that an admission needs.
"""

from __future__ import annotations

from dataclasses import replace

from verax.kernel.bans import Ban
from verax.kernel.dsse import Signer
from verax.kernel.errors import StatementError
from verax.kernel.fold_blobs import added_fragments, ban_hits
from verax.kernel.fold_change import require_admissible
from verax.kernel.fold_root import require_threshold, signers_in
from verax.kernel.fold_state import (
    Canary,
    ChangeState,
    ChannelState,
    Effect,
    Head,
    Ledger,
    Mode,
    worse_mode,
)
from verax.kernel.root import RootDocument
from verax.kernel.statement import FULL_SHARE_BP, Move

__all__ = ["judge_move"]


def judge_move(statement: Move, signers: frozenset[Signer], ledger: Ledger, root: RootDocument) -> Effect:
    """Judge a move of any act."""
    channel = ledger.channel(statement.channel)
    if statement.act in {"rollback", "freeze"}:
        if not signers_in("operator", signers, root) | signers_in("monitor", signers, root):
            raise StatementError("expected the signature of an operator or the monitor")
    else:
        require_threshold("operator", signers, root)
    match statement.act:
        case "admit":
            return _admit(statement, channel, ledger, root)
        case "step":
            return _step(statement, channel, ledger, root)
        case "rollback":
            return _roll_back(statement, channel, ledger, root)
        case "freeze":
            return _freeze(statement, channel)
    return _unfreeze(statement, channel, ledger, root)


def _admit(statement: Move, channel: ChannelState, ledger: Ledger, root: RootDocument) -> Effect:
    if channel.frozen:
        raise StatementError("the channel is frozen")
    change = _change_of(statement, ledger)
    if statement.from_id != change.base:
        raise StatementError("the move does not start from the base of the change")
    is_canary = statement.share_bp < FULL_SHARE_BP
    if is_canary and channel.head in {None, change.candidate}:
        raise StatementError("a canary needs another release at the head to stand beside")
    unbanned = require_admissible(change, ledger, root)
    admitted = {change.id: replace(change, admitted_index=ledger.index)}
    if is_canary:
        canary = Canary(
            change.candidate, change.id, statement.share_bp, _mode(root), ledger.index, change.base, unbanned
        )
        moved = replace(channel, canary=canary, backward_steps=0)
    else:
        # Against itself a release adds nothing: admitted again, it keeps the base that it had.
        old = channel.serving
        base = old.base if old is not None and old.release == change.candidate else change.base
        head = Head(change.candidate, ledger.index, ledger.index, _mode(root), change.id, base, unbanned)
        moved = replace(_with_head(channel, head), backward_steps=0)
    return Effect(channels={statement.channel: moved}, changes=admitted)


def _step(statement: Move, channel: ChannelState, ledger: Ledger, root: RootDocument) -> Effect:
    canary = channel.canary
    if channel.frozen:
        raise StatementError("the channel is frozen")
    if canary is None:
        raise StatementError("the channel has no canary")
    if (statement.change, statement.from_id, statement.to_id) != (canary.change, channel.head, canary.release):
        raise StatementError("the step is not one of the present canary")
    if statement.share_bp <= canary.share_bp:
        raise StatementError(f"a step only raises the share: it is {canary.share_bp} now")
    if not ban_hits(canary.release, statement.channel, ledger) <= _exempt(canary, ledger):
        raise StatementError("the canary holds text that was rolled back since it was admitted")
    if statement.share_bp < FULL_SHARE_BP:
        moved = replace(channel, canary=replace(canary, share_bp=statement.share_bp))
    else:
        mode = worse_mode(canary.mode, _mode(root))
        head = Head(
            canary.release, ledger.index, canary.admitted_index, mode, canary.change, canary.base, canary.unbanned
        )
        moved = _with_head(channel, head)
    return Effect(channels={statement.channel: moved})


def _roll_back(statement: Move, channel: ChannelState, ledger: Ledger, root: RootDocument) -> Effect:
    head, canary = channel.serving, channel.canary
    if head is None:
        raise StatementError("the channel has no head to roll back from")
    if canary is not None and (statement.from_id, statement.to_id) == (canary.release, head.release):
        moved = replace(channel, canary=None, epoch=channel.epoch + 1)
        bans = added_fragments(canary.release, canary.base, statement.channel, ledger)
        return Effect(channels={statement.channel: moved}, bans=bans, banned_releases=(canary.release,))
    if statement.from_id != head.release or statement.to_id == head.release:
        raise StatementError("the rollback starts from what is neither the head nor the canary")
    depth = root.channels[statement.channel].rollback_depth
    if channel.backward_steps >= depth:
        raise StatementError(f"the channel went back {depth} times since the last admission: freeze it instead")
    place = _place_of(statement.to_id, channel, depth)
    target = channel.history[place]
    undone = (*channel.history[place + 1 :], head)
    bans = tuple(ban for item in undone for ban in added_fragments(item.release, item.base, statement.channel, ledger))
    _require_clean(target, bans, statement.channel, ledger)
    moved = replace(
        channel,
        serving=replace(target, index=ledger.index),
        canary=None,
        history=channel.history[:place],
        backward_steps=channel.backward_steps + 1,
        epoch=channel.epoch + 1,
    )
    return Effect(
        channels={statement.channel: moved}, bans=bans, banned_releases=tuple(item.release for item in undone)
    )


def _freeze(statement: Move, channel: ChannelState) -> Effect:
    if channel.head is None or statement.from_id != channel.head:
        raise StatementError("a freeze names the present head")
    if channel.frozen:
        raise StatementError("the channel is frozen already")
    return Effect(channels={statement.channel: replace(channel, frozen=True)})


def _unfreeze(statement: Move, channel: ChannelState, ledger: Ledger, root: RootDocument) -> Effect:
    head = channel.serving
    if head is None or not channel.frozen:
        raise StatementError("the channel is not frozen")
    change = _change_of(statement, ledger)
    if change.candidate != head.release:
        raise StatementError("unfreezing needs a change whose candidate is the head")
    unbanned = require_admissible(change, ledger, root)
    thawed = replace(
        head, mode=worse_mode(head.mode, _mode(root)), admitted_index=ledger.index, unbanned=head.unbanned | unbanned
    )
    return Effect(
        channels={statement.channel: replace(channel, frozen=False, serving=thawed)},
        changes={change.id: replace(change, admitted_index=ledger.index)},
    )


def _change_of(statement: Move, ledger: Ledger) -> ChangeState:
    change = ledger.open_change(statement.change)
    if change.channel != statement.channel or change.candidate != statement.to_id:
        raise StatementError("the move names another channel or candidate than the change")
    return change


def _with_head(channel: ChannelState, head: Head) -> ChannelState:
    # Admitting the head again (to raise its mode, for instance) is no older head to return to.
    history = channel.history
    if channel.serving is not None and channel.serving.release != head.release:
        history = (*history, channel.serving)
    return replace(channel, serving=head, canary=None, history=history, epoch=channel.epoch + 1)


def _place_of(release: str, channel: ChannelState, depth: int) -> int:
    oldest = max(0, len(channel.history) - depth)
    for place in range(len(channel.history) - 1, oldest - 1, -1):
        if channel.history[place].release == release:
            return place
    raise StatementError(f"the target is not among the last {depth} heads")


def _require_clean(target: Head, new_bans: tuple[Ban, ...], channel: str, ledger: Ledger) -> None:
    made_now = frozenset(ban.digest for ban in new_bans)
    hits = ban_hits(target.release, channel, ledger, new_bans)
    if hits - (_exempt(target, ledger) - made_now):
        raise StatementError("the target was rolled back itself, or holds text that was")


def _exempt(admission: Head | Canary, ledger: Ledger) -> frozenset[str]:
    """Return the bans that an admission let in; one made again after it counts again."""
    made = {digest: record.index for digest, record in ledger.bans.items()} | ledger.banned_releases
    return frozenset(item for item in admission.unbanned if made.get(item, 0) < admission.admitted_index)


def _mode(root: RootDocument) -> Mode:
    return "solo" if root.is_solo else "quorum"
