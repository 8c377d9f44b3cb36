"""Texts of this project that children may read and say, and the thresholds that let them through.

*Junior's*: every line, page, puzzle and article that a child can be told, with its band, and every question that an
article answers. By the text alone a fifth of them is kept for validation, and nothing is trained on or chosen by it;
two fifths are rows to train on, and two fifths choose thresholds.

*A threshold for children* of a category is the operating point that stops a twentieth of harmless held-out rows, raised
to where at most `_STOPPED` of the texts that choose are stopped by that category. It is never lowered, and never raised
over `_HIGHEST`, nor for what a child says over `_AT_MOST`, where a miss costs more than a false alarm.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lab.guard.heads import labels
from lab.guard.rows import Row, place
from verax.guard.audience import Audience
from verax.guard.categories import Category
from verax.guard.classifiers.local import LocalClassifier
from verax.guard.exact import Direction
from verax.guard.policy import has_words
from verax.guard.sentences import cut
from verax.products.junior.builder.parts import load_parts
from verax.products.junior.collection.shelf import ship
from verax.products.junior.limits import BANDS
from verax.products.junior.says import lines_of
from verax.products.junior.scholar.engine import ScholarEngine
from verax.products.junior.session import Profile, Said
from verax.products.junior.toddler.library import load_library

__all__ = ["Text", "choose", "is_kept", "junior_texts", "own_rows", "part_of"]

_STOPPED = 0.002
_AT_MOST = {
    Category.SELF_HARM: 0.6,
    Category.SEXUAL_MINORS: 0.5,
    Category.SEXUAL: 0.75,
    Category.DISCLOSURE: 0.75,
}
_HIGHEST = 0.9
_MARGIN = 0.02  # another processor rounds the 8-bit products otherwise
_POINT = "0.05"
_FILLED = {
    "animal": "cow", "sound": "moo", "number": "three", "colour": "red", "thing": "ball", "name": "Childline",
    "helpline": "You can also call Childline. The number is 0800 1111.", "emergency": "112", "hero": "Pip", "he": "Pip",
}  # fmt: skip


@dataclass(frozen=True)
class Text:
    """One text, the band that it is for, and whether a child says it or is told it."""

    band: Audience
    direction: Direction
    text: str


class _Slots(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return _FILLED.get(key, "one")


def junior_texts() -> Iterator[Text]:
    """Yield every text of Junior's, in a fixed order."""
    for article in ship().articles:
        yield Text(article.band, "output", f"{article.title}\n\n{article.text}")
        for question in article.asks:
            yield Text(article.band, "input", question)
    library, parts = load_library(), load_parts()
    for line in itertools.chain(*library.says.values()):
        yield Text(Audience.TWO_TO_FOUR, "output", _filled(line))
    for piece in library.pieces.values():
        for page in (piece.title, *piece.pages):
            yield Text(Audience.TWO_TO_FOUR, "output", page)
    for band in BANDS[1:]:
        for line in itertools.chain(*lines_of(band).values()):
            yield Text(band, "output", _filled(line))
    lines = [*parts.asks.values(), *parts.lines.values(), *parts.second.values(), *parts.ends]
    for part in itertools.chain(*parts.steps.values()):
        lines += [part.name, part.text, part.attempt, part.end]
    for line in filter(None, lines):
        yield Text(Audience.FIVE_TO_SEVEN, "output", _filled(line))
    yield from _puzzles()


def part_of(text: str) -> str:
    """Return the split that a text falls into: ``holdout``, ``train`` or ``calibration``."""
    where = place(text)
    return "holdout" if where < 20 else "train" if where < 60 else "calibration"


def is_kept(text: str) -> bool:
    """Say whether a text is kept for validation."""
    return part_of(text) == "holdout"


def own_rows() -> Iterator[tuple[str, Row]]:
    """Yield sentences of Junior's with the split of their text, as a guard reads them; every head says no."""
    harmless = labels(set(), {"instruction"})
    for text in dict.fromkeys(one.text for one in junior_texts()):
        for sentence in cut(text):
            if has_words(sentence.text):
                yield part_of(text), Row("junior", sentence.read, harmless)


def choose(
    classifier: LocalClassifier, texts: Iterable[str], categories: Sequence[Category], direction: Direction
) -> Mapping[str, float]:
    """Return a threshold for children for each category; `texts` are innocent, all said by one or all told to one."""
    limits = _AT_MOST if direction == "input" else {}
    points = classifier.operating_points
    scores = [_worst(classifier, text) for text in texts]
    found = {}
    for category in categories:
        ordered = sorted((one.get(category, 0.0) for one in scores), reverse=True)
        allowed = ordered[int(_STOPPED * len(ordered))] + _MARGIN
        found[str(category)] = round(min(limits.get(category, _HIGHEST), max(points[category][_POINT], allowed)), 2)
    return found


def _worst(classifier: LocalClassifier, text: str) -> dict[Category, float]:
    """Return the highest score of each category over the sentences, as a policy reads them."""
    found: dict[Category, float] = {}
    for sentence in cut(text):
        if has_words(sentence.text):
            for category, score in classifier.scores(sentence.read).items():
                found[category] = max(score, found.get(category, 0.0))
    return found


def _filled(line: str) -> str:
    return line.format_map(_Slots()).strip()


def _puzzles() -> Iterator[Text]:
    """Yield what the engine for the oldest says in a session that asks for puzzle after puzzle."""
    engine, profile = ScholarEngine(), Profile(Audience.EIGHT_TO_TWELVE)
    step = engine.greet(profile)
    for said in ("puzzle", "12", "I do not know", "robot", "forward forward left", "7 x 8", "54", "56", "help") * 6:
        is_tap = said in ("puzzle", "robot")
        step = engine.reply(profile, step.session, Said(tap=said) if is_tap else Said(said))
        yield Text(Audience.EIGHT_TO_TWELVE, "output", step.reply.text)
