"""The tiny verifier, made once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from verax.testing.tiny_verifier import write_tiny_verifier
from verax.truth.verifier import LocalVerifier


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    write_tiny_verifier(folder)
    return folder


@pytest.fixture(scope="session")
def verifier(weights: Path) -> Iterator[LocalVerifier]:
    made = LocalVerifier(weights)
    yield made
    made.close()
