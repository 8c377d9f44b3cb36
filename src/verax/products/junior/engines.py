"""The engine of a band."""

from __future__ import annotations

from verax.guard.audience import Audience
from verax.kernel.errors import UnknownObject
from verax.products.junior.builder import BuilderEngine
from verax.products.junior.collection.shelf import Shelf
from verax.products.junior.limits import BANDS
from verax.products.junior.scholar import ScholarEngine
from verax.products.junior.session import Engine
from verax.products.junior.toddler import ToddlerEngine

__all__ = ["engine_of"]


def engine_of(band: Audience, shelf: Shelf | None = None) -> Engine:
    """Return the engine of a band; `shelf` is a collection of one's own, the one that comes with Verax otherwise.

    Raises:
        UnknownObject: Junior has no such band.
    """
    if band is Audience.TWO_TO_FOUR:
        return ToddlerEngine()
    if band is Audience.FIVE_TO_SEVEN:
        return BuilderEngine(shelf)
    if band is Audience.EIGHT_TO_TWELVE:
        return ScholarEngine(shelf)
    raise UnknownObject(f"junior: no band {band!r}", hint=f"bands: {', '.join(BANDS)}")
