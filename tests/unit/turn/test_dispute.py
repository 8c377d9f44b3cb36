"""What passages disagree about stands in the prompt, both sides with sources, where the release has words for it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from verax.kernel import canonical
from verax.kernel.errors import RefusedError, ReleaseError
from verax.kernel.release import Release
from verax.surfaces.http.reply_models import EvidenceFile
from verax.testing.releases import make_release
from verax.testing.scripted import Rule, ScriptedBackend
from verax.testing.shelves import PASSAGE_WORDING, Page, answering_release, fill
from verax.testing.turns import TurnWorld
from verax.testing.verifying import WordVerifier
from verax.turn.events import ClaimVerdict, Completed

QUESTION = "How many arches does the bridge rest on?"
FIVE = Page("The bridge opened in 1932. The bridge rests on 5 arches.", page=3, name="engineers.pdf")
SIX = Page("The bridge rests on 6 arches. It is painted grey.", name="newspaper.txt")
DISPUTE = 'dispute_head = "These disagree. Give both, with their sources, and no view of your own:\\n"\n'
HEAD = "These disagree. Give both, with their sources, and no view of your own:\n"


def disputing(mode: str = "mark", limit: int = 3) -> Release:
    return answering_release(mode, wording=PASSAGE_WORDING.replace("limit = 3", f"limit = {limit}") + DISPUTE)


@contextlib.asynccontextmanager
async def world_of(folder: Path, release: Release, *pages: Page) -> AsyncIterator[TurnWorld]:
    backend = ScriptedBackend([Rule(".", "The bridge rests on 5 arches.")])
    async with TurnWorld.open(folder, backend, release, WordVerifier()) as world:
        await fill(world.library, "bridge", *pages)
        yield world


async def prompt_of(folder: Path, release: Release, *pages: Page, question: str = QUESTION) -> list[tuple[str, str]]:
    """Return who wrote what in the prompt's last line."""
    async with world_of(folder, release, *pages) as world:
        end = (await world.say(question))[-1]
        assert isinstance(end, Completed), end
        opened = await world.turns.opened(end.turn_id)
    return [(item["by"], item["text"]) for item in opened.segments if item["role"] == "user"]


async def test_both_positions_stand_behind_the_passages_with_their_sources(tmp_path: Path) -> None:
    prompt = await prompt_of(tmp_path, disputing(), FIVE, SIX)
    behind = prompt[prompt.index(("release", HEAD)) :]
    positions = [
        [("retrieved", "engineers.pdf"), ("release", ", page "), ("retrieved", "3"), ("release", ": ")],
        [("retrieved", "newspaper.txt"), ("release", ": ")],
    ]
    said = ["The bridge rests on 5 arches.", "The bridge rests on 6 arches."]
    shown = [
        [("release", "From "), *source, ("retrieved", text), ("release", "\n")]
        for source, text in zip(positions, said, strict=True)
    ]
    end = [("release", "End of the passages.\n"), ("user", QUESTION)]
    assert behind in (
        [("release", HEAD), *shown[0], *shown[1], *end],
        [("release", HEAD), *shown[1], *shown[0], *end],
    )


async def test_both_positions_stand_there_where_the_prompt_holds_one_passage_only(tmp_path: Path) -> None:
    prompt = await prompt_of(tmp_path, disputing(limit=1), FIVE, SIX)
    assert {text for by, text in prompt if by == "retrieved" and text.endswith(("pdf", "txt"))} == {
        "engineers.pdf",
        "newspaper.txt",
    }


async def test_the_answer_is_contested_and_the_record_names_both_positions(tmp_path: Path) -> None:
    async with world_of(tmp_path, disputing(), FIVE, SIX) as world:
        events = await world.say(QUESTION)
        end = events[-1]
        assert isinstance(end, Completed)
        stored = await world.turns.get(end.turn_id)
    [verdict] = [event for event in events if isinstance(event, ClaimVerdict)]
    assert verdict.is_contested
    assert stored.evidence is not None
    opened = canonical.decode(stored.evidence)
    EvidenceFile.model_validate(opened)
    sources = {opened["passages"][item["passage"]]["source"] for item in opened["dispute"]}
    assert sources == {"engineers.pdf", "newspaper.txt"}


@pytest.mark.parametrize(
    "other",
    [
        Page("The bridge rests on 5 arches and was built by Keller.", name="other.txt"),  # agrees
        Page("Bread rests for 6 hours before it is baked.", name="bread.txt"),  # about something else
    ],
)
async def test_where_nothing_disagrees_nothing_is_said_of_it(tmp_path: Path, other: Page) -> None:
    prompt = await prompt_of(tmp_path, disputing(), FIVE, other)
    assert ("release", HEAD) not in prompt
    assert "dispute" not in str(prompt)


@pytest.mark.parametrize("label", ["speaks_for_owner", "self"])
async def test_the_owners_word_and_the_assistants_own_are_no_position(tmp_path: Path, label: str) -> None:
    labelled = Page(SIX.text, name=SIX.name, label=label)  # type: ignore[arg-type]
    prompt = await prompt_of(tmp_path, disputing(), FIVE, labelled)
    assert ("release", HEAD) not in prompt
    assert SIX.text not in str(prompt)


async def test_one_document_does_not_disagree_with_itself(tmp_path: Path) -> None:
    both = Page(f"{FIVE.text} {SIX.text}", name="engineers.pdf")
    assert ("release", HEAD) not in await prompt_of(tmp_path, disputing(), both)


async def test_a_release_without_words_for_it_says_nothing_of_it(tmp_path: Path) -> None:
    prompt = await prompt_of(tmp_path, answering_release("mark"), FIVE, SIX)
    assert [text for by, text in prompt if by == "release"][-1] == "End of the passages.\n"


async def test_a_release_that_checks_nothing_cannot_tell_what_disagrees(tmp_path: Path) -> None:
    async with world_of(tmp_path, disputing("off"), FIVE, SIX) as world:
        with pytest.raises(RefusedError, match="checks nothing"):
            await world.say(QUESTION)


def test_words_for_a_dispute_say_something() -> None:
    with pytest.raises(ReleaseError, match="dispute_head"):
        make_release("x", rest=f'[retrieval]\ncollections = ["a"]\n{PASSAGE_WORDING}dispute_head = " "\n')
    assert b"dispute_head" not in answering_release("mark").data
