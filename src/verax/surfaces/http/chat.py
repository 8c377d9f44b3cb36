"""``POST /v1/chat/completions``: the hot path, plain ASGI from end to end.

The response starts with the first event after `Started`: an error that the model reports
at once still gets its own status and ``Retry-After``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from verax.kernel.errors import VeraxError
from verax.surfaces.http.body import read_json
from verax.surfaces.http.chat_reply import ChatStream, chat_body, error_chunk
from verax.surfaces.http.chat_request import ChatRequest, turn_of_chat
from verax.surfaces.http.conversation import TurnFailed, open_turn, renaming, take_started
from verax.surfaces.http.exchange import Exchange
from verax.surfaces.http.faults import INTERNAL, fault_of_error, fault_of_event
from verax.surfaces.http.gate import Gate
from verax.surfaces.http.metrics import Metrics
from verax.surfaces.http.ports import Engine
from verax.surfaces.http.reply import dump, stream_headers, turn_headers, verax_object
from verax.surfaces.http.validation import validate
from verax.turn.events import (
    ClaimVerdict,
    Completed,
    Failed,
    Refusal,
    Started,
    TextDelta,
    ToolCallDelta,
    TurnEvent,
)

__all__ = ["ChatEndpoint", "Limits"]

_log = logging.getLogger(__name__)

Events = AsyncGenerator[TurnEvent, None]

_NEWER_NAMES = {"max_tokens": "max_completion_tokens"}


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one request's shape."""

    body_bytes: int
    messages: int


class ChatEndpoint:
    """Answers chat completions, streamed and whole."""

    def __init__(self, engine: Engine, gate: Gate, metrics: Metrics, limits: Limits) -> None:
        self._engine = engine
        self._gate = gate
        self._metrics = metrics
        self._limits = limits

    async def answer(self, exchange: Exchange) -> None:
        """Answer one request; errors before the first byte are raised."""
        caller = await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        raw = await read_json(exchange.headers, exchange.receive, self._limits.body_bytes)
        body = validate(ChatRequest, raw)
        request = turn_of_chat(body, caller, self._limits.messages)
        with renaming(_NEWER_NAMES if body.max_completion_tokens is not None else {}):
            async with open_turn(self._engine, request, exchange.receive) as events:
                started = await take_started(events)
                if body.stream:
                    await self._stream(exchange, body, started, events)
                else:
                    await self._whole(exchange, body, started, events)

    async def _whole(self, exchange: Exchange, body: ChatRequest, started: Started, events: Events) -> None:
        refusals: dict[int, Refusal] = {}
        claims: list[ClaimVerdict] = []
        completed: Completed | None = None
        async for event in events:
            if isinstance(event, Completed):
                completed = event
            elif isinstance(event, Failed):
                raise TurnFailed(fault_of_event(event))
            elif isinstance(event, Refusal):
                refusals[event.choice] = event
            elif isinstance(event, ClaimVerdict):
                claims.append(event)
        if completed is None:
            raise VeraxError("turn: ended without a completion", code="verax/internal")
        self._metrics.turn_ended(started, completed)
        reply = chat_body(
            started,
            completed,
            refusals,
            verax=verax_object(started, exchange.address.base_url, completed, claims),
            with_logprobs=bool(body.logprobs),
            metadata=body.metadata,
        )
        data = dump(reply)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(data)),
            *turn_headers(started),
        ]
        await exchange.send({"type": "http.response.start", "status": 200, "headers": headers})
        await exchange.send({"type": "http.response.body", "body": data, "more_body": False})

    async def _stream(self, exchange: Exchange, body: ChatRequest, started: Started, events: Events) -> None:
        stream = ChatStream(
            started,
            exchange.address.base_url,
            choices=body.n or 1,
            with_usage=bool(body.stream_options and body.stream_options.include_usage),
            with_logprobs=bool(body.logprobs),
            metadata=body.metadata,
        )
        event = await anext(events, None)
        if isinstance(event, Failed):
            raise TurnFailed(fault_of_event(event))
        self._metrics.first_text(started, time.perf_counter() - exchange.began_s)
        await exchange.send({"type": "http.response.start", "status": 200, "headers": stream_headers(started)})
        data = stream.opening()
        with self._metrics.open_stream():
            try:
                while event is not None:
                    data += self._chunk(stream, started, event)
                    await exchange.send({"type": "http.response.body", "body": data, "more_body": True})
                    data = b""
                    event = await anext(events, None)
            except VeraxError as error:
                data = error_chunk(fault_of_error(error, started.turn_id))
            except Exception:  # noqa: BLE001 - the request ends here, and its status line has been sent
                _log.exception("turn %s: unexpected error in its stream", started.turn_id)
                data = error_chunk(INTERNAL)
        await exchange.send({"type": "http.response.body", "body": data, "more_body": False})

    def _chunk(self, stream: ChatStream, started: Started, event: TurnEvent) -> bytes:
        if isinstance(event, TextDelta):
            return stream.text(event)
        if isinstance(event, ToolCallDelta):
            return stream.tool_call(event)
        if isinstance(event, ClaimVerdict):
            return stream.claim(event)
        if isinstance(event, Refusal):
            return stream.refusal(event)
        if isinstance(event, Completed):
            self._metrics.turn_ended(started, event)
            return stream.closing(event)
        if isinstance(event, Failed):
            return error_chunk(fault_of_event(event))
        raise VeraxError("turn: Started came twice", code="verax/internal")
