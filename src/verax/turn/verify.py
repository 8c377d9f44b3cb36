"""Step 7, verify: claims meet evidence, as the release's truth mode demands.

* ``off``: no sentence is judged, no verdict is shown, and the release says so.
* ``mark``: text flows at once; a verdict on each sentence that can be checked follows it. What is
  judged is what left, so its offsets are those of the reply.
* ``strict``: before the guard reads it, a sentence waits for its verdict, and only a supported one that
  answers what was asked (`verax.truth.vouching`) goes on, besides sentences that say nothing checkable. Where
  nothing is left, or only a piece of a sentence or that the model does not know, the reply is the release's own
  ``not_found``. A bare yes or no is held back, and so is a last sentence that the limit of tokens cut off. What
  left is marked as in ``mark``.
* Every other mode than ``off`` needs a verifier, and collections, the web or samples. Where one is missing the
  release is refused before the turn begins, never answered with less than it promises (invariant 10).
* Where no evidence was considered for a sentence, a release may have it compared with further samples
  of the model (`verax.turn.samples`). What that gives stands beside the verdict, and is none.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace

from verax.kernel.errors import RefusedError, UnsupportedParameter
from verax.kernel.release import Release
from verax.models.base import Delta, Finish, ModelEvent
from verax.truth.claims import Sentence, SentenceKind, Splitter, kind_of
from verax.truth.verdicts import Verdict
from verax.truth.vouching import is_bare_answer
from verax.truth.vouching import is_echo as is_echo_of
from verax.turn.events import ClaimVerdict, Decided
from verax.turn.judging import JudgedClaim, Judging, TruthParts
from verax.turn.request import TurnRequest
from verax.turn.samples import Samples

__all__ = ["Marks", "StrictFilter", "check_request", "check_truth_mode"]

_WHOLE = re.compile(r"[.!?…。！？][\"'”’)\]»」』）》*_]*\Z")
_LONGEST_MARK = 10
"""Characters of the longest mark of a list between two sentences; more than that is text that nobody checked."""


def check_truth_mode(release: Release, truth: TruthParts | None) -> None:
    """Refuse a release whose truth mode or collections this installation cannot honour.

    Raises:
        RefusedError: collections without a truth room; a search of the web without an engine; a mode other
            than ``off`` without a verifier, or without anything to check against; ``strict`` without a text for
            what is not found; several replies that must all be the same.
    """
    spec, has_collections = release.truth, bool(release.retrieval.collections)
    words = release.retrieval.passages
    wants_positions = words is not None and words.dispute_head != ""
    has_grounds = release.retrieval.has_sources or spec.samples > 0
    is_offline = truth is None or truth.web is None or not truth.web.is_available
    problem = hint = ""
    if has_collections and truth is None:
        problem, hint = "it names collections, and this version holds none", "admit a release without collections"
    elif release.retrieval.web is not None and is_offline:
        problem, hint = "it searches the web, and this installation does not", "name an engine with web_search"
    elif wants_positions and spec.mode == "off":
        problem, hint = "it shows what passages disagree about, and checks nothing", 'admit one with mode "mark"'
    elif spec.mode != "off" and (truth is None or truth.verifier is None):
        problem, hint = f"truth mode {spec.mode!r} needs a verifier, and none is here", 'admit one with mode "off"'
    elif spec.mode != "off" and not has_grounds:
        problem, hint = f"truth mode {spec.mode!r} needs collections to check against", "name them in [retrieval]"
    elif spec.mode == "strict" and not spec.not_found:
        problem, hint = "truth mode 'strict' needs a text for what is not found", "write not_found in [truth]"
    elif spec.replies > 1 and release.sampling.temperature == 0:
        problem, hint = "at temperature 0 all drafts and samples are the same", "write a temperature in [sampling]"
    if problem:
        raise RefusedError(f"release {release.short_id}: {problem}", hint=hint, code="release/unsupported")


def check_request(release: Release, request: TurnRequest) -> None:
    """Refuse what has no meaning where sentences are held back, or several replies are drawn.

    Raises:
        UnsupportedParameter: JSON, whose parts are no sentences; log probabilities of text that may not
            leave; several choices, a temperature of 0 or tools where the release draws replies itself.
    """
    spec = release.truth
    if spec.replies > 1:
        if request.sampling.n > 1:
            raise UnsupportedParameter("n: not on a channel that draws several replies itself", param="n")
        if request.sampling.temperature == 0:
            raise UnsupportedParameter(
                "temperature: not 0 on a channel that compares several replies", param="temperature"
            )
    if spec.drafts > 1 and request.tools:
        raise UnsupportedParameter("tools: not on a channel that keeps one of several drafts", param="tools")
    if spec.mode != "strict" and spec.drafts == 1:
        return
    if request.response_format.kind != "text":
        raise UnsupportedParameter(
            "response_format: not on a channel that holds sentences or drafts back", param="response_format"
        )
    if request.sampling.top_logprobs is not None:
        raise UnsupportedParameter("logprobs: not on a channel that holds sentences or drafts back", param="logprobs")


@dataclass
class _Marked:
    """One choice while it leaves."""

    reader: Splitter = field(default_factory=Splitter)
    text: str = ""


class Marks:
    """Judges what leaves, beside the stream: text never waits for a verdict.

    Args:
        samples: Further replies, whole when this is told to finish; None compares with none.

    Attributes:
        shown: Each verdict with what was considered for it, in the order in which they were told.
    """

    def __init__(self, judging: Judging, tell: Callable[[ClaimVerdict], None], samples: Samples | None = None) -> None:
        self.shown: list[tuple[ClaimVerdict, JudgedClaim]] = []
        self._samples = samples
        self._judging = judging
        self._tell = tell
        self._choices: dict[int, _Marked] = {}
        self._waiting: asyncio.Queue[tuple[int, Sentence, str] | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._judge_all())

    def feed(self, choice: int, text: str) -> None:
        """Take text that left."""
        marked = self._choices.get(choice)
        if marked is None:
            marked = self._choices[choice] = _Marked()
        marked.text += text
        for sentence in marked.reader.feed(text):
            self._queue(choice, sentence)

    async def finish(self) -> None:
        """Wait for the last verdict; nothing leaves any more.

        Raises:
            RefusedError: a pinned collection changed while this turn ran.
        """
        for choice, marked in self._choices.items():
            for sentence in marked.reader.finish():
                self._queue(choice, sentence)
        self._waiting.put_nowait(None)
        await self._task

    def cancel(self) -> None:
        """Give no further verdict; what one failed by is not told, since the turn failed already."""
        self._task.cancel()
        self._task.add_done_callback(lambda task: task.cancelled() or task.exception())

    def _queue(self, choice: int, sentence: Sentence) -> None:
        marked = self._choices[choice]
        if kind_of(sentence) is SentenceKind.CLAIM:
            self._waiting.put_nowait((choice, sentence, marked.text[: sentence.start]))

    async def _judge_all(self) -> None:
        without: list[tuple[int, Sentence, str, JudgedClaim]] = []
        while (item := await self._waiting.get()) is not None:
            choice, sentence, before = item
            judged = await self._judging.judge(sentence, before)
            if self._samples is not None and _is_without_evidence(judged):
                without.append((choice, sentence, before, judged))
            else:
                self._show(_verdict(choice, sentence, judged), judged)
        for choice, sentence, before, judged in without:
            texts = () if self._samples is None else self._samples.texts
            agreement = await self._judging.agreement(sentence, before, texts)
            self._show(replace(_verdict(choice, sentence, judged), agreement=agreement), judged)

    def _show(self, verdict: ClaimVerdict, judged: JudgedClaim) -> None:
        self.shown.append((verdict, judged))
        self._tell(verdict)


@dataclass
class _Held:
    """One choice while its sentences are held back.

    Attributes:
        read: Characters of `text` that were judged.
        passed: What may leave, of which `told` characters left.
        has_claim: Whether a supported sentence is among it; until then nothing leaves, so that no
            introduction stands before an answer that does not come.
        is_bare: Whether a piece of a sentence, what was asked, or that the model does not know, is among it: by
            itself that is an answer which nobody can check, or none.
    """

    reader: Splitter = field(default_factory=Splitter)
    text: str = ""
    read: int = 0
    passed: str = ""
    told: int = 0
    withheld: int = 0
    has_claim: bool = False
    is_bare: bool = False
    is_finished: bool = False

    def tell(self) -> str:
        """Return what passed and was not told yet."""
        text, self.told = self.passed[self.told :], len(self.passed)
        return text


class StrictFilter:
    """Lets supported sentences on to the guard, and holds back all others.

    Attributes:
        abstained: Choices of which nothing was left, so that the release's own text stands there.
    """

    def __init__(self, judging: Judging, not_found: str) -> None:
        self.abstained: set[int] = set()
        self._judging = judging
        self._not_found = not_found
        self._choices: dict[int, _Held] = {}

    @property
    def withheld(self) -> int:
        """Sentences that were held back."""
        return sum(held.withheld for held in self._choices.values())

    async def pass_on(self, events: AsyncIterator[ModelEvent]) -> AsyncGenerator[ModelEvent, None]:
        """Yield the model's events with the text that may leave.

        Raises:
            RefusedError: a pinned collection changed while this turn ran.
        """
        async for event in events:
            if isinstance(event, Delta):
                held = self._held(event.choice)
                held.text += event.text
                await self._judge(held, held.reader.feed(event.text))
                if held.has_claim and (text := held.tell()):
                    yield Delta(text, event.choice)
            elif isinstance(event, Finish):
                yield Delta(await self._end(event.choice, event.reason), event.choice)
                yield event
            else:
                yield event
        for choice, held in self._choices.items():
            if not held.is_finished:
                yield Delta(await self._end(choice, "stop"), choice)

    def _held(self, choice: int) -> _Held:
        held = self._choices.get(choice)
        if held is None:
            held = self._choices[choice] = _Held()
        return held

    async def _end(self, choice: int, reason: str) -> str:
        held = self._held(choice)
        held.is_finished = True
        last = held.reader.finish()
        if reason == "length" and last and not _WHOLE.search(last[-1].text):
            held.withheld += 1
            last = last[:-1]
        await self._judge(held, last)
        is_unchecked = not held.has_claim and (held.withheld > 0 or held.is_bare)
        if (not held.passed or is_unchecked) and reason != "tool_calls":
            self.abstained.add(choice)
            return self._not_found
        return held.tell()

    async def _judge(self, held: _Held, sentences: Sequence[Sentence]) -> None:
        for sentence in sentences:
            before = held.passed + _between(held.text[held.read : sentence.start], is_first=not held.passed)
            held.read = sentence.end
            kind = kind_of(sentence)
            if kind is SentenceKind.CLAIM:
                if not await self._judging.vouches(sentence, before):
                    held.withheld += 1
                    continue
                held.has_claim = True
            elif kind is SentenceKind.FRAGMENT and is_bare_answer(sentence.text):
                held.withheld += 1
                continue
            is_echo = kind is SentenceKind.QUESTION and is_echo_of(sentence.text, self._judging.question)
            held.is_bare |= is_echo or kind in (SentenceKind.FRAGMENT, SentenceKind.UNKNOWING)
            held.passed = before + sentence.text


def _is_without_evidence(judged: JudgedClaim) -> bool:
    """Whether a sentence that the verifier can read met no passage."""
    judgement = judged.judgement
    return not judged.considered and (judgement.verdict is Verdict.NOT_FOUND or judgement.reason == "no_evidence")


def _between(gap: str, *, is_first: bool) -> str:
    """Return what stands between two sentences: blanks and marks of lists; longer text was not judged."""
    if any(len(line.strip()) > _LONGEST_MARK for line in gap.splitlines()):
        gap = "\n\n"
    return gap.lstrip() if is_first else gap


def _verdict(choice: int, sentence: Sentence, judged: JudgedClaim) -> ClaimVerdict:
    judgement = judged.judgement
    decided = tuple(
        Decided(judged.considered[span.evidence], span.start, span.end, span.probability) for span in judgement.spans
    )
    return ClaimVerdict(
        start=sentence.start,
        end=sentence.end,
        text=sentence.text,
        verdict=judgement.verdict,
        probability=judgement.probability,
        choice=choice,
        reason=judgement.reason,
        evidence=decided,
    )
