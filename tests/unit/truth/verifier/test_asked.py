"""A model as judge: what its answer must be, and what is made of any other."""

from __future__ import annotations

import json

import pytest

from verax.models.plain_chat import ChatAddress
from verax.testing.upstream import Script, Upstream
from verax.truth.verdicts import DecidingSpan, Evidence, Judgement, Verdict
from verax.truth.verifier.asked import ModelJudge, read_answer

QUOTE = "The bridge was opened in 1932."
PASSAGES = [
    Evidence("Nothing of note.", "a.txt", "0" * 64),
    Evidence(f"Verden. {QUOTE} It is long.", "b.txt", "1" * 64),
]
CLAIM = "It was opened in 1932."


def answer(verdict: object = "supported", passage: object = 2, quote: object = QUOTE, **more: object) -> str:
    return json.dumps({"verdict": verdict, "passage": passage, "quote": quote, **more})


def test_a_quote_that_stands_in_its_passage_is_the_deciding_span() -> None:
    assert read_answer(answer(), PASSAGES) == Judgement(Verdict.SUPPORTED, None, (DecidingSpan(1, 8, 38, 1.0),))
    found = read_answer(answer("contradicted"), PASSAGES)
    assert (found.verdict, found.spans[0].supports) == (Verdict.CONTRADICTED, False)
    assert read_answer(answer("not_found", None, None), PASSAGES) == Judgement(Verdict.NOT_FOUND, None)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "supported",
        f"Sure: {answer()}",
        f"```json\n{answer()}\n```",
        f"[{answer()}]",
        answer("true"),
        answer(["supported"]),
        answer("not_checked"),
        answer(passage=1),
        answer(passage=0),
        answer(passage=3),
        answer(passage="2"),
        answer(passage=True),
        answer(passage=2.0),
        answer(quote="The bridge was opened in 1933."),
        answer(quote=" "),
        answer(quote=None),
        answer("not_found"),
        answer(probability=1),
        "[" * 100_000,
    ],
)
def test_any_other_answer_is_no_verdict(words: str) -> None:
    assert read_answer(words, PASSAGES) == Judgement(Verdict.NOT_CHECKED, None, reason="judge_answer")


async def test_a_model_is_asked_with_the_material_as_one_object_and_its_answer_is_read() -> None:
    async with Upstream(Script(text=answer())) as upstream:
        judge = ModelJudge(ChatAddress(upstream.url, "large", "key-1"))
        found = await judge.judge(CLAIM, "The bridge is old.", PASSAGES)
        received = upstream.received[-1].json
    assert found.verdict is Verdict.SUPPORTED
    [message] = received["messages"]
    material = json.loads(message["content"].splitlines()[-1])
    assert material["claim"] == CLAIM
    assert material["context"] == "The bridge is old."
    assert [item["number"] for item in material["passages"]] == [1, 2]
    assert received["temperature"] == 0
    assert judge.identity.startswith("model:large@127.0.0.1:")
    assert "key-1" not in judge.identity


@pytest.mark.parametrize(
    "script", [Script(status=500), Script(status=401), Script(raw_events=b"{}", ignore_stream=True)]
)
async def test_a_judge_that_fails_gives_no_verdict(script: Script) -> None:
    async with Upstream(script) as upstream:
        found = await ModelJudge(ChatAddress(upstream.url, "large")).judge(CLAIM, "", PASSAGES)
    assert found.verdict is Verdict.NOT_CHECKED
    assert found.reason in ("judge_unreachable", "judge_answer")


async def test_a_judge_that_is_not_there_gives_no_verdict_and_none_is_asked_without_evidence() -> None:
    judge = ModelJudge(ChatAddress("http://127.0.0.1:9/v1", "large"))
    assert (await judge.judge(CLAIM, "", PASSAGES)).reason == "judge_unreachable"
    assert await judge.judge(CLAIM, "", []) == Judgement(Verdict.NOT_FOUND, None)
