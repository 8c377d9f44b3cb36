"""A turn on the embedded model, answered again by a second load of the same weights."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from verax.kernel.record import Record, TurnSecret
from verax.models.base import Backend, BackendIdentity, Delta, ModelCall, ModelEvent
from verax.models.embedded import EmbeddedBackend, EmbeddedSettings
from verax.models.weights import hold_weights
from verax.surfaces.cli.opened import check_opened
from verax.surfaces.cli.turnfiles import OpenedPrompt
from verax.testing.turns import TurnWorld
from verax.turn.compose import compose
from verax.turn.events import Completed
from verax.turn.replay import replay
from verax.turn.request import Caller, InputItem, SamplingRequest, TurnRequest

from .conftest import assistant_release

pytestmark = pytest.mark.model

RELEASE = assistant_release({"context_tokens": 512})
QUESTION = "Who wrote Hamlet?"


@dataclass
class Lying:
    """Sends the true prompt to the true model, and passes on another name than it says."""

    inner: EmbeddedBackend

    @property
    def identity(self) -> BackendIdentity:
        return self.inner.identity

    async def generate(self, call: ModelCall) -> AsyncIterator[ModelEvent]:
        async for event in self.inner.generate(call):
            yield replace(event, text=event.text.replace("e", "o")) if isinstance(event, Delta) else event


@asynccontextmanager
async def loaded(weights: Path) -> AsyncIterator[EmbeddedBackend]:
    held, settings = hold_weights(weights, RELEASE.model.weights), EmbeddedSettings(slots=1, threads=1)
    backend = await asyncio.to_thread(EmbeddedBackend, held, RELEASE.model, settings)
    try:
        yield backend
    finally:
        await backend.close()


@pytest.mark.parametrize("lies", [False, True])
async def test_a_second_load_of_the_weights_tells_a_lie_from_the_truth(
    tmp_path: Path, weights_path: Path, lies: bool
) -> None:
    async with loaded(weights_path) as server:
        backend = cast("Backend", Lying(server)) if lies else server
        async with TurnWorld.open(tmp_path, backend, RELEASE) as world:
            done = (await world.say(QUESTION, sampling=SamplingRequest(max_tokens=12)))[-1]
    assert isinstance(done, Completed), done
    record, secret = Record.from_dict(done.record), TurnSecret(bytes.fromhex(done.secret))
    request = TurnRequest("assistant", Caller("user-1"), (InputItem("user", QUESTION),))
    today = datetime.fromtimestamp(record.time_ms / 1000, UTC).date()
    segments = compose(RELEASE, request, frozenset(), today, record.seed).segments
    checks = check_opened(OpenedPrompt(record, secret, segments, RELEASE))
    assert [check.state for check in checks] == ["verified", "verified"]
    delivered = done.choices[0].text.encode()
    async with loaded(weights_path) as honest:
        found = await replay(RELEASE, record, secret, segments, honest, delivered=delivered)
    assert found.verdict == ("no match" if lies else "match")
    assert (found.first_difference is not None) is lies
