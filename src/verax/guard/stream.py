"""The output policy over text that arrives in pieces.

* Text leaves as soon as no rule can still object to it: what a detector may yet complete
  is held back, everything before it goes out at once.
* What leaves in pieces is what would leave whole: a finding never depends on how the model
  cut its text (a property test holds this).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from verax.guard.policy import Policy

__all__ = ["OutputGuard"]

# One token's worth of context before the held text keeps look-behind rules exact.
_CONTEXT_CHARS = 64


@dataclass
class OutputGuard:
    """Guards one choice of one reply.

    Attributes:
        refused: Category that stopped the reply, empty while it may go on.
        rewritten: Whether anything was masked.
        findings: Number of findings so far.
        by_detector: Findings so far of each detector that found anything.
    """

    policy: Policy
    refused: str = ""
    rewritten: bool = False
    findings: int = 0
    by_detector: Counter[str] = field(default_factory=Counter)
    _pending: str = ""
    _context: str = field(default="", repr=False)

    def feed(self, text: str) -> str:
        """Take more text and return what may leave now."""
        if self.refused:
            return ""
        self._pending += text
        ready = self.policy.ready(self._context + self._pending) - len(self._context)
        return self._release(max(0, ready))

    @property
    def is_holding(self) -> bool:
        """Whether text waits for more before it may leave."""
        return bool(self._pending)

    def finish(self) -> str:
        """Return what was held back; the reply has ended."""
        return "" if self.refused else self._release(len(self._pending))

    def _release(self, ready: int) -> str:
        if ready == 0:
            return ""
        text, self._pending = self._pending[:ready], self._pending[ready:]
        decision = self.policy.decide(text, self._context)
        self.findings += decision.findings
        self.by_detector.update(decision.by_detector)
        if decision.action == "refuse":
            self.refused = decision.category
            return ""
        self.rewritten = self.rewritten or decision.action == "rewrite"
        self._context = (self._context + text)[-_CONTEXT_CHARS:]
        return decision.text
