"""``/v1/changes/{id}/preview``: what reviewers look at: prompts before and after, replies of both releases.

Open to the roles that may run previews (clause 6). Prompts are composed and shown; replies are turns of arm
``preview`` of whoever asks, and end when the client leaves.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response
from starlette.routing import Route

from verax.gates.preview.desk import ChangePreview, PreviewDesk, PromptPair
from verax.gates.preview.prompts import RenderedPrompt
from verax.gates.preview.replies import RunningPair, Side, SideEvent
from verax.surfaces.conversations import wire
from verax.surfaces.http.body import read_json
from verax.surfaces.http.conversation import while_client_stays
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate, require_role
from verax.surfaces.http.metrics import Metrics
from verax.surfaces.http.reply import dump
from verax.surfaces.http.validation import WireModel, validate
from verax.turn.admit import PREVIEW_ROLES
from verax.turn.events import (
    ClaimVerdict,
    Completed,
    Refusal,
    Started,
    TextDelta,
    ToolCallDelta,
    TurnEvent,
)
from verax.turn.request import Caller

__all__ = ["PreviewEndpoints", "QuestionRequest"]

_MAX_QUESTION_CHARS = 16_384
_BODY_LIMIT_BYTES = 131_072
"""Room for `_MAX_QUESTION_CHARS` of any script, escaped as JSON."""
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class QuestionRequest(WireModel):
    """A reviewer's own question."""

    question: Annotated[str, Field(min_length=1, max_length=_MAX_QUESTION_CHARS)] = Field(
        description="It stands in the prompt as a user's line."
    )


class PreviewEndpoints:
    """Serves previews of changes."""

    def __init__(self, desk: PreviewDesk, gate: Gate, metrics: Metrics) -> None:
        self._desk = desk
        self._gate = gate
        self._metrics = metrics

    def routes(self) -> list[Route]:
        """Return the routes."""
        base = "/v1/changes/{id}/preview"
        return [
            Route(base, Endpoint(self.get_preview), methods=["GET"]),
            Route(f"{base}/prompt", Endpoint(self.get_prompt), methods=["POST"]),
            Route(f"{base}/replies", Endpoint(self.ask), methods=["POST"]),
        ]

    async def get_preview(self, exchange: Exchange) -> Response:
        """Return the fixed examples' prompts before and after, and the fixed questions."""
        exchange.query()
        await self._reviewer(exchange)
        return json_response(_preview_object(self._desk.preview(exchange.path_value("id"))))

    async def get_prompt(self, exchange: Exchange) -> Response:
        """Return the prompt of the reviewer's own question before and after."""
        await self._reviewer(exchange)
        question = await _question(exchange)
        return json_response(_pair_object(self._desk.prompt(exchange.path_value("id"), question)))

    async def ask(self, exchange: Exchange) -> None:
        """Ask both releases one question and send what they say as it comes."""
        caller = await self._reviewer(exchange)
        question = await _question(exchange)
        pair = self._desk.ask(exchange.path_value("id"), caller, question)
        try:
            async with while_client_stays(exchange.receive):
                with self._metrics.open_stream():
                    await self._send(exchange, pair)
        finally:
            pair.cancel()

    async def _send(self, exchange: Exchange, pair: RunningPair) -> None:
        await exchange.send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        started: dict[Side, Started] = {}
        async with aclosing(pair.events()) as events:
            async for item in events:
                if isinstance(item.event, Started):
                    started[item.side] = item.event
                elif isinstance(item.event, Completed):
                    self._metrics.turn_ended(started[item.side], item.event)
                await exchange.send({"type": "http.response.body", "body": _encoded(_told(item)), "more_body": True})
        await exchange.send({"type": "http.response.body", "body": _encoded({"type": "ended"}), "more_body": False})

    async def _reviewer(self, exchange: Exchange) -> Caller:
        caller = await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        require_role(caller, PREVIEW_ROLES, "previews")
        return caller


async def _question(exchange: Exchange) -> str:
    exchange.query()
    body = validate(QuestionRequest, await read_json(exchange.headers, exchange.receive, _BODY_LIMIT_BYTES))
    return body.question


def _preview_object(preview: ChangePreview) -> dict[str, Any]:
    change = preview.change
    return {
        "change": change.id,
        "channel": change.channel,
        "base": change.base,
        "candidate": change.candidate,
        "date": preview.today.isoformat(),
        "questions": [{"name": question.name, "text": question.text} for question in preview.fixed.questions],
        "prompts": [_pair_object(pair) for pair in preview.prompts],
    }


def _pair_object(pair: PromptPair) -> dict[str, Any]:
    base = pair.prompts.get("base")
    return {
        "name": pair.example.name,
        "title": pair.example.title,
        "base": None if base is None else _prompt_object(base),
        "candidate": _prompt_object(pair.prompts["candidate"]),
    }


def _prompt_object(prompt: RenderedPrompt) -> dict[str, Any]:
    problem = prompt.problem
    return {
        "parts": [{"by": part.by, "role": part.role, "text": part.text} for part in prompt.segments],
        "left_out": prompt.left_out,
        "problem": None
        if problem is None
        else {"code": problem.reason_code, "message": problem.message, "hint": problem.hint},
    }


def _told(item: SideEvent) -> dict[str, Any]:
    return {"side": item.side, **_event_object(item.event)}


def _event_object(event: TurnEvent) -> dict[str, Any]:
    if isinstance(event, Started):
        return wire.started_event(event)
    if isinstance(event, TextDelta):
        return wire.text_event(event.text)
    if isinstance(event, ClaimVerdict):
        return wire.claim_event(event)
    if isinstance(event, ToolCallDelta):
        return wire.tool_event(event)
    if isinstance(event, Refusal):
        return wire.refusal_event(event)
    if isinstance(event, Completed):
        return wire.ending(event)
    return wire.failure(event)


def _encoded(data: dict[str, Any]) -> bytes:
    return b"data: %b\n\n" % dump(data)
