"""Hard pairs, made from supported ones: one number, date, name or negation is other than the evidence says.

Every swap is made three times over, so that neither the claim nor the evidence alone gives the label away (the
symmetric construction of Schuster et al., 2019, "Towards Debiasing Fact Verification Models"):

    (claim, evidence)   supported       (other claim, evidence)   contradicted
                                        (claim, other evidence)   contradicted
                                        (other claim, other evidence)   supported

* Only what stands in the claim and, to the letter, in the evidence is swapped.
* A name is swapped for another one of the same number of words, from the evidence where it has one: a claim about the
  wrong one of two people is harder than one about a stranger.
* A negation is put into the claim alone. It is the one swap that a claim gives away; natural pairs with negated claims
  that are supported stand against it.
* Claims copied from the evidence, and sentences of a neighbouring passage, are made in `lab.verifier.dataset`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lab.verifier.rows import Label, Row

_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_COUNTS = "two three four five six seven eight nine ten eleven twelve".split()
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
_OPPOSITES = tuple(
    tuple(pair.split())
    for pair in (
        "more less|before after|highest lowest|increased decreased|largest smallest|won lost|older younger|"
        "north south|east west|male female|first last|above below|began ended|most least|higher lower|"
        "best worst|early late|accepted rejected|agrees disagrees|positive negative|married divorced"
    ).split("|")
)
_CLOSED = (tuple(_MONTHS), tuple(_DAYS), tuple(_COUNTS), tuple(_ORDINALS), *_OPPOSITES)
_NUMBER = re.compile(r"(?<![\w.,])\d[\d,]*(?:\.\d+)?(?![\w]|[.,]\d)")
_NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-Z][\w'’-]+(?:\s[A-Z][\w'’-]+)*")
_AUXILIARY = re.compile(r"\b(is|are|was|were|has|have|had|can|could|will|would|should|did|does|do)\b(?! not\b)(?!n't)")
_NEGATED = re.compile(r"\b(is|are|was|were|has|have|had|can|could|will|would|should|did|does|do) not\b")


@dataclass(frozen=True)
class Swap:
    """Replace `old` by `new`; both stand to the letter."""

    kind: str
    old: str
    new: str

    def apply(self, text: str) -> str:
        """Replace every whole-word occurrence."""
        return re.sub(rf"(?<!\w){re.escape(self.old)}(?!\w)", lambda _: self.new, text)


def swaps(row: Row, names: Sequence[str], rng: random.Random) -> list[Swap]:
    """Return at most one swap of each kind that `row` allows: number, word of a closed class, name.

    Args:
        row: A supported pair.
        names: Names from elsewhere, for evidence that has no second one.
        rng: The only source of chance.
    """
    found = [_number_swap(row, rng), _closed_swap(row, rng), _name_swap(row, names, rng)]
    return [swap for swap in found if swap is not None and swap.apply(row.claim) != row.claim]


def symmetric(row: Row, swap: Swap) -> Iterator[Row]:
    """Yield the three pairs that a swap makes from a supported one."""
    claim, evidence = swap.apply(row.claim), swap.apply(row.evidence)
    source = f"swap_{swap.kind}"
    changed = replace(row, source=source, label=Label.CONTRADICTED)
    yield replace(changed, id=f"{row.id}~claim", claim=claim)
    yield replace(changed, id=f"{row.id}~evidence", evidence=evidence)
    yield replace(changed, id=f"{row.id}~both", claim=claim, evidence=evidence, label=Label.SUPPORTED)


def negate(row: Row) -> Row | None:
    """Return the pair with a negation put into the claim, or taken out of it; None where it has no auxiliary verb."""
    if _NEGATED.search(row.claim):
        claim = _NEGATED.sub(r"\1", row.claim, count=1)
    elif _AUXILIARY.search(row.claim):
        claim = _AUXILIARY.sub(r"\1 not", row.claim, count=1)
    else:
        return None
    return replace(row, source="swap_negation", id=f"{row.id}~not", claim=claim, label=Label.CONTRADICTED)


def names_in(text: str) -> list[str]:
    """Return the runs of capitalised words that do not begin a sentence, in order, each once."""
    return list(dict.fromkeys(found[0] for found in _NAME.finditer(text) if found[0] not in _MONTHS + _DAYS))


def _number_swap(row: Row, rng: random.Random) -> Swap | None:
    shared = [number for number in _NUMBER.findall(row.claim) if _stands(number, row.evidence)]
    if not shared:
        return None
    old = rng.choice(shared)
    return Swap("number", old, _other_number(old, rng))


def _other_number(old: str, rng: random.Random) -> str:
    """Return another number of the same form: as many decimals, a year for a year, thousands grouped as they were."""
    _, _, decimals = old.partition(".")
    value = float(old.replace(",", ""))
    is_year = not decimals and "," not in old and 1000 <= value <= 2100
    reach = 12.0 if is_year else max(3.0, value * 0.5)
    while True:
        other = value + rng.uniform(-reach, reach)
        if other < 0:
            continue
        new = f"{other:{',' if ',' in old else ''}.{len(decimals)}f}"
        if new != old:
            return new


def _closed_swap(row: Row, rng: random.Random) -> Swap | None:
    found = [
        (word, family)
        for family in _CLOSED
        for word in family
        if _stands(word, row.claim) and _stands(word, row.evidence)
    ]
    if not found:
        return None
    old, family = rng.choice(found)
    return Swap("word", old, rng.choice([word for word in family if word != old]))


def _name_swap(row: Row, names: Sequence[str], rng: random.Random) -> Swap | None:
    here = names_in(row.evidence)
    shared = [name for name in here if _stands(name, row.claim)]
    if not shared:
        return None
    old = rng.choice(shared)
    alike = [name for name in here if name not in row.claim and name not in old and old not in name]
    others = [name for name in alike if len(name.split()) == len(old.split())] or [
        name for name in names if len(name.split()) == len(old.split()) and name not in row.evidence
    ]
    return Swap("name", old, rng.choice(others)) if others else None


def _stands(word: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None
