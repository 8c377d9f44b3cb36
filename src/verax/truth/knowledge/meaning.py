"""What passages mean: vectors made after a document is kept, and searched beside its words.

*Life of a vector.* A document is ready, and found by its words, as soon as it is kept. A task
then encodes passages without a vector, a batch at a time, each batch durable by itself, until
none is left; a start goes on where the last one ended. A search uses the vectors that are there,
and says how many are: a result depends on the version of a collection alone once all are.

Vectors of a collection are read into memory at the first search of each state, for a few
collections at a time.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from verax.kernel.errors import VeraxError
from verax.store.collections_types import Collection
from verax.store.collections_vectors import CollectionVectors, StoredVector
from verax.truth.knowledge.encoder import Encoder
from verax.truth.knowledge.nearest import Vectors, cosine

__all__ = ["Meaning", "Nearest"]

_BATCH = 32
_KEPT_COLLECTIONS = 4
_RETRY_S = 30.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Nearest:
    """Numbers of passages, best first, and how many passages were compared."""

    numbers: tuple[int, ...]
    encoded: int


@dataclass(frozen=True, slots=True)
class _Kept:
    """The vectors of a collection at one of its changes, when it had `count` of them."""

    revision: int
    count: int
    vectors: Vectors


class Meaning:
    """Encodes passages in the background and finds those nearest to a question.

    Attributes:
        encoder: What encodes; others may ask it, too.
    """

    def __init__(self, vectors: CollectionVectors, encoder: Encoder | None = None) -> None:
        self._vectors = vectors
        self.encoder = encoder or Encoder()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._more = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the task that encodes, where the packages for it are installed."""
        if self._task is None and self.encoder.is_available:
            self._more.set()
            self._task = asyncio.get_running_loop().create_task(self._watch(), name="encode passages")

    def wake(self) -> None:
        """Say that there are new passages."""
        self._more.set()

    async def close(self) -> None:
        """Stop the task; what is left is for the next start. Safe to call twice."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        await asyncio.to_thread(self.encoder.close)

    async def encode_waiting(self) -> int:
        """Encode one batch of passages without a vector; return how many there were."""
        waiting = await self._vectors.missing(_BATCH)
        texts = [f"{item.heading}\n{item.text}" if item.heading else item.text for item in waiting]
        found = await self.encoder.encode_passages(texts)
        await self._vectors.add(
            [StoredVector(item.collection_id, item.number, vector) for item, vector in zip(waiting, found, strict=True)]
        )
        return len(waiting)

    async def count(self, collection_id: str) -> int:
        """Return how many passages of a collection have a vector."""
        return await self._vectors.count(collection_id)

    async def nearest(
        self, collection: Collection, question: str, excluded_labels: Sequence[str], limit: int
    ) -> Nearest:
        """Return the passages nearest to a question; none where none is encoded."""
        if not self.encoder.is_available:
            return Nearest((), 0)
        vectors = await self._of(collection)
        if not len(vectors):
            return Nearest((), 0)
        asked = await self.encoder.encode_question(question)
        return Nearest(tuple(await asyncio.to_thread(vectors.nearest, asked, limit, excluded_labels)), len(vectors))

    async def nearness(self, question: str, passages: Sequence[str]) -> tuple[float, ...]:
        """Return the cosine of a question and of each passage, -1 to 1; 0 each where nothing encodes them."""
        if not self.encoder.is_available:
            return (0.0,) * len(passages)
        asked, *found = [await self.encoder.encode_question(text) for text in (question, *passages)]
        return tuple(cosine(asked, vector) for vector in found)

    async def _of(self, collection: Collection) -> Vectors:
        """Return the vectors of a collection.

        Counting a hundred thousand rows takes longer than searching them, so it ends once every passage has its vector.
        """
        collection_id, revision = collection.collection_id, collection.revision
        known = self._kept.get(collection_id)
        if known is None or known.revision != revision or len(known.vectors) != collection.passages:
            count = await self._vectors.count(collection_id)
            if known is None or (known.revision, known.count) != (revision, count):
                rows = await self._vectors.all_of(collection_id)
                known = _Kept(revision, count, await asyncio.to_thread(Vectors, rows))
                self._kept[collection_id] = known
        self._kept.move_to_end(collection_id)
        while len(self._kept) > _KEPT_COLLECTIONS:
            self._kept.popitem(last=False)
        return known.vectors

    async def _watch(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            try:
                while await self.encode_waiting():
                    pass
            except VeraxError as error:
                _log.warning("encoding passages is put off: %s", error)
                await asyncio.sleep(_RETRY_S)
                self._more.set()
