"""Addresses on the web: with a scheme, with ``www.``, or a bare name under a well-known ending.

Source of the endings: a selection of our own from those that people meet most (IANA's root zone
has over 1,400). A bare name under another ending is not found.
"""

from __future__ import annotations

import re

from verax.guard.detectors import Finding
from verax.guard.normal import plain

__all__ = ["Links"]

_ENDINGS = (
    "com net org info biz io ai app dev edu gov co me tv gg ly xyz online site shop store club top link live blog page "
    "wiki news cn de uk fr es it nl be ch at pl ru jp kr in br mx ca au us eu se no dk fi pt gr cz hu ro tr"
    " za nz tw hk sg"
)
_LINK = re.compile(
    r"(?<![\w@.])(?:"
    r"(?:https?|hxxps?|ftp)://\S+"
    r"|www\.[\w-]+\.\S+"
    rf"|(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:{'|'.join(_ENDINGS.split())})(?![\w@-])(?:[/?#]\S*)?"
    r")"
)
_TAIL = re.compile(r"\S*\Z")
_TRAILING = ".,;:!?)]}'\"»”’。，；！？）】」"


class Links:
    """Links, and bare names of hosts."""

    name = "links"
    by_sentence = False

    def find(self, text: str) -> list[Finding]:
        """Return links in order, without the punctuation behind them."""
        normal = plain(text)
        found = []
        for match in _LINK.finditer(normal.text):
            link = match.group().rstrip(_TRAILING)
            found.append(Finding(*normal.span(match.start(), match.start() + len(link)), "link"))
        return found

    def held(self, text: str) -> int:
        """Hold the last word: any may become a link."""
        tail = _TAIL.search(text)
        return 0 if tail is None else len(tail.group())
