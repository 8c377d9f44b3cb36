"""How often policies find something, for whoever runs the installation: counts, and no text.

Counts are of turns: a category that a turn meets ten times counts once.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from verax.guard.exact import Direction

__all__ = ["Flag", "Tally"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Flag:
    """What was found where."""

    channel: str
    direction: Direction
    category: str


@dataclass(slots=True)
class Tally:
    """Counts since this process began.

    Attributes:
        turns: Texts of turns that a policy decided on, by channel and direction.
        flags: Those in which a category was found.
        alerts: Those of them that a rule raises an alert for.
    """

    turns: Counter[tuple[str, Direction]] = field(default_factory=Counter)
    flags: Counter[Flag] = field(default_factory=Counter)
    alerts: Counter[Flag] = field(default_factory=Counter)

    def count(self, channel: str, direction: Direction, found: Mapping[str, int], alerts: Iterable[str] = ()) -> None:
        """Count one turn's input, or its output."""
        self.turns[channel, direction] += 1
        self.flags.update(Flag(channel, direction, category) for category in found)
        for category in alerts:
            self.alerts[Flag(channel, direction, category)] += 1
            _LOG.warning("guard: channel %s: an alert about %s in %s", channel, category, direction)
