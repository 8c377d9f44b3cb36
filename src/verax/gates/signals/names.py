"""Names that a reply takes on as its own."""

from __future__ import annotations

import re

from verax.gates.signals.text import fold, has_negation, own_words, sentences

__all__ = ["claims_to_be", "speaks_as"]

_SELF = (
    r"(?:\bi am|\bi'm|\bmy (?:real |true |new |actual )?(?:name|identity)(?: is| now is|'s)|\bcall me"
    r"|\bknown as|\bi go by"
    r"|\bthis is|\bi was (?:renamed|named|called|made|built|created|developed|trained)(?: to| by| as)?|\bnamed|\bas)"
)
_GAP = (
    r"(?:\s+(?:now|indeed|in fact|really|actually|called|the|a|an|your|by|to|be|mighty|great|assistant|ai|bot))*"
    r"\s+[\"']?"
)


def claims_to_be(text: str, name: str) -> bool:
    """Say whether a reply says of itself that it is `name`, was made by `name`, or goes by it; denials do not count."""
    pattern = re.compile(_SELF + _GAP + re.escape(fold(name)) + r"\b")
    return any(pattern.search(fold(part)) and not has_negation(part) for part in sentences(own_words(text)))


def speaks_as(text: str, name: str) -> bool:
    """Say whether a reply claims to be `name`, signs as it, or begins a line by speaking as it."""
    folded, wanted = fold(text), re.escape(fold(name))
    signed = re.search(rf"(?:^|\n)\s*(?:@|-\s*|—\s*)?{wanted}\s*(?:[:!]|$)|[-—]\s*{wanted}\s*$", folded)
    return signed is not None or claims_to_be(text, name)
