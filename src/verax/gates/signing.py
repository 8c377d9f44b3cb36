"""Gate statements, signed with the installation's gate key (clause 3).

The key is a machine's: it lies on the server. It says that this server ran the suite and what came out; the report
makes that checkable (`verax.gates.verify`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from verax.gates.report import GateReport
from verax.kernel.dsse import sign_envelope
from verax.kernel.fold import State
from verax.kernel.statement import Basis, Gate, payload_of

__all__ = ["GateSigner"]


@dataclass(frozen=True, slots=True)
class GateSigner:
    """The gate key: its id in the root document, and its seed.

    Attributes:
        random_bytes: A cryptographic source, for nonces.
        now_ms: Wall clock, milliseconds since 1970.
    """

    key_id: str
    seed: bytes = field(repr=False)
    random_bytes: Callable[[int], bytes] = field(repr=False)
    now_ms: Callable[[], int] = field(repr=False)

    def sign(self, state: State, report: GateReport, digest: str) -> bytes:
        """Return the envelope of a result.

        Args:
            state: What the signer relies on.
            digest: Digest of the report's bytes.
        """
        root = state.root
        basis = Basis(
            root.origin, root.version, state.size, state.tree_root.hex(), self.random_bytes(16).hex(), self.now_ms()
        )
        statement = Gate(
            basis, report.change, report.suite, report.seed, report.runtime, report.n, report.passed, digest
        )
        return sign_envelope(payload_of(statement), [(self.key_id, self.seed)])
