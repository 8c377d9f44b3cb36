"""The engine of a band."""

from __future__ import annotations

from verax.guard.audience import Audience
from verax.kernel.errors import UnknownObject
from verax.products.junior.builder import BuilderEngine
from verax.products.junior.collection.shelf import Shelf
from verax.products.junior.limits import BANDS, limits_of
from verax.products.junior.says import lines_of
from verax.products.junior.scholar import ScholarEngine
from verax.products.junior.session import Engine
from verax.products.junior.toddler import ToddlerEngine, load_library

__all__ = ["engine_of", "redirects_of"]


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


def redirects_of(band: Audience) -> frozenset[str]:
    """Return every line with which a band turns something away.

    Raises:
        UnknownObject: Junior has no such band.
    """
    if limits_of(band).band is Audience.TWO_TO_FOUR:
        return frozenset(load_library().says["redirect"])
    return frozenset(line for name in ("redirect", "parent") for line in lines_of(band)[name])
