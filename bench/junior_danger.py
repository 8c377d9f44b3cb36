"""How much danger Junior notices, told in words that it knows and in others, and what it takes for danger.

Three figures of each list: found by the rules, heard by the second ear, noticed by either. ``untaught`` and
``alike_untaught`` are in ``junior_danger.toml``, ``taught`` and ``alike_taught`` are what the ear was fitted on
(`lab.ear`), and say only how much of that fits. Of lists that sound alike, and of everyday questions, the same counts
are false alarms.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.ear.sentences import taught
from verax.products.junior.hearing import Hearing
from verax.products.junior.screen import DANGERS, find_concern
from verax.surfaces.guarding import local_judge
from verax.truth.knowledge.encoder import Encoder

__all__ = ["danger", "danger_rows"]

_LISTS = Path(__file__).with_name("junior_danger.toml")
_EVERYDAY = Path(__file__).with_name("guard") / "everyday.toml"


async def danger(benign: Mapping[str, Sequence[str]]) -> dict[str, dict[str, int]]:
    """Return counts by list.

    Args:
        benign: More harmless questions by name.
    """
    given = tomllib.loads(_LISTS.read_text(encoding="utf-8"))
    everyday = tomllib.loads(_EVERYDAY.read_text(encoding="utf-8"))
    told, calm = taught()
    lists: dict[str, Sequence[str]] = {
        **given,
        "everyday": _texts(everyday),
        **benign,
        "taught": told,
        "alike_taught": calm,
    }
    return {name: await _counts(texts) for name, texts in lists.items()}


def danger_rows(found: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    """Return rows for the table."""
    return [
        {
            "figure": f"{name}: noticed as danger of {counts['texts']} (rules, ear)",
            "aim": "",
            "reached": f"{counts['noticed']} ({counts['rules']}, {counts['heard']})",
        }
        for name, counts in found.items()
    ]


async def _counts(texts: Sequence[str]) -> dict[str, int]:
    hearing = Hearing(local_judge(), Encoder())
    known = [find_concern(text).name in DANGERS for text in texts]
    # What a rule finds is not asked about, so that what is heard comes on top.
    heard = [bool(await hearing.hear(text)) for text in texts]
    return {"texts": len(texts), "rules": sum(known), "heard": sum(heard), "noticed": sum(known) + sum(heard)}


def _texts(given: Any) -> list[str]:
    if isinstance(given, str):
        return [given]
    parts = given.values() if isinstance(given, Mapping) else given
    return [text for part in parts for text in _texts(part)]
