"""``/v1/admin``: channels, settings, health, alarms and log lines of this installation."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from verax.config import CONFIG_FILE, Config, Setting
from verax.kernel import canonical
from verax.kernel.errors import CanonicalError, CorruptStore, RequestError
from verax.kernel.fold import State
from verax.kernel.history import HistoryEntry
from verax.kernel.release import Release
from verax.kernel.root import RUNTIME_CHANNEL, ChannelRules
from verax.surfaces.alarm_meanings import meaning_of
from verax.surfaces.house_checks import BACKUP_FACT, Finding, look_at_backup, look_at_disk, look_at_erasures
from verax.surfaces.http.admin_gate import AdminGate
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.ports import BlobSource, GovernanceDesk, HealthDetail
from verax.surfaces.office import Office
from verax.surfaces.server_lines import CAPACITY, LogLine

__all__ = ["AdminSiteEndpoints"]

_LEVELS = ("debug", "info", "warning", "error")
_PAGE = 100
_MAX_PAGE = 200
_LAST_NUMBER = 2**53 - 1

Health = Callable[[], Sequence[HealthDetail]]


class AdminSiteEndpoints:
    """Serves administrators what an installation is and how it is doing."""

    def __init__(
        self, office: Office, governance: GovernanceDesk, blobs: BlobSource, health: Health, gate: AdminGate
    ) -> None:
        self._office = office
        self._governance = governance
        self._blobs = blobs
        self._health = health
        self._gate = gate

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/admin/channels", Endpoint(self.list_channels), methods=["GET"]),
            Route("/v1/admin/settings", Endpoint(self.list_settings), methods=["GET"]),
            Route("/v1/admin/health", Endpoint(self.get_health), methods=["GET"]),
            Route("/v1/admin/alarms", Endpoint(self.list_alarms), methods=["GET"]),
            Route("/v1/admin/logs", Endpoint(self.list_lines), methods=["GET"]),
        ]

    async def list_channels(self, exchange: Exchange) -> Response:
        """Return every channel with what serves and what the root document demands."""
        await self._gate.administrator(exchange)
        exchange.query()
        state = self._governance.state
        data = [self._channel(state, name) for name in sorted(state.channels)]
        root = state.root
        return json_response(
            {"root_version": root.version, "fingerprint": state.fingerprint, "solo": root.is_solo, "data": data}
        )

    async def list_settings(self, exchange: Exchange) -> Response:
        """Return every setting with where it came from."""
        await self._gate.administrator(exchange)
        exchange.query()
        data = [_setting_object(setting) for setting in self._office.shown_settings]
        return json_response({"data": data, "file": str(self._office.home / CONFIG_FILE)})

    async def get_health(self, exchange: Exchange) -> Response:
        """Return what answering needs and everything else that was looked at."""
        await self._gate.administrator(exchange)
        exchange.query()
        details = self._health()
        findings = [_finding_of(detail) for detail in details]
        findings += await asyncio.to_thread(lambda: list(look_at_disk(self._office.home)))
        findings += look_at_erasures(await self._office.eraser.waiting())
        made = await self._office.facts.get(BACKUP_FACT)
        findings += look_at_backup(None if made is None else int(made), self._office.clock.now_ms())
        data = [
            {"name": item.name, "state": item.state, "detail": item.message, "next_step": item.hint}
            for item in findings
        ]
        return json_response({"is_ready": all(detail.is_ready for detail in details), "data": data})

    async def list_alarms(self, exchange: Exchange) -> Response:
        """Return alarms of the governance log, newest first, in plain words."""
        await self._gate.administrator(exchange)
        values = exchange.query("before", "limit")
        before = exchange.number(values, "before", _LAST_NUMBER, 0, _LAST_NUMBER)
        limit = exchange.number(values, "limit", _PAGE, 1, _MAX_PAGE)
        entries = await self._office.history.entries()
        alarms = [entry for entry in reversed(entries) if entry.kind == "alarm" and entry.index < before]
        data = [await asyncio.to_thread(self._alarm, entry) for entry in alarms[:limit]]
        return json_response({"object": "list", "data": data, "has_more": len(alarms) > limit})

    async def list_lines(self, exchange: Exchange) -> Response:
        """Return lines of the server's log behind a number, oldest first."""
        await self._gate.administrator(exchange)
        values = exchange.query("after", "limit", "level")
        after = exchange.number(values, "after", 0, 0, _LAST_NUMBER)
        limit = exchange.number(values, "limit", CAPACITY, 1, CAPACITY)
        level = values.get("level", _LEVELS[0])
        if level not in _LEVELS:
            raise RequestError(f"level: expected one of {', '.join(_LEVELS)}", param="level")
        lines = self._office.lines
        found = lines.after(after, limit + 1, logging.getLevelNamesMapping()[level.upper()])
        return json_response(
            {
                "run": lines.run,
                "data": [_line_object(line) for line in found[:limit]],
                "last": lines.last,
                "has_more": len(found) > limit,
            }
        )

    def _channel(self, state: State, name: str) -> dict[str, Any]:
        channel = state.channels[name]
        release = self._release(name, channel.head)
        canary = channel.canary
        changes = [change for change in state.changes.values() if change.channel == name]
        return {
            "name": name,
            "release": channel.head,
            "title": None if release is None else release.name,
            "model": None if release is None else release.model.name,
            "mode": channel.mode,
            "is_frozen": channel.frozen,
            "head_index": channel.head_index or 0,
            "canary": None if canary is None else {"release": canary.release, "share_bp": canary.share_bp},
            "open_changes": sum(state.status_of(change.id) == "open" for change in changes),
            "rules": _rules_object(state.root.channels[name]),
        }

    def _release(self, channel: str, head: str | None) -> Release | None:
        return None if head is None or channel == RUNTIME_CHANNEL else self._governance.release(head)

    def _alarm(self, entry: HistoryEntry) -> dict[str, Any]:
        code = str(entry.facts["code"])
        told = meaning_of(code)
        return {
            "index": entry.index,
            "code": code,
            "channel": entry.channel or None,
            "count": entry.facts["count"],
            "first_ms": entry.facts["first_ms"],
            "last_ms": entry.facts["last_ms"],
            "meaning": told.meaning,
            "next_step": told.next_step,
            "detail": self._detail(entry.digests["detail"]),
        }

    def _detail(self, digest: str) -> dict[str, Any]:
        """Return the numbers and short words of an alarm; nothing where its blob is gone or damaged."""
        try:
            data = self._blobs.get(digest)
            found = canonical.decode(data) if data is not None else {}
        except (CorruptStore, CanonicalError):
            return {}
        return found if isinstance(found, dict) else {}


def _finding_of(detail: HealthDetail) -> Finding:
    message, _, hint = detail.detail.partition("\nhint: ")
    return Finding(detail.name, "fine" if detail.is_ready else "wrong", message, hint)


def _rules_object(rules: ChannelRules) -> dict[str, Any]:
    return {
        "approvals": rules.approvals,
        "gates": [{"suite": gate.suite, "floors": dict(gate.floors)} for gate in rules.gates],
        "needs_witness": rules.needs_witness,
        "max_head_age_s": rules.max_head_age_s,
        "rollback_depth": rules.rollback_depth,
        "is_public": rules.is_public,
    }


def _setting_object(setting: Setting) -> dict[str, Any]:
    description = Config.model_fields[setting.name].description or ""
    return {"name": setting.name, "value": setting.value, "source": setting.source, "description": description}


def _line_object(line: LogLine) -> dict[str, Any]:
    return {
        "number": line.number,
        "time_ms": line.time_ms,
        "level": line.level,
        "logger": line.logger,
        "message": line.message,
        "place": line.place,
    }
