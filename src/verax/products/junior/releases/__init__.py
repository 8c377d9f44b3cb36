"""Junior's releases, one for each band: what its engine asks a model."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from verax.guard.audience import Audience
from verax.kernel.release import Release
from verax.products.junior.limits import limits_of

__all__ = ["load_release"]


@cache
def load_release(band: Audience) -> Release:
    """Return the release of a band.

    Raises:
        UnknownObject: Junior has no such band.
    """
    name = limits_of(band).band.value
    return Release.from_toml(files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
