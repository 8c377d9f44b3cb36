"""Pairs in which all words of the claim stand in the evidence, and only who did what, and when, tells the label.

* *crossed_subject*: the evidence of two rows together; the subject of the claim is the one of the other row.
* *crossed_value*: the same with a number or a name further on in the claim, which the other row's evidence has.
* *crossed_beside*: the subject is one that the evidence only mentions beside the right one.
* *crossed_role*: two names or things of one claim, each in the place of the other.
* *crossed_passage*: a name or number of one sentence of a passage in the place of that of another sentence.

Two texts change places in the claim, in the evidence, or in both, so each claim and each evidence stands under both
labels, and neither alone gives it away:

    (claim, evidence)          supported      (crossed claim, evidence)            not
    (claim, crossed evidence)  not            (crossed claim, crossed evidence)    supported
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lab.verifier.pairs import names_in
from lab.verifier.rows import Label, Row
from verax.truth.chunks import sentences

CROSSED = ("crossed_subject", "crossed_value", "crossed_beside", "crossed_role", "crossed_passage")
_ROOM = 110  # words of evidence, so that nothing is cut off later
_NO_NAMES = frozenset(
    (
        "A After All Also Although An And As At Because Before Both But By During Each Every For From He Her His How "
        "However I If In It Its Many More Most My No None Not Of On One Or Our She Since So Some Such That The Their "
        "Then There These They This Those Though Three Through To Two Under Until We What When Where Which While Who "
        "With You Your"
    ).split()
)
_LEADING_NAME = re.compile(
    r"(?:The )?(?P<subject>[A-Z][\w-]+(?: [A-Z][\w-]+)*)(?P<verb> (?:is|are|was|were|has|had|will|can|\w+ed)\b)?"
)
_LEADING_NOUN = re.compile(
    r"(?:The|An?|Two|Three|Some) (?P<subject>[a-z]+(?: [a-z]+)?) (?:is|are|was|were|has|have|had|can|will)\b"
)
_NOUN = re.compile(
    r"\b(?:[Tt]he|[Aa]n?) ([a-z]{3,})(?=[.,]|$| (?:is|are|was|were|has|had|in|on|at|to|by|from|of|over|that|who)\b)"
)
_NUMBER = re.compile(r"(?<![\w.,])\d{2,}(?![\w]|[.,]\d)")
# Where one of these stands, two names may change places and the sentence may say the same.
_MUTUAL = re.compile(
    r"\b(?:and|or|with|between|both|near|beside|next|against|versus|vs|like|along|together|each|same|other|another|"
    r"met|married|marry|known|called|wed|spouse|wife|husband|friends?|siblings?|brothers?|sisters?|cousins?|"
    r"partners?|equals?|shares?|shared|differs?|different|co-\w+)\b",
    re.IGNORECASE,
)
_CONTENT = re.compile(r"\b[a-z]{5,}\b")
_APPOSITIONS = tuple(
    "the successor of|the rival of|often compared with|unlike|a friend of|the model for|like|named together with|"
    "who followed|who made way for|better known than|the former partner of|not to be taken for|older than".split("|")
)
_MENTIONS = (
    "{other} had been there before .",
    "The successor was {other} .",
    "Some prefer {other} .",
    "{other} is often named beside it .",
    "Critics spoke of {other} as well .",
    "{other} was asked too , and declined .",
    "The predecessor , {other} , is forgotten .",
    "It was compared with {other} .",
)


@dataclass(frozen=True)
class Exchange:
    """Two texts that take each other's place, wherever they stand as whole words."""

    one: str
    other: str

    def apply(self, text: str) -> str:
        """Exchange both at once."""
        at = {self.one: self.other, self.other: self.one}
        either = "|".join(re.escape(old) for old in sorted(at, key=len, reverse=True))
        return re.sub(rf"(?<!\w)(?:{either})(?!\w)", lambda found: at[found[0]], text)


def crossed(rows: Sequence[Row], rng: random.Random) -> Iterator[Row]:
    """Yield pairs in fours, of every kind that a row allows, and so that the kinds come in turns."""
    supported = [row for row in rows if row.is_supported and "#" not in row.evidence]
    short = [row for row in supported if len(row.evidence.split()) <= _ROOM // 2]
    subjects = _by_form(short, _subjects)
    values = _by_form(short, _values)
    for row in supported:
        if len(row.evidence.split()) <= _ROOM // 2:
            yield from _with_another(row, _subjects(row), subjects, "crossed_subject", rng)
            yield from _with_another(row, _values(row), values, "crossed_value", rng)
            yield from _beside(row, subjects, rng)
            yield from _roles(row, rng)
        else:
            yield from _in_passage(row.evidence, rng)


def four(kind: str, claim: str, evidence: str, exchange: Exchange, wrong: Label = Label.UNSUPPORTED) -> Iterator[Row]:
    """Yield the four pairs that an exchange makes of a supported one; none where claim or evidence stay as they are."""
    claims, texts = (claim, exchange.apply(claim)), (evidence, exchange.apply(evidence))
    if claims[0] == claims[1] or texts[0] == texts[1]:
        return
    identity = hashlib.sha256(f"{kind}\n{evidence}\n{claim}".encode()).hexdigest()[:16]
    for place in range(4):
        is_supported = place in (0, 3)
        label = Label.SUPPORTED if is_supported else wrong
        yield Row(kind, f"{identity}~{place}", claims[place % 2], texts[place // 2], label)


def subject_of(text: str) -> str | None:
    """Return the name or the noun that a sentence begins with, without its article; None where neither is sure."""
    noun = _LEADING_NOUN.match(text)
    if noun:
        return noun["subject"]
    name = _LEADING_NAME.match(text)
    # A single capitalised word may be any word, unless a verb follows.
    if name is None or name["subject"].split()[0] in _NO_NAMES or not (" " in name["subject"] or name["verb"]):
        return None
    return name["subject"]


_Form = tuple[str, int, bool]
_Held = dict[tuple[str, _Form], list[tuple[Row, str]]]


def _form(text: str) -> _Form:
    """Texts of one form can stand for each other: names, nouns or numbers of as many words or digits, of one number."""
    kind = "number" if text[0].isdigit() else "name" if text[0].isupper() else "noun"
    return kind, len(text) if kind == "number" else len(text.split()), text.endswith("s")


def _subjects(row: Row) -> list[str]:
    subject = subject_of(row.claim)
    return [subject] if subject and _stands(subject, row.evidence) else []


def _values(row: Row) -> list[str]:
    found = [*_NUMBER.findall(row.claim), *_other_names(row.claim)]
    return [value for value in found if _stands(value, row.evidence)]


def _other_names(text: str) -> list[str]:
    """Return the names of a sentence that are neither its subject nor a part of it."""
    subject = subject_of(text)
    return [name for name in names_in(text) if subject is None or not _overlap(name, subject)]


def _by_form(rows: Sequence[Row], of: Callable[[Row], list[str]]) -> _Held:
    found: _Held = defaultdict(list)
    for row in rows:
        for text in of(row):
            found[row.source, _form(text)].append((row, text))
    return found


def _another(row: Row, text: str, held: _Held, rng: random.Random) -> tuple[Row, str] | None:
    """Return another row of the set and its text of the same form, neither mentioned in the first; None if unlucky."""
    for _ in range(6):
        other, its = rng.choice(held[row.source, _form(text)])
        is_apart = not _stands(its, f"{row.claim} {row.evidence}") and not _stands(text, other.evidence)
        if is_apart and other.evidence != row.evidence and (text[0] in "aeiou") == (its[0] in "aeiou"):
            return other, its
    return None


def _with_another(row: Row, texts: Sequence[str], held: _Held, kind: str, rng: random.Random) -> Iterator[Row]:
    if not texts:
        return
    text = rng.choice(texts)
    found = _another(row, text, held, rng)
    if found is None:
        return
    other, its = found
    # What the claim says of its subject must not hold of the other one too, as "is outside" may.
    said = set(_CONTENT.findall(row.claim)) - set(text.split())
    if not said & set(_CONTENT.findall(row.evidence)) - set(_CONTENT.findall(other.evidence)):
        return
    parts = [_ended(row.evidence), _ended(other.evidence)]
    rng.shuffle(parts)
    wrong = Label.CONTRADICTED if _form(text)[0] == "number" else Label.UNSUPPORTED
    yield from four(kind, row.claim, " ".join(parts), Exchange(text, its), wrong)


def _beside(row: Row, held: _Held, rng: random.Random) -> Iterator[Row]:
    """Put a name into the evidence that it says nothing of, once as an apposition, once as a sentence."""
    for subject in _subjects(row):
        found = _another(row, subject, held, rng)
        if found is None or not subject[0].isupper():
            continue
        _, its = found
        if rng.random() < 0.5:
            aside = f"{subject} , {rng.choice(_APPOSITIONS)} {its} ,"
            before, _, after = row.evidence.partition(subject)
            evidence = f"{before}{aside}{after}".replace(", ,", ",")
        else:
            parts = [_ended(row.evidence), rng.choice(_MENTIONS).format(other=its)]
            evidence = " ".join(parts if rng.random() < 0.7 else parts[::-1])
        yield from four("crossed_beside", row.claim, evidence, Exchange(subject, its))


def _roles(row: Row, rng: random.Random) -> Iterator[Row]:
    if _MUTUAL.search(row.claim):
        return
    subject = subject_of(row.claim)
    names = [*([subject] if subject else []), *_other_names(row.claim)]
    for held in (names, list(dict.fromkeys(_NOUN.findall(row.claim)))):
        shared = [text for text in held if _stands(text, row.evidence)]
        apart = [(one, other) for one in shared for other in shared if one < other and not _overlap(one, other)]
        if apart:
            yield from four("crossed_role", row.claim, row.evidence, Exchange(*rng.choice(apart)))
            return


def _in_passage(passage: str, rng: random.Random) -> Iterator[Row]:
    said = [span.of(passage).strip() for span in sentences(passage)]
    said = [text.rpartition(" -- ")[2] for text in said if 6 <= len(text.split()) <= 40]  # without a title before it
    places = rng.sample(range(len(said)), len(said))
    for first in places[:4]:
        held = _exchangeable(said[first])
        near = [place for place in (first - 1, first + 1, first + 2) if 0 <= place < len(said)]
        apart = [
            (one, other)
            for place in near
            for one in held
            for other in _exchangeable(said[place])
            if _form(one) == _form(other) and not any(_stands(one, text) and _stands(other, text) for text in said)
        ]
        if apart:
            one, other = rng.choice(apart)
            wrong = Label.CONTRADICTED if one[0].isdigit() else Label.UNSUPPORTED
            yield from four("crossed_passage", said[first], passage, Exchange(one, other), wrong)
            return


def _exchangeable(sentence: str) -> list[str]:
    subject = subject_of(sentence)
    return [*([subject] if subject else []), *_other_names(sentence), *dict.fromkeys(_NUMBER.findall(sentence))]


def _overlap(one: str, other: str) -> bool:
    return one in other or other in one


def _ended(text: str) -> str:
    return text if text[-1:] in ".!?" else f"{text}."


def _stands(word: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None
