"""Running a turn for a client that may leave at any moment.

When the client closes the connection, the task that waits for the turn is cancelled at
once; the engine frees the model and records the turn as ``cancelled``. Native task
cancellation is used, not a cancel scope: a scope would cancel the recording too.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager

from starlette.types import Receive

from verax.kernel.errors import VeraxError
from verax.surfaces.http.body import ClientGone
from verax.surfaces.http.faults import Fault, fault_of_error, fault_of_event
from verax.surfaces.http.ports import Engine
from verax.turn.events import Failed, Started, TurnEvent
from verax.turn.request import TurnRequest

__all__ = ["TurnFailed", "open_turn", "renaming", "take_started", "while_client_stays"]


class TurnFailed(Exception):
    """A turn ended in an error before anything was sent; `fault` says which."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@asynccontextmanager
async def open_turn(
    engine: Engine, request: TurnRequest, receive: Receive
) -> AsyncIterator[AsyncGenerator[TurnEvent, None]]:
    """Run a turn for as long as the client stays.

    Raises:
        ClientGone: the client left; the turn has ended.
    """
    async with while_client_stays(receive), aclosing(engine.run(request)) as events:
        yield events


@asynccontextmanager
async def while_client_stays(receive: Receive) -> AsyncIterator[None]:
    """Cancel what runs inside as soon as the client closes the connection.

    Raises:
        ClientGone: the client left, and what ran inside has ended.
    """
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("while_client_stays: expected to run inside a task")
    watcher = asyncio.create_task(_cancel_when_gone(receive, task))
    try:
        yield
    except asyncio.CancelledError:
        if watcher.done() and not watcher.cancelled() and task.uncancel() == 0:
            raise ClientGone from None
        raise
    finally:
        watcher.cancel()


@contextmanager
def renaming(names: Mapping[str, str]) -> Iterator[None]:
    """Let errors of the turn path name parameters as the request does; none was sent to the client yet."""
    try:
        yield
    except VeraxError as error:
        raise TurnFailed(fault_of_error(error).renamed(names)) from error
    except TurnFailed as error:
        raise TurnFailed(error.fault.renamed(names)) from error


async def take_started(events: AsyncGenerator[TurnEvent, None]) -> Started:
    """Return the first event of a turn.

    Raises:
        TurnFailed: the turn failed before it began.
        VeraxError: it was refused, or gave no event.
    """
    event = await anext(events, None)
    if isinstance(event, Failed):
        raise TurnFailed(fault_of_event(event))
    if not isinstance(event, Started):
        raise VeraxError("turn: expected it to begin with Started", code="verax/internal")
    return event


async def _cancel_when_gone(receive: Receive, task: asyncio.Task[object]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    task.cancel()
