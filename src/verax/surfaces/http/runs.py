"""``/v1/conversations/{id}/runs``: start a turn that outlives the connection, watch it, stop it.

Events are server-sent events whose ``id`` is the number of the event. A reader that comes
back says the last one it has, by ``?after=`` or by ``Last-Event-ID``, and reads on from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive

from verax.kernel.errors import RequestError
from verax.surfaces.conversations import wire
from verax.surfaces.conversations.events import RunEvent
from verax.surfaces.conversations.run import Run
from verax.surfaces.conversations.runs import Ask, Runs
from verax.surfaces.http.body import read_json
from verax.surfaces.http.conversation_models import RunRequest
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate
from verax.surfaces.http.metrics import Metrics
from verax.surfaces.http.reply import dump
from verax.surfaces.http.validation import validate
from verax.turn.request import Caller

__all__ = ["RunEndpoints"]

# Shorter than the silence after which proxies and browsers give a connection up.
_HEARTBEAT_S = 15.0
_HEARTBEAT = b": waiting\n\n"
_MAX_NUMBER = 2**53 - 1
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class RunEndpoints:
    """Starts runs and lets their owners watch them."""

    def __init__(self, runs: Runs, gate: Gate, metrics: Metrics, body_limit_bytes: int) -> None:
        self._runs = runs
        self._gate = gate
        self._metrics = metrics
        self._body_limit_bytes = body_limit_bytes

    def routes(self) -> list[Route]:
        """Return the routes."""
        runs = "/v1/conversations/{id}/runs"
        return [
            Route(runs, Endpoint(self.start), methods=["POST"]),
            Route(f"{runs}/{{run}}/events", Endpoint(self.watch), methods=["GET"]),
            Route(f"{runs}/{{run}}/stop", Endpoint(self.stop), methods=["POST"]),
        ]

    async def start(self, exchange: Exchange) -> Response:
        """Store what was said, start the turn that answers it, and say which run that is."""
        exchange.query()
        caller = await self._caller(exchange)
        body = validate(RunRequest, await read_json(exchange.headers, exchange.receive, self._body_limit_bytes))
        if body.attachments and body.text is None:
            raise RequestError("attachments: they need a text, which may be empty", param="text")
        ask = Ask(body.parent_id, body.text, body.client_id or "", tuple(body.attachments or ()))
        begun = await self._runs.start(caller, exchange.path_value("id"), ask)
        message = None if begun.message is None else wire.message_object(begun.message)
        return json_response({"run": begun.run.to_dict(), "message": message}, 202)

    async def watch(self, exchange: Exchange) -> None:
        """Send the events after a number, then each as it comes, until the last."""
        caller = await self._caller(exchange)
        number = _number_of(exchange)
        run = self._find(exchange, caller)
        await exchange.send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        gone = asyncio.create_task(_until_gone(exchange.receive))
        try:
            with self._metrics.open_stream():
                await self._send_events(exchange, run, number, gone)
        finally:
            gone.cancel()

    async def stop(self, exchange: Exchange) -> Response:
        """End a run; its turn is recorded as cancelled, and what was delivered stays as the message."""
        exchange.query()
        caller = await self._caller(exchange)
        await self._runs.stop(self._find(exchange, caller))
        return Response(status_code=204, headers={"cache-control": "no-store"})

    async def _send_events(self, exchange: Exchange, run: Run, number: int, gone: asyncio.Task[None]) -> None:
        while True:
            reading = asyncio.create_task(run.buffer.read(number))
            await asyncio.wait({reading, gone}, timeout=_HEARTBEAT_S, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                reading.cancel()
            if gone.done():
                return
            if not reading.done():
                await exchange.send({"type": "http.response.body", "body": _HEARTBEAT, "more_body": True})
                continue
            events = reading.result()
            number = events[-1].number if events else number
            is_over = run.buffer.is_closed and number >= run.buffer.last
            await exchange.send({"type": "http.response.body", "body": _encode(events), "more_body": not is_over})
            if is_over:
                return

    async def _caller(self, exchange: Exchange) -> Caller:
        return await self._gate.caller(exchange.headers, exchange.method, exchange.address)

    def _find(self, exchange: Exchange, caller: Caller) -> Run:
        return self._runs.find(caller, exchange.path_value("id"), exchange.path_value("run"))


def _encode(events: Sequence[RunEvent]) -> bytes:
    return b"".join(b"id: %d\ndata: %b\n\n" % (event.number, dump(event.data)) for event in events)


def _number_of(exchange: Exchange) -> int:
    """Return the number of the last event that the reader has; what it asks for outweighs its header."""
    values = exchange.query("after")
    if "after" not in values and b"last-event-id" in exchange.headers:
        values = {"after": exchange.headers[b"last-event-id"].decode("latin-1")}
    return exchange.number(values, "after", 0, 0, _MAX_NUMBER)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
