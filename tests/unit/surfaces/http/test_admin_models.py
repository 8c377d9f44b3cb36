"""Models as administrators see them: what channels use, what could be connected, and keys that never come back."""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from verax.kernel.release import Release
from verax.surfaces.http import admin_shapes
from verax.surfaces.http.app import create_app
from verax.surfaces.neighbours import ModelServer
from verax.testing.http_installation import FakeInstallation
from verax.testing.upstream import Script, Upstream

MODELS, TEST = "/v1/admin/models", "/v1/admin/models/test"
KEY = "sk-this-is-a-stored-key"


@pytest.fixture
async def admin(installation: FakeInstallation) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(installation))
    headers = {"authorization": f"Bearer {await installation.make_key('oli', ['operator'])}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8420", headers=headers) as opened:
        yield opened


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream(Script(text="Hello there.")) as running:
        yield running


def connect(installation: FakeInstallation, url: str, key_name: str = "") -> None:
    """Let every channel's head name a remote model."""
    model = {"backend": "remote", "name": "big", "url": url, "context_tokens": 4096}
    manifest = installation.fake_governance.shown_release.manifest
    model |= {"key_name": key_name} if key_name else {}
    installation.fake_governance.shown_release = Release.from_manifest({**manifest, "model": model})


def code_of(response: httpx.Response) -> str:
    return str(response.json()["error"]["code"])


async def test_what_channels_use_and_what_could_be_connected(
    installation: FakeInstallation, admin: httpx.AsyncClient
) -> None:
    connect(installation, "https://models.example/v1", "example")
    installation.servers = [ModelServer("Ollama", "http://localhost:11434/v1", ("llama3.2",))]
    body = (await admin.get(MODELS)).json()
    admin_shapes.ModelOverview.model_validate(body)
    assert [row["channel"] for row in body["channels"]] == ["assistant", "companion/iris"]
    assert (body["channels"][0]["model"], body["channels"][0]["has_key"]) == ("big", False)
    assert body["servers"][0]["command"] == "verax model add llama3.2 --url http://localhost:11434/v1"
    assert body["keys"] == []


async def test_a_key_is_stored_named_and_removed_and_never_comes_back(
    installation: FakeInstallation, admin: httpx.AsyncClient
) -> None:
    connect(installation, "https://models.example/v1", "example/big")
    for name in ("example/big", "other"):
        assert (await admin.put(f"{MODELS}/keys/{name}", json={"key": KEY})).status_code == 204
    response = await admin.get(MODELS)
    assert KEY not in response.text
    assert response.json()["keys"] == [
        {"name": "example/big", "channels": ["assistant", "companion/iris"]},
        {"name": "other", "channels": []},
    ]
    assert response.json()["channels"][0]["has_key"] is True
    assert installation.office.model_keys.key_of("example/big") == KEY
    assert (await admin.delete(f"{MODELS}/keys/example/big")).status_code == 204
    assert (await admin.delete(f"{MODELS}/keys/example/big")).status_code == 404
    assert installation.office.model_keys.names() == ["other"]


async def test_keys_that_are_stored_at_once_are_all_kept(
    installation: FakeInstallation, admin: httpx.AsyncClient
) -> None:
    names = [f"key-{number}" for number in range(12)]
    await asyncio.gather(*(admin.put(f"{MODELS}/keys/{name}", json={"key": KEY}) for name in names))
    assert installation.office.model_keys.names() == sorted(names)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a", {"key": ""}),
        ("a", {"key": "a b"}),
        ("a", {"key": "x" * 4097}),
        ("a", {}),
        ("-a", {"key": KEY}),
        ("ü", {"key": KEY}),
    ],
)
async def test_what_could_never_be_sent_is_refused(admin: httpx.AsyncClient, name: str, body: dict[str, str]) -> None:
    assert (await admin.put(f"{MODELS}/keys/{name}", json=body)).status_code == 400


async def test_a_server_is_tested_and_the_command_that_connects_it_named(
    admin: httpx.AsyncClient, upstream: Upstream
) -> None:
    body = {"url": f"{upstream.url}/", "name": "mock", "key": "sk-given", "channel": "companion/iris"}
    response = await admin.post(TEST, json=body)
    found = response.json()
    admin_shapes.ModelTestResult.model_validate(found)
    assert (found["is_reachable"], found["problem"]) == (True, None)
    assert [model["name"] for model in found["models"]] == ["mock"]
    assert found["sample"]["total_ms"] >= found["sample"]["first_text_ms"]
    command = shlex.split(found["command"])
    assert command[:4] == ["verax", "model", "add", "mock"]
    assert command[4:] == ["--url", upstream.url, "--key-name", "127.0.0.1", "--channel", "companion/iris"]
    assert {asked.headers["authorization"] for asked in upstream.received} == {"Bearer sk-given"}
    assert "sk-given" not in response.text
    assert "Hello there." not in response.text


async def test_without_a_name_the_first_offered_model_is_proposed(admin: httpx.AsyncClient, upstream: Upstream) -> None:
    found = (await admin.post(TEST, json={"url": upstream.url})).json()
    assert found["sample"] is None
    assert shlex.split(found["command"])[3] == found["models"][0]["name"]
    assert "--key-name" not in found["command"]


async def test_a_model_that_is_not_offered_is_a_finding(admin: httpx.AsyncClient, upstream: Upstream) -> None:
    found = (await admin.post(TEST, json={"url": upstream.url, "name": "other"})).json()
    assert (found["is_reachable"], found["problem"]["code"], found["command"]) == (True, "model/unknown", None)


async def test_a_server_that_is_not_there_is_a_finding(admin: httpx.AsyncClient) -> None:
    found = (await admin.post(TEST, json={"url": "http://127.0.0.1:9/v1"})).json()
    admin_shapes.ModelTestResult.model_validate(found)
    assert (found["is_reachable"], found["problem"]["code"]) == (False, "model/unreachable")
    assert found["problem"]["hint"]


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/v1", "file:///etc/passwd", "http://ann:pass@localhost/v1", "http://2852039166/v1"]
)
async def test_an_address_that_is_never_asked_is_an_error(admin: httpx.AsyncClient, url: str) -> None:
    assert (await admin.post(TEST, json={"url": url})).status_code == 400


async def test_a_stored_key_goes_only_where_a_channel_sends_it(
    installation: FakeInstallation, admin: httpx.AsyncClient, upstream: Upstream
) -> None:
    installation.office.model_keys.keep("example", KEY)
    refused = await admin.post(TEST, json={"url": upstream.url, "key_name": "example"})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "key_name")
    connect(installation, "https://models.example/v1", "example")
    assert (await admin.post(TEST, json={"url": upstream.url, "key_name": "example"})).status_code == 400
    connect(installation, upstream.url, "other")
    assert (await admin.post(TEST, json={"url": upstream.url, "key_name": "example"})).status_code == 400
    assert list(upstream.received) == []
    connect(installation, upstream.url, "example")
    found = await admin.post(TEST, json={"url": f"{upstream.url}/", "key_name": "example"})
    assert found.json()["is_reachable"] is True
    assert upstream.received[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in found.text


async def test_a_key_that_is_not_stored_is_said_to_be_missing(
    installation: FakeInstallation, admin: httpx.AsyncClient, upstream: Upstream
) -> None:
    connect(installation, upstream.url, "example")
    response = await admin.post(TEST, json={"url": upstream.url, "key_name": "example"})
    assert (response.status_code, code_of(response)) == (503, "model/no-key")


async def test_only_so_many_tests_run_at_once(admin: httpx.AsyncClient) -> None:
    async with Upstream(Script(first_delay_s=0.2)) as slow:
        tests = [admin.post(TEST, json={"url": slow.url, "name": "mock"}) for _ in range(6)]
        statuses = [response.status_code for response in await asyncio.gather(*tests)]
    assert sorted(statuses) == [200] * 4 + [429] * 2


@pytest.mark.parametrize(
    "body",
    [{}, {"url": "x"}, {"url": "http://a/v1", "name": ""}, {"url": "http://a/v1", "name": "a b"}, {"url": 5}],
)
async def test_a_malformed_test_is_refused(admin: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await admin.post(TEST, json=body)).status_code == 400


async def test_a_name_cannot_smuggle_a_command(admin: httpx.AsyncClient) -> None:
    models = json.dumps({"data": [{"id": "a;rm -rf ~"}, {"id": "$(id)"}]}).encode()
    script = Script(status=200, raw_events=None)
    async with Upstream(script) as upstream:
        upstream.answer = lambda *_: (
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(models), models)
        )  # type: ignore[method-assign] # says what no honest server says
        found = (await admin.post(TEST, json={"url": upstream.url})).json()
    assert shlex.split(found["command"])[3] == "a;rm -rf ~"
    assert "'a;rm -rf ~'" in found["command"]
