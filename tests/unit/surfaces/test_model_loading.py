"""Models are loaded beside the start, and their faults are told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from verax.kernel.errors import ModelUnavailable
from verax.kernel.release import Release
from verax.models.base import Backend
from verax.surfaces.model_loading import ModelLoading
from verax.testing.governance import SimulatedHistory, root_document
from verax.testing.releases import make_release
from verax.testing.scripted import ScriptedBackend
from verax.testing.turns import SimulatedGovernance


@dataclass
class _Source:
    missing: str = ""
    asked: int = 0

    async def resolve(self, release: Release) -> Backend:
        self.asked += 1
        if release.id == self.missing:
            raise ModelUnavailable("model: its weights are not here")
        return ScriptedBackend()


async def _settled(loading: ModelLoading) -> None:
    for _ in range(100):
        if loading.detail.startswith("loaded"):
            return
        await asyncio.sleep(0)
    raise AssertionError(loading.detail)


async def test_a_missing_model_is_told_and_forgotten_when_the_head_moves_on() -> None:
    log = SimulatedHistory(root_document(solo=True))
    first, second = make_release("one"), make_release("two")
    log.release_now(first)
    governance, source = SimulatedGovernance(log), _Source(first.id)
    loading = ModelLoading(governance, source)
    loading.start()
    await _settled(loading)
    with pytest.raises(ModelUnavailable):
        loading.check()
    log.release_now(second)
    governance.adopt()
    with pytest.raises(ModelUnavailable):
        loading.check()
    await _settled(loading)
    loading.check()
    assert source.asked == 2
    await loading.close()


async def test_closing_before_anything_began_is_no_error() -> None:
    governance = SimulatedGovernance(SimulatedHistory(root_document(solo=True)))
    loading = ModelLoading(governance, _Source())
    assert loading.detail == "not begun"
    await loading.close()
