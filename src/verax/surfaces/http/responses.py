"""``/v1/responses``: create, stream, retrieve and delete.

A response is stored before its completion is sent, so that whoever has seen it can name it
as `previous_response_id`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from verax.kernel.errors import VeraxError
from verax.store.messages_types import StoredResponse
from verax.surfaces.http.answering import Events, Limits, send_stream, take_whole
from verax.surfaces.http.body import read_json
from verax.surfaces.http.conversation import open_turn, renaming, take_started
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.faults import Fault, fault_of_event
from verax.surfaces.http.gate import Gate
from verax.surfaces.http.metrics import Metrics
from verax.surfaces.http.ports import Engine, Eraser, StoredResponses
from verax.surfaces.http.reply import turn_headers, verax_object
from verax.surfaces.http.responses_lines import item_of_line, items_of_input, line_of_item
from verax.surfaces.http.responses_reply import (
    ResponseStream,
    completed_object,
    failed_object,
    output_items,
    response_object,
)
from verax.surfaces.http.responses_request import ResponseRequest, turn_of_response
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
from verax.turn.request import Caller, InputItem

__all__ = ["ResponseEndpoints"]

# What the turn path calls by the names of chat has other names here.
_NAMES = {
    "messages": "input",
    "max_tokens": "max_output_tokens",
    "logprobs": "top_logprobs",
    "response_format": "text.format",
}


class ResponseEndpoints:
    """Answers the Responses API."""

    def __init__(
        self,
        engine: Engine,
        stored: StoredResponses,
        eraser: Eraser,
        gate: Gate,
        metrics: Metrics,
        limits: Limits,
    ) -> None:
        self._engine = engine
        self._eraser = eraser
        self._stored = stored
        self._gate = gate
        self._metrics = metrics
        self._limits = limits

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/responses", Endpoint(self.create), methods=["POST"]),
            Route("/v1/responses/{id}", Endpoint(self.retrieve), methods=["GET"]),
            Route("/v1/responses/{id}", Endpoint(self.delete), methods=["DELETE"]),
        ]

    async def create(self, exchange: Exchange) -> Response | None:
        """Answer one request, streamed or whole."""
        exchange.query()
        caller = await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        raw = await read_json(exchange.headers, exchange.receive, self._limits.body_bytes)
        body = validate(ResponseRequest, raw)
        history: tuple[InputItem, ...] = ()
        if body.previous_response_id is not None:
            lines = await self._stored.history(body.previous_response_id, caller.user_id)
            history = tuple(item_of_line(line) for line in lines)
        request = turn_of_response(body, history, caller, self._limits.messages)
        with renaming(_NAMES):
            async with open_turn(self._engine, request, exchange.receive) as events:
                answer = _Answer(exchange, caller, body, await take_started(events), self._stored, self._metrics)
                if body.stream:
                    await answer.stream(events)
                    return None
                return await answer.whole(events)

    async def retrieve(self, exchange: Exchange) -> Response:
        """Return a stored response to its owner."""
        exchange.query()
        caller = await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        stored = await self._stored.get(exchange.path_value("id"), caller.user_id)
        return json_response(dict(stored.body))

    async def delete(self, exchange: Exchange) -> Response:
        """Erase a stored response with the record and secret of its turn (clause 14)."""
        exchange.query()
        caller = await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        response_id = exchange.path_value("id")
        await self._eraser.response(response_id, caller.user_id)
        return json_response({"id": response_id, "object": "response", "deleted": True})


class _Answer:
    """One response from its first event to its last byte."""

    def __init__(
        self,
        exchange: Exchange,
        caller: Caller,
        body: ResponseRequest,
        started: Started,
        stored: StoredResponses,
        metrics: Metrics,
    ) -> None:
        self._exchange = exchange
        self._caller = caller
        self._body = body
        self._started = started
        self._stored = stored
        self._metrics = metrics
        self._base_url = exchange.address.base_url
        self._draft = response_object(started, body, verax=verax_object(started, self._base_url))
        self._claims: list[ClaimVerdict] = []
        self._stream = ResponseStream(started, self._draft, with_logprobs=body.wants_logprobs)

    async def whole(self, events: Events) -> Response:
        """Wait for the turn and return the response object."""
        turn = await take_whole(events)
        self._claims.extend(turn.claims)
        choice = turn.completed.choices[0] if turn.completed.choices else None
        output = output_items(
            self._started.turn_id, choice, turn.refusals.get(0), with_logprobs=self._body.wants_logprobs
        )
        response = await self._finish(turn.completed, output)
        headers = {name.decode("ascii"): value.decode("ascii") for name, value in turn_headers(self._started)}
        return json_response(response, headers=headers)

    async def stream(self, events: Events) -> None:
        """Send the turn as it happens."""
        await send_stream(self._exchange, self._started, events, self, self._metrics)

    def opening(self) -> bytes:
        return self._stream.opening()

    async def bytes_of(self, event: TurnEvent) -> bytes:
        if isinstance(event, TextDelta):
            return self._stream.text(event)
        if isinstance(event, ToolCallDelta):
            return self._stream.tool_call(event)
        if isinstance(event, Refusal):
            return self._stream.refusal(event)
        if isinstance(event, ClaimVerdict):
            self._claims.append(event)
            return self._stream.claim(event)
        if isinstance(event, Completed):
            data = self._stream.close_items()
            return data + self._stream.closing(await self._finish(event, self._stream.output()))
        if isinstance(event, Failed):
            return self.broken(fault_of_event(event))
        raise VeraxError("turn: Started came twice", code="verax/internal")

    def broken(self, fault: Fault) -> bytes:
        return self._stream.closing(failed_object(self._draft, fault))

    async def _finish(self, completed: Completed, output: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the whole response object, stored where the caller wants it stored."""
        self._metrics.turn_ended(self._started, completed)
        verax = verax_object(self._started, self._base_url, completed, self._claims)
        response = completed_object(self._draft, completed, output, verax)
        if self._body.store is not False:
            await self._stored.put(
                StoredResponse(
                    response_id=response["id"],
                    user_id=self._caller.user_id,
                    previous_id=self._body.previous_response_id or "",
                    lines=tuple(
                        line_of_item(item) for item in (*items_of_input(self._body.input), *self._said(completed))
                    ),
                    turn_id=self._started.turn_id,
                    body=_without_secret(response),
                )
            )
        return response

    def _said(self, completed: Completed) -> tuple[InputItem, ...]:
        turn_id = self._started.turn_id
        return tuple(
            InputItem("assistant", choice.text, tool_calls=choice.tool_calls, reply_id=turn_id)
            for choice in completed.choices[:1]
        )


def _without_secret(response: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored: the secret stays with the turn, where erasing the turn erases it."""
    verax = {name: value for name, value in response["verax"].items() if name != "secret"}
    return {**response, "verax": verax}
