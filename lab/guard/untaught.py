"""Sentences about people in shapes that no phrase has: they measure, and keep what is near them out of training."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

__all__ = ["untaught"]

_SENTENCES = Path(__file__).with_name("untaught.toml")


def untaught() -> Mapping[str, tuple[str, ...]]:
    """Return the sentences by kind; those of ``hostile`` are hate, and no others."""
    given = tomllib.loads(_SENTENCES.read_text(encoding="utf-8"))
    return {kind: tuple(map(str, texts)) for kind, texts in given.items()}
