"""Judges of sentences: larger guards behind a URL, and what remembers their scores."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from verax.guard.categories import Category
from verax.guard.guarding import Guarding
from verax.guard.judges import LocalJudge, ScoreBook
from verax.guard.remote import open_guard
from verax.kernel.errors import ModelError, ModelUnavailable, ReleaseError
from verax.kernel.release import Release
from verax.kernel.release_parts import GuardForm, GuardJudge
from verax.kernel.release_toml import release_toml
from verax.models.plain_chat import ChatAddress
from verax.testing.guard_server import GuardServer
from verax.testing.releases import manifest_toml
from verax.testing.word_classifier import WordClassifier


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


async def scores(server: GuardServer, session: aiohttp.ClientSession, form: GuardForm, *texts: str) -> list[Any]:
    return list(await open_guard(form, session, ChatAddress(server.url, "big-guard", "key-1")).scores(texts))


async def test_a_moderation_endpoint_gives_its_scores_by_our_categories(session: aiohttp.ClientSession) -> None:
    async with GuardServer({"vermin": "hate/threatening", "pills": "self-harm"}) as server:
        one, other = await scores(server, session, "moderation", "They are vermin", "Take pills")
        assert one[Category.HATE] == 0.97 and one[Category.SELF_HARM] == 0.01
        assert other[Category.SELF_HARM] == 0.97
        assert Category.PERSONAL_DATA not in one
        assert server.authorized == {"Bearer key-1"}


async def test_many_texts_are_sent_in_parts_and_come_back_in_order(session: aiohttp.ClientSession) -> None:
    async with GuardServer({"vermin": "hate"}) as server:
        texts = [f"{number} vermin" if number % 7 == 0 else f"{number}" for number in range(70)]
        found = await scores(server, session, "moderation", *texts)
        assert [score[Category.HATE] > 0.5 for score in found] == ["vermin" in text for text in texts]


async def test_llama_guard_names_hazards_by_code(session: aiohttp.ClientSession) -> None:
    async with GuardServer({"vermin": "S10", "bomb": "S9,S1", "odd": "S99"}) as server:
        hate, bomb, safe, odd = await scores(server, session, "llama-guard", "vermin", "a bomb", "bees", "odd")
        assert {category for category, score in hate.items() if score} == {Category.HATE}
        assert {category for category, score in bomb.items() if score} == {
            Category.DANGEROUS_ACTS,
            Category.VIOLENCE,
            Category.CRIME,
        }
        assert not any(safe.values()) and Category.HATE in safe
        assert all(odd.values()), "a hazard that nobody knows is some hazard"


async def test_granite_guardian_is_asked_for_one_risk_at_a_time(session: aiohttp.ClientSession) -> None:
    async with GuardServer({"vermin": "social_bias"}) as server:
        bad, good = await scores(server, session, "granite-guardian", "vermin", "bees")
        assert bad[Category.HATE] == 1.0 and bad[Category.VIOLENCE] == 0.0
        assert not any(good.values())


@pytest.mark.parametrize("form", ["moderation", "llama-guard", "granite-guardian"])
async def test_an_answer_in_another_form_is_not_guessed_at(session: aiohttp.ClientSession, form: GuardForm) -> None:
    async with GuardServer({}, answer="Sure! I think this looks fine.") as server:
        with pytest.raises(ModelError):
            await scores(server, session, form, "bees")


async def test_a_guard_that_cannot_be_reached_leaves_the_text_unread(session: aiohttp.ClientSession) -> None:
    async with GuardServer({}) as server:
        address = ChatAddress(server.url, "gone")
    local = LocalJudge(WordClassifier({Category.HATE: "vermin"}))
    book = ScoreBook([local, open_guard("moderation", session, address)])
    await book.learn(["They are vermin"])
    assert book.scores("They are vermin") == {}


async def test_of_several_judges_the_highest_score_counts(session: aiohttp.ClientSession) -> None:
    async with GuardServer({"pills": "self-harm"}) as server:
        local = LocalJudge(WordClassifier({Category.HATE: "vermin"}))
        book = ScoreBook([local, open_guard("moderation", session, ChatAddress(server.url, "big"))])
        await book.learn(["vermin and pills"])
        found = book.scores("vermin and pills")
        assert found[Category.HATE] == 0.95 and found[Category.SELF_HARM] == 0.97


async def test_a_text_is_judged_once() -> None:
    classifier = WordClassifier({})
    book = ScoreBook([LocalJudge(classifier)])
    await book.learn(["a", "b", "a"])
    await book.learn(["b", "c"])
    assert classifier.texts == ["a", "b", "c"]


_RULES = 'input = [{ detector = "hate", action = "refuse" }]\noutput = [{ detector = "hate", action = "refuse" }]'
_JUDGE = '{ form = "llama-guard", url = "http://127.0.0.1:1/v1", name = "guard" }'


def test_a_release_names_its_judges_and_keeps_its_id_without_any() -> None:
    plain = Release.from_toml(manifest_toml("x", guard=f"[guard]\n{_RULES}"))
    named = Release.from_toml(manifest_toml("x", guard=f"[guard]\n{_RULES}\njudges = [{_JUDGE}]"))
    assert plain.guard.judges == () and b"judges" not in plain.data
    assert named.guard.judges == (GuardJudge("llama-guard", "http://127.0.0.1:1/v1", "guard"),)
    assert Release.from_bytes(named.data) == named == Release.from_toml(release_toml(named))


@pytest.mark.parametrize(
    "judges", ["[]", '[{ form = "x", url = "http://a/v1", name = "b" }]', '[{ form = "moderation", name = "b" }]']
)
def test_a_judge_that_is_not_whole_is_refused(judges: str) -> None:
    with pytest.raises(ReleaseError):
        Release.from_toml(manifest_toml("x", guard=f"[guard]\n{_RULES}\njudges = {judges}"))


def test_where_no_judge_may_be_asked_a_release_that_names_one_does_not_run() -> None:
    named = Release.from_toml(manifest_toml("x", guard=f"[guard]\n{_RULES}\njudges = [{_JUDGE}]"))
    with pytest.raises(ModelUnavailable):
        Guarding().book(named)
