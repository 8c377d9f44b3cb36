"""The real weights, and releases over them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from verax.kernel import canonical
from verax.kernel.release import Release
from verax.models.weights import DEFAULT_WEIGHTS_FILE, default_weights_folder


def find_weights() -> Path:
    """Return the weights that set-up installed, or those that VERAX_WEIGHTS names.

    Missing weights fail the tests where set-up was done, and skip them where it never was.
    """
    named = os.environ.get("VERAX_WEIGHTS")
    path = Path(named) if named else default_weights_folder() / DEFAULT_WEIGHTS_FILE
    if path.is_file():
        return path
    if named or (Path(sys.prefix) / ".verax-setup").is_file():
        pytest.fail(f"{path} is missing although set-up was done; run `make test` again")
    pytest.skip("no weights: `make test` installs them, or VERAX_WEIGHTS names a file")


@pytest.fixture(scope="session")
def weights_path() -> Path:
    return find_weights()


def assistant_release(model: Mapping[str, Any] | None = None) -> Release:
    """Return the assistant's own first release, with some fields of its model changed."""
    text = files("verax.products.assistant").joinpath("release.toml").read_text(encoding="utf-8")
    manifest = Release.from_toml(text).manifest
    manifest["model"] |= dict(model or {})
    return Release.from_bytes(canonical.encode(manifest))


@pytest.fixture
def release() -> Release:
    return assistant_release()
