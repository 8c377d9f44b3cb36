"""Codes with which the children of a class open Junior on devices without an account.

* A teacher has one code at a time, of eight digits and for two hours at most. It stands for their profiles in a
  classroom and for nothing else; a child who types it picks their own colour and animal, and gets a child's session.
* It cannot be guessed: wrong codes are counted in the database, over all devices and servers, and after
  `WRONG_A_MINUTE` in a minute no code is looked at before the next. Who tries all day at that pace finds a code that
  is always there with a probability of 1 in 1,157; one of an hour with 1 in 27,777.
* Who knows the code of a class cannot list its children: after `WRONG_PAIRS` pairs that are nobody's the code ends.
* Only a digest is stored. With eight digits it can be tried out by whoever holds the disk, who needs no code.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Literal

from verax.kernel.errors import BusyError, ConflictError, ForbiddenError, RequestError
from verax.store.accounts_credentials import digest_of
from verax.store.clock import Clock
from verax.store.database import Database, Tx
from verax.store.junior.types import ProfileSettings

__all__ = ["CODE_DIGITS", "WRONG_A_MINUTE", "WRONG_PAIRS", "JoinCode", "JoinCodes"]

CODE_DIGITS = 8
WRONG_A_MINUTE = 60
WRONG_PAIRS = 60
MINUTES = (5, 120)
"""How long a code lasts, at least and at most."""

_MINUTE_MS = 60_000
_PROFILES = "SELECT id, settings FROM junior_profiles WHERE user_id = ? AND colour = ? AND animal = ?"
_CODE = """
SELECT c.user_id FROM junior_codes c JOIN users u ON u.id = c.user_id
WHERE c.code_digest = ? AND c.expires_ms > ? AND c.tries < ? AND u.disabled_ms IS NULL
"""


@dataclass(frozen=True, slots=True)
class JoinCode:
    """A code that was just made; it is stored nowhere."""

    code: str
    expires_ms: int


@dataclass(frozen=True, slots=True)
class _Found:
    """What a try came to."""

    outcome: Literal["joined", "busy", "no code", "no pair"]
    profile_id: str = ""


class JoinCodes:
    """The codes of an installation."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def make(self, user_id: str, minutes: int) -> JoinCode:
        """Make a code for a guardian, in the place of the one before.

        Raises:
            RequestError: it would last too short or too long.
            ConflictError: the guardian has no profile in a classroom.
        """
        if not MINUTES[0] <= minutes <= MINUTES[1]:
            raise RequestError(f"minutes: expected {MINUTES[0]} to {MINUTES[1]}", param="minutes")
        now_ms = self._clock.now_ms()
        expires_ms = now_ms + minutes * _MINUTE_MS

        def put(tx: Tx) -> str:
            tx.lock("junior-codes")
            owned = tx.execute("SELECT settings FROM junior_profiles WHERE user_id = ?", (user_id,))
            if not any(ProfileSettings.from_json(settings).place == "classroom" for (settings,) in owned):
                raise ConflictError(
                    "code: there is no profile in a classroom",
                    hint="make one whose place is classroom",
                    code="junior/no-classroom",
                )
            tx.execute("DELETE FROM junior_codes WHERE user_id = ? OR expires_ms <= ?", (user_id, now_ms))
            code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
            while tx.execute("SELECT 1 FROM junior_codes WHERE code_digest = ?", (digest_of(code),)):
                code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
            tx.execute(
                "INSERT INTO junior_codes (user_id, code_digest, tries, created_ms, expires_ms) VALUES (?, ?, 0, ?, ?)",
                (user_id, digest_of(code), now_ms, expires_ms),
            )
            return code

        return JoinCode(await self._database.write(put), expires_ms)

    async def end(self, user_id: str) -> bool:
        """End a guardian's code; sessions that were opened with it go on. False where there was none."""
        sql = "DELETE FROM junior_codes WHERE user_id = ? RETURNING 1"
        return bool(await self._database.write(lambda tx: tx.execute(sql, (user_id,))))

    async def join(self, code: str, colour: str, animal: str) -> str:
        """Return the profile that a code, a colour and an animal stand for.

        Raises:
            ForbiddenError: the code is wrong or over, or the class has no such colour and animal.
            BusyError: too many wrong codes were tried lately.
        """
        now_ms = self._clock.now_ms()
        found = await self._database.write(lambda tx: _try(tx, (code, colour, animal), now_ms))
        if found.outcome == "busy":
            raise BusyError(
                "code: too many wrong ones",
                retry_after_s=-(-(_MINUTE_MS - now_ms % _MINUTE_MS) // 1000),
                hint="wait a minute",
                code="busy/join",
            )
        if found.outcome == "no code":
            raise ForbiddenError(
                "code: it is another one, or it is over",
                hint="look at it again",
                param="code",
                code="junior/wrong-code",
            )
        if found.outcome == "no pair":
            raise ForbiddenError(
                "class: nobody has this colour and animal",
                hint="pick your own, or ask your teacher",
                param="animal",
                code="junior/nobody",
            )
        return found.profile_id


def _try(tx: Tx, asked: tuple[str, str, str], now_ms: int) -> _Found:
    """Look at a try and count it where it is wrong."""
    code, colour, animal = asked
    minute = now_ms // _MINUTE_MS
    tx.lock("junior-codes")
    tx.execute("DELETE FROM junior_tries WHERE minute < ?", (minute,))
    wrong = tx.execute("SELECT wrong FROM junior_tries WHERE minute = ?", (minute,))
    if wrong and wrong[0][0] >= WRONG_A_MINUTE:
        return _Found("busy")
    digest = digest_of(code)
    teachers = tx.execute(_CODE, (digest, now_ms, WRONG_PAIRS))
    if not teachers:
        sql = (
            "INSERT INTO junior_tries (minute, wrong) VALUES (?, 1)"
            " ON CONFLICT (minute) DO UPDATE SET wrong = junior_tries.wrong + 1"
        )
        tx.execute(sql, (minute,))
        return _Found("no code")
    for profile_id, settings in tx.execute(_PROFILES, (teachers[0][0], colour, animal)):
        if ProfileSettings.from_json(settings).place == "classroom":
            return _Found("joined", profile_id)
    tx.execute("UPDATE junior_codes SET tries = tries + 1 WHERE code_digest = ?", (digest,))
    return _Found("no pair")
