"""Witness quorums, judged on this machine by the policy of a verified root (protocol clauses 6 and 12).

* The newest checkpoint is judged first. While a log grows it may not be cosigned yet; then the newest
  one that a server keeps with its quorum (``checkpoint.witnessed``) is.
* Whether that older tree is a beginning of the newest is for whoever holds the tree to check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from verax.kernel.checkpoint import Checkpoint
from verax.kernel.cosignature import Policy, check_policy
from verax.kernel.errors import CorruptStore, KernelError, RolledBack
from verax.kernel.note import VerifierKey
from verax.kernel.root import RootDocument
from verax.surfaces.cli.history import SignedTree

__all__ = ["LogQuorum", "check_witnessed", "judge_quorum"]


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
        """Whether some checkpoint carries the quorum, or none is demanded; an empty log needs none."""
        return not self.is_demanded or self.witnessed is not None or self.size == 0

    @property
    def verdict(self) -> str:
        """What became of it, in a few words."""
        if not self.is_demanded:
            return "none demanded"
        if self.witnessed is None:
            return self.problem or ("not met" if self.size else "not met yet, the log is empty")
        return "met" if self.witnessed.size == self.size else f"met at {self.witnessed.size}"


def judge_quorum(signed: SignedTree, root: RootDocument) -> LogQuorum:
    """Count the cosignatures on a log's checkpoints.

    Args:
        signed: What the log showed.
        root: The verified root in force.

    Raises:
        CorruptStore: what it showed as witnessed is no checkpoint of it, or a cosignature on it is wrong.
    """
    policy = Policy.parse(root.witness_policy or "quorum none\n")
    keys = tuple(key for key in map(VerifierKey.parse, root.logs) if key.name == signed.checkpoint.origin)
    found = _judge(signed, policy, keys)
    if found.is_met or signed.witnessed is None:
        return found
    try:
        result = check_policy(signed.witnessed, policy, keys)
    except KernelError as error:
        raise CorruptStore(
            f"log {found.origin}: its witnessed checkpoint is wrong: {error.message}", hint="its operator must explain"
        ) from error
    return replace(found, witnessed=result.checkpoint, times_s=result.times_s) if result.is_met else found


def check_witnessed(quorum: LogQuorum, root: bytes | None) -> None:
    """Compare the witnessed tree with what the newest one was at that size.

    Args:
        root: The newest tree's root at the size of the witnessed one; None where that is larger.

    Raises:
        RolledBack: witnesses cosigned more, or something else.
    """
    witnessed = quorum.witnessed
    if witnessed is not None and root != witnessed.root:
        raise RolledBack(
            f"log {quorum.origin}: witnesses cosigned a tree of {witnessed.size} entries that it does not begin with",
            hint="its operator shows different histories; keep both checkpoints",
            code="log/forked",
        )


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
