"""Rules of the fold for changes, reviews and gates, and for what an admission needs (clause 5.3 to 5.6).

* Change: ``base`` and ``base_index`` are the channel's present head and the index that set it.
* Review: the change is open, ``candidate`` and ``base`` are its own, and the person is not
  among its signers. A person's last verdict counts; a rejection withdraws an approval.
* While the root is ``solo`` an author may review the own change: that never counts as an
  approval, and serves only to name bans (ADR 0021).
* Gate: the root requires the suite, and ``seed`` is the one fixed by the change and the tree just
  after it. The first result per suite counts, passed or not.
* Admission: approvals by persons who are reviewers *now*, every required suite passed, the
  candidate's blob present and well formed, every ban hit named in each counted approval,
  and in at least one review.
"""

from __future__ import annotations

from dataclasses import replace

from verax.kernel import canonical
from verax.kernel.dsse import Signer
from verax.kernel.errors import StatementError
from verax.kernel.fold_blobs import ban_hits
from verax.kernel.fold_root import require_threshold
from verax.kernel.fold_state import ChangeState, Effect, GateResult, Ledger, Opinion
from verax.kernel.root import RootDocument
from verax.kernel.statement import NONE, Change, Gate, Review

__all__ = ["gate_seed", "judge_change", "judge_gate", "judge_review", "require_admissible"]


def gate_seed(change_id: str, tree_root: bytes) -> str:
    """Return the seed of every gate run on a change, 64 hex digits.

    Args:
        change_id: Statement id of the change; its 64 hex digits are hashed.
        tree_root: Root of the tree just after the change, 32 bytes.
    """
    return canonical.tagged_hash("verax/gate/v1", change_id.encode("ascii") + tree_root).hex()


def judge_change(
    statement: Change, change_id: str, signers: frozenset[Signer], ledger: Ledger, root: RootDocument
) -> Effect:
    """Judge a change; `ledger.roots` already ends with the root just after it."""
    require_threshold("author", signers, root)
    channel = ledger.channel(statement.channel)
    if statement.base != (channel.head or NONE) or statement.base_index != channel.head_index:
        raise StatementError("the change is stale: its base is not the channel's present head")
    change = ChangeState(
        id=change_id,
        index=ledger.index,
        channel=statement.channel,
        candidate=statement.candidate,
        base=statement.base,
        base_index=statement.base_index,
        reason=statement.reason,
        signers=frozenset(signer.person for signer in signers),
        epoch=channel.epoch,
        seed=gate_seed(change_id, ledger.roots[ledger.index + 1]),
    )
    return Effect(changes={change_id: change})


def judge_review(statement: Review, signers: frozenset[Signer], ledger: Ledger, root: RootDocument) -> Effect:
    """Judge a review."""
    persons = require_threshold("reviewer", signers, root)
    change = ledger.open_change(statement.change)
    if statement.candidate != change.candidate or statement.base != change.base:
        raise StatementError("the review names another candidate or base than the change")
    if persons & change.signers and not root.is_solo:
        raise StatementError("an author of the change cannot review it")
    opinion = Opinion(statement.verdict == "approve", frozenset(statement.unban), ledger.index)
    opinions = {**change.opinions, **dict.fromkeys(persons, opinion)}
    return Effect(changes={change.id: replace(change, opinions=opinions)})


def judge_gate(statement: Gate, signers: frozenset[Signer], ledger: Ledger, root: RootDocument) -> Effect:
    """Judge a gate result."""
    require_threshold("gate", signers, root)
    change = ledger.open_change(statement.change)
    if statement.suite not in {gate.suite for gate in root.channels[change.channel].gates}:
        raise StatementError(f"the root requires no suite {statement.suite!r} on this channel")
    if statement.seed != change.seed:
        raise StatementError("the gate ran with another seed than the change fixes")
    if statement.suite in change.gates:
        raise StatementError("a result of this suite is in already, and the first one counts")
    result = GateResult(statement.is_passed, statement.n, statement.runtime, statement.report, ledger.index)
    return Effect(changes={change.id: replace(change, gates={**change.gates, statement.suite: result})})


def require_admissible(change: ChangeState, ledger: Ledger, root: RootDocument) -> frozenset[str]:
    """Check everything that an admission needs beyond its own form; return the bans it lets in.

    Raises:
        StatementError: what is missing.
        FoldError: the candidate's blob is not there.
    """
    rules = root.channels[change.channel]
    reviewers = root.persons_of("reviewer")
    approvals = {person: opinion for person, opinion in change.opinions.items() if opinion.approves}
    counted = {person: approvals[person] for person in approvals.keys() & reviewers - change.signers}
    if len(counted) < rules.approvals:
        raise StatementError(f"expected {rules.approvals} approvals by present reviewers, found {len(counted)}")
    for gate in rules.gates:
        result = change.gates.get(gate.suite)
        if result is None:
            raise StatementError(f"the required suite {gate.suite!r} was not run")
        if not result.passed:
            raise StatementError(f"the required suite {gate.suite!r} did not pass")
    hits = ban_hits(change.candidate, change.channel, ledger)
    if hits:
        naming = [person for person, opinion in counted.items() if hits <= opinion.unban]
        own = [person for person in approvals.keys() & change.signers & reviewers if hits <= approvals[person].unban]
        if len(naming) < rules.approvals or not (naming or (root.is_solo and own)):
            raise StatementError(
                f"the candidate holds {len(hits)} texts that were rolled back, and the reviews do not name them all"
            )
    return hits
