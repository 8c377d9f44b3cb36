"""Junior's releases, one for each band: the engine that answers, and what a model is asked that may choose for it."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from verax.guard.audience import Audience
from verax.kernel.release import Release
from verax.products.junior.library import library_digest
from verax.products.junior.limits import BANDS, limits_of

__all__ = ["channel_of", "load_choosing", "load_release", "shipped_channels"]


def channel_of(band: Audience) -> str:
    """Return the channel that a band is answered on, ``junior/5-7`` for instance; raises `UnknownObject`."""
    return f"junior/{limits_of(band).band.value}"


def shipped_channels() -> dict[str, Release]:
    """Return the release of each of Junior's channels, as it ships."""
    return {channel_of(band): load_release(band) for band in BANDS}


@cache
def load_release(band: Audience) -> Release:
    """Return the release of a band; its weights are the digest of the library that is here.

    Raises:
        UnknownObject: Junior has no such band.
    """
    manifest = tomllib.loads(_text(f"{limits_of(band).band.value}.toml"))
    manifest["model"]["weights"] = library_digest(band)
    return Release.from_manifest(manifest)


@cache
def load_choosing(band: Audience) -> Release:
    """Return what a model is asked that chooses for a band's engine (`verax.products.junior.choosing`).

    Raises:
        UnknownObject: Junior has no such band.
    """
    return Release.from_toml(_text(f"choosing/{limits_of(band).band.value}.toml"))


def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
