"""What single sentences of a passage say otherwise than a claim. Pure; English.

A sentence is *alike* where it has nearly all (`NEARLY`) of the claim's telling words, endings aside. Where there are
such sentences, each kind of finding asks all of them, and one that says what the claim says ends it:

* *negation*: the claim or the sentence is negated, and not both. A short sentence that is negated and lies nearly whole
  in the claim counts too, and "…, not Aquaterra" where the claim has Aquaterra; a clause beside the one that is negated
  does not.
* *opposite*: where the claim has a word, the sentence has its opposite ("rose", "fell"), both begin with the same word,
  and neither is negated more often.
* *number*, *date*: the claim's number stands elsewhere in the passage, but the sentence has another one of its unit.
* *name*: before or behind the same word, the sentence has another name.
* *order*: numbers or names have changed places and all other words have not. Names joined by "and", or by a verb that
  holds both ways ("met"), may. "She defeated Hale" is against "Hale defeated Delgado".

A *quote* of four words or more, in quotation marks, stands in the passage word for word, but for what three dots leave
out; else it is a *conflict* where the passage quotes much the same words, and *missing* where it does not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import pairwise

from verax.truth.content import CALENDAR, NEGATION, SENTENCE, base_form, base_forms
from verax.truth.findings import Finding, Kind, Weight
from verax.truth.opposites import opposites_of
from verax.truth.quantities import FIXED, Quantity, quantities

__all__ = ["NEARLY", "denials"]

NEARLY = 0.8
"""The share of the claim's words that a sentence has which says the same, or denies it."""

_KEPT = 512
_MIN_QUOTED = 4
_MIN_ORDERED = 3
_MIN_COMMON = 2
_CLAUSE = re.compile(
    r"[,;:()–—]|\b(?:but|which|who|although|though|while|because|whereas|except|unless)\b", re.IGNORECASE
)
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’-][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"['’]s?\Z")
_NUMERALS = frozenset(
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred".split()
)
_FILLING = frozenset(
    "a an and as at be been being by for from had has have in is it its of on or that the this to was were with which "
    "who whom whose are there also than then when while after before did does do not no".split()
)
_BOUND_BY = frozenset("from to by against".split())  # what says a number's or a name's part better than its place
_BOTH_WAYS = re.compile(
    r"\b(?:and|or|with|met|meets?|married|marr(?:y|ies)|divorced|border(?:s|ed)?|equals?|faced|play(?:s|ed)|versus|vs"
    r"|between|both|near|beside|like|resembles?|said|says|joined|drew|tied|shar(?:es?|ed))\b|[&/]",
    re.IGNORECASE,
)
_EXCLUDING = re.compile(r"(?:,\s*(?:and\s+|but\s+)?not|\b(?:rather than|instead of))\s+(?P<rest>(?:[\w’'-]+\s*){1,4})")
_PRONOUN = re.compile(r"\b(?:he|she|they|it|who|his|her|their)\b", re.IGNORECASE)
_OF_A_COUNTRY = ("an", "ans", "ese", "ish")
_QUOTED = re.compile(r"[“„«\"]([^“”„«»\"]+)[”“»\"]")
_LEFT_OUT = re.compile(r"\.\.\.|…|\[[^\]]*\]|\([^)]*\)")
_QUOTED_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class _Token:
    """A telling word or a number of a sentence; `before` is the word in front of it, whatever that is."""

    form: str
    start: int
    end: int
    before: str
    is_number: bool
    is_capital: bool


@dataclass(frozen=True)
class _Name:
    """Capitalised words in a row: tokens `first` to `last` of their sentence; `key` is the last of them."""

    key: str
    first: int
    last: int


@dataclass(frozen=True)
class _Said:
    """A sentence, taken apart once."""

    text: str

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(base_forms(self.text))

    @cached_property
    def negations(self) -> int:
        return len(NEGATION.findall(self.text))

    @cached_property
    def affirmed(self) -> frozenset[str]:
        """The words of its clauses that are not negated."""
        clauses = [clause for clause in _CLAUSE.split(self.text) if not NEGATION.search(clause)]
        return frozenset(word for clause in clauses for word in base_forms(clause))

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        return tuple(quantities(self.text))

    @cached_property
    def tokens(self) -> tuple[_Token, ...]:
        found, before = [], ""
        for match in _TOKEN.finditer(self.text):
            word = _POSSESSIVE.sub("", match[0])
            form = word.lower().replace(",", "")
            if form not in _FILLING:
                is_number = form[0].isdigit() or form in _NUMERALS
                shown = form if is_number or word[0].isupper() else base_form(form)
                found.append(_Token(shown, match.start(), match.end(), before, is_number, word[0].isupper()))
            before = match[0].lower()
        return tuple(found)

    @cached_property
    def names(self) -> tuple[_Name, ...]:
        """Its names; a single capitalised word in front may be any word, and is none."""
        found: list[_Name] = []
        for number, token in enumerate(self.tokens):
            if not token.is_capital or CALENDAR.fullmatch(token.form):
                continue
            previous = found[-1] if found and found[-1].last == number - 1 else None
            if previous and not self.text[self.tokens[number - 1].end : token.start].strip():
                found[-1] = _Name(token.form, previous.first, number)
            else:
                found.append(_Name(token.form, number, number))
        return tuple(name for name in found if name.last > 0 and not self._is_other_kind(name))

    def _is_other_kind(self, name: _Name) -> bool:
        """Say whether it is an abbreviation, or what is called after a country: both have other forms."""
        token = self.tokens[name.last]
        is_short = self.text[token.start : token.end].isupper()
        return is_short or (name.first == name.last and token.form.endswith(_OF_A_COUNTRY))

    def unique(self) -> dict[str, int]:
        """Return the forms that stand in it once, with their place."""
        times = Counter(token.form for token in self.tokens)
        return {token.form: number for number, token in enumerate(self.tokens) if times[token.form] == 1}


@lru_cache(maxsize=_KEPT)
def _sentences(passage: str) -> tuple[_Said, ...]:
    return tuple(_Said(found[0]) for found in SENTENCE.finditer(passage))


@lru_cache(maxsize=_KEPT)
def _claim(text: str) -> _Said:
    return _Said(text)


def denials(claim: str, passage: str) -> Iterator[Finding]:
    """Yield what sentences of the passage say otherwise."""
    said, sentences = _claim(claim), _sentences(passage)
    yield from _quotes(claim, passage)
    if len(said.words) < _MIN_COMMON:
        return
    yield from _exclusions(said, sentences)
    sentences = tuple(sentence for sentence in sentences if len(sentence.words & said.words) >= _MIN_COMMON)
    if sentences:
        yield from _compared(said, sentences)


def _exclusions(said: _Said, sentences: Sequence[_Said]) -> Iterator[Finding]:
    for name in said.names:
        if _all(sentences, partial(_excludes, said, name)):
            yield _conflict(Kind.NEGATION, said.tokens[name.first].start, said.tokens[name.last].end)


def _compared(said: _Said, sentences: Sequence[_Said]) -> Iterator[Finding]:
    claim = said.text
    whole = (0, len(claim))
    if _all(sentences, partial(_denies, said)):
        negated = NEGATION.search(claim)
        yield _conflict(Kind.NEGATION, *(negated.span() if negated else whole))
    for token in said.tokens:
        if opposites_of(token.form) and _all(sentences, partial(_turns, said, token)):
            yield _conflict(Kind.OPPOSITE, token.start, token.end)
    for wanted in said.quantities:
        if _all(sentences, partial(_counts, said, wanted)) or _is_counted_elsewhere(said, wanted, sentences):
            yield _conflict(Kind.DATE if wanted.is_year else Kind.NUMBER, wanted.start, wanted.end)
    for name in said.names:
        if _all(sentences, partial(_renames, said, name)):
            yield _conflict(Kind.NAME, said.tokens[name.first].start, said.tokens[name.last].end)
    if _all(sentences, partial(_reorders, said)) or _all(sentences, partial(_reverses, said)):
        yield _conflict(Kind.ORDER, *whole)


def _conflict(kind: Kind, start: int, end: int) -> Finding:
    return Finding(kind, Weight.CONFLICT, start, end)


def _all(sentences: Sequence[_Said], denies: Callable[[_Said], bool | None]) -> bool:
    """Say whether there are alike sentences and all of them deny; None is said of one that is not alike."""
    answers = [answer for answer in map(denies, sentences) if answer is not None]
    return bool(answers) and all(answers)


def _has(said: frozenset[str], wanted: frozenset[str]) -> bool:
    return len(wanted) >= _MIN_COMMON and len(wanted & said) >= NEARLY * len(wanted)


def _denies(claim: _Said, sentence: _Said) -> bool | None:
    is_negated = claim.negations > 0
    if _has(sentence.words, claim.words):
        is_beside = not is_negated and _has(sentence.affirmed, claim.words)
        return (sentence.negations > 0) != is_negated and not is_beside
    # "No fluoride is added" lies whole in "Fluoride is added to the water".
    is_part = _has(claim.words, sentence.words) and 2 * len(claim.words & sentence.words) >= len(claim.words)
    return True if is_part and sentence.negations and not is_negated else None


def _turns(claim: _Said, token: _Token, sentence: _Said) -> bool | None:
    """Say whether a sentence has the opposite of a word of the claim in its place."""
    if not _has(sentence.words, claim.words - {token.form}):
        return None
    if token.form in sentence.words:
        return False
    common = claim.words & sentence.words
    first, other_first = (
        next((item.form for item in said.tokens if item.form in common), "") for said in (claim, sentence)
    )
    is_opposite = bool(opposites_of(token.form) & sentence.words)
    return is_opposite and first == other_first and (claim.negations > 0) == (sentence.negations > 0)


def _counts(claim: _Said, wanted: Quantity, sentence: _Said) -> bool | None:
    """Say whether a sentence has another number in the place of one of the claim."""
    if wanted.hedge == ".." or not wanted.unit or not _has(sentence.words, claim.words):
        return None
    alike = [item for item in sentence.quantities if item.unit == wanted.unit]
    is_said = any(item.value == wanted.value for item in sentence.quantities)
    return bool(alike) and not is_said and not any(wanted.agrees(item) for item in alike)


def _is_counted_elsewhere(claim: _Said, wanted: Quantity, sentences: Sequence[_Said]) -> bool:
    """Say whether the sentence nearest to the claim counts the same thing otherwise, and its number is another's.

    "Nine parishes" is not borne out by "seven parishes agreed" and, further on, "nine members".
    """
    if wanted.hedge != "=" or not wanted.unit or wanted.unit in FIXED:
        return False
    words = claim.words - _NUMERALS
    share = {sentence: len(words & sentence.words) for sentence in sentences}
    nearest = max(share.values())
    near = [sentence for sentence in sentences if share[sentence] == nearest]
    if 2 * nearest < len(words):
        return False
    rivals = [item for sentence in near for item in sentence.quantities if item.unit == wanted.unit]
    is_said = any(item.value == wanted.value for sentence in near for item in sentence.quantities)
    return bool(rivals) and not is_said and not any(wanted.agrees(item) for item in rivals)


def _renames(claim: _Said, name: _Name, sentence: _Said) -> bool | None:
    """Say whether a sentence has another name in the place of one of the claim."""
    forms = {token.form for token in claim.tokens[name.first : name.last + 1]}
    others = claim.words - forms - {base_form(form) for form in forms}
    if not _has(sentence.words, others):
        return None
    held = {token.form for token in sentence.tokens}
    if name.key in held or _PRONOUN.search(sentence.text):
        return False
    beside = _beside(claim, name)
    mine = {token.form for token in claim.tokens}
    return any(
        other.key not in mine and any(a and a == b for a, b in zip(beside, _beside(sentence, other), strict=True))
        for other in sentence.names
    )


def _excludes(claim: _Said, name: _Name, sentence: _Said) -> bool | None:
    """Say whether a sentence names somebody else "and not" the one of the claim."""
    excluded = _EXCLUDING.search(sentence.text)
    if excluded is None or claim.negations or name.key not in excluded["rest"].lower():
        return None
    others = claim.words - {base_form(name.key)}
    said = base_forms(sentence.text[: excluded.start()])
    is_about = claim.tokens[0].form in said and 2 * len(others & said) >= len(others)
    return True if is_about and name.key not in sentence.text[: excluded.start()].lower() else None


def _beside(said: _Said, name: _Name) -> tuple[str, str]:
    """Return the telling words before and behind a name."""
    before = said.tokens[name.first - 1].form if name.first else ""
    behind = said.tokens[name.last + 1].form if name.last + 1 < len(said.tokens) else ""
    return before, behind


def _reorders(claim: _Said, sentence: _Said) -> bool | None:
    """Say whether numbers or names have changed places while all other words kept theirs."""
    forms, held = ({token.form for token in said.tokens} for said in (claim, sentence))
    if len(forms) < _MIN_ORDERED or len(forms & held) < NEARLY * len(forms):
        return None
    mine, theirs = _frame(claim), _frame(sentence)
    frame = [form for form in mine if form in theirs]
    if not frame or [form for form in theirs if form in frame] != frame:
        return False
    moving, moved = _moving(claim), _moving(sentence)
    common = [form for form in moving if form in moved]
    return any(
        moved[first].first > moved[second].first
        and moving[first].is_number == moving[second].is_number
        and not _is_bound(claim, moving[first], sentence, moved[first])
        and not _is_bound(claim, moving[second], sentence, moved[second])
        and _is_joined(
            _Between(claim, moving[first], moving[second]), _Between(sentence, moved[second], moved[first]), set(frame)
        )
        for place, first in enumerate(common)
        for second in common[place + 1 :]
    )


def _reverses(claim: _Said, sentence: _Said) -> bool | None:
    """Say whether a sentence has "she defeated Hale" where the claim has "Hale defeated Delgado"."""
    if _BOTH_WAYS.search(claim.text):
        return None
    for name, other in pairwise(claim.names):
        verb = claim.tokens[name.last + 1]
        if other.first != name.last + 2 or verb.is_capital or verb.is_number:
            continue
        for held in sentence.names:
            before = sentence.tokens[held.first - 1] if held.first else None
            if held.key == name.key and before and before.form == verb.form and _PRONOUN.fullmatch(before.before):
                return True
    return None


@dataclass(frozen=True)
class _Moving:
    """A number or a name that stands in its sentence once: tokens `first` to `last`."""

    first: int
    last: int
    is_number: bool


@dataclass(frozen=True)
class _Between:
    """What stands between two of them."""

    said: _Said
    first: _Moving
    second: _Moving

    @property
    def text(self) -> str:
        tokens = self.said.tokens
        return self.said.text[tokens[self.first.last].end : tokens[self.second.first].start]

    @property
    def forms(self) -> set[str]:
        return {token.form for token in self.said.tokens[self.first.last + 1 : self.second.first]}


def _moving(said: _Said) -> dict[str, _Moving]:
    places = said.unique()
    found = {form: _Moving(place, place, True) for form, place in places.items() if said.tokens[place].is_number}
    return found | {name.key: _Moving(name.first, name.last, False) for name in said.names if name.key in places}


def _frame(said: _Said) -> list[str]:
    """Return the words in their order that are neither numbers nor names, and stand once."""
    return [
        form
        for form, place in said.unique().items()
        if not said.tokens[place].is_number | said.tokens[place].is_capital
    ]


def _is_bound(claim: _Said, mine: _Moving, sentence: _Said, theirs: _Moving) -> bool:
    """Say whether the same word in front ("from", "March") gives it its part wherever it stands."""
    word = claim.tokens[mine.first].before
    is_telling = word in _BOUND_BY or (word not in _FILLING and not word[:1].isdigit())
    return is_telling and word == sentence.tokens[theirs.first].before


def _is_joined(mine: _Between, theirs: _Between, frame: set[str]) -> bool:
    """Say whether what stands between two numbers or names gives each a part of its own, in both sentences."""
    texts = (mine.text, theirs.text)
    is_shared = bool(mine.forms & theirs.forms & frame)
    if mine.first.is_number:
        return is_shared or all(re.search(r"\bto\b", text) for text in texts)
    # The last word before the second name is what ties it: a verb, or "by" or "of" of the other voice.
    return is_shared and mine.text.split()[-1:] == theirs.text.split()[-1:] and not any(map(_BOTH_WAYS.search, texts))


def _quotes(claim: str, passage: str) -> Iterator[Finding]:
    """Yield the quotes of the claim that do not stand in the passage."""
    for found in _QUOTED.finditer(claim):
        is_all = not _QUOTED_WORD.search(claim[: found.start()] + claim[found.end() :])
        if is_all or len(_QUOTED_WORD.findall(found[1])) < _MIN_QUOTED:
            continue
        said = f" {' '.join(_QUOTED_WORD.findall(passage.lower()))} "
        parts = [" ".join(_QUOTED_WORD.findall(part.lower())) for part in _LEFT_OUT.split(found[1])]
        if all(f" {part} " in said for part in parts if part):
            continue
        wanted = base_forms(found[1])
        is_near = any(2 * len(wanted & base_forms(other[1])) >= len(wanted) for other in _QUOTED.finditer(passage))
        yield Finding(Kind.QUOTE, Weight.CONFLICT if is_near else Weight.MISSING, found.start(), found.end())
