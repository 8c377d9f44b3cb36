"""``POST /v1/chat/completions``: the hot path, plain ASGI from end to end."""

from __future__ import annotations

from verax.kernel.errors import VeraxError
from verax.surfaces.http.answering import Events, Limits, send_stream, take_whole
from verax.surfaces.http.body import read_json
from verax.surfaces.http.chat_reply import ChatStream, chat_body, error_chunk
from verax.surfaces.http.chat_request import ChatRequest, turn_of_chat
from verax.surfaces.http.conversation import open_turn, renaming, take_started
from verax.surfaces.http.exchange import Exchange
from verax.surfaces.http.faults import Fault, fault_of_event
from verax.surfaces.http.gate import Gate
from verax.surfaces.http.metrics import Metrics
from verax.surfaces.http.ports import Engine
from verax.surfaces.http.reply import dump, turn_headers, verax_object
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

__all__ = ["ChatEndpoint"]

_NEWER_NAMES = {"max_tokens": "max_completion_tokens"}


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
        turn = await take_whole(events)
        self._metrics.turn_ended(started, turn.completed)
        reply = chat_body(
            started,
            turn.completed,
            turn.refusals,
            verax=verax_object(started, exchange.address.base_url, turn.completed, turn.claims),
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
        await send_stream(exchange, started, events, _Chunks(stream, started, self._metrics), self._metrics)


class _Chunks:
    """A turn as chunks of OpenAI's stream."""

    def __init__(self, stream: ChatStream, started: Started, metrics: Metrics) -> None:
        self._stream = stream
        self._started = started
        self._metrics = metrics

    def opening(self) -> bytes:
        return self._stream.opening()

    async def bytes_of(self, event: TurnEvent) -> bytes:
        if isinstance(event, TextDelta):
            return self._stream.text(event)
        if isinstance(event, ToolCallDelta):
            return self._stream.tool_call(event)
        if isinstance(event, ClaimVerdict):
            return self._stream.claim(event)
        if isinstance(event, Refusal):
            return self._stream.refusal(event)
        if isinstance(event, Completed):
            self._metrics.turn_ended(self._started, event)
            return self._stream.closing(event)
        if isinstance(event, Failed):
            return error_chunk(fault_of_event(event))
        raise VeraxError("turn: Started came twice", code="verax/internal")

    def broken(self, fault: Fault) -> bytes:
        return error_chunk(fault)
