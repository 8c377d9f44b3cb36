"""``/v1/governance/history``: the governance log told, for pages and programs.

Whoever needs proof reads the entries themselves below ``/log`` and folds them; this call says
the same in a form that is quick to show. It names blobs by digest and holds none of them, so
it needs no credential.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field
from starlette.responses import Response
from starlette.routing import Route

from verax.kernel.history import HistoryEntry
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.operations import Operation, json_reply
from verax.surfaces.http.reply_models import ReplyModel
from verax.surfaces.office import History

__all__ = ["OPERATIONS", "HistoryBody", "HistoryEndpoints", "entry_object"]

_DEFAULT_LIMIT = 100
_MAX_LIMIT = 500
_LAST_INDEX = 2**53 - 1


class GovernanceEntry(ReplyModel):
    """One entry of the governance log.

    `persons` signed it, by the root in force then. `reason` says why it had no effect. `digests`
    holds candidate, base, reason, report, from, to, cause, detail or document; `facts` the small
    values of its kind: act, verdict, suite, passed, n, code, count, version and so on.
    """

    index: int
    id: str = Field(description="Statement id; empty where the entry is no statement.")
    kind: Literal["root", "change", "review", "gate", "move", "alarm", "unknown"]
    channel: str | None
    change: str | None
    time_ms: int | None
    persons: list[str]
    is_effective: bool
    reason: str
    digests: dict[str, str]
    facts: dict[str, str | int | bool]


class HistoryBody(ReplyModel):
    """Entries in order of their index; `size` is that of the whole log."""

    object: Literal["list"]
    size: int
    data: list[GovernanceEntry]
    has_more: bool


OPERATIONS = (
    Operation(
        "GET",
        "/v1/governance/history",
        "getGovernanceHistory",
        "Tell the governance log",
        json_reply(HistoryBody),
        query={
            "channel": {"type": "string"},
            "after": {"type": "integer", "minimum": 0, "maximum": _LAST_INDEX},
            "limit": {"type": "integer", "minimum": 1, "maximum": _MAX_LIMIT},
        },
    ),
)


class HistoryEndpoints:
    """Tells the governance log."""

    def __init__(self, history: History) -> None:
        self._history = history

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/v1/governance/history", Endpoint(self.get_history), methods=["GET"])]

    async def get_history(self, exchange: Exchange) -> Response:
        """Return entries after an index, of one channel where it is named."""
        values = exchange.query("channel", "after", "limit")
        first = exchange.number(values, "after", 0, 0, _LAST_INDEX) + 1 if "after" in values else 0
        limit = exchange.number(values, "limit", _DEFAULT_LIMIT, 1, _MAX_LIMIT)
        entries = await self._history.entries()
        channel = values.get("channel")
        chosen = [entry for entry in entries[first:] if channel is None or entry.channel == channel]
        data = [entry_object(entry) for entry in chosen[:limit]]
        return json_response({"object": "list", "size": len(entries), "data": data, "has_more": len(chosen) > limit})


def entry_object(entry: HistoryEntry) -> dict[str, Any]:
    """Return one entry as JSON."""
    return {
        "index": entry.index,
        "id": entry.statement_id,
        "kind": entry.kind,
        "channel": entry.channel or None,
        "change": entry.change or None,
        "time_ms": entry.time_ms,
        "persons": list(entry.persons),
        "is_effective": entry.is_effective,
        "reason": entry.reason,
        "digests": dict(entry.digests),
        "facts": dict(entry.facts),
    }
