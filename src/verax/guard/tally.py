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
        topics: Replies whose sentences were held against what was asked, by channel.
        off_topic: Sum over those replies of the share of sentences that have nothing to do with it.
    """

    turns: Counter[tuple[str, Direction]] = field(default_factory=Counter)
    flags: Counter[Flag] = field(default_factory=Counter)
    alerts: Counter[Flag] = field(default_factory=Counter)
    topics: Counter[str] = field(default_factory=Counter)
    off_topic: dict[str, float] = field(default_factory=dict)

    def count(self, channel: str, direction: Direction, found: Mapping[str, int], alerts: Iterable[str] = ()) -> None:
        """Count one turn's input, or its output."""
        self.turns[channel, direction] += 1
        self.flags.update(Flag(channel, direction, category) for category in found)
        for category in alerts:
            self.alerts[Flag(channel, direction, category)] += 1
            _LOG.warning("guard: channel %s: an alert about %s in %s", channel, category, direction)

    def count_topic(self, channel: str, off_topic: float | None) -> None:
        """Count one reply; None is one that says too little to tell."""
        if off_topic is not None:
            self.topics[channel] += 1
            self.off_topic[channel] = self.off_topic.get(channel, 0.0) + off_topic
