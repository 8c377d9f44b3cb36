"""Two sources that disagree, with the embedded model and the verifier that ships: both positions are in the prompt."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from verax.kernel import canonical
from verax.kernel.release import Release
from verax.models.embedded import EmbeddedBackend, EmbeddedSettings
from verax.models.weights import hold_weights
from verax.testing.shelves import Page, fill
from verax.testing.turns import TurnWorld
from verax.truth.verifier import LocalVerifier
from verax.turn.events import Completed
from verax.turn.request import SamplingRequest

from .conftest import assistant_release

pytestmark = [pytest.mark.model, pytest.mark.slow]

DISPUTE = "These two disagree. Give both, each with its source:\n"
PASSAGES = {
    "limit": 1,
    "head": "Passages:\n",
    "item_head": "From ",
    "page_head": ", page ",
    "item_body": ": ",
    "item_tail": "\n",
    "tail": "Answer from them.\n\n",
    "dispute_head": DISPUTE,
}
OLD = Page("The stone bridge of Verden was opened in 1932 by the mayor. It is painted grey.", name="engineers.txt")
NEW = Page("The stone bridge of Verden was opened in 1935 by the mayor. Tolls were paid there.", name="newspaper.txt")
OTHER = Page("Seven painters work in Celle every summer.", name="painters.txt")


def disputing() -> Release:
    manifest = assistant_release({"context_tokens": 1024}).manifest
    manifest["retrieval"] = {"collections": ["bridge"], "passages": PASSAGES}
    manifest["truth"] = {"mode": "mark"}
    return Release.from_manifest(manifest)


async def test_the_embedded_model_is_given_both_positions_and_what_it_says_is_marked(
    tmp_path: Path, weights_path: Path
) -> None:
    release, verifier = disputing(), LocalVerifier()
    weights = hold_weights(weights_path, release.model.weights)
    backend = await asyncio.to_thread(EmbeddedBackend, weights, release.model, EmbeddedSettings(slots=1, threads=1))
    try:
        async with TurnWorld.open(tmp_path, backend, release, verifier) as world:
            await fill(world.library, "bridge", OLD, NEW, OTHER)
            sampling = SamplingRequest(max_tokens=24)
            end = (await world.say("When was the stone bridge of Verden opened?", sampling=sampling))[-1]
            assert isinstance(end, Completed), end
            segments = (await world.turns.opened(end.turn_id)).segments
            stored = (await world.turns.get(end.turn_id)).evidence
    finally:
        await backend.close()
        verifier.close()
    assert end.choices[0].text.strip()
    prompt = [(item["by"], item["text"]) for item in segments]
    behind = prompt[prompt.index(("release", DISPUTE)) :]
    said = {text for by, text in behind if by == "retrieved"}
    assert said == {
        "engineers.txt",
        "newspaper.txt",
        "The stone bridge of Verden was opened in 1932 by the mayor.",
        "The stone bridge of Verden was opened in 1935 by the mayor.",
    }
    assert stored is not None
    opened = canonical.decode(stored)
    assert {opened["passages"][item["passage"]]["source"] for item in opened["dispute"]} == {
        "engineers.txt",
        "newspaper.txt",
    }
