"""A turn on a remote server is joined again from its record, as far as the record goes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from verax.kernel.record import Record
from verax.kernel.release import Release
from verax.kernel.segments import Segment
from verax.models.base import ModelCall
from verax.models.wire import request_body
from verax.testing.releases import manifest_toml
from verax.testing.scripted import ScriptedBackend
from verax.testing.turns import TurnWorld
from verax.turn.compose import compose
from verax.turn.events import Completed
from verax.turn.rejoin import recorded_options, rejoined_bytes
from verax.turn.request import Caller, InputItem, ResponseFormat, SamplingRequest, TurnRequest

REMOTE = 'backend = "remote"\nname = "big"\nurl = "http://localhost:9/v1"\ncontext_tokens = 4096'
SCRIPTED = 'backend = "scripted"\nname = "big"\ncontext_tokens = 4096'
ALLOW = (
    '[sampling]\nmax_tokens = 64\nallow = ["temperature", "top_p", "max_tokens", "seed", "stop", "n", "logprobs", '
    '"presence_penalty", "frequency_penalty"]\n'
)
WEATHER: dict[str, Any] = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
ASKED = SamplingRequest(
    temperature=0.1,
    top_p=0.95,
    presence_penalty=-0.5,
    frequency_penalty=0.25,
    max_tokens=9,
    seed=5,
    n=2,
    top_logprobs=3,
)


def release_of(model: str, style: str = "native") -> Release:
    return Release.from_toml(manifest_toml("Be brief.", model=model, rest=f'{ALLOW}[tools]\nstyle = "{style}"'))


async def record_of(folder: Path, style: str, **rest: Any) -> Record:
    """The record of a real turn, under a release with the same sampling."""
    async with TurnWorld.open(folder, ScriptedBackend(), release_of(SCRIPTED, style)) as world:
        events = await world.say("Hi", **rest)
        assert isinstance(events[-1], Completed), events[-1]
        return Record.from_dict(events[-1].record)


@pytest.mark.parametrize(
    "rest",
    [
        {},
        {"stream": False},
        {"sampling": ASKED},
        {"response_format": ResponseFormat("json_object")},
        {"tools": (WEATHER,)},
        {"tools": (WEATHER,), "tool_choice": "required"},
        {"tools": (WEATHER,), "tool_choice": ("function", "weather"), "sampling": ASKED},
    ],
)
async def test_the_body_is_built_again_to_the_byte(tmp_path: Path, rest: dict[str, Any]) -> None:
    record = await record_of(tmp_path, "native", **rest)
    assert_joins(release_of(REMOTE), record, rest)


def assert_joins(release: Release, record: Record, rest: dict[str, Any], *, joins: bool = True) -> None:
    request = TurnRequest("assistant", Caller("user-1"), (InputItem("user", "Hi"),), **rest)
    made = compose(release, request, frozenset(), date(2026, 11, 23), record.seed)
    sent = request_body(ModelCall(release, made.segments, made.options, stream=request.stream))
    assert (sent in list(rejoined_bytes(release, record, made.segments))) is joins


@pytest.mark.parametrize("choice", ["auto", "required", ("function", "weather")])
async def test_the_schema_that_tools_give_is_found_in_the_prompt(tmp_path: Path, choice: Any) -> None:
    record = await record_of(tmp_path, "schema")
    assert_joins(release_of(REMOTE, "schema"), record, {"tools": (WEATHER,), "tool_choice": choice})


@pytest.mark.parametrize(
    "rest",
    [
        {"sampling": SamplingRequest(stop=("END",))},
        {"response_format": ResponseFormat("json_schema", {"type": "object", "properties": {}})},
    ],
)
async def test_what_no_record_names_is_not_guessed(tmp_path: Path, rest: dict[str, Any]) -> None:
    record = await record_of(tmp_path, "native", **rest)
    assert_joins(release_of(REMOTE), record, rest, joins=False)


async def test_a_record_without_changed_values_names_those_of_the_release(tmp_path: Path) -> None:
    options = recorded_options(release_of(REMOTE), await record_of(tmp_path, "native"))
    assert (options.temperature, options.max_tokens, options.n, options.top_logprobs) == (0.7, 64, 1, None)


@pytest.mark.parametrize("tools", [[], [1], [{}], [{"function": 1}], [{"function": {"name": None}}]])
async def test_tools_of_any_shape_are_no_defect(tmp_path: Path, tools: list[Any]) -> None:
    record = await record_of(tmp_path, "native")
    segments = (Segment("app", "tools", json.dumps(tools)), Segment("user", "user", "Hi"))
    for style in ("native", "schema"):
        assert list(rejoined_bytes(release_of(REMOTE, style), record, segments))
