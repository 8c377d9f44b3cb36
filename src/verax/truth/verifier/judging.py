"""How scores and exact checks become a verdict. Pure: a function that scores a pair comes in.

Each passage is read in pieces (`pieces`), and each piece gives

* a *probability* that it supports the claim: the model's, calibrated, then corrected by the exact checks of
  `verax.truth.exact`. A conflict caps it at `CAPS`; something missing takes `PENALTIES` off its log odds, once for each
  kind. Both are what was measured on labelled claims (docs/guides/lab.md, docs/adr/0169): caps are the share of claims
  with that conflict that were supported all the same, penalties the log of how much rarer supported claims are among
  those with that finding. *Order* is too rare to measure, and a quote has to be one, whatever is supported. A claim
  that says *more than 200 metres* is also read with the passage's own number, "214 metres", where that satisfies it,
  and has the better of both probabilities. A passage that does not name whom a pronoun of the claim stands for has the
  cap of a wrong name, and contradicts nothing;
* a *contradiction*: the model's probability of *contradicted*, uncalibrated.

The verdict is

* *supported* where a piece reaches `SUPPORTED_FROM`, and the piece nearest to the claim, if it is of the same passage,
  does not conflict with it;
* else *contradicted* where a piece has a sentence about the same thing (at least `SAME_THING` of the claim's words) and
  either its contradiction reaches `CONTRADICTED_FROM`, or it conflicts with the claim and is the piece nearest to it:
  the one that the model, by itself, holds likeliest to support it;
* else *not found*.

Of a supported claim, a piece of another passage that conflicts exactly and has nearly all of the claim's words in one
sentence (`NEARLY`) contradicts it as well: two sources that give two dates disagree, whichever is nearer.

The claim's probability is that of its best piece. What decided is narrowed to a sentence that decides alone, else to
two that do together, else it is the whole piece. Where one source supports a claim and another contradicts it, the
verdict is *supported* and both are shown: the spans of the other have a probability below `SUPPORTED_FROM`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from verax.truth.chunks import Span, nearest_sentences, sentences
from verax.truth.claims import names_nothing
from verax.truth.content import CALENDAR
from verax.truth.exact import Kind, Weight, check, content_words, instances
from verax.truth.verdicts import SUPPORTED_FROM, DecidingSpan, Judgement, Verdict
from verax.truth.verifier.calibration import Calibration, log_odds, margin, sigmoid
from verax.truth.verifier.pieces import Piece, joined, pieces

__all__ = [
    "CAPS",
    "CONTRADICTED_FROM",
    "NEARLY",
    "PENALTIES",
    "SAME_THING",
    "Asked",
    "Judging",
    "Reading",
    "Scorer",
]

Scorer = Callable[[str, str], Sequence[float]]
"""From claim and piece to the logits of *supported*, *contradicted* and *not found*."""

CONTRADICTED_FROM = 0.8
SAME_THING = 0.5
NEARLY = 0.8
CAPS = {
    Kind.NUMBER: 0.072,
    Kind.DATE: 0.05,
    Kind.NEGATION: 0.333,
    Kind.NAME: 0.2,
    Kind.OPPOSITE: 0.03,
    Kind.ORDER: 0.333,
    Kind.QUOTE: 0.05,
}
PENALTIES = {Kind.NUMBER: 0.63, Kind.DATE: 0.88, Kind.NAME: 0.81, Kind.QUOTE: 3.0}
_MAX_SOURCES = 3  # whose spans are shown, for each of the two sides
_WORD = re.compile(r"\w+")
_CANDIDATES = 4  # sentences that may decide alone


@dataclass(frozen=True, slots=True)
class Asked:
    """A claim as it is judged.

    Attributes:
        claim: What the exact checks look at.
        hypothesis: What the model reads: the claim behind its context.
        texts: The passages.
        elsewhere: Passages, by their place, that do not name whom or what a pronoun of the claim stands for.
    """

    claim: str
    hypothesis: str
    texts: Sequence[str]
    elsewhere: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Reading:
    """What one piece gives.

    Attributes:
        raw: The model's calibrated probability.
        probability: The same, corrected by the exact checks.
        contradiction: The model's probability of *contradicted*; 0 where the piece is about another thing.
        is_conflict: Whether an exact check found a conflict about the same thing.
    """

    evidence: int
    piece: Piece
    raw: float
    probability: float
    contradiction: float
    is_conflict: bool


class Judging:
    """Judges claims with one scorer and its calibration.

    Args:
        max_words: Words of a piece of evidence.
    """

    def __init__(self, scorer: Scorer, calibration: Calibration, max_words: int) -> None:
        self._scorer = scorer
        self._calibration = calibration
        self._max_words = max_words

    def judge(self, asked: Asked) -> Judgement:
        """Return the verdict on a claim; without evidence, or where it names nothing, it is *not found*."""
        readings = [] if names_nothing(asked.claim) else self.readings(asked)
        if not readings:
            return Judgement(Verdict.NOT_FOUND, 0.0)
        best = max(readings, key=lambda reading: reading.probability)
        against = self._against(readings)
        if best.probability >= SUPPORTED_FROM:
            supporting = [reading for reading in readings if reading.probability >= SUPPORTED_FROM]
            others = [*against, *_denying(asked.claim, readings, {reading.evidence for reading in supporting})]
            spans = [*self._supporting_spans(asked, supporting), *self._opposing_spans(asked, others)]
            return Judgement(Verdict.SUPPORTED, best.probability, tuple(spans))
        if against:
            return Judgement(Verdict.CONTRADICTED, best.probability, tuple(self._opposing_spans(asked, against)))
        return Judgement(Verdict.NOT_FOUND, best.probability)

    def readings(self, asked: Asked) -> list[Reading]:
        """Return what each piece of each passage gives, in their order."""
        found = [
            self._read(asked, index, piece)
            for index, text in enumerate(asked.texts)
            if text.strip()
            for piece in pieces(asked.hypothesis, text, self._max_words)
        ]
        return _settled(found)

    def _read(self, asked: Asked, evidence: int, piece: Piece) -> Reading:
        logits = self._scorer(asked.hypothesis, piece.text)
        raw = self._calibration.probability(margin(logits))
        probability, is_conflict = corrected(raw, asked.claim, piece.text)
        if probability < SUPPORTED_FROM and not is_conflict:
            probability = max([probability, *self._of_instances(asked, piece)])
        contradiction = sigmoid(_contradiction(logits))
        if evidence in asked.elsewhere:
            return Reading(evidence, piece, raw, min(probability, CAPS[Kind.NAME]), 0.0, is_conflict=False)
        if (is_conflict or contradiction >= CONTRADICTED_FROM) and not _is_same_thing(asked.claim, piece.text):
            is_conflict, contradiction = False, 0.0
        return Reading(evidence, piece, raw, probability, contradiction, is_conflict)

    def _of_instances(self, asked: Asked, piece: Piece) -> Iterator[float]:
        """Yield the probabilities of what bears the claim out by arithmetic alone (`verax.truth.exact.instances`)."""
        for claim in instances(asked.claim, piece.text):
            logits = self._scorer(asked.hypothesis.removesuffix(asked.claim) + claim, piece.text)
            yield corrected(self._calibration.probability(margin(logits)), claim, piece.text)[0]

    def _against(self, readings: Sequence[Reading]) -> list[Reading]:
        """Return the pieces that contradict the claim."""
        nearest = max(readings, key=lambda reading: reading.raw)
        return [
            reading
            for reading in readings
            if reading.probability < SUPPORTED_FROM
            and (reading.contradiction >= CONTRADICTED_FROM or (reading is nearest and reading.is_conflict))
        ]

    def _supporting_spans(self, asked: Asked, readings: Sequence[Reading]) -> list[DecidingSpan]:
        return self._spans(asked, readings, _SUPPORTING)

    def _opposing_spans(self, asked: Asked, readings: Sequence[Reading]) -> list[DecidingSpan]:
        return self._spans(asked, readings, _opposing(asked.claim))

    def _spans(self, asked: Asked, readings: Sequence[Reading], side: _Side) -> list[DecidingSpan]:
        """Return what decided in the strongest piece of each passage, the strongest passage first."""
        strongest: dict[int, Reading] = {}
        for reading in sorted(readings, key=side.strength, reverse=True):
            strongest.setdefault(reading.evidence, reading)
        return [
            DecidingSpan(reading.evidence, span.start, span.end, narrow.probability)
            for reading in list(strongest.values())[:_MAX_SOURCES]
            for narrow in [self._narrowed(asked, reading, side)]
            for span in narrow.piece.spans
        ]

    def _narrowed(self, asked: Asked, reading: Reading, side: _Side) -> Reading:
        """Return the reading of the sentence, or of two, that decides as the whole piece does; else the piece's.

        Sentences are read in the order in which they promise to decide, and none behind one that is enough.
        """
        text = asked.texts[reading.evidence]
        within = [
            Span(span.start + inner.start, span.start + inner.end)
            for span in reading.piece.spans
            for inner in nearest_sentences(span.of(text), asked.hypothesis, self._max_words)[:_CANDIDATES]
        ]
        candidates = _nearest(text, within, asked.hypothesis)
        deciding = []
        for span in sorted(candidates, key=lambda span: side.promise(span.of(text)), reverse=True):
            item = self._read(asked, reading.evidence, joined(text, [span]))
            if side.decides(item):
                deciding.append(item)
                if side.is_enough(item, reading):
                    break
        if deciding:
            return max(deciding, key=side.strength)
        for pair in combinations(candidates[:3], 2):
            both = self._read(asked, reading.evidence, joined(text, list(pair)))
            if side.decides(both):
                return both
        return reading


@dataclass(frozen=True, slots=True)
class _Side:
    """How what speaks for a claim, or against it, is told and narrowed.

    Attributes:
        decides: Whether a reading speaks on this side.
        strength: How strongly, as a sort key.
        promise: How near a sentence is to deciding, before the model has read it; all alike keep their order.
        is_enough: Whether a sentence shows so well what its piece does that no other need be read.
    """

    decides: Callable[[Reading], bool]
    strength: Callable[[Reading], tuple[float, float]]
    promise: Callable[[str], float]
    is_enough: Callable[[Reading, Reading], bool]


_SUPPORTING = _Side(
    lambda reading: reading.probability >= SUPPORTED_FROM,
    lambda reading: (reading.probability, 0.0),
    lambda _text: 0.0,
    lambda reading, piece: reading.probability >= piece.probability,
)


def _opposing(claim: str) -> _Side:
    """Return the side against a claim.

    What conflicts exactly is about the claim the more, the more of its words, numbers included, it has; how little the
    model thinks of it says nothing: that is least where the piece is about something else.
    """
    return _Side(
        lambda reading: (
            reading.probability < SUPPORTED_FROM and (reading.contradiction >= CONTRADICTED_FROM or reading.is_conflict)
        ),
        lambda reading: (_share(claim, reading.piece.text) if reading.is_conflict else 0.0, reading.contradiction),
        lambda text: _share(claim, text),
        lambda reading, _piece: reading.is_conflict,
    )


def _settled(readings: Sequence[Reading]) -> list[Reading]:
    """Return the readings as the nearest of all leaves those of its own passage.

    Where that one conflicts exactly, a larger or a smaller piece of the same passage holds the right number for another
    thing: it supports the claim no more than the nearest does.
    """
    nearest = max(readings, key=lambda reading: reading.raw, default=None)
    if nearest is None or not nearest.is_conflict:
        return list(readings)
    return [
        replace(reading, probability=min(reading.probability, nearest.probability))
        if reading.evidence == nearest.evidence
        else reading
        for reading in readings
    ]


def corrected(raw: float, claim: str, passage: str) -> tuple[float, bool]:
    """Return a probability as the exact checks leave it, and whether one of them found a conflict."""
    findings = check(claim, passage)
    missing = {finding.kind for finding in findings if finding.weight is Weight.MISSING}
    conflicts = {finding.kind for finding in findings if finding.weight is Weight.CONFLICT}
    probability = raw
    if missing:
        probability = sigmoid(log_odds(raw) - math.fsum(PENALTIES[kind] for kind in missing))
    return min([probability, *(CAPS[kind] for kind in conflicts)]), bool(conflicts)


def _denying(claim: str, readings: Sequence[Reading], supporting: Container[int]) -> list[Reading]:
    """Return the pieces of other passages that say what a supported claim says, but for a number, a date or a "not"."""
    return [
        reading
        for reading in readings
        if reading.is_conflict and reading.evidence not in supporting and _says_nearly(claim, reading.piece.text)
    ]


def _says_nearly(claim: str, text: str) -> bool:
    wanted = content_words(claim)
    said = (content_words(span.of(text)) for span in nearest_sentences(text, claim)[:_CANDIDATES])
    return bool(wanted) and any(len(wanted & words) >= NEARLY * len(wanted) for words in said)


def _contradiction(logits: Sequence[float]) -> float:
    """Return the log odds of *contradicted* against the two others together."""
    supported, contradicted, not_found = logits
    return margin((contradicted, supported, not_found))


def _is_same_thing(claim: str, passage: str) -> bool:
    wanted = content_words(CALENDAR.sub(" ", claim)) or content_words(claim)
    said = (content_words(span.of(passage)) for span in nearest_sentences(passage, claim)[:_CANDIDATES])
    return bool(wanted) and any(len(wanted & words) >= math.ceil(SAME_THING * len(wanted)) for words in said)


def _share(claim: str, text: str) -> float:
    """Return the share of the claim's words and numbers that stand in the one sentence with most of them."""
    wanted = set(_WORD.findall(claim.lower()))
    said = (set(_WORD.findall(span.of(text).lower())) for span in sentences(text))
    return max((len(wanted & words) / len(wanted) for words in said), default=0.0) if wanted else 0.0


def _nearest(text: str, spans: Sequence[Span], claim: str) -> list[Span]:
    """Return the candidates that share most words with the claim, the nearest first."""
    wanted = content_words(claim)

    def nearness(span: Span) -> float:
        words = content_words(span.of(text))
        return len(words & wanted) / math.sqrt(max(1, len(words)))

    return sorted(spans, key=lambda span: (-nearness(span), span.start))[:_CANDIDATES]
