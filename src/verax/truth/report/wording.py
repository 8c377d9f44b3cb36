"""What a report says around the claims, and how a verdict is called and marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = [
    "LABELS",
    "MEANING",
    "REASONS",
    "SIGNS",
    "About",
    "Shown",
    "counts",
    "described",
    "look_of",
    "number_of",
    "passages_of",
]

LABELS = {
    "supported": "supported",
    "contradicted": "contradicted",
    "not_found": "not found",
    "not_checked": "not checked",
}
SIGNS = {"supported": "+", "contradicted": "×", "not_found": "?", "not_checked": "–", "contested": "±"}
"""Marks that tell verdicts apart in black and white; all of them are in Latin-1."""

REASONS = {
    "language": "it, or all of its evidence, is in a language that the verifier was not trained on",
    "no_verifier": "there is no verifier here",
    "too_long": "too long",
    "busy": "the verifier was busy",
    "judge_unreachable": "the judge did not answer",
    "judge_answer": "the judge's answer could not be checked",
}
MEANING = (
    "A verdict says how a sentence stands to the documents named here, not whether it is true. It was given by a "
    "machine, which errs: the probability is its own estimate that the documents support the sentence. “Not found” "
    "says that the passages nearest to the sentence do not decide it; another passage may. Read the passage before you "
    "rely on a verdict."
)


@dataclass(frozen=True, slots=True)
class About:
    """What the report is about.

    Attributes:
        title: What a person calls the text: its file name.
        date: When it was checked, ISO 8601 in UTC.
    """

    title: str
    date: str


def look_of(claim: Mapping[str, Any]) -> str:
    """Return which sign and colour a claim has: one that sources disagree about has its own."""
    return "contested" if claim["contested"] else str(claim["verdict"])


def described(claim: Mapping[str, Any]) -> str:
    """Return the verdict in words, with its probability or the reason."""
    label = (
        f"contested: sources disagree; {LABELS[claim['verdict']]}" if claim["contested"] else LABELS[claim["verdict"]]
    )
    if claim["probability"] is None:
        return f"{label}: {REASONS.get(claim['reason'], claim['reason'])}" if claim["reason"] else label
    return f"{label}, probability of support {claim['probability']:.2f}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage as a report shows it, once, however many places of it decide together.

    Attributes:
        pieces: Its text, cut where marks begin and end, and whether each piece is marked.
        supports: Whether what is marked speaks for the claim.
    """

    place: str
    digest: str
    stance: str
    supports: bool
    pieces: tuple[tuple[str, bool], ...]


def passages_of(claim: Mapping[str, Any]) -> list[Shown]:
    """Return the passages that decided a claim, in the order of the check."""
    found: dict[tuple[str, int, bool], list[Mapping[str, Any]]] = {}
    for item in claim["evidence"]:
        found.setdefault((item["digest"], item["passage_start"], item["supports"]), []).append(item)
    return [
        Shown(_place(items), items[0]["digest"], _stance(items), items[0]["supports"], _pieces(items))
        for items in found.values()
    ]


def _place(items: Sequence[Mapping[str, Any]]) -> str:
    first = items[0]
    page = f", page {first['page']}" if first["page"] else ""
    heading = f", {first['heading']}" if first["heading"] else ""
    begin = first["passage_start"]
    spans = " and ".join(
        f"{begin + item['start']} to {begin + item['end']}" for item in sorted(items, key=lambda item: item["start"])
    )
    return f"{first['source']}{page}{heading}, characters {spans}"


def _stance(items: Sequence[Mapping[str, Any]]) -> str:
    stance = "Supports" if items[0]["supports"] else "Contradicts"
    return f"{stance} it, {max(item['probability'] for item in items):.2f}"


def _pieces(items: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, bool], ...]:
    passage, pieces, last = items[0]["passage"], [], 0
    for item in sorted(items, key=lambda item: item["start"]):
        begin = max(last, item["start"])
        pieces += [(passage[last:begin], False), (passage[begin : item["end"]], True)]
        last = max(last, item["end"])
    return tuple((text, is_marked) for text, is_marked in [*pieces, (passage[last:], False)] if text)


def counts(summary: Mapping[str, int]) -> str:
    """Return the summary as a sentence."""
    by_verdict = ", ".join(f"{summary[name]} {label}" for name, label in LABELS.items())
    if summary["contested"]:
        by_verdict += f"; sources disagree about {summary['contested']}"
    claims, others = number_of(summary["claims"], "claim"), summary["other_sentences"]
    rest = f" {number_of(others, 'other sentence')} {'was' if others == 1 else 'were'} not checked." if others else ""
    return f"{claims}: {by_verdict}.{rest}"


def number_of(count: int, noun: str) -> str:
    """Return a count with its noun: "1 claim", "2 claims"."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
