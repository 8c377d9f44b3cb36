"""Looking at a model server before a release names it: is it there, what does it offer, how fast is it?

Administrators type the address, so it is treated as a stranger's:

* No redirect is followed, no proxy of the environment is used, no cookie is kept.
* Addresses that are never a model server are refused, by what the name resolves to at the
  moment of connecting: link-local ones, where clouds serve a machine its own credentials,
  multicast, and none at all. Loopback and private networks are where model servers live.
* Time and size are bounded, and of an answer only names and numbers are passed on: nothing
  that an internal service might say can be read through this.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from verax.kernel.errors import ModelError, ModelTimeout, ModelUnavailable, RequestError
from verax.models.remote_errors import error_of_status
from verax.models.sse import EventParser

__all__ = ["CONTEXT_FIELDS", "OfferedModel", "ProbeLimits", "Sample", "list_models", "time_sample"]

_QUESTION = "Say hello in one short sentence."
_MAX_NAME = 200
_MAX_MODELS = 500
# Names under which servers state a model's context: vLLM, LM Studio, llama.cpp's router.
CONTEXT_FIELDS = ("max_model_len", "max_context_length", "context_length", "loaded_context_length")
# Where clouds serve a machine's credentials outside the link-local range: AWS over IPv6, Alibaba, Azure.
_METADATA = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "168.63.129.16")))


@dataclass(frozen=True, slots=True)
class ProbeLimits:
    """How long and how much.

    Attributes:
        connect_s: Longest wait for a connection, TLS included.
        listing_s: Longest time for the whole list of models.
        sample_s: Longest time for the whole sample.
        answer_bytes: Most bytes of either answer.
        sample_tokens: Most tokens that the sample asks for.
    """

    connect_s: float = 5.0
    listing_s: float = 10.0
    sample_s: float = 60.0
    answer_bytes: int = 2**20
    sample_tokens: int = 24


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """A model that a server lists; `context_tokens` where it says so."""

    name: str
    context_tokens: int | None


@dataclass(frozen=True, slots=True)
class Sample:
    """How fast one short reply came; what it said is not kept.

    Attributes:
        completion_tokens: As the server counts them, None where it does not.
    """

    first_text_ms: int
    total_ms: int
    completion_tokens: int | None


async def list_models(url: str, key: str = "", limits: ProbeLimits | None = None) -> list[OfferedModel]:
    """Return what an OpenAI-compatible server offers.

    Args:
        url: Its base address, usually ending in ``/v1``.

    Raises:
        RequestError: an address that is none, or that is never a model server.
        ModelError, BusyError: it cannot be reached, refuses, or does not answer as OpenAI's API does.
    """
    limits = limits or ProbeLimits()
    place = _check_address(url)
    async with _exchange("GET", f"{url.rstrip('/')}/models", key, place, (limits.listing_s, limits)) as response:
        data = await _read_whole(response, place, limits)
    try:
        listed = json.loads(data)["data"]
        offered = [OfferedModel(str(item["id"]), _context_of(item)) for item in listed[:_MAX_MODELS]]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _no_api(place) from None
    return [model for model in offered if model.name.isprintable() and 0 < len(model.name) <= _MAX_NAME]


async def time_sample(url: str, key: str, model: str, limits: ProbeLimits | None = None) -> Sample:
    """Ask one fixed short question and measure the answer.

    Raises:
        As `list_models`.
    """
    limits = limits or ProbeLimits()
    place = _check_address(url)
    body = {
        "model": model,
        "messages": [{"role": "user", "content": _QUESTION}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": limits.sample_tokens,
        "temperature": 0,
    }
    watch = _Watch()
    target = f"{url.rstrip('/')}/chat/completions"
    async with _exchange("POST", target, key, place, (limits.sample_s, limits), body) as response:
        if response.content_type == "text/event-stream":
            async for data in _events(response, place, limits):
                watch.see(data)
        else:
            watch.see(await _read_whole(response, place, limits))
    if watch.first_ms is None:
        raise ModelError(f"model server {place}: it gave no text", code="model/protocol")
    return Sample(watch.first_ms, watch.elapsed_ms(), watch.tokens)


class _Watch:
    """Notes when the first text came and how many tokens there were."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.first_ms: int | None = None
        self.tokens: int | None = None

    def elapsed_ms(self) -> int:
        return round((time.monotonic() - self._began) * 1000)

    def see(self, data: bytes) -> None:
        try:
            event = json.loads(data)
            choices, usage = event.get("choices") or [], event.get("usage") or {}
            texts = [(choice.get("delta") or choice.get("message") or {}).get("content") for choice in choices]
            tokens = usage.get("completion_tokens")
        except (ValueError, AttributeError, TypeError):
            return
        if self.first_ms is None and any(isinstance(text, str) and text for text in texts):
            self.first_ms = self.elapsed_ms()
        if isinstance(tokens, int) and tokens >= 0:
            self.tokens = tokens


class _GuardedResolver(AbstractResolver):
    """Resolves names, and refuses addresses that are never a model server."""

    def __init__(self) -> None:
        self._inner = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of `host`; raises `_Refused` when one of them is refused."""
        found = await self._inner.resolve(host, port, family)
        for item in found:
            _check_ip(ipaddress.ip_address(item["host"].partition("%")[0]))
        return found

    async def close(self) -> None:
        """Nothing to free."""


class _Refused(OSError):
    """An address that is never asked."""


@asynccontextmanager
async def _exchange(
    method: str,
    url: str,
    key: str,
    place: str,
    limits: tuple[float, ProbeLimits],
    body: Mapping[str, Any] | None = None,
) -> AsyncIterator[aiohttp.ClientResponse]:
    """Send one request and give out its answer of status 200, all of it within the time."""
    total_s, bounds = limits
    headers = {"Accept": "text/event-stream, application/json", "Accept-Encoding": "identity"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    timeout = aiohttp.ClientTimeout(total=total_s, connect=bounds.connect_s)
    connector = aiohttp.TCPConnector(resolver=_GuardedResolver(), force_close=True)
    try:
        async with (
            aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
                timeout=timeout,
                max_field_size=16_384,
            ) as session,
            session.request(method, url, json=body, headers=headers, allow_redirects=False) as response,
        ):
            if response.status == 404:
                raise _no_api(place)
            if response.status != 200:
                raise error_of_status(response.status, b"", place, "", 0.0)
            yield response
    except TimeoutError:
        raise ModelTimeout(
            f"model server {place}: no whole answer in {total_s:g} s", hint="it may still be loading the model"
        ) from None
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, _Refused):
            raise _refused_address() from None
        raise ModelUnavailable(
            f"model server {place}: could not be reached",
            hint="start the server, or check its address and port",
            code="model/unreachable",
        ) from None
    except aiohttp.ClientError as error:
        raise ModelError(f"model server {place}: the connection broke ({type(error).__name__})") from None


async def _read_whole(response: aiohttp.ClientResponse, place: str, limits: ProbeLimits) -> bytes:
    data = b""
    while piece := await response.content.readany():
        data += piece
        if len(data) > limits.answer_bytes:
            raise _too_long(place, limits)
    return data


async def _events(response: aiohttp.ClientResponse, place: str, limits: ProbeLimits) -> AsyncIterator[bytes]:
    parser, size = EventParser(), 0
    while piece := await response.content.readany():
        size += len(piece)
        if size > limits.answer_bytes:
            raise _too_long(place, limits)
        for data in parser.feed(piece):
            if data == b"[DONE]":
                return
            yield data
    for data in parser.finish():
        yield data


def _check_address(url: str) -> str:
    """Return host and port of a server's address; a name is checked when it is resolved."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    is_plain = host and not (parts.username or parts.password or parts.query or parts.fragment)
    if not is_plain or parts.scheme not in ("http", "https") or not url.isascii() or not url.isprintable():
        raise RequestError(
            "url: expected the address of a server, without password, query or fragment",
            hint="it usually looks like http://localhost:11434/v1",
            param="url",
        )
    last = host.rstrip(".").rpartition(".")[2]
    if ":" in host or last.isdigit() or last.startswith("0x"):
        try:
            _check_ip(ipaddress.ip_address(host.partition("%")[0]))
        except ValueError:
            # Other spellings of addresses (decimal, octal) reach the same machines past every check.
            raise RequestError("url: expected an IP address in its usual form", param="url") from None
        except _Refused:
            raise _refused_address() from None
    return f"{host}:{port or (443 if parts.scheme == 'https' else 80)}"


def _check_ip(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    plain = getattr(address, "ipv4_mapped", None) or address
    if plain.is_link_local or plain.is_multicast or plain.is_unspecified or plain in _METADATA:
        raise _Refused


def _context_of(item: Mapping[str, Any]) -> int | None:
    found = (item.get(field) for field in CONTEXT_FIELDS)
    return next((value for value in found if isinstance(value, int) and 128 <= value <= 2**31), None)


def _refused_address() -> RequestError:
    return RequestError(
        "url: this address is never a model server: link-local, multicast, or a cloud's own service",
        hint="give the address of the machine that runs the model",
        param="url",
        code="model/address-refused",
    )


def _no_api(place: str) -> ModelUnavailable:
    return ModelUnavailable(
        f"model server {place}: it does not list its models as OpenAI's API does",
        hint="its address usually ends in /v1",
        code="model/no-api",
    )


def _too_long(place: str, limits: ProbeLimits) -> ModelError:
    return ModelError(f"model server {place}: its answer has over {limits.answer_bytes} bytes", code="model/protocol")
