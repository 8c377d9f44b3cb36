"""Whom a release talks to, and what that means for a guard.

The values are those of ``audience`` in a release (`verax.kernel.release_parts.AUDIENCES`).

>>> Audience("8-12").is_child, Audience("13+").is_minor, Audience("adult").is_minor
(True, True, False)
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Audience"]


class Audience(StrEnum):
    """An age band, the youngest last."""

    ADULT = "adult"
    TEEN = "13+"
    EIGHT_TO_TWELVE = "8-12"
    FIVE_TO_SEVEN = "5-7"
    TWO_TO_FOUR = "2-4"

    @property
    def is_minor(self) -> bool:
        """Whether it is under 18: nothing leaves before every rule has read it."""
        return self is not Audience.ADULT

    @property
    def is_child(self) -> bool:
        """Whether it is under 13: personal data of a child is looked for too."""
        return self not in (Audience.ADULT, Audience.TEEN)
