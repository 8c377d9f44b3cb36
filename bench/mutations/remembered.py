"""Pure functions of the kernel, remembered from one opening to the next.

Ten thousand installations hold nearly the same bytes. What a pure function made of the same bytes before it
makes again, so asking it once changes no verdict and saves most of the time. Errors are not remembered, and
nothing that reads a file, a row or a clock is.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from typing import Any

from verax.kernel import canonical, ed25519, note, statement
from verax.kernel.dsse import Envelope
from verax.kernel.errors import CanonicalError
from verax.kernel.note import VerifierKey
from verax.kernel.root import RootDocument

__all__ = ["remember"]

_SIZE = 8_192


def remember() -> None:
    """Remember results in this process from now on."""
    for module, name in ((statement, "parse_statement"), (note, "parse_note"), (ed25519, "verify_ed25519")):
        _replace(getattr(module, name))
    for owner in (Envelope, VerifierKey):
        parse = functools.lru_cache(_SIZE)(owner.parse)
        owner.parse = parse  # type: ignore[method-assign]  # the same function, remembered
    read = RootDocument.parse
    read_bytes = functools.lru_cache(64)(read)

    def parse_root(source: bytes | Mapping[str, Any]) -> RootDocument:
        try:
            return read_bytes(source if isinstance(source, bytes) else canonical.encode(source))
        except CanonicalError:
            return read(source)

    RootDocument.parse = parse_root  # type: ignore[method-assign]  # likewise


def _replace(function: Callable[..., Any]) -> None:
    """Put a remembering function in the place of a pure one, in every module that took it by name."""
    remembered = functools.lru_cache(_SIZE)(function)
    for module in [module for name, module in sys.modules.items() if name.startswith("verax.")]:
        if getattr(module, function.__name__, None) is function:
            setattr(module, function.__name__, remembered)
