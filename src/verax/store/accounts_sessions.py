"""Sessions of people with a browser: opening them, looking at them, ending them.

* A session is a token of 256 random bits in a cookie; only its digest is stored. Its id may
  be shown: it ends a session and opens nothing.
* Signing in always makes a new token. A token that a browser brought along is never taken
  over, so nobody can plant one (session fixation).
* Ending one raises the epoch, so that every process refuses it within a second.
"""

from __future__ import annotations

from verax.kernel.errors import UnknownObject
from verax.store import accounts_rows as rows
from verax.store.accounts_credentials import Passwords, digest_of, new_token
from verax.store.accounts_people import People
from verax.store.accounts_types import NewSession, OpenedBy, Session
from verax.store.clock import Clock
from verax.store.database import Database, SqlValue, Tx
from verax.store.identifiers import new_id

__all__ = ["Sessions"]

_LINK_MAY_SET_PASSWORD_MS = 3_600_000
_SESSION = "SELECT id, client, agent, opened_by, created_ms, expires_ms, last_seen_ms FROM sessions"


class Sessions(People):
    """The part of `verax.store.accounts.Accounts` that concerns sessions."""

    def __init__(self, database: Database, clock: Clock, passwords: Passwords, session_ms: int) -> None:
        super().__init__(database, clock, passwords)
        self._session_ms = session_ms

    async def create_session(
        self, user_id: str, client: str = "", agent: str = "", opened_by: OpenedBy = "password"
    ) -> NewSession:
        """Open a session for an account that has just been authenticated.

        Args:
            client: Address of the caller.
            agent: What the browser calls itself.
            opened_by: How the person proved to be the account's.
        """
        token, now_ms = new_token(), self._clock.now_ms()
        session_id, expires_ms = new_id("session", now_ms), now_ms + self._session_ms
        row = (digest_of(token), session_id, user_id, client[:200], agent[:400], opened_by, now_ms, expires_ms, now_ms)

        def make(tx: Tx) -> None:
            tx.execute("DELETE FROM sessions WHERE expires_ms <= ?", (now_ms,))
            tx.execute(
                "INSERT INTO sessions (digest, id, user_id, client, agent, opened_by, created_ms, expires_ms,"
                " last_seen_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )

        await self._database.write(make)
        return NewSession(token, expires_ms)

    async def sessions(self, user_id: str) -> list[Session]:
        """Return the open sessions of an account, newest first."""
        sql, params = f"{_SESSION} WHERE user_id = ? AND expires_ms > ? ORDER BY id DESC", self._clock.now_ms()
        found = await self._database.read(lambda tx: tx.execute(sql, (user_id, params)))
        return [Session(*row) for row in found]

    async def end_session(self, token: str) -> None:
        """End one session; ending none is no error."""
        await self._end("DELETE FROM sessions WHERE digest = ?", (digest_of(token),))

    async def end_session_of(self, user_id: str, session_id: str) -> None:
        """End a session of an account by its id; raises `UnknownObject`."""
        ended = await self._end("DELETE FROM sessions WHERE user_id = ? AND id = ? RETURNING id", (user_id, session_id))
        if not ended:
            raise UnknownObject("session: no such session of this account", hint="it may have ended by itself")

    async def end_other_sessions(self, user_id: str, session_id: str) -> int:
        """End every session of an account but one, and return how many there were."""
        return await self._end("DELETE FROM sessions WHERE user_id = ? AND id <> ? RETURNING id", (user_id, session_id))

    async def may_set_password(self, session_id: str) -> bool:
        """Say whether a session may set a password without the old one.

        True for an hour after a one-time link opened it: whoever follows one may have no
        password yet, or have forgotten it.
        """
        since_ms = self._clock.now_ms() - _LINK_MAY_SET_PASSWORD_MS
        sql = "SELECT 1 FROM sessions WHERE id = ? AND opened_by = 'link' AND created_ms > ?"
        return bool(await self._database.read(lambda tx: tx.execute(sql, (session_id, since_ms))))

    async def _end(self, sql: str, params: tuple[SqlValue, ...]) -> int:
        def end(tx: Tx) -> tuple[int, int]:
            return len(tx.execute(sql, params)), rows.bump_epoch(tx)

        count, epoch = await self._database.write(end)
        self._cache.saw(epoch)
        return count
