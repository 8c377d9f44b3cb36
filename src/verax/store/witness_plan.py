"""Which witnesses are asked, where, and how each of them stands.

* Who is a witness, and what makes the quorum, is said by the root document alone.
* An address may stand in the root's policy. A setting may give another one by the witness's
  name: that can make a witness unreachable, never forge its signature (ADR 0062).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from verax.kernel.cosignature import Policy
from verax.kernel.note import VerifierKey
from verax.kernel.root import RootDocument

__all__ = ["Standing", "WitnessBoard", "WitnessPlan"]


@dataclass(frozen=True, slots=True)
class WitnessPlan:
    """The witnesses that a root names.

    Attributes:
        policy: The parsed policy; one that names nobody where the root has none.
        addresses: Where each takes submissions, without a slash at the end; those without one cannot be asked.
    """

    policy: Policy
    addresses: Mapping[str, str]

    @classmethod
    def of(cls, root: RootDocument | None, overrides: Mapping[str, str]) -> WitnessPlan:
        """Read the policy of a root, with addresses that the settings give instead."""
        policy = _parse("quorum none\n" if root is None or not root.witness_policy else root.witness_policy)
        given = {**policy.addresses, **{name: url for name, url in overrides.items() if name in policy.witnesses}}
        return cls(policy, {name: url.rstrip("/") for name, url in given.items()})

    @property
    def is_empty(self) -> bool:
        """Whether the root names no witness."""
        return not self.policy.witnesses

    def key(self, name: str) -> VerifierKey:
        """Return the key of a witness of this plan."""
        return self.policy.witnesses[name]


@dataclass(slots=True)
class Standing:
    """How one witness stands with one log.

    Attributes:
        size: Entries of the newest tree that it cosigned for this process.
        time_s: The time that it stated then; None before the first.
        problem: Why it does not cosign, in words of ours; empty while it does.
        failures: Times that it did not, one after the other.
        retry_at_s: Not asked before then, on the monotonic clock.
        is_busy: It is being asked.
    """

    size: int = 0
    time_s: int | None = None
    problem: str = ""
    failures: int = 0
    retry_at_s: float = 0.0
    is_busy: bool = False


@dataclass(slots=True)
class WitnessBoard:
    """How all witnesses stand, by the log's origin and the witness's name."""

    standings: dict[tuple[str, str], Standing] = field(default_factory=dict)

    def of(self, origin: str, name: str) -> Standing:
        """Return how a witness stands with a log."""
        return self.standings.setdefault((origin, name), Standing())


@lru_cache(maxsize=8)
def _parse(text: str) -> Policy:
    return Policy.parse(text)  # a root with a policy that does not parse is no root
