"""Pairs composed of several rows or several sentences: long claims, evidence in several places, talk.

* *joined*: two or three claims as one, their evidence in another order; *joined_wrong*: one of them is not supported.
* *planted*: evidence among that of other rows; the label stays.
* *dialogue*: evidence as turns of people who are named, among those of other rows; the label stays.
* *many*: two to four sentences of a passage as a claim; *many_wrong*: in one of them a number, a name, an opposite or
  a word is another.

The word that takes another's place stands in the same passage and ends as it does, so that the sentence reads on.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lab.verifier.pairs import swaps
from lab.verifier.rows import Label, Row
from verax.truth.chunks import sentences

COMPOSED = ("joined", "joined_wrong", "planted", "dialogue")
MANY = ("many", "many_wrong")
_ROOM = 110  # words of evidence, so that nothing is cut off later
_CLAIM_ROOM = 55
_PEOPLE = (
    "Anna Ben Carla David Emma Frank Grace Henry Ivy Jack Kate Leo Maria Nick Olga Paul Rosa Sam Tina Victor".split()
)
_WORD = re.compile(r"\b[a-z]{5,}\b")


def composed(rows: Sequence[Row], rng: random.Random) -> Iterator[Row]:
    """Yield pairs of several rows, of the kinds in turns; each row begins one of each kind at most."""
    usable = [row for row in rows if len(row.evidence.split()) <= _ROOM // 2 and "#" not in row.evidence]
    supported = [row for row in usable if row.is_supported]
    if len(supported) < 2:
        return
    for row in usable:
        yield _among(row, usable, "planted", rng)
        yield _among(row, usable, "dialogue", rng)
        others = rng.sample(supported, rng.choice((1, 1, 2)))
        joined = _joined([row, *others], rng)
        if joined is not None:
            yield joined


def many(rows: Sequence[Row], names: Sequence[str], rng: random.Random) -> Iterator[Row]:
    """Yield claims of several sentences of a passage, whole and with one of them changed."""
    for passage in dict.fromkeys(row.evidence for row in rows if 60 <= len(row.evidence.split()) <= 600):
        if "#" not in passage:
            yield from _many(passage, names, rng)


def swapped_word(sentence: str, passage: str, rng: random.Random) -> str | None:
    """Return the sentence with one word changed for another of the passage that ends alike; None where none does."""
    held = set(_WORD.findall(sentence))
    found = [
        (old, new)
        for old in sorted(held)
        for new in sorted(set(_WORD.findall(passage)) - held)
        if old[-3:] == new[-3:] and old[:4] != new[:4]
    ]
    if not found:
        return None
    old, new = rng.choice(found)
    return re.sub(rf"\b{old}\b", new, sentence, count=1)


def _among(row: Row, rows: Sequence[Row], kind: str, rng: random.Random) -> Row:
    parts = [row.evidence]
    room = rng.randrange(_ROOM // 2, _ROOM) - len(row.evidence.split())
    for other in rng.sample(rows, min(8, len(rows))):
        cost = len(other.evidence.split())
        if cost <= room and other.evidence not in parts:
            parts.append(other.evidence)
            room -= cost
    rng.shuffle(parts)
    evidence = _talk(parts, rng) if kind == "dialogue" else " ".join(map(_ended, parts))
    return replace(row, source=kind, id=f"{row.id}~{kind}", evidence=evidence)


def _talk(parts: Sequence[str], rng: random.Random) -> str:
    """Return sentences as turns of two or three people, each on a line of its own."""
    people = rng.sample(_PEOPLE, rng.choice((2, 2, 3)))
    said = [span.of(part).strip() for part in parts for span in sentences(part)]
    return "\n".join(f"{people[turn % len(people)]}: {text}" for turn, text in enumerate(said))


def _joined(rows: Sequence[Row], rng: random.Random) -> Row | None:
    rows = list(rows)
    rng.shuffle(rows)
    claim = " ".join(_ended(row.claim) for row in rows)
    told = rng.sample(rows, len(rows))
    evidence = " ".join(_ended(row.evidence) for row in told)
    if len(evidence.split()) > _ROOM or len(claim.split()) > _CLAIM_ROOM:
        return None
    is_supported = all(row.is_supported for row in rows)
    label = Label.SUPPORTED if is_supported else Label.UNSUPPORTED
    return Row("joined" if is_supported else "joined_wrong", _identity(evidence, claim), claim, evidence, label)


def _many(passage: str, names: Sequence[str], rng: random.Random) -> Iterator[Row]:
    said = [span.of(passage).strip() for span in sentences(passage)]
    said = [text for text in said if 6 <= len(text.split()) <= 30]
    if len(said) < 3:
        return
    chosen = sorted(rng.sample(range(len(said)), rng.randrange(2, min(4, len(said)) + 1)))
    while sum(len(said[place].split()) for place in chosen) > _CLAIM_ROOM:
        chosen.pop(rng.randrange(len(chosen)))
    claim = " ".join(said[place] for place in chosen)
    right = Row("many", _identity(passage, claim), claim, passage, Label.SUPPORTED)
    yield right
    place = rng.choice(chosen)
    single = replace(right, claim=said[place])
    changed = [swap.apply(said[place]) for swap in swaps(single, rng.sample(names, min(40, len(names))), rng)]
    other = swapped_word(said[place], passage, rng)
    if other is not None:
        changed.append(other)
    if changed:
        wrong = " ".join(rng.choice(changed) if held == place else said[held] for held in chosen)
        yield replace(right, source="many_wrong", id=f"{right.id}~wrong", claim=wrong, label=Label.UNSUPPORTED)


def _ended(text: str) -> str:
    return text if text[-1:] in ".!?" else f"{text}."


def _identity(evidence: str, claim: str) -> str:
    return hashlib.sha256(f"{evidence}\n{claim}".encode()).hexdigest()[:16]
