"""The edge: host names, credentials, error shapes, headers, methods and paths."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from verax.kernel.errors import BusyError, ModelUnavailable, RefusedError, VeraxError
from verax.surfaces.http import reply_models
from verax.surfaces.http.app import create_app
from verax.surfaces.http.gate import HostNames
from verax.testing.http_installation import FakeInstallation, Turn
from verax.turn.events import Failed, TurnEvent

CHAT = "/v1/chat/completions"
HELLO: dict[str, Any] = {"model": "assistant", "messages": [{"role": "user", "content": "Hello"}]}


def error_of(response: httpx.Response) -> dict[str, Any]:
    body = response.json()
    reply_models.ErrorBody.model_validate(body)
    error: dict[str, Any] = body["error"]
    return error


async def test_a_request_without_a_key_is_unauthenticated(anonymous: httpx.AsyncClient) -> None:
    response = await anonymous.post(CHAT, json=HELLO)
    assert response.status_code == 401
    assert error_of(response)["type"] == "authentication_error"
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("value", ["Bearer vx-wrong", "Bearer ", "Basic YTpi", "Bearer \xff", "vx-key"])
@pytest.mark.parametrize("path", ["/v1/models", "/v1/receipts/" + "0" * 32])
async def test_a_wrong_key_is_refused_even_where_none_is_needed(
    anonymous: httpx.AsyncClient, value: str, path: str
) -> None:
    response = await anonymous.get(path, headers={b"authorization": value.encode("latin-1")})
    assert response.status_code == 401
    assert error_of(response)["code"].startswith("access/")


async def test_a_revoked_key_is_refused(installation: FakeInstallation, client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/models")).status_code == 200
    [stored] = await installation.accounts.keys()
    await installation.accounts.revoke_key(stored.key_id)
    response = await client.get("/v1/models")
    assert response.status_code == 401
    assert error_of(response)["code"] == "access/revoked"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:8420", "", "local host", "[::2]:8420", "é"])
async def test_a_foreign_host_name_is_refused(client: httpx.AsyncClient, host: str) -> None:
    response = await client.get("/v1/models", headers={b"host": host.encode("utf-8")})
    assert response.status_code == 400
    assert error_of(response)["code"] == "request/host"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9999", "127.0.0.1:8420", "[::1]:8420"])
async def test_loopback_names_are_served_on_any_port(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/v1/models", headers={"host": host})).status_code == 200


def test_host_names_come_from_the_configuration(tmp_path: Path) -> None:
    def names(**settings: Any) -> frozenset[str] | None:
        return HostNames.from_config(FakeInstallation.open(tmp_path, **settings).config).names

    loopback = {"localhost", "127.0.0.1", "[::1]"}
    assert names() == loopback
    assert names(public_url="https://ask.example/verax") == {*loopback, "ask.example"}
    assert names(host="192.0.2.7", unsafe_public_bind=True, public_url="https://ask.example") == {
        *loopback,
        "ask.example",
        "192.0.2.7",
    }
    assert names(host="0.0.0.0", unsafe_public_bind=True) is None


async def test_links_begin_with_the_public_address_where_there_is_one(tmp_path: Path) -> None:
    installation = FakeInstallation.open(tmp_path, public_url="https://ask.example/verax")
    transport = httpx.ASGITransport(create_app(installation))
    headers = {"authorization": f"Bearer {await installation.make_key()}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://ask.example", headers=headers) as client:
        body = (await client.post(CHAT, json=HELLO)).json()
    installation.close()
    assert body["verax"]["receipt"].startswith("https://ask.example/verax/v1/receipts/")


@pytest.mark.parametrize("path", ["/", "/health", "/v1/models", "/nothing", CHAT, "/log/checkpoint"])
async def test_every_answer_carries_the_security_headers(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert len(headers.get_list("content-security-policy")) == 1
    assert "access-control-allow-origin" not in headers


async def test_no_other_page_may_read_answers(client: httpx.AsyncClient) -> None:
    headers = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    response = await client.options(CHAT, headers=headers)
    assert response.status_code == 405
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("path", ["/nothing", "/v1", "/v1/chat", "/v1/models/", "/replies", "/v1/responses/a/b"])
async def test_an_unknown_path_is_an_error_of_the_same_shape(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 404
    assert error_of(response)["code"] in ("request/no-such-path", "channel/unknown")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", CHAT, "POST"),
        ("PUT", "/v1/responses/resp_1", "DELETE, GET, HEAD"),
        ("PATCH", "/v1/session", "DELETE, GET, HEAD, POST"),
        ("DELETE", "/v1/models", "GET, HEAD"),
    ],
)
async def test_a_wrong_method_names_the_right_ones(
    client: httpx.AsyncClient, method: str, path: str, allow: str
) -> None:
    response = await client.request(method, path)
    assert response.status_code == 405
    assert response.headers["allow"] == allow
    assert error_of(response)["code"] == "request/method"


async def test_a_query_that_nobody_reads_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.post(f"{CHAT}?temperature=0", json=HELLO)
    assert response.status_code == 400
    assert error_of(response)["param"] == "temperature"


async def test_the_body_limit_holds_on_the_wire(tmp_path: Path) -> None:
    installation = FakeInstallation.open(tmp_path, max_body_bytes=2000)
    transport = httpx.ASGITransport(create_app(installation))
    headers = {"authorization": f"Bearer {await installation.make_key()}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        response = await client.post(CHAT, json={**HELLO, "user": "x" * 3000})
    installation.close()
    assert response.status_code == 413
    assert error_of(response)["code"] == "request/body-too-large"


async def test_the_rate_limit_says_when_to_come_back(tmp_path: Path) -> None:
    installation = FakeInstallation.open(tmp_path, rate_per_minute=1, rate_burst=1)
    transport = httpx.ASGITransport(create_app(installation))
    headers = {"authorization": f"Bearer {await installation.make_key()}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        assert (await client.get("/v1/models")).status_code == 200
        response = await client.get("/v1/models")
    installation.close()
    assert response.status_code == 429
    assert error_of(response)["type"] == "rate_limit_error"
    assert 0 < int(response.headers["retry-after"]) <= 60


async def test_an_unknown_model_lists_the_channels(client: httpx.AsyncClient) -> None:
    response = await client.post(CHAT, json={**HELLO, "model": "gpt-4o"})
    assert response.status_code == 404
    error = error_of(response)
    assert "assistant" in error["message"]
    assert "companion/iris" in error["message"]
    assert error["param"] == "model"


def raises(error: Exception) -> Any:
    async def script(turn: Turn) -> AsyncIterator[TurnEvent]:
        raise error
        yield turn.started

    return script


def fails(status: int, code: str, retry_after_s: int | None = None, *, begins: bool = True) -> Any:
    async def script(turn: Turn) -> AsyncIterator[TurnEvent]:
        if begins:
            yield turn.started
        yield Failed(turn.started.turn_id, code, "it failed", "do this", status, retry_after_s)

    return script


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("begins", [False, True])
async def test_a_turn_that_fails_before_its_text_keeps_its_status(
    installation: FakeInstallation, client: httpx.AsyncClient, stream: bool, begins: bool
) -> None:
    installation.engine.script = fails(429, "busy/queue-full", 7, begins=begins)
    response = await client.post(CHAT, json={**HELLO, "stream": stream})
    assert response.status_code == 429
    assert response.headers["retry-after"] == "7"
    assert error_of(response)["code"] == "busy/queue-full"
    assert response.headers["x-verax-turn"] == response.json()["verax"]["id"]


@pytest.mark.parametrize(
    ("error", "status", "may_retry"),
    [
        (BusyError("full", retry_after_s=3), 429, True),
        (RefusedError("frozen", code="governance/frozen"), 503, False),
        (ModelUnavailable("no model"), 503, True),
        (VeraxError("odd"), 500, True),
        (ValueError("secret words"), 500, True),
    ],
)
@pytest.mark.parametrize("path", [CHAT, "/v1/responses"])
async def test_errors_of_the_tree_become_statuses_and_strange_ones_say_nothing(
    installation: FakeInstallation, client: httpx.AsyncClient, error: Exception, status: int, may_retry: bool, path: str
) -> None:
    installation.engine.script = raises(error)
    body = HELLO if path == CHAT else {"model": "assistant", "input": "Hello"}
    response = await client.post(path, json=body)
    assert response.status_code == status
    assert ("x-should-retry" in response.headers) is not may_retry
    assert "secret" not in response.text
    error_of(response)


async def test_requests_are_counted_by_endpoint_and_not_by_what_callers_wrote(client: httpx.AsyncClient) -> None:
    await client.post(CHAT, json=HELLO)
    await client.get("/v1/receipts/" + "0" * 32)
    await client.get("/some/secret/path")
    text = (await client.get("/metrics")).text
    assert 'verax_http_requests_total{endpoint="/v1/chat/completions",status="200"} 1.0' in text
    assert 'verax_http_requests_total{endpoint="/v1/receipts/{id}",status="404"} 1.0' in text
    assert 'verax_http_requests_total{endpoint="none",status="404"} 1.0' in text
    assert 'verax_turns_total{channel="assistant",status="complete"} 1.0' in text
    assert "secret" not in text


async def test_metrics_can_be_kept_for_operators(tmp_path: Path) -> None:
    installation = FakeInstallation.open(tmp_path, metrics_auth="key")
    transport = httpx.ASGITransport(create_app(installation))
    member, auditor = await installation.make_key("m"), await installation.make_key("a", ["auditor"])
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        statuses = [
            (await client.get("/metrics", headers={"authorization": f"Bearer {key}"} if key else {})).status_code
            for key in ("", member, auditor)
        ]
    installation.close()
    assert statuses == [401, 403, 200]


async def test_health_says_what_is_missing(installation: FakeInstallation, anonymous: httpx.AsyncClient) -> None:
    ready = await anonymous.get("/health")
    assert ready.status_code == 200
    assert ready.json()["status"] == "ready"
    detail = installation.details[0]
    installation.details = [type(detail)("model", False, "weights are missing")]
    broken = await anonymous.get("/health")
    assert broken.status_code == 503
    assert broken.json()["checks"] == [{"name": "model", "ready": False, "detail": "weights are missing"}]
    assert (await anonymous.get("/health/live")).status_code == 200


async def test_the_landing_page_speaks_to_people_and_to_programs(anonymous: httpx.AsyncClient) -> None:
    body = (await anonymous.get("/")).json()
    reply_models.Landing.model_validate(body)
    assert body["channels"] == ["assistant", "companion/iris"]
    page = await anonymous.get("/", headers={"accept": "text/html"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Verax" in page.text
    assert "<script" not in page.text


async def test_head_answers_like_get_without_a_body(anonymous: httpx.AsyncClient) -> None:
    assert (await anonymous.head("/health")).status_code == 200


async def test_websockets_are_turned_away(installation: FakeInstallation) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    await create_app(installation)({"type": "websocket"}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1000}]


async def test_lifespan_events_are_acknowledged(installation: FakeInstallation) -> None:
    events = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message["type"])

    async def receive() -> dict[str, str]:
        return events.pop(0)

    await create_app(installation)({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
