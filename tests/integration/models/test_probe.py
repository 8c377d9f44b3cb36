"""Looking at a model server that an administrator named: what comes out, and where it never goes."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping

import pytest
from aiohttp import web
from aiohttp.resolver import ThreadedResolver

from verax.kernel.errors import ModelError, ModelTimeout, ModelUnavailable, RequestError, VeraxError
from verax.models import probe
from verax.models.probe import OfferedModel, ProbeLimits, list_models, time_sample
from verax.testing.upstream import Script, Upstream

QUICK = ProbeLimits(connect_s=2.0, listing_s=0.3, sample_s=0.3, answer_bytes=4096)
SECRET = "what an internal service says"


class Strange:
    """A server that answers ``/v1/models`` with what a test wants."""

    def __init__(self) -> None:
        self.status = 200
        self.body: bytes = b""
        self.headers: Mapping[str, str] = {}
        self.is_endless = False
        self.is_silent = False
        self.asked: list[web.BaseRequest] = []
        self.url = ""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(request)
        if self.is_silent:
            await asyncio.sleep(60)
        if not self.is_endless:
            return web.Response(status=self.status, body=self.body, headers=dict(self.headers))
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        while True:
            await response.write(b" " * 1024)


@pytest.fixture
async def strange() -> AsyncIterator[Strange]:
    found = Strange()
    runner = web.ServerRunner(web.Server(found.answer), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    yield found
    await runner.cleanup()


async def test_the_models_of_a_server_are_listed_with_their_contexts(strange: Strange) -> None:
    models = [{"id": "big", "max_model_len": 32768}, {"id": "small"}, {"id": "odd\n"}, {"id": "", "object": "model"}]
    strange.body = json.dumps({"object": "list", "data": models}).encode()
    assert await list_models(strange.url + "/", "key-1") == [OfferedModel("big", 32768), OfferedModel("small", None)]
    assert strange.asked[0].path == "/v1/models"
    assert strange.asked[0].headers["Authorization"] == "Bearer key-1"
    await list_models(strange.url)
    assert "Authorization" not in strange.asked[1].headers


@pytest.mark.parametrize("ignores_stream", [False, True])
async def test_a_sample_is_timed_and_what_it_says_is_not_kept(ignores_stream: bool) -> None:
    script = Script(text=f"{SECRET} and more", first_delay_s=0.02, ignore_stream=ignores_stream)
    async with Upstream(script) as upstream:
        sample = await time_sample(upstream.url, "key-1", "big")
    assert 0 < sample.first_text_ms <= sample.total_ms
    assert sample.completion_tokens is not None
    assert SECRET not in repr(sample)
    [asked] = upstream.received
    assert (asked.json["model"], asked.json["stream"], asked.json["max_tokens"]) == ("big", True, 24)


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "model/key-refused"), (403, "model/key-refused"), (404, "model/no-api"), (500, "model/refused")],
)
async def test_a_refusal_says_nothing_that_the_server_said(strange: Strange, status: int, code: str) -> None:
    strange.status, strange.body = status, SECRET.encode()
    with pytest.raises(ModelError) as caught:
        await list_models(strange.url)
    assert caught.value.reason_code == code
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": 5}', b'{"data": [5]}', b'{"data": [{}]}', b"\xff"])
async def test_what_is_no_list_of_models_is_said_to_be_none(strange: Strange, body: bytes) -> None:
    strange.body = body
    with pytest.raises(ModelUnavailable) as caught:
        await list_models(strange.url)
    assert caught.value.reason_code == "model/no-api"


async def test_no_redirect_is_followed(strange: Strange) -> None:
    strange.status, strange.headers = 302, {"Location": f"{strange.url}/elsewhere"}
    with pytest.raises(ModelError):
        await list_models(strange.url)
    assert [request.path for request in strange.asked] == ["/v1/models"]


async def test_an_endless_answer_is_broken_off(strange: Strange) -> None:
    strange.is_endless = True
    with pytest.raises(ModelError, match="over 4096 bytes"):
        await list_models(strange.url, limits=ProbeLimits(answer_bytes=4096))


async def test_a_compressed_answer_is_not_unpacked(strange: Strange) -> None:
    strange.body, strange.headers = b"\x1f\x8b" + bytes(100), {"Content-Encoding": "gzip"}
    with pytest.raises(ModelUnavailable):
        await list_models(strange.url)


async def test_silence_has_an_end(strange: Strange) -> None:
    strange.is_silent = True
    with pytest.raises(ModelTimeout):
        await list_models(strange.url, limits=QUICK)


async def test_a_stream_that_drips_for_ever_has_an_end() -> None:
    async with Upstream(Script(text="x" * 400, pieces=400, piece_delay_s=0.05)) as upstream:
        with pytest.raises(ModelTimeout):
            await time_sample(upstream.url, "", "big", QUICK)


@pytest.mark.parametrize(
    "script", [Script(text=""), Script(raw_events=b"data: nonsense\n\n"), Script(raw_events=b"data: []\n\ndata: 5\n\n")]
)
async def test_a_reply_without_text_is_no_sample(script: Script) -> None:
    async with Upstream(script) as upstream:
        with pytest.raises(ModelError):
            await time_sample(upstream.url, "", "big")


async def test_a_server_that_is_not_there_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ModelUnavailable) as caught:
        await list_models(f"http://127.0.0.1:{port}/v1")
    assert caught.value.reason_code == "model/unreachable"


NEVER = [
    "http://169.254.169.254/latest",
    "http://[fe80::1]/v1",
    "http://[::ffff:169.254.169.254]/v1",
    "http://[fd00:ec2::254]/v1",
    "http://100.100.100.200/v1",
    "http://168.63.129.16/v1",
    "http://224.0.0.1/v1",
    "http://0.0.0.0:8000/v1",
    "http://[::]:8000/v1",
]


@pytest.mark.parametrize("url", NEVER)
async def test_addresses_that_are_never_a_model_server_are_refused(url: str) -> None:
    with pytest.raises(RequestError) as caught:
        await list_models(url, limits=QUICK)
    assert caught.value.reason_code == "model/address-refused"


@pytest.mark.parametrize(
    "url",
    [
        "http://2852039166/v1",
        "http://0xa9fea9fe/v1",
        "http://0251.0376.0251.0376/v1",
        "http://169.254.43518/v1",
        "http://169.254.169.254./v1",
    ],
)
async def test_other_spellings_of_addresses_are_refused(url: str) -> None:
    with pytest.raises(RequestError):
        await list_models(url, limits=QUICK)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://localhost/v1",
        "file:///etc/passwd",
        "localhost:8000",
        "http://",
        "http://ann:pass@localhost/v1",
        "http://localhost/v1?x=1",
        "http://localhost/v1#x",
        "http://localhost:99999/v1",
        "http://loc\nalhost/v1",
        "http://ünicode/v1",
    ],
)
async def test_what_is_no_plain_address_is_refused(url: str) -> None:
    with pytest.raises(RequestError):
        await list_models(url, limits=QUICK)


async def test_a_name_is_checked_by_what_it_resolves_to(monkeypatch: pytest.MonkeyPatch, strange: Strange) -> None:
    """The check stands between resolving and connecting: a name that changes its address meanwhile gains nothing."""
    port = int(strange.url.rsplit(":", 1)[1].partition("/")[0])

    async def resolve(self: ThreadedResolver, host: str, port: int, family: int) -> list[dict[str, object]]:
        address = {"good.example": "127.0.0.1", "evil.example": "169.254.169.254"}[host]
        found = {"hostname": host, "host": address, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}
        return [found, {**found, "host": "127.0.0.1"}]

    monkeypatch.setattr(probe.ThreadedResolver, "resolve", resolve)
    strange.body = b'{"data": [{"id": "big"}]}'
    assert await list_models(f"http://good.example:{port}/v1") == [OfferedModel("big", None)]
    with pytest.raises(RequestError) as caught:
        await list_models(f"http://evil.example:{port}/v1")
    assert caught.value.reason_code == "model/address-refused"
    assert len(strange.asked) == 1


async def test_every_error_of_a_probe_is_of_the_tree(strange: Strange) -> None:
    strange.headers = {"X-Long": "x" * 100_000}
    with pytest.raises(VeraxError):
        await list_models(strange.url, limits=QUICK)
