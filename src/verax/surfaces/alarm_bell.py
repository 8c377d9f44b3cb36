"""Alarms that surfaces raise: what was tried and refused, and what was found broken while serving.

* Only calls that somebody authenticated for are attempts; strangers cause no entries (clause 3).
* An alarm says what kind of thing was refused and why, by short words of our own. Who tried
  it stands in the server's log, not in the public one.
* Ringing never makes a caller wait: the alarm is written beside the answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Protocol

from verax.kernel import canonical
from verax.kernel.chronicle import read_statement
from verax.kernel.errors import (
    ConflictError,
    ForbiddenError,
    IntegrityError,
    KernelError,
    RefusedError,
    RequestError,
    StorageError,
    VeraxError,
)
from verax.kernel.fold import State
from verax.kernel.release import Release
from verax.kernel.statement import NONE, Alarm, Change, Move, Statement
from verax.kernel.statement_kinds import describe

__all__ = ["AlarmBell", "Desk", "Recorder", "WatchedDesk"]

_log = logging.getLogger("verax.alarms")

_GUARDED = ("/v1/governance", "/v1/admin", "/v1/passkeys", "/v1/gates")
_FOREIGN_PAGE = "access/origin"
_REFUSED = frozenset({"governance/no-effect", "kernel/statement"})

# Words of the fold's reasons, and what they come down to; the first that fits counts.
_REASONS = (
    ("made already", "replayed"),
    ("no key of the root", "unknown-key"),
    ("author of the change cannot review", "own-change"),
    ("texts that were rolled back", "banned"),
    ("was rolled back", "banned"),
    ("approvals by present reviewers", "approvals"),
    ("required suite", "gates"),
    ("suite", "gates"),
    ("signature", "signatures"),
    ("stale", "stale"),
    ("moved after", "stale"),
    ("frozen", "frozen"),
    ("another log", "other-log"),
    ("another tree", "other-tree"),
    ("have seen entries", "other-tree"),
    ("relies on root", "other-root"),
)


class Desk(Protocol):
    """Where statements go."""

    @property
    def state(self) -> State: ...

    def release(self, release_id: str) -> Release: ...

    async def submit(self, envelope: bytes, blobs: Mapping[str, bytes]) -> int: ...


class Recorder(Protocol):
    """Who writes alarms into the log."""

    async def alarm(self, code: str, channel: str, detail: Mapping[str, canonical.Json]) -> None: ...


class AlarmBell:
    """Raises alarms beside the work of an event loop."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._ringing: set[asyncio.Task[None]] = set()

    def ring(self, code: str, channel: str, detail: Mapping[str, canonical.Json]) -> None:
        """Raise an alarm; returns at once."""
        task = asyncio.get_running_loop().create_task(self._recorder.alarm(code, channel, detail))
        self._ringing.add(task)
        task.add_done_callback(self._ended)

    def heard(self, error: VeraxError, path: str, user_id: str) -> None:
        """Look at an error that a call ended in, and ring where it is one of those above.

        Args:
            user_id: Who called, empty for nobody.
        """
        if isinstance(error, IntegrityError | StorageError):
            self.ring(error.reason_code, NONE, {"from": "surface"})
        elif user_id and path.startswith(_GUARDED):
            if isinstance(error, ForbiddenError) and error.reason_code != _FOREIGN_PAGE:
                self.ring("attempt/forbidden", NONE, {"area": path.split("/")[2]})
            elif error.reason_code == "governance/signature":
                self.ring("attempt/signature", NONE, {"area": "governance"})
            elif error.reason_code not in _REFUSED:
                return
            _log.warning("refused: %s by user %s at %s", error.reason_code, user_id, path)

    def start(self) -> None:
        """Nothing runs until something rings."""

    async def close(self) -> None:
        """Wait until everything that rang is written or given up."""
        await asyncio.gather(*self._ringing, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._ringing.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("an alarm could not be raised: %s", task.exception())


class WatchedDesk:
    """The way in for statements of people: what the fold refuses becomes an alarm.

    Args:
        governance: Where statements go.
        bell: Rung for refused attempts.
    """

    def __init__(self, governance: Desk, bell: AlarmBell) -> None:
        self._governance = governance
        self._bell = bell

    @property
    def state(self) -> State:
        """The state that every turn resolves from."""
        return self._governance.state

    def release(self, release_id: str) -> Release:
        """Return a release; raises `UnknownObject`."""
        return self._governance.release(release_id)

    async def submit(self, envelope: bytes, blobs: Mapping[str, bytes]) -> int:
        """Append a statement that has an effect; raises the fold's reason and rings."""
        try:
            return await self._governance.submit(envelope, blobs)
        except (ConflictError, KernelError, RefusedError, RequestError) as error:
            kind, channel = self._subject(read_statement(envelope))
            reason = "malformed" if isinstance(error, KernelError) else _reason(error.message)
            self._bell.ring("attempt/refused", channel, {"kind": kind, "reason": reason})
            raise

    def _subject(self, statement: Statement | None) -> tuple[str, str]:
        """Return kind and channel of what was tried; a channel only where the root names it."""
        if statement is None:
            return "unknown", NONE
        channel = statement.channel if isinstance(statement, Change | Move | Alarm) else NONE
        if channel == NONE:
            change = self._governance.state.changes.get(str(getattr(statement, "change", "")))
            channel = change.channel if change is not None else NONE
        return describe(statement).kind, channel if channel in self._governance.state.channels else NONE


def _reason(message: str) -> str:
    return next((word for words, word in _REASONS if words in message), "other")
