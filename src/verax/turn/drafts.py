"""Several drafts of one reply, of which the best supported is given.

* The model is asked once, for as many replies as the release says; none leaves before all are whole
  and every sentence of each has its verdict.
* The order is fixed, so whoever has the drafts and the verdicts finds the same one: a draft with words
  before an empty one; then fewer contradicted sentences; then a greater share of supported ones among
  those that are claims; then fewer that were not found; then the one that was drawn first.
* A draft is judged as the model wrote it. What leaves passes the guard, and is marked as it left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass

from verax.kernel import canonical
from verax.models.base import Delta, Finish, FinishReason, ModelEvent, Sent, Usage
from verax.truth.claims import SentenceKind, Splitter, kind_of
from verax.truth.verdicts import Verdict
from verax.turn.judging import Judging

__all__ = ["Draft", "DraftPicker", "best_of"]


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft as it was judged.

    Attributes:
        digest: SHA-256 of its text, hex.
        is_empty: Whether it holds nothing but blanks.
        verdicts: How many of its sentences have which verdict.
    """

    digest: str
    is_empty: bool
    verdicts: Counter[Verdict]

    @property
    def support(self) -> float:
        """The share of its claims that is supported, 0 to 1; 0 where it claims nothing."""
        return self.verdicts[Verdict.SUPPORTED] / max(1, self.verdicts.total())


def best_of(drafts: Sequence[Draft]) -> int:
    """Return the place of the best supported draft, in the order of the module's docstring."""

    def rank(index: int) -> tuple[bool, int, float, int, int]:
        draft = drafts[index]
        counts = draft.verdicts
        return draft.is_empty, counts[Verdict.CONTRADICTED], -draft.support, counts[Verdict.NOT_FOUND], index

    return min(range(len(drafts)), key=rank)


class DraftPicker:
    """Holds all drafts back, and lets the best supported one go on as the only choice.

    Attributes:
        drafts: What was drawn, in that order; empty until all are whole.
        kept: Place of the one that was given.
    """

    def __init__(self, judging: Judging, count: int) -> None:
        self.drafts: tuple[Draft, ...] = ()
        self.kept = 0
        self._judging = judging
        self._count = count

    async def pass_on(self, events: AsyncIterator[ModelEvent]) -> AsyncGenerator[ModelEvent, None]:
        """Yield what the model says of the call, and then the one draft.

        Raises:
            RefusedError: a pinned collection changed while this turn ran.
        """
        texts = [""] * self._count
        reasons: list[FinishReason] = ["stop"] * self._count
        ended: list[Usage] = []
        async for event in events:
            if isinstance(event, Sent):
                yield event
            elif isinstance(event, Delta):
                texts[event.choice] += event.text
            elif isinstance(event, Finish):
                reasons[event.choice] = event.reason
            elif isinstance(event, Usage):
                ended.append(event)
        self.drafts = tuple([await self._judged(text) for text in texts])
        self.kept = best_of(self.drafts)
        yield Delta(texts[self.kept])
        yield Finish(reasons[self.kept])
        for usage in ended:
            yield usage

    async def _judged(self, text: str) -> Draft:
        reader = Splitter()
        verdicts: Counter[Verdict] = Counter()
        for sentence in [*reader.feed(text), *reader.finish()]:
            if kind_of(sentence) is SentenceKind.CLAIM:
                judged = await self._judging.judge(sentence, text[: sentence.start])
                verdicts[judged.judgement.verdict] += 1
        return Draft(canonical.hex_digest(text.encode("utf-8")), not text.strip(), verdicts)
