"""Exact checks of what small models miss: numbers, dates, units, names, negation, order and quotes. Pure; English.

Each check compares a claim with one passage and says what it found, with offsets into the claim:

* *number*: no number of the passage agrees with the claim's: a *conflict* where the passage has another one with the
  same unit or counted word, else *missing*.
* *date*: the same for years, months and days of the week; a decade ("the 1910s") is not compared.
* *name*: a capitalised word of the claim, not at its start, that the passage lacks: *missing*.
* what a single sentence of the passage says otherwise (`verax.truth.denials`): *negation*, *opposite*, *order*,
  *quote*, another *number*, *date* or *name* in the place of the claim's.

Numbers are read by `verax.truth.quantities`. Money of one currency is no money of another, and percent are no
percentage points: the same number in the other unit is a conflict.

No check supports a claim: words that agree may still say another thing. What follows from a number by arithmetic alone
(`instances`) is for the model to judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verax.truth.content import CALENDAR, NAME, SENTENCE, content_words
from verax.truth.denials import denials
from verax.truth.findings import Finding, Kind, Weight
from verax.truth.quantities import FIXED, MONEY, Quantity, quantities

__all__ = ["Finding", "Kind", "Quantity", "Weight", "check", "content_words", "instances", "quantities"]

_INSTANCES = 2
_NO_WEIGHT = 100_000  # pounds from which they are money


def check(claim: str, passage: str) -> list[Finding]:
    """Return what the passage does not bear out, in the order of the claim."""
    denied = list(denials(claim, passage))
    conflicting = {(finding.kind, finding.start, finding.end) for finding in denied}
    found = [*_numbers(claim, passage), *_calendar(claim, passage), *_names(claim, passage)]
    found = [finding for finding in found if (finding.kind, finding.start, finding.end) not in conflicting]
    return sorted([*denied, *found], key=lambda finding: (finding.start, finding.kind))


def instances(claim: str, passage: str) -> list[str]:
    """Return the claim with numbers of the passage where it says *over*, *at most* or *between*: at most two.

    "It is more than 200 metres long" and a passage with "214 metres" give "It is 214 metres long": where that is so,
    so is the claim. There is none where a bound of the claim is satisfied by no number of the same unit that the
    passage says without a hedge.
    """
    bounds = [bound for bound in quantities(claim) if bound.is_bound and bound.unit]
    said = [quantity for quantity in quantities(passage) if quantity.hedge == "="] if bounds else []
    satisfying = [
        (bound, [passage[item.start : item.last] for item in said if item.unit == bound.unit and bound.agrees(item)])
        for bound in bounds
    ]
    if not satisfying or not all(texts for _, texts in satisfying):
        return []
    found = []
    for number in range(_INSTANCES):
        text = claim
        for bound, texts in reversed(satisfying):
            text = text[: bound.first] + texts[min(number, len(texts) - 1)] + text[bound.last :]
        found.append(text)
    return list(dict.fromkeys(found))


def _numbers(claim: str, passage: str) -> Iterator[Finding]:
    asked = quantities(claim)
    said = quantities(passage) if asked else []
    for wanted in asked:
        if _is_borne_out(wanted, said):
            continue
        is_conflict = any(_rivals(other, wanted) for other in said)
        kind = Kind.DATE if wanted.is_year else Kind.NUMBER
        yield Finding(kind, Weight.CONFLICT if is_conflict else Weight.MISSING, wanted.start, wanted.end)


def _is_borne_out(wanted: Quantity, said: Sequence[Quantity]) -> bool:
    """Say whether numbers of the passage may be the claim's.

    A range needs one that lies within it, or both its ends said; where only one end is said, the other is wrong.
    """
    if wanted.hedge != "..":
        return any(_bears_out(other, wanted) for other in _comparable(wanted, said))
    alike = [other for other in said if other.unit == wanted.unit]
    if any(other.hedge == ".." for other in alike):
        return any(
            wanted.value <= other.value and other.upper <= wanted.upper for other in alike if other.hedge == ".."
        )
    ends = {wanted.value, wanted.upper} & {other.value for other in alike}
    return len(ends) == 2 or (not ends and any(_bears_out(other, wanted) for other in said))


def _comparable(wanted: Quantity, said: Sequence[Quantity]) -> Sequence[Quantity]:
    """Return the numbers of the passage that a number of the claim may be.

    Where the passage has the same figure in another unit of its kind ("61 metres" for "61 feet"), a range that holds it
    by chance is none.
    """
    alike = [other for other in said if other.unit == wanted.unit]
    if any(other.factor != wanted.factor and other.figure == wanted.figure for other in alike):
        said = [other for other in said if other.hedge != ".."]
    return said


def _bears_out(said: Quantity, wanted: Quantity) -> bool:
    """Say whether a number of the passage may be the claim's.

    Where the counted words differ ("40 guests", "40 people") only the same value will do, and where both units are of
    known kinds nothing will: five kilometres are no five percent, and no five dollars.
    """
    if said.unit == wanted.unit:
        return wanted.agrees(said)
    is_same = wanted.value == said.value or (said.hedge == ".." and wanted.value == said.upper)
    return is_same and not (said.unit in FIXED and wanted.unit in FIXED)


def _rivals(said: Quantity, wanted: Quantity) -> bool:
    """Say whether a number of the passage stands where the claim has another: in its unit, or as other money."""
    if said.unit == wanted.unit:
        return bool(wanted.unit)
    units = {said.unit, wanted.unit}
    is_money = units <= MONEY or (units <= MONEY | {"pound"} and wanted.value >= _NO_WEIGHT)
    return said.value == wanted.value and (is_money or units == {"%", "points"})


def _calendar(claim: str, passage: str) -> Iterator[Finding]:
    said = {found[0].lower() for found in CALENDAR.finditer(passage) if found[0][0].isupper()}
    for found in CALENDAR.finditer(claim):
        word = found[0].lower()
        if found[0][0].isupper() and word not in said:
            is_conflict = any(word.endswith("day") == other.endswith("day") for other in said)
            yield Finding(Kind.DATE, Weight.CONFLICT if is_conflict else Weight.MISSING, found.start(), found.end())


def _names(claim: str, passage: str) -> Iterator[Finding]:
    said = passage.lower()
    starts = {len(sentence[0]) - len(sentence[0].lstrip()) + sentence.start() for sentence in SENTENCE.finditer(claim)}
    for found in NAME.finditer(claim):
        word = found[0].lower().removesuffix("'s").removesuffix("’s")
        if found.start() not in starts and len(word) > 1 and word not in said and not CALENDAR.fullmatch(word):
            yield Finding(Kind.NAME, Weight.MISSING, found.start(), found.end())
