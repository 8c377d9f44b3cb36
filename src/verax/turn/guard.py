"""Step 8, guard: the output policy over everything that leaves, and the reply as it left.

* Text leaves as soon as no rule can object to it any more; tool calls leave when they are
  whole, because half a JSON text cannot be judged.
* Log probabilities leave with their text; those of masked tokens never leave.
* What was refused is replaced by a `Refusal` event: a reason and something useful to do, in a crisis
  the crisis script.
* What a classifier must read, it has read before an event is taken (`GuardedReply.unread`): taking
  one waits for nobody.
* The reply that is committed to is exactly what left (clause 9).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from verax.guard.audience import Audience
from verax.guard.policy import Policy, ScoresOf, no_scores, texts_to_score
from verax.guard.refusals import crisis_words, refusal_words
from verax.guard.stream import OutputGuard
from verax.models.base import Delta, Finish, TokenLogprob, ToolDelta
from verax.turn.events import Choice, Refusal, TextDelta, ToolCall, ToolCallDelta, TurnEvent

__all__ = ["GuardedReply", "Reader"]

_SENTENCE_END = re.compile(r"[.!?。！？\n]")
_MAX_LAST_SENTENCE_CHARS = 400


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a reply is for.

    Attributes:
        said: What they wrote last, for the language of a refusal.
    """

    audience: Audience = Audience.ADULT
    said: str = ""


@dataclass
class _Open:
    """One choice while it is being written."""

    guard: OutputGuard
    text: list[str] = field(default_factory=list)
    logprobs: list[TokenLogprob] = field(default_factory=list)
    waiting: list[TokenLogprob] = field(default_factory=list)
    masked: int = 0
    calls: dict[int, list[str]] = field(default_factory=dict)
    finish: str = ""


class GuardedReply:
    """Takes model events, gives turn events, and remembers what left.

    Attributes:
        is_cut: Whether the reply has ended by refusal or withdrawal.
    """

    def __init__(
        self, policy: Policy, choices: int, reader: Reader = Reader(), scores_of: ScoresOf = no_scores
    ) -> None:
        self._policy = policy
        self._reader = reader
        self._scores_of = scores_of
        self._open = [_Open(OutputGuard(policy, reader.audience.is_minor, scores_of)) for _ in range(choices)]
        self._alerts: set[str] = set()
        self._withdrawing = False
        self._left_chars = 0
        self._refusal = ""
        self._in_calls: Counter[str] = Counter()
        self.is_cut = False

    def withdraw(self) -> None:
        """End at the next sentence: the release was withdrawn while this turn ran (clause 6)."""
        self._withdrawing = True

    def unread(self, event: Delta | ToolDelta | Finish | None) -> list[str]:
        """Return what a classifier must have read before `take` takes `event`, or `close` where it is None."""
        if self.is_cut or isinstance(event, ToolDelta):
            return []
        if isinstance(event, Delta):
            return self._open[event.choice].guard.unread(event.text)
        ending = [self._open[event.choice]] if event is not None else [c for c in self._open if not c.finish]
        texts = [text for choice in ending for text in choice.guard.unread_end()]
        calls = [arguments for choice in ending for _, _, arguments in choice.calls.values()]
        return [*texts, *texts_to_score(self._policy, calls)]

    def take(self, event: Delta | ToolDelta | Finish) -> list[TurnEvent]:
        """Return what may leave because of `event`."""
        choice = self._open[event.choice]
        if self.is_cut:
            return []
        if isinstance(event, Delta):
            choice.waiting.extend(event.logprobs)
            return self._leave(event.choice, choice.guard.feed(event.text))
        if isinstance(event, ToolDelta):
            parts = choice.calls.setdefault(event.index, ["", "", ""])
            parts[0] = parts[0] or event.call_id
            parts[1] = parts[1] or event.name
            parts[2] += event.arguments
            return []
        return self._finish(event.choice, event.reason)

    def close(self) -> list[TurnEvent]:
        """Return what was still held back when the model ended without saying so."""
        events: list[TurnEvent] = []
        for index, choice in enumerate(self._open):
            if not choice.finish and not self.is_cut:
                events += self._finish(index, "stop")
        return events

    @property
    def refusal(self) -> str:
        """Category that refused the reply, empty when none did."""
        return self._refusal

    @property
    def findings(self) -> Mapping[str, int]:
        """Findings of the policy by detector."""
        found = Counter(self._in_calls)
        for choice in self._open:
            found.update(choice.guard.by_detector)
        return dict(found)

    @property
    def alerts(self) -> tuple[str, ...]:
        """Categories that whoever runs the installation should hear of."""
        return tuple(sorted(self._alerts.union(*(choice.guard.alerts for choice in self._open))))

    @property
    def is_rewritten(self) -> bool:
        """Whether anything was masked."""
        return any(choice.guard.rewritten for choice in self._open)

    @property
    def is_length(self) -> bool:
        """Whether a choice ended at its token limit."""
        return any(choice.finish == "length" for choice in self._open)

    def choices(self) -> tuple[Choice, ...]:
        """Return the reply exactly as it left."""
        return tuple(Choice("".join(c.text), c.finish or "stop", self._calls(c), tuple(c.logprobs)) for c in self._open)

    def _finish(self, index: int, reason: str) -> list[TurnEvent]:
        choice = self._open[index]
        events = self._leave(index, choice.guard.finish())
        if self.is_cut:
            return events
        choice.finish = reason
        for call_index, (call_id, name, arguments) in sorted(choice.calls.items()):
            decision = self._policy.judge(arguments, self._scores_of)
            self._in_calls.update(decision.by_detector)
            self._alerts.update(decision.alerts)
            if decision.is_stop or decision.action == "rewrite":
                return [*events, self._refuse(index, decision.category, is_crisis=decision.action == "crisis")]
            events.append(ToolCallDelta(call_index, arguments, index, call_id, name))
        return events

    def _leave(self, index: int, text: str) -> list[TurnEvent]:
        choice = self._open[index]
        logprobs = self._logprobs(choice)
        if self._withdrawing:
            text = self._cut(text)
        events: list[TurnEvent] = []
        if text or logprobs:
            choice.text.append(text)
            events.append(TextDelta(text, index, logprobs))
        if choice.guard.refused:
            events.append(self._refuse(index, choice.guard.refused, is_crisis=choice.guard.is_crisis))
        return events

    @staticmethod
    def _logprobs(choice: _Open) -> tuple[TokenLogprob, ...]:
        if choice.guard.is_holding:
            return ()
        is_clean = choice.guard.withheld == choice.masked
        ready = tuple(choice.waiting) if is_clean else ()
        choice.waiting, choice.masked = [], choice.guard.withheld
        choice.logprobs.extend(ready)
        return ready

    def _cut(self, text: str) -> str:
        end = _SENTENCE_END.search(text)
        self._left_chars += len(text)
        if end is not None:
            self.is_cut = True
            return text[: end.end()]
        self.is_cut = self._left_chars > _MAX_LAST_SENTENCE_CHARS
        return text

    def _refuse(self, index: int, category: str, *, is_crisis: bool) -> Refusal:
        self.is_cut, self._refusal = True, category
        self._open[index].finish, self._open[index].calls = "content_filter", {}
        audience, said = self._reader.audience, self._reader.said
        words = (
            crisis_words(category, audience, said) if is_crisis else refusal_words(category, audience, "output", said)
        )
        return Refusal(category, words.reason, words.next_step, index, words.crisis)

    def _calls(self, choice: _Open) -> tuple[ToolCall, ...]:
        if not choice.finish:
            return ()
        return tuple(
            ToolCall(call_id, name, arguments) for _, (call_id, name, arguments) in sorted(choice.calls.items())
        )
