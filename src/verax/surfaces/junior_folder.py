"""A family's or school's own folder of articles: held to the limits of its bands, and read by the guard.

What ships with Verax was reviewed with the code; what others add was not, so the guard reads it as it reads what a
model writes for that age (`verax.guard.policies`).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from verax.guard.judges import ScoreBook
from verax.guard.moderation import moderate
from verax.products.junior.collection.articles import Article, find_problems
from verax.products.junior.library import load_own
from verax.surfaces.guarding import local_judge

__all__ = ["Checked", "check_folder"]


@dataclass(frozen=True, slots=True)
class Checked:
    """One article and what is wrong with it."""

    name: str
    band: str
    problems: tuple[str, ...]


def check_folder(folder: Path) -> list[Checked]:
    """Check every article of a folder.

    Raises:
        ConfigError: a file cannot be read, or is no article.
    """
    return asyncio.run(_check(load_own(folder)))


async def _check(articles: tuple[Article, ...]) -> list[Checked]:
    judge = local_judge()
    book = ScoreBook([] if judge is None else [judge])
    checked = []
    for article in articles:
        results = await moderate([f"{article.title}\n\n{article.text}"], article.band, "output", book)
        refused = [f"the guard: {results[0].decision.category.replace('_', ' ')}"] if results[0].is_refused else []
        checked.append(Checked(article.name, article.band.value, (*find_problems(article), *refused)))
    return checked
