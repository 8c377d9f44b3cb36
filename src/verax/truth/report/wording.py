"""What a report says around the claims, and how a verdict is called and marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = [
    "LABELS",
    "MEANING",
    "REASONS",
    "SIGNS",
    "About",
    "counts",
    "described",
    "look_of",
    "number_of",
    "place_of",
    "stance_of",
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
    "language": "in a language that the verifier was not trained on",
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


def place_of(item: Mapping[str, Any]) -> str:
    """Return where a passage stands."""
    page = f", page {item['page']}" if item["page"] else ""
    heading = f", {item['heading']}" if item["heading"] else ""
    first = item["passage_start"] + item["start"]
    return f"{item['source']}{page}{heading}, characters {first} to {item['passage_start'] + item['end']}"


def stance_of(item: Mapping[str, Any]) -> str:
    """Return what a passage does to its claim, with its probability."""
    stance = "Supports" if item["supports"] else "Contradicts"
    return f"{stance} it, {item['probability']:.2f}"


def counts(summary: Mapping[str, int]) -> str:
    """Return the summary as a sentence."""
    by_verdict = ", ".join(f"{summary[name]} {label}" for name, label in LABELS.items())
    if summary["contested"]:
        by_verdict += f"; sources disagree about {summary['contested']}"
    claims, others = number_of(summary["claims"], "claim"), summary["other_sentences"]
    return (
        f"{claims}: {by_verdict}. {number_of(others, 'other sentence')} {'was' if others == 1 else 'were'} not checked."
    )


def number_of(count: int, noun: str) -> str:
    """Return a count with its noun: "1 claim", "2 claims"."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
