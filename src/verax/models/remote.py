"""A model behind any OpenAI-compatible server.

* `Sent.data` is the exact body that goes on the wire (`verax.models.wire`).
* Retried: failures to connect, 429 and 503, with exponential backoff and jitter and no sooner
  than ``Retry-After`` says. Never anything else, and never after the server began to answer.
* Three waits have limits: to connect, until the first event, and between two events.
* The API key comes from a resolver at every call, goes into one header and nowhere else.
  Redirects are not followed: they would carry it, and the prompt, to another place.
* What a server says in an error stays out of ours: it may quote the prompt.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

import aiohttp

from verax.kernel.errors import ModelError, ModelTimeout, ModelUnavailable
from verax.kernel.release_parts import ModelSpec
from verax.models.base import BackendIdentity, ModelCall, ModelEvent, Sent
from verax.models.remote_errors import error_of_status, retry_after_s
from verax.models.sse import EventParser
from verax.models.wire import embedding_body, request_body
from verax.models.wire_reply import ReplyReader

__all__ = ["KeyResolver", "RemoteBackend", "RemoteSettings", "open_session"]

KeyResolver = Callable[[str], str]
"""Returns the key of that name; raises `ModelUnavailable` where the installation keeps none."""

_RETRIED = frozenset({429, 503})
_MAX_ERROR_BYTES = 65_536
_MAX_ANSWER_BYTES = 64 * 2**20
_DRAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class RemoteSettings:
    """Limits of waiting; nothing here changes what is asked.

    Attributes:
        connect_timeout_s: Longest wait for a connection, TLS included.
        first_timeout_s: Longest wait from the request to the first event of the reply.
        idle_timeout_s: Longest wait between two pieces of the reply.
        retries: Attempts after the first.
        backoff_s: Wait before the first retry; doubles with each one, half of it by chance.
        longest_backoff_s: Longest wait before a retry. A server that asks for more is not
            waited for: the caller is told to come back.
    """

    connect_timeout_s: float = 10.0
    first_timeout_s: float = 300.0
    idle_timeout_s: float = 120.0
    retries: int = 2
    backoff_s: float = 0.25
    longest_backoff_s: float = 20.0


class Pause(Protocol):
    """How a backend waits before a retry; a virtual clock replaces it in tests."""

    def __call__(self, seconds: float, /) -> Awaitable[None]: ...


def open_session() -> aiohttp.ClientSession:
    """Return the one HTTP session that all remote models share; needs a running event loop."""
    # Many servers close idle connections after 5 s; one closed under a request would fail it.
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=4.0, ttl_dns_cache=30)
    return aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False, read_bufsize=2**18
    )


class RemoteBackend:
    """Implements `verax.models.base.Backend` over HTTP."""

    def __init__(
        self,
        model: ModelSpec,
        session: aiohttp.ClientSession,
        key_of: KeyResolver,
        settings: RemoteSettings | None = None,
        pause: Pause = asyncio.sleep,
    ) -> None:
        """Make the backend; the session stays its owner's and is not closed here."""
        self._model = model
        self._session = session
        self._key_of = key_of
        self._settings = settings or RemoteSettings()
        self._pause = pause
        self._base = model.url.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=None, connect=self._settings.connect_timeout_s)
        parts = urlsplit(model.url)
        self._place = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
        self.identity = BackendIdentity(
            "remote", model.weights, {"name": model.name, "url": self._base, "key_name": model.key_name or "none"}
        )

    async def generate(self, call: ModelCall) -> AsyncIterator[ModelEvent]:
        """Run one call; see the rules in `verax.models.base`.

        Raises:
            RequestError: the prompt does not fit the model, or a tool segment is malformed.
            BusyError: the server stays busy.
            ModelError: it could not be reached, refused, failed or fell silent.
        """
        body = request_body(call)
        headers = self._headers()
        yield Sent(call.segments, body)
        response = await self._post("/chat/completions", body, headers)
        reader = ReplyReader(call.options.n)
        is_read = False
        try:
            if response.content_type == "text/event-stream":
                async for event in self._read_stream(response, reader):
                    yield event
            else:
                for event in reader.read(await self._read_whole(response)):
                    yield event
            reader.check_complete()
            yield reader.usage
            is_read = True
        finally:
            await self._finish(response, is_read)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return the server's embeddings, in order."""
        response = await self._post("/embeddings", embedding_body(self._model.name, texts), self._headers())
        is_read = False
        try:
            data = await self._read_whole(response)
            is_read = True
        finally:
            await self._finish(response, is_read)
        return _vectors(data, len(texts))

    async def close(self) -> None:
        """Nothing to free: the session is shared."""

    def _headers(self) -> Mapping[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream, application/json"}
        if self._model.key_name:
            headers["Authorization"] = f"Bearer {self._key_of(self._model.key_name)}"
        return headers

    async def _post(self, path: str, body: bytes, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        """Send the request, again where that is allowed, and return a response of status 200."""
        attempt = 0
        while True:
            wait_s = 0.0
            try:
                response = await self._send(path, body, headers)
            except _ConnectFailed:
                if attempt >= self._settings.retries:
                    raise self._unreachable() from None
            else:
                if response.status == 200:
                    return response
                wait_s = retry_after_s(response.headers)
                is_final = response.status not in _RETRIED or attempt >= self._settings.retries
                if is_final or wait_s > self._settings.longest_backoff_s:
                    raise await self._refusal(response, wait_s)
                response.close()
            await self._pause(max(wait_s, self._backoff(attempt)))
            attempt += 1

    async def _send(self, path: str, body: bytes, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        request = self._session.post(
            self._base + path, data=body, headers=headers, timeout=self._timeout, allow_redirects=False
        )
        try:
            async with asyncio.timeout(self._settings.first_timeout_s):
                return await request
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            if isinstance(error, aiohttp.ClientSSLError):
                raise ModelUnavailable(
                    f"model server {self._place}: its TLS certificate was not accepted",
                    hint="check the address, or install the certificate authority that signed it",
                ) from None
            raise _ConnectFailed from None
        except TimeoutError:
            raise self._silent(self._settings.first_timeout_s) from None
        except aiohttp.ClientError as error:
            raise ModelError(f"model server {self._place}: the connection broke ({type(error).__name__})") from None

    async def _read_stream(self, response: aiohttp.ClientResponse, reader: ReplyReader) -> AsyncIterator[ModelEvent]:
        parser = EventParser()
        limit_s = self._settings.first_timeout_s
        while True:
            piece = await self._read(response, limit_s)
            for data in parser.feed(piece) if piece else parser.finish():
                if data == b"[DONE]":
                    return
                for event in reader.read(data):
                    yield event
                limit_s = self._settings.idle_timeout_s
            if not piece:
                return

    async def _read_whole(self, response: aiohttp.ClientResponse) -> bytes:
        pieces: list[bytes] = []
        size = 0
        while piece := await self._read(response, self._settings.first_timeout_s):
            pieces.append(piece)
            size += len(piece)
            if size > _MAX_ANSWER_BYTES:
                raise ModelError(f"model server: the answer has over {_MAX_ANSWER_BYTES} bytes", code="model/protocol")
        return b"".join(pieces)

    async def _read(self, response: aiohttp.ClientResponse, limit_s: float) -> bytes:
        try:
            async with asyncio.timeout(limit_s):
                return await response.content.readany()
        except TimeoutError:
            raise self._silent(limit_s) from None
        except aiohttp.ClientError as error:
            raise ModelError(
                f"model server {self._place}: the connection broke in the middle of the reply ({type(error).__name__})",
                code="model/cut-short",
            ) from None

    async def _finish(self, response: aiohttp.ClientResponse, is_read: bool) -> None:
        """Keep the connection where the reply was read to its end; else close it, which cancels the work."""
        if is_read:
            try:
                async with asyncio.timeout(_DRAIN_S):
                    while await response.content.readany():
                        pass
            except (TimeoutError, aiohttp.ClientError):
                is_read = False
        if is_read:
            response.release()
        else:
            response.close()

    async def _refusal(self, response: aiohttp.ClientResponse, wait_s: float) -> Exception:
        try:
            async with asyncio.timeout(self._settings.idle_timeout_s):
                data = await response.content.read(_MAX_ERROR_BYTES)
        except (TimeoutError, aiohttp.ClientError):
            data = b""
        finally:
            response.close()
        return error_of_status(response.status, data, self._place, self._model.name, wait_s)

    def _backoff(self, attempt: int) -> float:
        longest = min(self._settings.longest_backoff_s, self._settings.backoff_s * 2.0**attempt)
        return longest * (0.5 + random.random() / 2)  # noqa: S311 - spreads retries, guards nothing

    def _unreachable(self) -> ModelUnavailable:
        return ModelUnavailable(
            f"model server {self._place}: could not be reached in {self._settings.retries + 1} attempts",
            hint=f"start the server, or check that {self._base} is its address",
            code="model/unreachable",
        )

    def _silent(self, limit_s: float) -> ModelTimeout:
        return ModelTimeout(
            f"model server {self._place}: silent for {limit_s:g} s",
            hint="the server may still be loading the model; try again, or raise remote_idle_timeout_s",
        )


class _ConnectFailed(Exception):
    """No connection was made; nothing was sent."""


def _vectors(data: bytes, count: int) -> list[list[float]]:
    try:
        rows = sorted(json.loads(data)["data"], key=lambda row: int(row["index"]))
        vectors = [[float(number) for number in row["embedding"]] for row in rows]
    except (ValueError, TypeError, KeyError) as error:
        raise ModelError(
            f"model server: expected embeddings, found something else ({type(error).__name__})", code="model/protocol"
        ) from None
    if len(vectors) != count:
        raise ModelError(f"model server: expected {count} embeddings, found {len(vectors)}", code="model/protocol")
    return vectors
