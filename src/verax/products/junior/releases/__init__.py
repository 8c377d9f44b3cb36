"""Junior's releases, one for each band: the engine that answers, and what a model is asked that may choose for it."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from verax.guard.audience import Audience
from verax.kernel.release import Release
from verax.products.junior.library import SHIPPED, Library
from verax.products.junior.limits import BANDS, limits_of

__all__ = ["channel_of", "load_choosing", "load_release", "shipped_channels"]


def channel_of(band: Audience) -> str:
    """Return the channel that a band is answered on, ``junior/5-7`` for instance; raises `UnknownObject`."""
    return f"junior/{limits_of(band).band.value}"


def shipped_channels(library: Library = SHIPPED) -> dict[str, Release]:
    """Return the release of each of Junior's channels that names a library, the one that ships by default."""
    return {channel_of(band): load_release(band, library) for band in BANDS}


def load_release(band: Audience, library: Library = SHIPPED) -> Release:
    """Return the release of a band; its weights are the digest of the library.

    Raises:
        UnknownObject: Junior has no such band.
        ModelUnavailable: the library's own folder cannot be read.
    """
    return _release(limits_of(band).band.value, library.digest(band))


@cache
def _release(band: str, weights: str) -> Release:
    manifest = tomllib.loads(_text(f"{band}.toml"))
    manifest["model"]["weights"] = weights
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
