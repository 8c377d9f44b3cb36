"""The tiny verifier in the place of the one that ships."""

from __future__ import annotations

from pathlib import Path

import pytest

from verax.testing.tiny_verifier import write_tiny_verifier


@pytest.fixture
def tiny_verifier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "weights"
    write_tiny_verifier(folder)
    monkeypatch.setattr("verax.truth.verifier.local._WEIGHTS", folder)
