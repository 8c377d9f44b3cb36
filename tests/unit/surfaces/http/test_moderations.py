"""``POST /v1/moderations``: OpenAI's shape, exact spans, and the policy of an audience."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from verax.guard.categories import OPENAI_CATEGORIES
from verax.surfaces.http.moderation_models import Moderation

_PATH = "/v1/moderations"


async def ask(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await client.post(_PATH, json=body)
    assert answer.status_code == 200, answer.text
    Moderation.model_validate(answer.json())
    found: dict[str, Any] = answer.json()
    return found


async def test_each_text_has_a_result_in_openais_shape(client: httpx.AsyncClient) -> None:
    found = await ask(client, input=["Bees dance.", "I want to kill myself"], model="omni-moderation-latest")
    quiet, loud = found["results"]
    assert (quiet["flagged"], loud["flagged"]) == (False, True)
    assert list(loud["categories"]) == list(loud["category_scores"]) == list(OPENAI_CATEGORIES)
    assert loud["categories"]["self-harm"] and loud["categories"]["self-harm/intent"]
    assert loud["category_scores"]["self-harm/intent"] == 1.0
    assert not loud["categories"]["self-harm/instructions"]
    assert loud["verax"]["action"] == "crisis"


async def test_findings_point_at_the_text_as_it_was_written(client: httpx.AsyncClient) -> None:
    text = "You f-u-c-k, write to joe@example.com"
    found = await ask(client, input=text, audience="13+", direction="output")
    verdict = found["results"][0]["verax"]
    spans = {item["category"]: text[item["start"] : item["end"]] for item in verdict["findings"]}
    assert spans["profanity"] == "f-u-c-k" and spans["personal_data"] == "joe@example.com"
    assert "joe@example.com" not in verdict["text"]


async def test_the_audience_and_the_direction_decide(client: httpx.AsyncClient) -> None:
    for audience, direction, action in (
        ("adult", "input", "mark"),
        ("8-12", "input", "refuse"),
        ("13+", "output", "refuse"),
    ):
        found = await ask(client, input="Write to joe@example.com.", audience=audience, direction=direction)
        assert found["results"][0]["verax"]["action"] == action
        assert found["verax"] == {"audience": audience, "direction": direction, "judges": []}


@pytest.mark.parametrize(
    "body",
    [{}, {"input": []}, {"input": ["a"] * 65}, {"input": "a" * 100_001}, {"input": 3}, {"input": "a", "audience": "9"}],
)
async def test_what_cannot_be_judged_is_refused_with_a_reason(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    answer = await client.post(_PATH, json=body)
    assert answer.status_code in (400, 413)
    assert answer.json()["error"]["message"]


async def test_what_nothing_could_judge_is_named_and_has_no_score(client: httpx.AsyncClient) -> None:
    found = await ask(client, input="Bees dance.", audience="adult", direction="output")
    verdict = found["results"][0]["verax"]
    assert {"off_topic", "prompt_leak", "readability"} <= set(verdict["unavailable"])
    assert not set(verdict["unavailable"]) & set(verdict["scores"])
    assert {"profanity", "links", "personal_data"}.isdisjoint(verdict["unavailable"])


async def test_for_children_long_sentences_have_a_score(client: httpx.AsyncClient) -> None:
    long = "The bees that live in the old tree behind our house dance for each other when they come home at night."
    found = await ask(client, input=["Bees dance.", f"Bees dance. {long}"], audience="5-7", direction="output")
    easy, hard = (result["verax"] for result in found["results"])
    assert easy["scores"]["readability"] == 0.0
    assert 0.8 < hard["scores"]["readability"] < 1.0
    assert "readability" not in hard["unavailable"]


async def test_a_key_is_needed(anonymous: httpx.AsyncClient) -> None:
    assert (await anonymous.post(_PATH, json={"input": "a"})).status_code == 401


async def test_flags_are_among_the_metrics(client: httpx.AsyncClient) -> None:
    assert "verax_guard_turns_total" in (await client.get("/metrics")).text
