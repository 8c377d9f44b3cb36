"""Settings that every test shares."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import settings

from verax.store.accounts_credentials import HashCosts, Passwords

# No timed assertions: the machine that runs the tests may be busy.
settings.register_profile("verax", deadline=None)
settings.load_profile("verax")

# Where tests start servers, browsers or trainings of their own. Those files begin first: the last file that
# begins late and takes long is what a run on several cores would wait for.
_LONGEST = (
    "tests/integration/drill/",
    "tests/integration/gates/",
    "tests/integration/mutations/",
    "tests/integration/lab/",
    "tests/integration/rollout/",
    "tests/browser/",
    "tests/integration/test_first_run.py",
    "tests/integration/test_schemathesis.py",
    "tests/integration/launch/",
    "tests/integration/cli/",
    "tests/integration/models/",
    "tests/integration/truth/",
    "tests/integration/",
)

# Most tests keep something, sync it, and wait for the disk each time. None of them can tell a disk from memory:
# crashes are kills, or played on a simulated disk (verax.testing.disk).
_MEMORY = Path("/dev/shm")
_MEMORY_BYTES = 6 * 2**30

_CHEAP = HashCosts(time_cost=1, memory_kib=64, parallelism=1)


def pytest_configure() -> None:
    """Keep the tests' files in memory where there is enough of it, unless the environment names a place (ADR 0143)."""
    if "TMPDIR" not in os.environ and _is_roomy(_MEMORY):
        tempfile.tempdir = str(_MEMORY)


def _is_roomy(folder: Path) -> bool:
    """Say whether files and programs of the tests may lie in a folder whose files take memory."""
    try:
        mount = os.statvfs(folder)
    except OSError:
        return False
    may_run = not mount.f_flag & (os.ST_NOEXEC | os.ST_RDONLY)
    free_bytes = min(mount.f_bavail * mount.f_frsize, psutil.virtual_memory().available)
    return may_run and os.access(folder, os.W_OK) and free_bytes >= _MEMORY_BYTES


@pytest.fixture(scope="session", autouse=True)
def product_costs() -> Iterator[HashCosts]:
    """Let a password cost next to nothing in this process, and return what one costs in the product.

    Hundreds of tests found an installation or sign somebody in; how long a guess takes is no matter of theirs.
    """
    costs = Passwords.default_costs
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Passwords, "default_costs", _CHEAP)
        yield costs


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files in front; within a place the order stays."""
    items.sort(key=lambda item: _place(item.nodeid))


def _place(node_id: str) -> int:
    return next((place for place, start in enumerate(_LONGEST) if node_id.startswith(start)), len(_LONGEST))
