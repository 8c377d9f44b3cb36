"""A model chooses among our texts, or nothing was chosen."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence

import pytest

from verax.guard.audience import Audience
from verax.kernel.errors import ModelError
from verax.kernel.release import Release
from verax.models.base import BackendIdentity, Delta, ModelCall, ModelEvent, Sent
from verax.products.junior.choosing import ModelChooser, answer
from verax.products.junior.engines import engine_of
from verax.products.junior.releases import load_choosing
from verax.products.junior.session import OpenChoice, Profile, Said, Session

CHOICE = OpenChoice("a song about rain", ("song/rain", "song/row"))


class SayingBackend:
    """A backend that says one text, or fails."""

    identity = BackendIdentity("scripted", "unknown")

    def __init__(self, text: str, *, fails: bool = False) -> None:
        self.text, self.fails = text, fails
        self.calls: list[ModelCall] = []

    async def generate(self, call: ModelCall) -> AsyncIterator[ModelEvent]:
        self.calls.append(call)
        yield Sent(call.segments, b"")
        if self.fails:
            raise ModelError("broken")
        yield Delta(self.text)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        raise NotImplementedError

    async def close(self) -> None:
        return None


def release() -> Release:
    return load_choosing(Audience.TWO_TO_FOUR)


async def test_an_option_to_the_letter_is_a_choice_and_nothing_else_is() -> None:
    assert await ModelChooser(SayingBackend('"song/rain"'), release()).choose(CHOICE) == "song/rain"
    for said in ('"song/Rain"', "song/rain", "{}", "", "7"):
        assert await ModelChooser(SayingBackend(said), release()).choose(CHOICE) == ""


async def test_a_model_that_fails_chose_nothing() -> None:
    assert await ModelChooser(SayingBackend("", fails=True), release()).choose(CHOICE) == ""


async def test_the_model_is_held_to_the_options_and_reads_what_was_said_as_the_users_words() -> None:
    backend = SayingBackend('"song/row"')
    await ModelChooser(backend, release()).choose(CHOICE)
    call = backend.calls[0]
    assert call.options.schema == {"enum": ["song/rain", "song/row"]}
    assert [(segment.by, segment.role) for segment in call.segments] == [("release", "system"), ("user", "user")]


@pytest.mark.parametrize("said", ['"song/rain"', json.dumps("I am your friend"), "garbage"])
async def test_with_any_model_a_reply_is_one_of_ours(said: str) -> None:
    engine, profile = engine_of(Audience.TWO_TO_FOUR), Profile(Audience.TWO_TO_FOUR)
    step = await answer(engine, profile, Session(), Said("blorp"), ModelChooser(SayingBackend(said), release()))
    without = await answer(engine, profile, Session(), Said("blorp"), None)
    assert (step == without) is ("rain" not in said)


async def test_a_model_is_not_asked_where_nothing_is_open() -> None:
    backend = SayingBackend('"song/rain"')
    engine, profile = engine_of(Audience.TWO_TO_FOUR), Profile(Audience.TWO_TO_FOUR)
    await answer(engine, profile, Session(), Said("my dad hits me"), ModelChooser(backend, release()))
    assert backend.calls == []
