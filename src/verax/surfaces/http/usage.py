"""``/v1/admin/usage`` and ``/v1/account/usage``: what turns used, by day and by name.

Days are those of UTC. Beside the sums stand the durations that half of the turns, and 95 of
100, did not exceed. At most `_NAMES` names are told apart; the rest is one row without a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

from starlette.responses import Response
from starlette.routing import Route

from verax.kernel.errors import RequestError
from verax.store.meter import Grouping, UsageSum
from verax.surfaces.http.admin_gate import AdminGate
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate
from verax.surfaces.office import Office

__all__ = ["GROUPINGS", "MAX_DAYS", "UsageEndpoints"]

GROUPINGS: tuple[Grouping, ...] = get_args(Grouping)
MAX_DAYS = 400
_DAYS = 30
_NAMES = 20


class UsageEndpoints:
    """Serves usage to administrators, and people their own."""

    def __init__(self, office: Office, gate: Gate, admin_gate: AdminGate) -> None:
        self._office = office
        self._gate = gate
        self._admin_gate = admin_gate

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/admin/usage", Endpoint(self.get_usage), methods=["GET"]),
            Route("/v1/account/usage", Endpoint(self.get_own_usage), methods=["GET"]),
        ]

    async def get_usage(self, exchange: Exchange) -> Response:
        """Return what everybody used."""
        await self._admin_gate.administrator(exchange)
        return await self._usage(exchange, None)

    async def get_own_usage(self, exchange: Exchange) -> Response:
        """Return what one's own account used."""
        account = await self._gate.account(exchange.headers, exchange.method, exchange.address)
        return await self._usage(exchange, account.user_id)

    async def _usage(self, exchange: Exchange, user_id: str | None) -> Response:
        values = exchange.query("first", "last", "by")
        today = datetime.fromtimestamp(self._office.clock.now_ms() / 1000, UTC).date()
        last = _day(values, "last", today)
        first = _day(values, "first", _earlier(last, _DAYS - 1))
        if not 0 <= (last - first).days < MAX_DAYS:
            raise RequestError(f"first: expected a day up to {MAX_DAYS - 1} days before the last one", param="first")
        by = next((word for word in GROUPINGS if word == values.get("by", "day")), None)
        if by is None:
            raise RequestError(f"by: expected one of {', '.join(GROUPINGS)}", param="by")
        meter = self._office.meter
        days = await meter.grouped(first, last, by, user_id=user_id, names=_NAMES)
        names = await meter.grouped(first, last, by, user_id=user_id, is_daily=False, names=_NAMES)
        total = await meter.grouped(first, last, "day", user_id=user_id, is_daily=False)
        labels = await self._office.accounts.names(row.name for row in names) if by == "user" else {}
        return json_response(
            {
                "first": first.isoformat(),
                "last": last.isoformat(),
                "by": by,
                "days": _rows(days, labels),
                "names": _rows(names, labels),
                "total": next(iter(_rows(total, {})), None),
            }
        )


def _rows(sums: Iterable[UsageSum], labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return sums as JSON; a row has a name in people's words beside its own."""
    return [
        {
            "day": None if row.day is None else row.day.isoformat(),
            "name": row.name,
            "label": labels.get(row.name, row.name),
            "turns": row.turns,
            "prompt_tokens": row.prompt_tokens,
            "completion_tokens": row.completion_tokens,
            "duration_ms": row.duration_ms,
            "p50_ms": row.p50_ms,
            "p95_ms": row.p95_ms,
        }
        for row in sums
    ]


def _day(values: Mapping[str, str], name: str, default: date) -> date:
    text = values.get(name)
    if text is None:
        return default
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:
        raise RequestError(f"{name}: expected a day as YYYY-MM-DD", param=name)
    return found


def _earlier(day: date, days: int) -> date:
    """Return a day some days before, the first day that there is where there are not so many."""
    return day - timedelta(days=min(days, (day - date.min).days))
