"""A guardian's PIN: the way out of a child's session.

* One PIN for all profiles of a guardian. It ends a child's session and opens nothing: a child who guesses
  it stands before the page that asks for a password.
* Kept as passwords are (argon2id). Four digits can be tried out, so tries are counted before they are
  looked at, in the database: no restart and no second server gives new ones. After `FREE_TRIES` wrong ones each
  try has to be waited for, twice as long each time, up to a day.
* Whoever forgot it signs in and sets another one; that takes no PIN.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from verax.kernel.errors import BusyError, ConflictError, ForbiddenError, RequestError
from verax.store.accounts_credentials import Passwords
from verax.store.clock import Clock
from verax.store.database import Database, Tx

__all__ = ["FREE_TRIES", "PinState", "Pins"]

FREE_TRIES = 5
_FIRST_WAIT_MS = 60_000
_LONGEST_WAIT_MS = 24 * 3_600_000
_PIN = re.compile(r"[0-9]{4,12}")
_RUNS = ("01234567890", "09876543210")


@dataclass(frozen=True, slots=True)
class PinState:
    """Whether a guardian has a PIN, wrong tries since the last right one, and when the next may be made."""

    is_set: bool
    failures: int
    locked_ms: int


class Pins:
    """The PINs of an installation."""

    def __init__(self, database: Database, clock: Clock, passwords: Passwords) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords

    async def state(self, user_id: str) -> PinState:
        """Return how a guardian's PIN stands."""
        sql = "SELECT failures, locked_ms FROM junior_pins WHERE user_id = ?"
        rows = await self._database.read(lambda tx: tx.execute(sql, (user_id,)))
        return PinState(True, *rows[0]) if rows else PinState(False, 0, 0)

    async def put(self, user_id: str, pin: str) -> None:
        """Set a PIN, and forget wrong tries.

        Raises:
            RequestError: not 4 to 12 digits, or one that anybody tries first.
        """
        if not _PIN.fullmatch(pin) or len(set(pin)) == 1 or any(pin in run for run in _RUNS):
            raise RequestError(
                "pin: expected 4 to 12 digits, not all the same and not in a row",
                hint="no date of birth: children know it",
                param="pin",
            )
        hashed = await self._passwords.hash_pin(pin)
        sql = (
            "INSERT INTO junior_pins (user_id, pin_hash, failures, locked_ms) VALUES (?, ?, 0, 0) ON CONFLICT (user_id)"
            " DO UPDATE SET pin_hash = excluded.pin_hash, failures = 0, locked_ms = 0"
        )
        await self._database.write(lambda tx: tx.execute(sql, (user_id, hashed)))

    async def check(self, user_id: str, pin: str) -> None:
        """Accept the right PIN.

        Raises:
            ForbiddenError: it is wrong.
            BusyError: too many were wrong; says when to come back.
            ConflictError: there is none.
        """
        now_ms = self._clock.now_ms()

        def count(tx: Tx) -> str:
            tx.lock(f"junior-pin/{user_id}")
            rows = tx.execute("SELECT pin_hash, failures, locked_ms FROM junior_pins WHERE user_id = ?", (user_id,))
            if not rows:
                raise ConflictError("pin: none is set", hint="the guardian sets one", code="junior/no-pin")
            hashed, failures, locked_ms = rows[0]
            if locked_ms > now_ms:
                raise BusyError(
                    "pin: too many wrong ones",
                    retry_after_s=-(-(locked_ms - now_ms) // 1000),
                    hint="wait, or sign in elsewhere and end the session or set another PIN there",
                    code="busy/pin",
                )
            sql = "UPDATE junior_pins SET failures = failures + 1, locked_ms = ? WHERE user_id = ?"
            tx.execute(sql, (now_ms + _wait_ms(failures + 1), user_id))
            return str(hashed)

        hashed = await self._database.write(count)
        if not await self._passwords.matches(hashed, pin):
            raise ForbiddenError("pin: it is another one", hint="try again", param="pin", code="access/pin")
        # A PIN that was set meanwhile has no wrong tries of its own either.
        sql = "UPDATE junior_pins SET failures = 0, locked_ms = 0 WHERE user_id = ?"
        await self._database.write(lambda tx: tx.execute(sql, (user_id,)))


def _wait_ms(failures: int) -> int:
    """Return how long the next try waits after so many wrong ones."""
    if failures < FREE_TRIES:
        return 0
    return min(_FIRST_WAIT_MS << min(failures - FREE_TRIES, 16), _LONGEST_WAIT_MS)
