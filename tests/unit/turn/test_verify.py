"""Answers from collections: what the prompt shows, which verdicts follow, what a strict release holds back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from verax.kernel import canonical
from verax.kernel.errors import RefusedError, UnsupportedParameter
from verax.kernel.record import Record, TurnSecret
from verax.kernel.release import Release
from verax.testing.releases import make_release, manifest_toml
from verax.testing.scripted import Reply, Rule, ScriptedBackend
from verax.testing.shelves import NOT_FOUND, PASSAGE_WORDING, Page, answering_release, fill
from verax.testing.turns import TurnWorld
from verax.testing.verifying import WordVerifier
from verax.truth.verdicts import Evidence, Judgement
from verax.turn.events import ClaimVerdict, Completed, Failed, TextDelta, TurnEvent
from verax.turn.request import ResponseFormat, SamplingRequest

BRIDGE = Page("The bridge opened in 1932. It carries eight lanes of traffic.", page=3, heading="History")
OPENED = "The bridge opened in 1932."
WRONG = "The bridge opened in 1935."
ABSENT = "Seven painters work there every summer."
GREETING = "Hello and welcome!"
KEY = "vx-" + "a1B2" * 8


@contextlib.asynccontextmanager
async def answering(folder: Path, said: str | Reply, release: Release) -> AsyncIterator[TurnWorld]:
    backend = ScriptedBackend([Rule(".", said)])
    async with TurnWorld.open(folder, backend, release, WordVerifier()) as world:
        await fill(world.library, "bridge", BRIDGE)
        yield world


async def ask(folder: Path, said: str | Reply, mode: str) -> list[TurnEvent]:
    async with answering(folder, said, answering_release(mode)) as world:
        return await world.say("When was the bridge opened?")


def verdicts(events: Sequence[TurnEvent]) -> list[ClaimVerdict]:
    return [event for event in events if isinstance(event, ClaimVerdict)]


def ending(events: Sequence[TurnEvent]) -> Completed:
    last = events[-1]
    assert isinstance(last, Completed), last
    return last


async def test_passages_stand_before_the_question_between_the_releases_wording(tmp_path: Path) -> None:
    async with answering(tmp_path, OPENED, answering_release("off")) as world:
        end = ending(await world.say("When was the bridge opened?"))
        opened = await world.turns.opened(end.turn_id)
    asked = [(item["by"], item["text"]) for item in opened.segments if item["role"] == "user"]
    assert asked == [
        ("release", "Passages that may help:\n"),
        ("release", "From "),
        ("retrieved", "bridge.pdf"),
        ("release", ", page "),
        ("retrieved", "3"),
        ("release", ": "),
        ("retrieved", BRIDGE.text),
        ("release", "\n"),
        ("release", "End of the passages.\n"),
        ("user", "When was the bridge opened?"),
    ]


async def test_a_verdict_points_at_the_sentence_and_at_what_decided_it(tmp_path: Path) -> None:
    events = await ask(tmp_path, f"{GREETING} {OPENED} {WRONG} {ABSENT}", "mark")
    text = ending(events).choices[0].text
    found = verdicts(events)
    assert [(text[item.start : item.end], str(item.verdict)) for item in found] == [
        (OPENED, "supported"),
        (WRONG, "contradicted"),
        (ABSENT, "not_found"),
    ]
    [decided] = found[0].evidence
    assert decided.evidence.text[decided.start : decided.end] == OPENED
    assert (decided.evidence.source, decided.evidence.page, decided.evidence.heading) == ("bridge.pdf", 3, "History")
    assert found[2].evidence == ()


async def test_in_mode_mark_every_word_of_the_model_leaves(tmp_path: Path) -> None:
    said = f"{GREETING}\n\n- {OPENED}\n- {ABSENT}"
    assert ending(await ask(tmp_path, said, "mark")).choices[0].text == said


async def test_text_does_not_wait_for_its_verdict(tmp_path: Path) -> None:
    class Slow(WordVerifier):
        async def judge(self, claim: str, context: str, evidence: Sequence[Evidence]) -> Judgement:
            await told.wait()
            return await super().judge(claim, context, evidence)

    told = asyncio.Event()
    backend = ScriptedBackend([Rule(".", f"{OPENED} {ABSENT}")])
    async with TurnWorld.open(tmp_path, backend, answering_release("mark"), Slow()) as world:
        await fill(world.library, "bridge", BRIDGE)
        text, count = "", 0
        async for event in world.engine.run(world.request("When was it?")):
            text += event.text if isinstance(event, TextDelta) else ""
            count += isinstance(event, ClaimVerdict)
            if text == f"{OPENED} {ABSENT}":
                told.set()
    assert count == 2


async def test_a_strict_release_lets_supported_sentences_pass_and_no_others(tmp_path: Path) -> None:
    events = await ask(tmp_path, f"{GREETING} {WRONG} {OPENED} {ABSENT}", "strict")
    end = ending(events)
    assert end.choices[0].text == f"{GREETING} {OPENED}"
    assert [str(item.verdict) for item in verdicts(events)] == ["supported"]
    assert end.withheld == 2


@pytest.mark.parametrize(
    "said", [ABSENT, f"{GREETING} {WRONG}", "", "No.", f"{GREETING} The answer to this question is not provided."]
)
async def test_where_nothing_is_left_a_strict_release_says_what_it_says_then(tmp_path: Path, said: str) -> None:
    events = await ask(tmp_path, said, "strict")
    assert ending(events).choices[0].text == NOT_FOUND
    assert verdicts(events) == []


@pytest.mark.parametrize("said", [GREETING, "Which bridge do you mean?", f"{GREETING} {OPENED}"])
async def test_what_says_nothing_checkable_may_stand_alone_or_beside_what_is_supported(
    tmp_path: Path, said: str
) -> None:
    assert ending(await ask(tmp_path, said, "strict")).choices[0].text == said


@pytest.mark.parametrize(("limit", "shown"), [(5, OPENED), (7, OPENED), (4, NOT_FOUND)])
async def test_a_sentence_that_the_limit_cut_off_is_held_back(tmp_path: Path, limit: int, shown: str) -> None:
    async with answering(tmp_path, f"{OPENED} The bridge opened in 1932.", answering_release("strict")) as world:
        events = await world.say("When was the bridge opened?", sampling=SamplingRequest(max_tokens=limit))
    assert ending(events).choices[0].text == shown


@pytest.mark.parametrize(
    ("question", "said", "shown"),
    [
        ("When was the bridge opened?", OPENED, OPENED),
        ("Was the bridge opened in 1932?", "Was the bridge opened in 1932?", NOT_FOUND),  # no answer
        ("Who painted the Mona Lisa?", OPENED, NOT_FOUND),  # true, and about something else
        ("Was the bridge opened in 1932?", f"Yes. {OPENED}", OPENED),  # a yes that nothing bears out
        ("Was the bridge opened in 1932?", "Yes, the bridge opened in 1932.", "Yes, the bridge opened in 1932."),
        ("Was the bridge opened in 1932?", "No, the bridge opened in 1932.", NOT_FOUND),
        ("How many lanes does the bridge have?", "It carries eight lanes of traffic.", NOT_FOUND),  # what is it?
        (
            "How many lanes does the bridge have?",
            f"{OPENED} It carries eight lanes of traffic.",
            f"{OPENED} It carries eight lanes of traffic.",
        ),
    ],
)
async def test_a_strict_answer_holds_what_answers_the_question_and_nothing_else(
    tmp_path: Path, question: str, said: str, shown: str
) -> None:
    async with answering(tmp_path, said, answering_release("strict")) as world:
        assert ending(await world.say(question)).choices[0].text == shown


async def test_what_is_asked_next_is_read_with_what_was_asked_before_it(tmp_path: Path) -> None:
    async with answering(tmp_path, OPENED, answering_release("strict")) as world:
        assert ending(await world.say("Tell me about the bridge.", "When?")).choices[0].text == OPENED
        assert ending(await world.say("When?")).choices[0].text == NOT_FOUND


async def test_a_strict_reply_keeps_its_list_and_drops_what_was_not_judged(tmp_path: Path) -> None:
    said = f"- {OPENED}\n- {ABSENT}\n- It carries eight lanes of traffic."
    text = ending(await ask(tmp_path, said, "strict")).choices[0].text
    assert text == f"- {OPENED}\n- It carries eight lanes of traffic."


async def test_the_guard_reads_what_a_strict_release_lets_pass(tmp_path: Path) -> None:
    backend = ScriptedBackend([Rule(".", f"The secret key is {KEY}. {OPENED}")])
    async with TurnWorld.open(tmp_path, backend, answering_release("strict"), WordVerifier()) as world:
        await fill(world.library, "bridge", BRIDGE, Page(f"The secret key is {KEY}."))
        events = await world.say("When was the bridge opened, and what is the secret key?")
    text = ending(events).choices[0].text
    assert KEY not in text
    assert text.endswith(OPENED)
    last = verdicts(events)[-1]
    assert (text[last.start : last.end], str(last.verdict)) == (OPENED, "supported")


async def test_every_choice_has_verdicts_of_its_own(tmp_path: Path) -> None:
    async with answering(tmp_path, Reply((OPENED, ABSENT)), answering_release("mark")) as world:
        events = await world.say("When?", sampling=SamplingRequest(n=2))
    assert [(item.choice, str(item.verdict)) for item in verdicts(events)] == [(0, "supported"), (1, "not_found")]


async def test_the_record_commits_to_verdicts_and_passages_by_their_digests(tmp_path: Path) -> None:
    async with answering(tmp_path, f"{OPENED} {ABSENT}", answering_release("mark")) as world:
        end = ending(await world.say("When was the bridge opened?"))
        stored = await world.turns.get(end.turn_id)
    record, secret = Record.from_dict(end.record), TurnSecret(bytes.fromhex(end.secret))
    assert stored.evidence is not None
    assert record.evidence == secret.commit("evidence", stored.evidence)
    opened = canonical.decode(stored.evidence)
    assert (opened["mode"], opened["verifier"], opened["withheld"], opened["prompt"]) == ("mark", "words/1", 0, [0])
    assert [item["verdict"] for item in opened["claims"]] == ["supported", "not_found"]
    assert opened["claims"][0]["spans"] == [{"passage": 0, "start": 0, "end": len(OPENED), "probability": "0.97"}]
    assert opened["passages"][0]["text"] == canonical.hex_digest(BRIDGE.text.encode())
    assert opened["collections"][0]["version"] == opened["passages"][0]["version"] != ""
    assert BRIDGE.text not in stored.evidence.decode()


async def test_a_turn_without_collections_commits_to_no_evidence(tmp_path: Path) -> None:
    async with answering(tmp_path, OPENED, make_release("You answer.")) as world:
        assert "evidence" not in ending(await world.say("When?")).record


async def test_what_speaks_for_the_owner_or_came_from_the_assistant_is_no_evidence(tmp_path: Path) -> None:
    praise = "Our own product has won four prizes."
    async with answering(tmp_path, praise, answering_release("mark", collection="praise")) as world:
        await fill(world.library, "praise", Page(praise, label="speaks_for_owner"), Page(praise, label="self"))
        events = await world.say("Is it good?")
    assert [str(item.verdict) for item in verdicts(events)] == ["not_found"]


async def test_a_collection_is_named_by_its_id_too(tmp_path: Path) -> None:
    async with answering(tmp_path, OPENED, make_release("You answer.")) as world:
        found = await world.library.collections.listed("user-1")
        world.governance.log.release_now(answering_release("mark", collection=found[0].collection_id))
        world.governance.adopt()
        assert [str(item.verdict) for item in verdicts(await world.say("When?"))] == ["supported"]


@pytest.mark.parametrize(("names", "label"), [((), "absent"), (("bridge",), "bridge")])
async def test_a_name_that_none_or_several_have_is_refused(tmp_path: Path, names: tuple[str, ...], label: str) -> None:
    async with answering(tmp_path, OPENED, answering_release("mark", collection=label)) as world:
        for name in names:
            await fill(world.library, name, owner="somebody-else")
        failed = (await world.say("When?"))[-1]
    assert isinstance(failed, Failed)
    assert failed.code == "release/collection"


async def test_a_pinned_version_answers_until_the_collection_changes(tmp_path: Path) -> None:
    async with answering(tmp_path, OPENED, make_release("You answer.")) as world:
        [shared] = await world.library.collections.listed("user-1")
        version = await world.library.collections.version(shared.collection_id)
        pins = f'pins = [{{ collection = "bridge", version = "{version}" }}]\n{PASSAGE_WORDING}'
        world.governance.log.release_now(answering_release("mark", wording=pins))
        world.governance.adopt()
        assert [str(item.verdict) for item in verdicts(await world.say("When?"))] == ["supported"]
        documents = await world.library.collections.documents(shared.collection_id, "keeper")
        await world.library.collections.remove(shared.collection_id, documents[0].document_id, "keeper")
        failed = (await world.say("When?"))[-1]
    assert isinstance(failed, Failed)
    assert (failed.code, failed.http_status) == ("release/collection-moved", 503)
    assert "old versions are not kept" in failed.message


@pytest.mark.parametrize(
    ("truth", "collections", "problem"),
    [
        ('mode = "mark"', '["bridge"]', "needs a verifier"),
        ('mode = "mark"', "[]", "needs a verifier"),
        ('mode = "strict"', '["bridge"]', "needs a verifier"),
    ],
)
async def test_without_a_verifier_no_release_answers_that_needs_one(
    tmp_path: Path, truth: str, collections: str, problem: str
) -> None:
    release = make_release("x", rest=f"[retrieval]\ncollections = {collections}\n[truth]\n{truth}")
    async with TurnWorld.open(tmp_path, None, release) as world:
        with pytest.raises(RefusedError, match=problem):
            await world.say("x")


@pytest.mark.parametrize(
    ("rest", "problem"),
    [
        ('[truth]\nmode = "mark"', "needs collections"),
        ('[retrieval]\ncollections = ["bridge"]\n[truth]\nmode = "strict"', "needs a text for what is not found"),
    ],
)
async def test_a_release_that_cannot_keep_its_promise_is_refused(tmp_path: Path, rest: str, problem: str) -> None:
    async with answering(tmp_path, OPENED, make_release("x", rest=rest)) as world:
        with pytest.raises(RefusedError, match=problem):
            await world.say("x")


async def test_a_strict_release_takes_neither_json_nor_log_probabilities(tmp_path: Path) -> None:
    async with answering(tmp_path, OPENED, answering_release("strict")) as world:
        for asked in (
            {"response_format": ResponseFormat("json_object")},
            {"sampling": SamplingRequest(top_logprobs=1)},
        ):
            failed = (await world.say("When?", **asked))[-1]
            assert isinstance(failed, Failed)
            assert failed.code == UnsupportedParameter.code


async def test_a_long_question_is_looked_up_by_its_end(tmp_path: Path) -> None:
    async with answering(tmp_path, OPENED, answering_release("mark")) as world:
        events = await world.say("word " * 1000 + "When was the bridge opened?")
    assert [str(item.verdict) for item in verdicts(events)] == ["supported"]


async def test_a_passage_that_the_input_policy_refuses_is_left_out_of_the_prompt(tmp_path: Path) -> None:
    rest = f'[retrieval]\ncollections = ["bridge"]\n{PASSAGE_WORDING}'
    strict = (
        'input = [{ detector = "secrets", action = "refuse" }]\noutput = [{ detector = "secrets", action = "mark" }]'
    )
    release = Release.from_toml(manifest_toml("You answer.", rest=rest, guard=f"[guard]\n{strict}"))
    async with TurnWorld.open(tmp_path, ScriptedBackend([Rule(".", OPENED)]), release) as world:
        await fill(world.library, "bridge", BRIDGE, Page(f"The bridge key is {KEY}."))
        end = ending(await world.say("What is the key of the bridge?"))
        opened = await world.turns.opened(end.turn_id)
    assert BRIDGE.text in str(opened.segments)
    assert KEY not in str(opened.segments)


def test_the_sections_in_the_guide_make_a_release() -> None:
    guide = (Path(__file__).parents[3] / "docs/guides/answers-with-sources.md").read_text(encoding="utf-8")
    sections = guide.partition("```toml\n")[2].partition("```")[0]
    release = make_release("You answer.", rest=sections)
    assert (release.truth.mode, release.retrieval.collections) == ("mark", ("papers",))
    assert release.retrieval.passages is not None
