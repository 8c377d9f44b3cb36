"""The stand-alone scripts, loaded from their files as nothing of Verax, and the vectors."""

from __future__ import annotations

import base64
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CONFORMANCE = Path(__file__).parents[3] / "conformance"
BYTES = ("receipt", "key", "reply", "policy", "bundle", "body", "evidence", "seen")


def load_vectors(name: str) -> list[dict[str, Any]]:
    """Return the vectors of one file with their bytes decoded."""
    content = json.loads((CONFORMANCE / "vectors" / f"{name}.json").read_text(encoding="utf-8"))
    return [
        {key: base64.b64decode(value) if key in BYTES else value for key, value in vector.items()}
        for vector in content["vectors"]
    ]


@pytest.fixture(scope="session", autouse=True)
def scripts_beside_each_other() -> Iterator[None]:
    """The folder on the path, as it is when a script in it is run."""
    sys.path.insert(0, str(CONFORMANCE))
    yield
    sys.path.remove(str(CONFORMANCE))


@pytest.fixture(scope="session")
def checker() -> ModuleType:
    """`conformance/check_receipt.py` as a module."""
    return importlib.import_module("check_receipt")


@pytest.fixture(scope="session")
def governance() -> ModuleType:
    """`conformance/check_governance.py` as a module."""
    return importlib.import_module("check_governance")


@pytest.fixture(scope="session")
def passkeys() -> ModuleType:
    """`conformance/governance_passkeys.py` as a module."""
    return importlib.import_module("governance_passkeys")


@pytest.fixture(scope="session")
def split_views() -> ModuleType:
    """`conformance/check_split_view.py` as a module."""
    return importlib.import_module("check_split_view")


@pytest.fixture(scope="session")
def log_audit() -> ModuleType:
    """`conformance/check_log.py` as a module."""
    return importlib.import_module("check_log")
