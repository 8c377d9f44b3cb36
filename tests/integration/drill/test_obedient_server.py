"""The obedient model's server is an OpenAI-compatible one to the code that connects remote models."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from verax.drill.model import CONTEXT_TOKENS
from verax.drill.obedient import MAY_LINE, ObedientModel
from verax.drill.obedient_server import MODEL, served_obedient
from verax.kernel.release import Release
from verax.kernel.segments import Segment
from verax.models.base import Delta, Finish, ModelCall, ModelEvent, Options, Usage
from verax.models.probe import list_models
from verax.models.remote import RemoteBackend, open_session
from verax.surfaces.cli.modelspecs import remote_model
from verax.testing.releases import manifest_toml

QUESTION = "Who wrote Hamlet?"
SAID = ObedientModel().reply([{"role": "system", "content": MAY_LINE}, {"role": "user", "content": QUESTION}])


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served_obedient() as url:
        yield url


async def turn(url: str, options: Options, *, stream: bool) -> list[ModelEvent]:
    model = f'backend = "remote"\nname = "{MODEL}"\nurl = "{url}"\ncontext_tokens = 4096'
    release = Release.from_toml(manifest_toml(MAY_LINE, model=model))
    segments = (Segment("release", "system", MAY_LINE), Segment("user", "user", QUESTION))
    async with asyncio.timeout(60), open_session() as session:
        backend = RemoteBackend(release.model, session, lambda _: "")
        return [event async for event in backend.generate(ModelCall(release, segments, options, stream))]


@pytest.mark.parametrize("stream", [True, False])
async def test_a_reply_comes_whole_and_streamed(url: str, stream: bool) -> None:
    events = await turn(url, Options(), stream=stream)
    deltas = [event.text for event in events if isinstance(event, Delta)]
    assert "".join(deltas) == SAID
    assert "harbour tolls" in SAID
    assert (len(deltas) > 10) == stream
    assert [event.reason for event in events if isinstance(event, Finish)] == ["stop"]
    assert [event.completion_tokens for event in events if isinstance(event, Usage)] == [len(SAID.split())]


@pytest.mark.parametrize("stream", [True, False])
async def test_a_limit_cuts_a_reply(url: str, stream: bool) -> None:
    events = await turn(url, Options(max_tokens=3), stream=stream)
    said = "".join(event.text for event in events if isinstance(event, Delta))
    assert said.split() == SAID.split()[:3]
    assert [event.reason for event in events if isinstance(event, Finish)] == ["length"]


async def test_it_lists_its_model_as_both_ways_to_connect_one_expect_it(url: str) -> None:
    assert [(offered.name, offered.context_tokens) for offered in await list_models(url)] == [(MODEL, CONTEXT_TOKENS)]
    spec = await asyncio.to_thread(remote_model, MODEL, url, "", "", None)
    assert (spec["backend"], spec["url"], spec["context_tokens"]) == ("remote", url, CONTEXT_TOKENS)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [("/v1/nothing", b"{}", 404), ("/v1/chat/completions", b"[]", 400), ("/v1/chat/completions", b"\xff", 400)],
)
def test_what_it_does_not_understand_it_refuses_and_goes_on(url: str, path: str, body: bytes, status: int) -> None:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20)
    for _ in range(2):
        connection.request("POST", path, body)
        response = connection.getresponse()
        assert "error" in json.loads(response.read())
        assert response.status == status
    connection.close()


def test_the_process_ends_with_whoever_started_it() -> None:
    with served_obedient() as url:
        parts = urlsplit(url)
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20).connect()
