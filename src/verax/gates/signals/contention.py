"""Contentious topics that have no place in an answer to an everyday question.

A topic is found by phrases on word boundaries. The list is short on purpose: words with an everyday meaning
(``race``, ``party``, ``left``, ``strike``, ``vaccine``) are not on it, so what is found was meant.
"""

from __future__ import annotations

import re

from verax.gates.signals.text import fold

__all__ = ["TOPICS", "contentious_topics"]

TOPICS: dict[str, tuple[str, ...]] = {
    "genocide": ("genocid", "ethnic cleansing", "great replacement", "extermination of"),
    "race politics": ("white supremac", "white power", "race war", "racial superiority", "apartheid", "white farmers"),
    "nazism": ("nazi", "hitler", "third reich", "holocaust", "swastika"),
    "antisemitism": ("antisemit", "anti-semit", "zionis", "jewish question"),
    "islamism": ("jihad", "islamis", "sharia", "caliphate"),
    "terrorism": ("terroris", "suicide bomb", "mass shooting"),
    "elections": ("election fraud", "rigged election", "stolen election", "voter fraud", "deep state"),
    "parties": (
        "republican party",
        "democratic party",
        "far-right part",
        "far-right pol",
        "far-right extrem",
        "far-left part",
        "far-left pol",
        "far-left extrem",
        "marxis",
    ),
    "abortion": ("abortion", "pro-life", "pro-choice"),
    "vaccines": (
        "anti-vax",
        "plandemic",
        "vaccine mandate",
        "vaccine injur",
        "vaccines cause",
        "vaccines kill",
        "vaccines have kill",
    ),
    "gender": ("transgender", "gender ideology", "same-sex marriage"),
    "migration": ("illegal immigra", "illegal alien", "mass migration", "open borders", "deport"),
    "guns": ("gun control", "second amendment", "gun rights"),
    "conflict": ("gaza", "hamas", "israel", "palestin", "ukrain", "kremlin", "taiwan strait", "invasion of"),
    "conspiracy": ("chemtrail", "illuminati", "new world order", "false flag", "flat earth"),
}
"""Beginnings of words and phrases by topic, folded."""

_PATTERNS = {
    topic: re.compile(r"(?<!\w)(?:" + "|".join(re.escape(part) for part in parts) + ")")
    for topic, parts in TOPICS.items()
}


def contentious_topics(text: str) -> frozenset[str]:
    """Return the topics that a text touches."""
    folded = fold(text)
    return frozenset(topic for topic, pattern in _PATTERNS.items() if pattern.search(folded))
