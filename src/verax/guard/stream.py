"""The output policy over text that arrives in pieces.

* Rules that need no sentence withhold as they find: what a detector may yet complete is held
  back, everything before it may go on at once.
* Rules that read sentences (phrases, classifiers, and whatever only counts) see each one when it
  is whole. Where `holds` is set nothing of a sentence leaves before: so it is for minors. Elsewhere
  a sentence is shown while it comes, and ends the reply at its end where it must not stand.
* With `holds` what leaves in pieces is what would leave whole: a finding never depends on how the
  model cut its text (a property test holds this). So it is for rules that need no sentence, always.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from verax.guard.policy import STRICTNESS, Decision, Policy, ScoresOf, has_words, no_scores
from verax.guard.sentences import Cutter, Sentence

__all__ = ["OutputGuard"]

# Some words before the held text keep rules that look behind exact.
_CONTEXT_CHARS = 128
_REFUSE = STRICTNESS["refuse"]


@dataclass
class OutputGuard:
    """Guards one choice of one reply.

    Attributes:
        holds: Whether a sentence waits until every rule has read it.
        scores_of: Gives the scores of what `unread` and `unread_end` named.
        refused: Category that stopped the reply, empty while it may go on.
        is_crisis: Whether it was stopped to hand over to a crisis script.
        rewritten: Whether anything was masked.
        findings: Number of findings so far.
        withheld: Those of them that kept text back.
        by_detector: Findings so far of each category that found anything.
        alerts: Categories that whoever runs the installation should hear of.
    """

    policy: Policy
    holds: bool = False
    scores_of: ScoresOf = no_scores
    refused: str = ""
    is_crisis: bool = False
    rewritten: bool = False
    findings: int = 0
    withheld: int = 0
    by_detector: Counter[str] = field(default_factory=Counter)
    alerts: set[str] = field(default_factory=set)
    _pending: str = ""
    _context: str = field(default="", repr=False)
    _cutter: Cutter = field(default_factory=Cutter, repr=False)
    _fed: int = 0

    def __post_init__(self) -> None:
        # A mask in a sentence can only be put there while the sentence is here.
        self.holds = self.holds or self.policy.masks_sentences

    def unread(self, text: str) -> list[str]:
        """Return what a classifier must have read before `feed` takes `text`."""
        if self.refused or not self.policy.needs_scores:
            return []
        return [sentence.read for sentence in self._cutter.copy().feed(text) if has_words(sentence.text)]

    def unread_end(self) -> list[str]:
        """Return what a classifier must have read before `finish`."""
        if self.refused or not self.policy.needs_scores:
            return []
        return [sentence.read for sentence in self._cutter.copy().finish() if has_words(sentence.text)]

    def feed(self, text: str) -> str:
        """Take more text and return what may leave now."""
        if self.refused:
            return ""
        return self._pass(text, self._cutter.feed(text), is_last=False)

    @property
    def is_holding(self) -> bool:
        """Whether text waits for more before it may leave."""
        return bool(self._pending) or (self.holds and self._cutter.is_waiting)

    def finish(self) -> str:
        """Return what was held back; the reply has ended."""
        return "" if self.refused else self._pass("", self._cutter.finish(), is_last=True)

    def _pass(self, text: str, sentences: Sequence[Sentence], *, is_last: bool) -> str:
        if self.holds:
            self._pending += "".join(self._read_all(sentences))
        else:
            begin = self._fed - len(self._pending)
            self._pending += text
            self._fed += len(text)
            read = sum(len(part) for part in self._read_all(sentences))
            if self.refused:
                kept = sentences[0].start + read
                self._pending = self._pending[: max(0, kept - begin)]
        if is_last or self.refused:
            return self._release(len(self._pending))
        ready = self.policy.ready(self._context + self._pending) - len(self._context)
        return self._release(max(0, ready))

    def _read_all(self, sentences: Sequence[Sentence]) -> list[str]:
        """Return the sentences up to the first that stops the reply, after rewriting."""
        passed = []
        for sentence in sentences:
            decision = self.policy.read(sentence, self.scores_of)
            self._count(decision)
            if self.refused:
                break
            passed.append(decision.text)
        return passed

    def _release(self, ready: int) -> str:
        if ready == 0:
            return ""
        text, self._pending = self._pending[:ready], self._pending[ready:]
        decision = self.policy.decide(text, self._context)
        self._count(decision)
        if decision.is_stop:
            # What stands before the first finding would have left by now, had the text come in smaller pieces.
            first = min(item.start for item in decision.found if STRICTNESS[item.action] >= _REFUSE)
            return self.policy.decide(text[:first], self._context).text
        self._context = (self._context + text)[-_CONTEXT_CHARS:]
        return decision.text

    def _count(self, decision: Decision) -> None:
        self.findings += decision.findings
        self.by_detector.update(decision.by_detector)
        self.alerts.update(decision.alerts)
        actions = [item.action for item in decision.found]
        self.withheld += sum(STRICTNESS[action] >= STRICTNESS["rewrite"] for action in actions)
        self.rewritten = self.rewritten or "rewrite" in actions
        if decision.is_stop:
            self.refused, self.is_crisis = decision.category, decision.action == "crisis"
