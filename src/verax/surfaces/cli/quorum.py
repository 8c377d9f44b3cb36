"""Witness quorums, judged on this machine by the policy of a verified root (protocol clauses 6 and 12).

* The newest checkpoint is judged first. While a log grows it may not be cosigned yet; then the newest
  one that a server keeps with its quorum (``checkpoint.witnessed``) is.
* Whether that older tree is a beginning of the newest is for whoever holds the tree to check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from verax.kernel.checkpoint import Checkpoint
from verax.kernel.cosignature import Policy, check_policy
from verax.kernel.errors import CorruptStore, KernelError
from verax.kernel.note import VerifierKey
from verax.kernel.root import RootDocument
from verax.surfaces.cli.history import SignedTree, open_log
from verax.surfaces.cli.sources import LogSource

__all__ = ["LogQuorum", "judge_quorum"]


@dataclass(frozen=True, slots=True)
class LogQuorum:
    """What witnesses say of one log.

    Attributes:
        size: Entries of the newest tree.
        witnessed: The newest checkpoint with the quorum; None where there is none, or none is demanded.
        times_s: When each witness cosigned it, seconds since 1970; of the newest one where none has the quorum.
        problem: Why cosignatures could not be counted; empty where they could.
    """

    origin: str
    size: int
    quorum: str
    witnessed: Checkpoint | None
    times_s: Mapping[str, int]
    problem: str = ""

    @property
    def is_demanded(self) -> bool:
        """Whether the root asks for anybody."""
        return self.quorum != "none"

    @property
    def is_met(self) -> bool:
        """Whether some checkpoint carries the quorum, or none is demanded."""
        return not self.is_demanded or self.witnessed is not None

    @property
    def verdict(self) -> str:
        """What became of it, in a few words."""
        if not self.is_demanded:
            return "none demanded"
        if self.witnessed is None:
            return self.problem or "not met"
        return "met" if self.witnessed.size == self.size else f"met at {self.witnessed.size}"


def judge_quorum(source: LogSource, root: RootDocument, prefix: str) -> LogQuorum:
    """Count the cosignatures on one log's checkpoints.

    Args:
        root: The verified root in force.
        prefix: ``log`` or ``replies/<k>``.

    Raises:
        CorruptStore: the log has no checkpoint.
        NoteError: a checkpoint is not signed by the log's key in the root.
    """
    origin = f"{root.name}/{'governance' if prefix == 'log' else prefix}"
    keys = tuple(key for key in map(VerifierKey.parse, root.logs) if key.name == origin)
    newest = open_log(source, prefix, origin, keys)
    policy = Policy.parse(root.witness_policy or "quorum none\n")
    found = _judge(newest, policy, keys)
    if found.is_met:
        return found
    older = source.read(f"{prefix}/checkpoint.witnessed")
    if older is None:
        return found
    try:
        result = check_policy(older, policy, keys)
    except KernelError as error:
        raise CorruptStore(
            f"log {origin}: its witnessed checkpoint is wrong: {error.message}", hint="its operator must explain"
        ) from error
    if not result.is_met:
        return found
    return LogQuorum(origin, newest.checkpoint.size, policy.quorum, result.checkpoint, result.times_s)


def _judge(newest: SignedTree, policy: Policy, keys: tuple[VerifierKey, ...]) -> LogQuorum:
    origin, size = newest.checkpoint.origin, newest.checkpoint.size
    if policy.quorum == "none":
        return LogQuorum(origin, size, policy.quorum, None, {})
    try:
        result = check_policy(newest.note, policy, keys)
    except KernelError as error:
        return LogQuorum(origin, size, policy.quorum, None, {}, error.message)
    witnessed = result.checkpoint if result.is_met else None
    return LogQuorum(origin, size, policy.quorum, witnessed, result.times_s)
