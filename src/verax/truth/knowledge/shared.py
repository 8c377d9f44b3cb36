"""The collections that a release names: shared ones, by their id or their name.

* A label is the id of a shared collection, or the name of exactly one. Two of one name are refused,
  since which of them is meant would depend on chance; their ids tell them apart.
* A pinned version answers or nothing does: old versions are not kept (docs/adr/0103).
* Sources that speak for the assistant's owner (``speaks_for_owner``) or that the assistant wrote
  (``self``) are never found: they are no evidence about it.
* Of several collections the best passages stand first, then the second of each, and so on: scores
  compare within one collection only.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from verax.kernel.errors import ConflictError, RefusedError
from verax.store.collections_types import Collection, Label
from verax.truth.knowledge.library import MAX_QUESTION, Hit, Library, Question
from verax.truth.verdicts import Evidence

__all__ = ["SharedCollections", "Shelf"]

_NO_EVIDENCE: tuple[Label, ...] = ("speaks_for_owner", "self")


@dataclass(frozen=True, slots=True)
class Shelf:
    """A shared collection as a release names it.

    Attributes:
        version: The only version that may answer; None takes the newest.
    """

    label: str
    collection_id: str
    version: str | None = None


class SharedCollections:
    """Finds passages in the collections that releases name."""

    def __init__(self, library: Library) -> None:
        self._library = library

    async def open(self, labels: Sequence[str], pins: Mapping[str, str], user_id: str) -> tuple[Shelf, ...]:
        """Find the collections of a release.

        Args:
            pins: Versions that must answer, by label.
            user_id: Who asks; shared collections are open to every account.

        Raises:
            RefusedError: a label that names no shared collection, or more than one; a pinned version
                that is not the present one.
        """
        shared = [item for item in await self._library.collections.listed(user_id) if item.is_shared]
        shelves = tuple(Shelf(label, _named(label, shared).collection_id, pins.get(label)) for label in labels)
        for shelf in shelves:
            await self._check_pin(shelf)
        return shelves

    async def find(self, shelves: Sequence[Shelf], question: str, limit: int, user_id: str) -> tuple[Evidence, ...]:
        """Return at most `limit` passages that fit `question`, the nearest first.

        Of a long question the end is looked for.

        Raises:
            RefusedError: a collection is no longer at its pinned version.
        """
        text = question.strip()[-MAX_QUESTION:]
        if not text:
            return ()
        rows = [await self._search(shelf, text, limit, user_id) for shelf in shelves]
        ranked = itertools.chain.from_iterable(itertools.zip_longest(*rows))
        return tuple(item for item in ranked if item is not None)[:limit]

    async def nearness(self, question: str, passages: Sequence[str]) -> tuple[float, ...]:
        """Return the cosine of a question's meaning and of each passage's, -1 to 1; 0 where nothing encodes them."""
        return await self._library.meaning.nearness(question, passages)

    async def _search(self, shelf: Shelf, text: str, limit: int, user_id: str) -> list[Evidence]:
        asked = Question(text, limit, _NO_EVIDENCE, shelf.version)
        try:
            found = await self._library.search(shelf.collection_id, user_id, asked)
        except ConflictError:
            raise _moved(shelf) from None
        return [_evidence(hit, shelf.label, found.version) for hit in found.hits]

    async def _check_pin(self, shelf: Shelf) -> None:
        if shelf.version is not None and await self._library.collections.version(shelf.collection_id) != shelf.version:
            raise _moved(shelf)


def _named(label: str, shared: Sequence[Collection]) -> Collection:
    by_id = [item for item in shared if item.collection_id == label]
    found = by_id or [item for item in shared if item.name == label]
    if len(found) == 1:
        return found[0]
    what = "no shared collection has that id or name" if not found else "several shared collections have that name"
    raise RefusedError(
        f"collection {label!r}: the release names it, and {what}",
        hint="share a collection of that name" if not found else "name its id in the release",
        code="release/collection",
    )


def _moved(shelf: Shelf) -> RefusedError:
    return RefusedError(
        f"collection {shelf.label!r}: the release pins version {(shelf.version or '')[:12]}…, which is not the present"
        " one, and old versions are not kept",
        hint="put the documents back as they were, or admit a release that pins the present version",
        code="release/collection-moved",
    )


def _evidence(hit: Hit, label: str, version: str) -> Evidence:
    passage = hit.passage
    return Evidence(
        text=passage.text,
        source=passage.name,
        document=passage.digest,
        start=passage.start,
        page=passage.page,
        heading=passage.heading,
        collection=label,
        version=version,
    )
