"""One founded machine for all drills of this folder; each is played on a copy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from verax.drill.founding import found_machine, know_nothing
from verax.drill.machine import Machine
from verax.drill.model import ScriptedModel


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine that stands still; nothing may start it or change it."""
    with ScriptedModel(know_nothing) as model:
        yield found_machine(tmp_path_factory.mktemp("drill") / "founded", model)
