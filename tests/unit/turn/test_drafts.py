"""Several drafts, of which the best supported is given; samples that say how sure a model is of itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from verax.kernel import canonical
from verax.kernel.errors import RefusedError, UnsupportedParameter
from verax.kernel.release import Release
from verax.testing.releases import manifest_toml
from verax.testing.scripted import Reply, Rule, ScriptedBackend
from verax.testing.shelves import NOT_FOUND, Page, answering_release, fill
from verax.testing.turns import TurnWorld
from verax.testing.verifying import WordVerifier
from verax.truth.verdicts import Verdict
from verax.turn.drafts import Draft, best_of
from verax.turn.events import ClaimVerdict, Completed, DraftsDrawn, TurnEvent
from verax.turn.request import ResponseFormat, SamplingRequest

BRIDGE = Page("The bridge opened in 1932. It carries eight lanes of traffic.")
OPENED = "The bridge opened in 1932."
WRONG = "The bridge opened in 1935."
LANES = "It carries eight lanes of traffic."
ABSENT = "Seven painters work there every summer."
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}


async def ask(
    folder: Path, said: Sequence[str], release: Release, question: str = "When was the bridge opened?"
) -> tuple[list[TurnEvent], Completed, dict[str, object]]:
    """Return the events, their end, and the evidence of a turn whose model draws these replies."""
    backend = ScriptedBackend([Rule(".", Reply(tuple(said)))])
    async with TurnWorld.open(folder, backend, release, WordVerifier()) as world:
        if release.retrieval.collections:
            await fill(world.library, "bridge", BRIDGE)
        events = await world.say(question)
        end = events[-1]
        assert isinstance(end, Completed), end
        stored = await world.turns.get(end.turn_id)
    assert stored.evidence is not None
    return events, end, canonical.decode(stored.evidence)


def verdicts(events: Sequence[TurnEvent]) -> list[ClaimVerdict]:
    return [event for event in events if isinstance(event, ClaimVerdict)]


def drafting(mode: str = "mark", count: int = 3) -> Release:
    return answering_release(mode, truth=f"drafts = {count}")


def sampling(count: int = 3, collection: str = "") -> Release:
    wording = {} if collection else {"wording": ""}
    return answering_release("mark", collection=collection, truth=f"samples = {count}", **wording)


async def test_the_best_supported_draft_is_the_whole_reply(tmp_path: Path) -> None:
    events, end, opened = await ask(tmp_path, [f"{OPENED} {ABSENT}", f"{OPENED} {LANES}", WRONG], drafting())
    assert [choice.text for choice in end.choices] == [f"{OPENED} {LANES}"]
    assert end.drafts == DraftsDrawn(3, 1)
    assert [str(item.verdict) for item in verdicts(events)] == ["supported", "supported"]
    assert opened["kept"] == 1
    assert [(item["supported"], item["contradicted"], item["not_found"]) for item in opened["drafts"]] == [  # type: ignore[attr-defined]
        (1, 0, 1),
        (2, 0, 0),
        (0, 1, 0),
    ]
    assert opened["drafts"][1]["text"] == canonical.hex_digest(f"{OPENED} {LANES}".encode())  # type: ignore[index]
    assert end.record["params"] == {"n": 3}
    assert end.record["reply_form"] == "text"


async def test_of_drafts_that_nothing_supports_a_strict_release_gives_none(tmp_path: Path) -> None:
    _, end, _ = await ask(tmp_path, [ABSENT, WRONG], drafting("strict", 2))
    assert (end.choices[0].text, end.drafts, end.withheld) == (NOT_FOUND, DraftsDrawn(2, 0), 1)


@pytest.mark.parametrize(
    ("drafts", "expected"),
    [
        ([{"not_found": 1}, {"supported": 1}], 1),
        ([{"supported": 3, "contradicted": 1}, {"not_found": 1}], 1),
        ([{"supported": 1, "not_found": 1}, {"supported": 2, "not_found": 1}], 1),
        ([{"not_found": 2}, {"not_found": 1}], 1),
        ([{"supported": 1}, {"supported": 1}], 0),
        ([None, {"contradicted": 1}], 1),
        ([{}, {"not_found": 1}], 0),
    ],
)
def test_drafts_have_one_order(drafts: list[dict[str, int] | None], expected: int) -> None:
    made = [
        Draft("ab" * 32, counts is None, Counter({Verdict(name): n for name, n in (counts or {}).items()}))
        for counts in drafts
    ]
    assert best_of(made) == expected


async def test_a_sentence_without_evidence_says_how_many_samples_agree_and_has_no_verdict(tmp_path: Path) -> None:
    said = [f"{OPENED} {ABSENT}", OPENED, f"I think so. {OPENED}", WRONG]
    events, end, opened = await ask(tmp_path, said, sampling())
    assert end.choices[0].text == said[0]
    first, second = verdicts(events)
    assert (first.verdict, first.reason, first.probability) == (Verdict.NOT_CHECKED, "no_evidence", None)
    assert first.agreement is not None
    assert second.agreement is not None
    assert (first.agreement.agreeing, first.agreement.samples) == (2, 3)
    assert first.agreement.uncertainty == pytest.approx(1 / 3)
    assert second.agreement.agreeing == 0
    assert opened["samples"] == [canonical.hex_digest(text.encode()) for text in said[1:]]
    assert opened["claims"][0]["agreement"] == {"agreeing": 2, "samples": 3}  # type: ignore[index]
    assert opened["collections"] == []


async def test_where_there_is_evidence_samples_say_nothing(tmp_path: Path) -> None:
    events, _, _ = await ask(tmp_path, [OPENED] * 3, sampling(2, "bridge"))
    [only] = verdicts(events)
    assert (only.verdict, only.agreement) == (Verdict.SUPPORTED, None)


@pytest.mark.parametrize("release", [drafting(), sampling()], ids=["drafts", "samples"])
async def test_what_several_replies_cannot_be_combined_with_is_refused(tmp_path: Path, release: Release) -> None:
    refused = [{"sampling": SamplingRequest(n=2)}, {"sampling": SamplingRequest(temperature=0.0)}]
    if release.truth.drafts > 1:
        refused += [
            {"tools": (TOOL,)},
            {"response_format": ResponseFormat("json_object")},
            {"sampling": SamplingRequest(top_logprobs=1)},
        ]
    async with TurnWorld.open(tmp_path, ScriptedBackend(), release, WordVerifier()) as world:
        if release.retrieval.collections:
            await fill(world.library, "bridge", BRIDGE)
        for rest in refused:
            last = (await world.say("When?", **rest))[-1]
            assert getattr(last, "code", "") == UnsupportedParameter.code, rest


async def test_replies_that_must_all_be_the_same_are_not_compared(tmp_path: Path) -> None:
    rest = '[truth]\nmode = "mark"\nsamples = 2\n[sampling]\ntemperature = "0"'
    release = Release.from_toml(manifest_toml("x", rest=rest))
    async with TurnWorld.open(tmp_path, ScriptedBackend(), release, WordVerifier()) as world:
        with pytest.raises(RefusedError, match="temperature 0"):
            await world.say("When?")


@pytest.mark.parametrize("texts", [(OPENED, WRONG), (OPENED,)], ids=["two", "one"])
async def test_a_sentence_on_which_sources_disagree_is_contested(tmp_path: Path, texts: tuple[str, ...]) -> None:
    async with TurnWorld.open(
        tmp_path, ScriptedBackend([Rule(".", OPENED)]), answering_release("mark"), WordVerifier()
    ) as world:
        await fill(world.library, "bridge", *(Page(text, name=f"{text[-5:]}.txt") for text in texts))
        [found] = verdicts(await world.say("When was the bridge opened?"))
    assert found.is_contested == (len(texts) == 2)
    assert [decided.supports for decided in found.evidence] == [True, False][: len(texts)]
