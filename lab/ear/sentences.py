"""What the ear is fitted on: sentences written by hand, and the questions of Junior's own articles."""

from __future__ import annotations

import tomllib
from pathlib import Path

from verax.products.junior.collection import ship
from verax.products.junior.screen import DANGERS, find_concern

__all__ = ["taught"]

_SENTENCES = Path(__file__).with_name("sentences.toml")


def taught() -> tuple[list[str], list[str]]:
    """Return the sentences of danger and the harmless ones; questions that a rule takes for danger are left out."""
    given = tomllib.loads(_SENTENCES.read_text(encoding="utf-8"))
    danger = dict.fromkeys((*given["seen"], *given["danger"]))
    asked = (ask for article in ship().articles for ask in article.asks if find_concern(ask).name not in DANGERS)
    calm = dict.fromkeys((*given["alike_seen"], *given["calm"], *asked))
    return list(danger), list(calm)
