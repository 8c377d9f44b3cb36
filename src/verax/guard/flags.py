"""From which score on a text is called by a category's name, whatever a policy then does about it.

A policy for grown-ups stops little: hate is marked, and refused in a reply, only where it is all but sure. Whoever asks
`POST /v1/moderations` whether a text *is* hateful asks something else. So a category is flagged where the policy finds
it, and from these scores on, too; `Decision.action` stays the policy's (ADR 0170).

The scores are operating points of the classifier that ships, chosen on its held-out rows: that of `hate` is reached by
5 in 100 of the harmless ones, since with 1 in 100 nearly half of the hateful ones would pass, and with 5 one in eight;
the others are reached by 2 in 100. Half of these harmless rows were written to look harmful. Categories without one
here are flagged where the policy finds them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from verax.guard.categories import Category

__all__ = ["FLAG_SCORES", "flags_of"]

FLAG_SCORES: Mapping[Category, float] = {
    Category.HATE: 0.19,
    Category.VIOLENCE: 0.89,
    Category.DANGEROUS_ACTS: 0.79,
    Category.CRIME: 0.92,
}


def flags_of(found: Collection[Category], scores: Mapping[Category, float]) -> tuple[Category, ...]:
    """Return the categories that a text belongs to, in the order of the list.

    Args:
        found: What a policy found.
        scores: The highest probability of each category.
    """
    over = {category for category, score in FLAG_SCORES.items() if scores.get(category, 0.0) >= score}
    # What could not be read was not found to be anything.
    named = (over | set(found)) - {Category.UNREAD}
    return tuple(category for category in Category if category in named)
