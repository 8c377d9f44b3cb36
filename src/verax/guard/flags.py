"""From which score on a text is called by a category's name, whatever a policy then does about it.

A policy for grown-ups stops little: hate is marked, and refused in a reply, only where it is all but sure. Whoever asks
`POST /v1/moderations` whether a text *is* hateful asks something else. So a category is flagged where the policy finds
it, and from these scores on, too; `Decision.action` stays the policy's (ADR 0170).

The scores are points of the classifier that ships, chosen on its held-out rows: that of `hate` is reached by 10 in 100
of the harmless ones, half of which were written to look harmful, since with fewer too many of the hateful ones would
pass; the others are reached by 5 in 100 of what people ask and tell on any day, and never lie under a quarter.
Categories without one here are flagged where the policy finds them.

Chinese is told to be hateful by a model of its own, which learnt from whole comments: a text is read whole, and flagged
where that is likelier than not in a set of which half is hateful (`EVEN_ODDS`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from verax.guard.categories import Category

__all__ = ["EVEN_ODDS", "FLAG_SCORES", "flags_of"]

EVEN_ODDS = 0.1
"""The score of what is as likely as not, since scores are calibrated for one text in ten."""

FLAG_SCORES: Mapping[Category, float] = {
    Category.HATE: 0.20,
    Category.VIOLENCE: 0.25,
    Category.DANGEROUS_ACTS: 0.25,
    Category.CRIME: 0.26,
}
_NOTHING: Mapping[Category, float] = MappingProxyType({})


def flags_of(
    found: Collection[Category], scores: Mapping[Category, float], whole: Mapping[Category, float] = _NOTHING
) -> tuple[Category, ...]:
    """Return the categories that a text belongs to, in the order of the list.

    Args:
        found: What a policy found.
        scores: The highest probability of each category over its sentences.
        whole: The probabilities of a text that is read whole, as a Chinese one is.
    """
    over = {category for category, score in FLAG_SCORES.items() if scores.get(category, 0.0) >= score}
    over |= {category for category, score in whole.items() if score >= EVEN_ODDS}
    # What could not be read was not found to be anything.
    named = (over | set(found)) - {Category.UNREAD}
    return tuple(category for category in Category if category in named)
