"""What is kept of a child: minutes, alerts, and the log where a guardian asked for one.

* Nothing is written that was not passed through `Redact` first; text is cleaned here, at the last
  step before the database, so that no caller can forget it.
* An alert is a category and a time. Where the adult it would go to may be the danger, it is not written at all,
  and neither are the lines of that exchange: a log must not tell an abuser who spoke up.
* What is older than was agreed to is never shown, and removed within a minute or so (`sweep_records`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from verax.kernel.errors import UnknownObject
from verax.store.clock import Clock
from verax.store.database import Database, Tx
from verax.store.identifiers import new_id, new_ids
from verax.store.junior.hours import day_of
from verax.store.junior.types import ALERT_DAYS, USE_DAYS, Alert, Day, LogLine, Place, Profile, ProfileSettings, Speaker

__all__ = ["Danger", "Exchange", "JuniorRecords", "Redact", "reaches", "sweep_records"]

Redact = Callable[[str], str]
"""Returns a text without the personal data that is found in it."""

Danger = Literal["nobody", "family", "school", "unknown"]
"""Who may be the danger in what a child told; `unknown` for an adult who was not named."""

_DAY_MS = 24 * 3_600_000
_PAGE = 200
_SUSPECTS: dict[Place, frozenset[Danger]] = {
    "home": frozenset({"family", "unknown"}),
    "classroom": frozenset({"school", "unknown"}),
}


def reaches(place: Place, danger: Danger) -> bool:
    """Say whether a guardian may hear of it: not where they may be the danger themselves."""
    return danger not in _SUSPECTS[place]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One message of a child and the answer.

    Attributes:
        danger: Who may be the danger.
        turn_id: The turn that answered.
        salt: Opens the answer in that turn's receipt, 32 hex digits; kept with a line of the log alone.
    """

    message: str
    answer: str
    danger: Danger = "nobody"
    turn_id: str | None = None
    salt: str | None = None


class JuniorRecords:
    """The records of all profiles.

    Args:
        redact: Removes personal data.
    """

    def __init__(self, database: Database, clock: Clock, redact: Redact) -> None:
        self._database = database
        self._clock = clock
        self._redact = redact

    async def alert(self, profile_id: str, categories: Sequence[str], danger: Danger = "nobody") -> None:
        """Write an alert for each category, durable on return, unless the guardian may be the danger."""
        now_ms = self._clock.now_ms()

        def write(tx: Tx) -> None:
            settings = _settings(tx, profile_id)
            if settings is None or not reaches(settings.place, danger):
                return
            for category in categories:
                row = (new_id("alert", now_ms), profile_id, category, now_ms)
                tx.execute("INSERT INTO junior_alerts (id, profile_id, category, created_ms) VALUES (?, ?, ?, ?)", row)

        await self._database.write(write)

    async def add(self, profile_id: str, exchange: Exchange) -> None:
        """Write the lines of an exchange where the profile has a log; often that is nothing."""
        # The answer was written before anybody spoke, and its receipt commits to it as it stands.
        answer = exchange.answer if exchange.turn_id is not None else self._redact(exchange.answer)
        lines: list[tuple[Speaker, str, str | None, str | None]] = [
            ("child", self._redact(exchange.message), None, None),
            ("junior", answer, exchange.turn_id, exchange.salt),
        ]
        now_ms = self._clock.now_ms()

        def write(tx: Tx) -> None:
            settings = _settings(tx, profile_id)
            if settings is None or settings.log_days is None or not reaches(settings.place, exchange.danger):
                return
            rows = [
                (line_id, profile_id, *line, now_ms)
                for line_id, line in zip(new_ids("line", now_ms, len(lines)), lines, strict=True)
                if line[1]
            ]
            tx.execute_many(
                "INSERT INTO junior_lines (id, profile_id, said_by, text, turn_id, salt, created_ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                rows,
            )

        await self._database.write(write)

    async def days(self, profile: Profile) -> list[Day]:
        """Return the use of the last days, newest first; days without any are left out."""
        sql = "SELECT day, used_ms FROM junior_days WHERE profile_id = ? ORDER BY day DESC"
        rows = await self._database.read(lambda tx: tx.execute(sql, (profile.profile_id,)))
        return [Day(*row) for row in rows]

    async def alerts(self, user_id: str, *, profile_id: str | None = None) -> list[Alert]:
        """Return the alerts of a guardian's profiles, or of one of them, newest first."""
        since_ms = self._clock.now_ms() - ALERT_DAYS * _DAY_MS
        sql = (
            "SELECT a.id, a.profile_id, a.category, a.created_ms FROM junior_alerts a"
            " JOIN junior_profiles p ON p.id = a.profile_id WHERE p.user_id = ? AND a.created_ms > ?"
            " AND (a.profile_id = ? OR CAST(? AS text) IS NULL) ORDER BY a.id DESC LIMIT ?"
        )
        params = (user_id, since_ms, profile_id, profile_id, _PAGE)
        return [Alert(*row) for row in await self._database.read(lambda tx: tx.execute(sql, params))]

    async def dismiss(self, alert_id: str, user_id: str) -> None:
        """Remove an alert that its guardian has read; raises `UnknownObject`."""
        sql = (
            "DELETE FROM junior_alerts WHERE id = ?"
            " AND profile_id IN (SELECT id FROM junior_profiles WHERE user_id = ?) RETURNING id"
        )
        if not await self._database.write(lambda tx: tx.execute(sql, (alert_id, user_id))):
            raise UnknownObject("alert: this account has no such alert")

    async def lines(self, profile: Profile, *, before: str = "", limit: int = 100) -> list[LogLine]:
        """Return lines of the log that came before the line `before`, newest first."""
        since_ms = self._clock.now_ms() - (profile.settings.log_days or 0) * _DAY_MS
        sql = (
            "SELECT id, said_by, text, created_ms, turn_id FROM junior_lines WHERE profile_id = ? AND created_ms > ?"
            " AND (id < ? OR ? = '') ORDER BY id DESC LIMIT ?"
        )
        params = (profile.profile_id, since_ms, before, before, limit)
        return [LogLine(*row) for row in await self._database.read(lambda tx: tx.execute(sql, params))]

    async def salt_of(self, profile: Profile, turn_id: str) -> bytes:
        """Return what opens an answer of the log in its turn's receipt; raises `UnknownObject`."""
        since_ms = self._clock.now_ms() - (profile.settings.log_days or 0) * _DAY_MS
        sql = "SELECT salt FROM junior_lines WHERE profile_id = ? AND turn_id = ? AND created_ms > ?"
        rows = await self._database.read(lambda tx: tx.execute(sql, (profile.profile_id, turn_id, since_ms)))
        if not rows:
            raise UnknownObject("receipt: the log of this profile has no such answer", code="junior/no-line")
        return bytes.fromhex(rows[0][0])

    async def clear_lines(self, profile: Profile) -> int:
        """Empty the log, and return how many lines there were."""
        sql = "DELETE FROM junior_lines WHERE profile_id = ? RETURNING id"
        return len(await self._database.write(lambda tx: tx.execute(sql, (profile.profile_id,))))


def _settings(tx: Tx, profile_id: str) -> ProfileSettings | None:
    """Return the settings of a profile, None for one that was erased while the child was being answered."""
    found = tx.execute("SELECT settings FROM junior_profiles WHERE id = ?", (profile_id,))
    return ProfileSettings.from_json(found[0][0]) if found else None


async def sweep_records(database: Database, now_ms: int) -> None:
    """Remove what is older than was agreed to, and sessions that ended, of every profile."""

    def sweep(tx: Tx) -> None:
        tx.execute("DELETE FROM junior_sessions WHERE expires_ms <= ?", (now_ms,))
        tx.execute("DELETE FROM junior_codes WHERE expires_ms <= ?", (now_ms,))
        tx.execute("DELETE FROM junior_alerts WHERE created_ms <= ?", (now_ms - ALERT_DAYS * _DAY_MS,))
        for profile_id, settings in tx.execute("SELECT id, settings FROM junior_profiles"):
            _sweep_profile(tx, profile_id, ProfileSettings.from_json(settings), now_ms)

    await database.write(sweep)


def _sweep_profile(tx: Tx, profile_id: str, settings: ProfileSettings, now_ms: int) -> None:
    until_ms = now_ms - (settings.log_days or 0) * _DAY_MS
    tx.execute("DELETE FROM junior_lines WHERE profile_id = ? AND created_ms <= ?", (profile_id, until_ms))
    oldest = day_of(settings, now_ms - (USE_DAYS - 1) * _DAY_MS)
    tx.execute("DELETE FROM junior_days WHERE profile_id = ? AND day < ?", (profile_id, oldest))
