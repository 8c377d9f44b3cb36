"""Sessions of children: a token of a kind of its own, and the time that it uses up.

* A token begins with `CHILD_PREFIX`, which no API key and no session of an account does: the edge of the
  server tells them apart without asking anybody, and refuses a child's token nearly everywhere.
* Only its digest is stored. It stands for one profile, never for an account: no role, no name.
* Nothing is remembered of one in memory: a guardian who ends it ends it at once, on every server.
* A profile has at most `MAX_SESSIONS`; opening another one ends the oldest.
* What a band's engine goes on from is the session's, and goes with it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from verax.kernel.errors import AccessError, UnknownObject
from verax.store.accounts_credentials import digest_of
from verax.store.accounts_limits import RateLimits
from verax.store.clock import Clock
from verax.store.database import Database, Row, Tx
from verax.store.identifiers import new_id
from verax.store.junior.hours import Standing, Use, count_use, day_of, standing_of
from verax.store.junior.types import SESSION_HOURS, ChildSession, NewChildSession, ProfileSettings

__all__ = ["CHILD_PREFIX", "MAX_SESSIONS", "Child", "ChildSessions", "is_child_token"]

CHILD_PREFIX = "vxc-"

MAX_SESSIONS = 10
"""Open sessions of one profile."""

_SESSION = "SELECT id, profile_id, created_ms, expires_ms FROM junior_sessions"
_END_OLDEST = """
DELETE FROM junior_sessions WHERE profile_id = ?
AND id NOT IN (SELECT id FROM junior_sessions WHERE profile_id = ? ORDER BY id DESC LIMIT ?)
"""
_CALLS_PER_MINUTE = 60
_CALLS_AT_ONCE = 20
_FIND = """
SELECT s.id, s.profile_id, s.created_ms, s.expires_ms, s.state, p.user_id, p.settings, p.sitting_ms, p.last_ms
FROM junior_sessions s JOIN junior_profiles p ON p.id = s.profile_id JOIN users u ON u.id = p.user_id
WHERE s.digest = ? AND s.expires_ms > ? AND u.disabled_ms IS NULL
"""


@dataclass(frozen=True, slots=True)
class Child:
    """Whom a child's token stands for.

    Attributes:
        user_id: The guardian; for the PIN, never shown to a child.
        state: What the band's engine goes on from, as JSON; empty at first.
        use: As it was counted last.
    """

    session: ChildSession
    user_id: str
    settings: ProfileSettings
    state: str
    use: Use
    standing: Standing


def is_child_token(text: str) -> bool:
    """Say whether a credential is a child's, by its form."""
    return text.startswith(CHILD_PREFIX)


class ChildSessions:
    """The open sessions of children."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._limits = RateLimits(clock, _CALLS_PER_MINUTE, _CALLS_AT_ONCE)

    async def open(self, profile_id: str) -> NewChildSession:
        """Open a session for a profile, whose owner was just checked."""
        now_ms = self._clock.now_ms()
        token = CHILD_PREFIX + secrets.token_urlsafe(32)
        session = ChildSession(new_id("junior", now_ms), profile_id, now_ms, now_ms + SESSION_HOURS * 3_600_000)

        def make(tx: Tx) -> None:
            tx.execute("DELETE FROM junior_sessions WHERE expires_ms <= ?", (now_ms,))
            tx.execute(_END_OLDEST, (profile_id, profile_id, MAX_SESSIONS - 1))
            tx.execute(
                "INSERT INTO junior_sessions (digest, id, profile_id, state, created_ms, expires_ms)"
                " VALUES (?, ?, ?, '', ?, ?)",
                (digest_of(token), session.session_id, profile_id, now_ms, session.expires_ms),
            )

        await self._database.write(make)
        return NewChildSession(token, session)

    async def find(self, token: str) -> Child:
        """Return whom a token stands for, and count nothing.

        Raises:
            AccessError: no such session, or it ended.
            BusyError: too many calls.
        """
        digest, now_ms = digest_of(token), self._clock.now_ms()
        found = await self._database.read(lambda tx: _find(tx, digest, now_ms))
        self._limits.spend(found.session.session_id, None, found.user_id, None)
        return found

    async def count(self, token: str) -> Child:
        """Return whom a token stands for, after counting the time since the last sign of life.

        Raises:
            AccessError, BusyError: as `find`.
        """
        profile_id = (await self.find(token)).session.profile_id
        digest, now_ms = digest_of(token), self._clock.now_ms()

        def count(tx: Tx) -> Child:
            tx.lock(f"junior-use/{profile_id}")
            found = _find(tx, digest, now_ms)
            use = count_use(found.settings, found.use, now_ms)
            if use != found.use:
                _write_use(tx, profile_id, use)
            standing = standing_of(found.settings, use, now_ms)
            return Child(found.session, found.user_id, found.settings, found.state, use, standing)

        return await self._database.write(count)

    async def keep_state(self, session_id: str, state: str, before: str) -> bool:
        """Keep what the engine goes on from in the place of `before`.

        Returns:
            False where another tab went on meanwhile, or the session ended: nothing is kept then.
        """
        sql = "UPDATE junior_sessions SET state = ? WHERE id = ? AND state = ? RETURNING id"
        return bool(await self._database.write(lambda tx: tx.execute(sql, (state, session_id, before))))

    async def listed(self, profile_id: str) -> list[ChildSession]:
        """Return the open sessions of a profile, newest first."""
        sql, now_ms = f"{_SESSION} WHERE profile_id = ? AND expires_ms > ? ORDER BY id DESC", self._clock.now_ms()
        rows = await self._database.read(lambda tx: tx.execute(sql, (profile_id, now_ms)))
        return [ChildSession(*row) for row in rows]

    async def end(self, session_id: str) -> None:
        """End one session; ending none is no error."""
        await self._database.write(lambda tx: tx.execute("DELETE FROM junior_sessions WHERE id = ?", (session_id,)))

    async def end_all(self, profile_id: str) -> int:
        """End every session of a profile, and return how many there were."""
        sql = "DELETE FROM junior_sessions WHERE profile_id = ? RETURNING id"
        return len(await self._database.write(lambda tx: tx.execute(sql, (profile_id,))))

    async def end_one(self, profile_id: str, session_id: str) -> None:
        """End a session of a profile by its id; raises `UnknownObject`."""
        sql = "DELETE FROM junior_sessions WHERE profile_id = ? AND id = ? RETURNING id"
        if not await self._database.write(lambda tx: tx.execute(sql, (profile_id, session_id))):
            raise UnknownObject("session: this profile has no such session", hint="it may have ended by itself")


def _find(tx: Tx, digest: bytes, now_ms: int) -> Child:
    rows = tx.execute(_FIND, (digest, now_ms))
    if not rows:
        raise AccessError("session: it has ended", hint="ask a grown-up to open Junior again", code="junior/ended")
    return _child(tx, rows[0], now_ms)


def _child(tx: Tx, row: Row, now_ms: int) -> Child:
    settings = ProfileSettings.from_json(row[6])
    day = day_of(settings, now_ms)
    used = tx.execute("SELECT used_ms FROM junior_days WHERE profile_id = ? AND day = ?", (row[1], day))
    use = Use(day, used[0][0] if used else 0, row[7], row[8])
    return Child(ChildSession(*row[:4]), row[5], settings, row[4], use, standing_of(settings, use, now_ms))


def _write_use(tx: Tx, profile_id: str, use: Use) -> None:
    tx.execute(
        "UPDATE junior_profiles SET sitting_ms = ?, last_ms = ? WHERE id = ?",
        (use.sitting_ms, use.last_ms, profile_id),
    )
    tx.execute(
        "INSERT INTO junior_days (profile_id, day, used_ms) VALUES (?, ?, ?)"
        " ON CONFLICT (profile_id, day) DO UPDATE SET used_ms = excluded.used_ms",
        (profile_id, use.day, use.used_ms),
    )
