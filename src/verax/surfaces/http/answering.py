"""The events of a turn on their way into a response, whole or as a stream, for every wire format."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from verax.kernel.errors import VeraxError
from verax.surfaces.http.conversation import TurnFailed
from verax.surfaces.http.exchange import Exchange
from verax.surfaces.http.faults import INTERNAL, Fault, fault_of_error, fault_of_event
from verax.surfaces.http.metrics import Metrics
from verax.surfaces.http.reply import stream_headers
from verax.turn.events import ClaimVerdict, Completed, Failed, Refusal, Started, TurnEvent

__all__ = ["Events", "Limits", "StreamFormat", "WholeTurn", "send_stream", "take_whole"]

_log = logging.getLogger(__name__)

Events = AsyncGenerator[TurnEvent, None]


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one request's shape."""

    body_bytes: int
    messages: int


@dataclass(frozen=True, slots=True)
class WholeTurn:
    """A turn that came to its end; `refusals` by choice."""

    completed: Completed
    refusals: Mapping[int, Refusal]
    claims: Sequence[ClaimVerdict]


class StreamFormat(Protocol):
    """Bytes of a wire format for what happens in a turn."""

    def opening(self) -> bytes:
        """Return what stands before the first event."""
        ...

    async def bytes_of(self, event: TurnEvent) -> bytes:
        """Return the bytes of one event; the last one closes the stream."""
        ...

    def broken(self, fault: Fault) -> bytes:
        """Return the bytes that end a stream which can no longer end as it should."""
        ...


async def take_whole(events: Events) -> WholeTurn:
    """Wait for the end of a turn.

    Raises:
        TurnFailed: it ended in an error.
        VeraxError: it gave no last event.
    """
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
    return WholeTurn(completed, refusals, claims)


async def send_stream(
    exchange: Exchange, started: Started, events: Events, form: StreamFormat, metrics: Metrics
) -> None:
    """Send a turn as it happens.

    The response starts with the first event after `Started`: an error that the model reports at once
    still gets its own status and ``Retry-After``.

    Raises:
        TurnFailed: the turn failed before there was anything to send.
    """
    event = await anext(events, None)
    if isinstance(event, Failed):
        raise TurnFailed(fault_of_event(event))
    metrics.first_text(started, time.perf_counter() - exchange.began_s)
    await exchange.send({"type": "http.response.start", "status": 200, "headers": stream_headers(started)})
    data = form.opening()
    with metrics.open_stream():
        try:
            while event is not None:
                data += await form.bytes_of(event)
                await exchange.send({"type": "http.response.body", "body": data, "more_body": True})
                data = b""
                event = await anext(events, None)
        except VeraxError as error:
            data = form.broken(fault_of_error(error, started.turn_id))
        except Exception:  # noqa: BLE001 - the request ends here, and its status line has been sent
            _log.exception("turn %s: unexpected error in its stream", started.turn_id)
            data = form.broken(INTERNAL)
    await exchange.send({"type": "http.response.body", "body": data, "more_body": False})
