"""What the English classifier says of a text: one output a head, in this order.

All but one are categories of `verax.guard.categories`. `instruction` says that a sentence speaks to an assistant,
which a document has no reason to do.
"""

from __future__ import annotations

from verax.guard.classifiers.english import HEADS

__all__ = ["HEADS", "NO", "UNKNOWN", "YES", "labels"]

YES, NO, UNKNOWN = 1, 0, -1


def labels(yes: set[str], unknown: set[str]) -> tuple[int, ...]:
    """Return a label for each head.

    Raises:
        ValueError: a name is no head.
    """
    strange = (yes | unknown) - set(HEADS)
    if strange:
        raise ValueError(f"unknown head {min(strange)!r}; known: {', '.join(HEADS)}")
    return tuple(YES if head in yes else UNKNOWN if head in unknown else NO for head in HEADS)
