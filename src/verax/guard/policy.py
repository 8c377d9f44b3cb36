"""A policy is a list of rules in a release; this file reads them.

* An empty policy refuses (invariant 10): `Policy.from_rules` raises.
* An unknown detector or action is an error, never skipped.
* Actions: ``mark`` leaves the text and reports, ``rewrite`` replaces the finding by a fixed
  mask, ``refuse`` stops the turn.
* A surface can only narrow: `Policy.narrow` takes the stricter action of two policies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from verax.guard.detectors import DETECTORS, Detector, Finding
from verax.kernel.errors import ReleaseError

__all__ = ["MASK", "Action", "Decision", "Policy", "RuleText", "check_input"]

Action = Literal["mark", "rewrite", "refuse"]
MASK = "[removed]"
_STRICTNESS: dict[str, int] = {"mark": 0, "rewrite": 1, "refuse": 2}


class RuleText(Protocol):
    """A rule as a release states it."""

    @property
    def detector(self) -> str:
        """Name of a detector."""
        ...

    @property
    def action(self) -> str:
        """What to do about a finding."""
        ...


@dataclass(frozen=True, slots=True)
class Decision:
    """What a policy says of a text.

    Attributes:
        action: The strictest action that any finding asks for, ``allow`` without findings.
        category: Detector that asked for it, empty without findings.
        text: The text after rewriting.
        findings: Number of findings.
        by_detector: Findings of each detector that found anything.
    """

    action: str
    category: str
    text: str
    findings: int
    by_detector: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules in force, by detector name."""

    rules: tuple[tuple[Detector, Action], ...]

    @classmethod
    def from_rules(cls, rules: Sequence[RuleText], known: dict[str, Detector] | None = None) -> Policy:
        """Read the rules of a release.

        Raises:
            ReleaseError: no rules, an unknown detector or action, or a detector named twice.
        """
        detectors = DETECTORS if known is None else known
        if not rules:
            raise ReleaseError("guard: a policy without rules refuses everything", hint="name at least one detector")
        read: dict[str, tuple[Detector, Action]] = {}
        for rule in rules:
            if rule.detector not in detectors:
                raise ReleaseError(
                    f"guard: unknown detector {rule.detector!r}", hint=f"known: {', '.join(sorted(detectors))}"
                )
            if rule.detector in read:
                raise ReleaseError(f"guard: detector {rule.detector!r} is named twice")
            read[rule.detector] = (detectors[rule.detector], _action(rule.action))
        return cls(tuple(read.values()))

    def narrow(self, other: Policy) -> Policy:
        """Return the policy that is at least as strict as both."""
        merged = {detector.name: (detector, action) for detector, action in self.rules}
        for detector, action in other.rules:
            mine = merged.get(detector.name)
            if mine is None or _STRICTNESS[action] > _STRICTNESS[mine[1]]:
                merged[detector.name] = (detector, action)
        return Policy(tuple(merged.values()))

    def decide(self, text: str, context: str = "") -> Decision:
        """Apply every rule to `text`; `context` is what stood before it and has left already."""
        action, category, counts = "allow", "", dict[str, int]()
        for detector, wanted in self.rules:
            offset = len(context)
            found = detector.find(context + text)
            findings = [Finding(f.start - offset, f.end - offset, f.kind) for f in found if f.start >= offset]
            if not findings:
                continue
            counts[detector.name] = len(findings)
            if action == "allow" or _STRICTNESS[wanted] > _STRICTNESS[action]:
                action, category = wanted, detector.name
            if wanted == "rewrite":
                text = _rewrite(text, findings)
        return Decision(action, category, text, sum(counts.values()), counts)

    def ready(self, text: str) -> int:
        """Return how many leading characters of `text` no later text can change; never a part of a finding."""
        cut = len(text) - max(detector.held(text) for detector, _ in self.rules)
        spans = [finding for detector, _ in self.rules for finding in detector.find(text)]
        while inside := [finding.start for finding in spans if finding.start < cut < finding.end]:
            cut = min(inside)
        return cut


def check_input(policy: Policy, texts: Sequence[str]) -> Decision:
    """Return the strictest decision over `texts`; input is never rewritten in silence.

    A rule that would rewrite input refuses instead: what a person wrote is committed to as
    they wrote it, or not sent at all.
    """
    worst = Decision("allow", "", "", 0)
    for text in texts:
        decision = policy.decide(text)
        if decision.action in ("rewrite", "refuse"):
            return replace(decision, action="refuse", text=text)
        if decision.action == "mark":
            worst = decision
    return worst


def _action(text: str) -> Action:
    if text == "mark":
        return "mark"
    if text == "rewrite":
        return "rewrite"
    if text == "refuse":
        return "refuse"
    raise ReleaseError(f"guard: unknown action {text!r}", hint="known: mark, rewrite, refuse")


def _rewrite(text: str, findings: Sequence[Finding]) -> str:
    pieces, end = [], 0
    for finding in findings:
        pieces += [text[end : finding.start], MASK]
        end = finding.end
    return "".join([*pieces, text[end:]])
