"""A band's engine as a backend of the turn path: the release names it, a record says which library spoke.

* What it says follows from the segments alone (`verax.products.junior.asked`); it draws no random numbers and reads no
  clock.
* It answers for the library that its release names and for no other: with other files than those, nothing is said.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from verax.guard.audience import Audience
from verax.kernel.errors import ModelUnavailable, RequestError
from verax.kernel.join import rejoin
from verax.kernel.release_parts import ModelSpec
from verax.models.base import BackendIdentity, Delta, Finish, ModelCall, ModelEvent, Sent, Usage
from verax.products.junior.asked import answer_segments
from verax.products.junior.library import SHIPPED, Library
from verax.products.junior.limits import BANDS

__all__ = ["EngineBackend", "open_engine"]

_NAMES = {f"junior/{band.value}": band for band in BANDS}


class EngineBackend:
    """Implements `verax.models.base.Backend`."""

    def __init__(self, band: Audience, library: Library = SHIPPED) -> None:
        self._engine = library.engine(band)
        self.identity = BackendIdentity("engine", library.digest(band), {"name": f"junior/{band.value}"})

    async def generate(self, call: ModelCall) -> AsyncIterator[ModelEvent]:
        """Answer; the whole reply is one piece."""
        yield Sent(call.segments, rejoin(call.release, call.segments))
        step = answer_segments(self._engine, call.segments)
        for choice in range(call.options.n):
            yield Delta(step.reply.text, choice)
            yield Finish("stop", choice)
        yield Usage(0, 0)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:  # noqa: ARG002 - the protocol's parameter
        """Refuse: a library has no vectors."""
        raise RequestError("model: this one has no embeddings", param="model")

    async def close(self) -> None:
        """Nothing to free."""


def open_engine(model: ModelSpec, library: Library = SHIPPED) -> EngineBackend:
    """Return the engine that a release names.

    Raises:
        ModelUnavailable: there is no such engine, or the library is not the one that the release names.
    """
    band = _NAMES.get(model.name)
    if band is None:
        raise ModelUnavailable(f"model {model.name}: there is no engine of that name")
    here = library.digest(band)
    if model.weights != here:
        raise ModelUnavailable(
            f"model {model.name}: the library here is {here[:12]}, the release names {model.weights[:12]}",
            hint='"verax junior admit" brings the library of this version to it',
        )
    return EngineBackend(band, library)
