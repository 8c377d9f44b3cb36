"""The plainest baseline: the share of a claim's words that its evidence has."""

from __future__ import annotations

import re

__all__ = ["overlap"]

_WORD = re.compile(r"\w+")
_STOP = frozenset(
    "a an and are as at be by for from has have he in is it its of on or she that the they to was were with".split()
)


def overlap(claim: str, evidence: str) -> float:
    """Return the share of the claim's distinct words, frequent ones left out, that stand in the evidence; 0 to 1."""
    wanted = set(_WORD.findall(claim.lower()))
    wanted = wanted - _STOP or wanted
    return len(wanted & set(_WORD.findall(evidence.lower()))) / max(1, len(wanted))
