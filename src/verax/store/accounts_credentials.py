"""Keys, session tokens and passwords: how they look, and what is kept of them.

* An API key is ``vx-``, 32 characters of base62 (190 random bits) and 6 of a check sum, so
  that a scanner for leaked secrets finds it and a typing error is told from a wrong key
  without asking the database.
* Of keys and tokens only the SHA-256 is kept: they hold too many random bits to be guessed,
  so a slow hash would add nothing.
* Passwords are guessable, so they get argon2id with RFC 9106's settings for low memory. One
  at a time: each takes 64 MiB while it runs.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import unicodedata
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import argon2

from verax.kernel.errors import AccessError, BusyError, CorruptStore, RequestError

__all__ = ["HashCosts", "Passwords", "check_key_form", "digest_of", "new_key", "new_password", "new_token"]

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_KEY_LENGTH = 3 + 32 + 6
_MIN_PASSWORD = 10
_MAX_PASSWORD_BYTES = 1024
_MAX_WAITING = 32

T = TypeVar("T")


def new_key() -> str:
    """Return a new API key."""
    body = "".join(secrets.choice(_BASE62) for _ in range(32))
    return f"vx-{body}{_check_sum(body)}"


def check_key_form(key: str) -> None:
    """Refuse what cannot be a key of any installation.

    Raises:
        AccessError: wrong prefix, length or check sum.
    """
    if not key.startswith("vx-") or len(key) != _KEY_LENGTH or _check_sum(key[3:-6]) != key[-6:]:
        raise AccessError(
            "API key: expected vx- and 38 letters and digits, found something else",
            hint='copy the whole key, or make a new one with "verax key create NAME"',
        )


def new_token() -> str:
    """Return a new session token: 43 characters, 256 random bits."""
    return secrets.token_urlsafe(32)


def new_password() -> str:
    """Return a password that a person can type: five groups of four, 96 random bits."""
    letters = "".join(secrets.choice("abcdefghjkmnpqrstvwxyz23456789") for _ in range(20))
    return "-".join(letters[index : index + 4] for index in range(0, 20, 4))


def digest_of(credential: str) -> bytes:
    """Return what is stored of a key or token."""
    return hashlib.sha256(credential.encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True)
class HashCosts:
    """What one argon2id hash costs, and so what a guess costs; the second choice of RFC 9106, section 4.

    Attributes:
        time_cost: Passes over the memory.
        memory_kib: Memory of one hash.
        parallelism: Lanes of one hash.
    """

    time_cost: int = 3
    memory_kib: int = 65_536
    parallelism: int = 4


class Passwords:
    """Hashes and checks passwords.

    Args:
        costs: Of one hash; `default_costs` when omitted.
    """

    default_costs: ClassVar[HashCosts] = HashCosts()

    def __init__(self, costs: HashCosts | None = None) -> None:
        chosen = costs or self.default_costs
        self._hasher = argon2.PasswordHasher(chosen.time_cost, chosen.memory_kib, chosen.parallelism)
        self._decoy = _decoy(self._hasher)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="verax-passwords")
        self._waiting = 0

    async def hash(self, password: str, name: str) -> str:
        """Return the argon2id hash of an acceptable password.

        Raises:
            RequestError: too short, too long, or the account's own name.
        """
        text = _normal(password)
        if not _is_encodable(text) or len(text) < _MIN_PASSWORD or len(text.encode()) > _MAX_PASSWORD_BYTES:
            raise RequestError(
                f"password: expected {_MIN_PASSWORD} characters or more, and at most {_MAX_PASSWORD_BYTES} bytes",
                hint="a few words that do not belong together make a good password",
                param="password",
            )
        if text.casefold() == name.casefold():
            raise RequestError("password: expected something else than the account's name", param="password")
        return await self._in_turn(self._hasher.hash, text)

    async def hash_pin(self, pin: str) -> str:
        """Return the argon2id hash of a PIN, whose form and tries its caller checks (`verax.store.junior.pins`)."""
        return await self._in_turn(self._hasher.hash, pin)

    async def matches(self, stored: str | None, password: str) -> bool:
        """Check a password; without a stored hash this takes as long and says False."""
        text = _normal(password)
        if not _is_encodable(text) or len(text.encode()) > _MAX_PASSWORD_BYTES:
            return False
        is_same = await self._in_turn(self._verify, stored or self._decoy, text)
        return is_same and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was made with other settings than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str, text: str) -> bool:
        try:
            return self._hasher.verify(stored, text)
        except argon2.exceptions.VerifyMismatchError:
            return False
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError) as error:
            raise CorruptStore("a stored password hash is damaged", hint="give this account a new password") from error

    async def _in_turn(self, call: Callable[..., T], *arguments: str) -> T:
        if self._waiting >= _MAX_WAITING:
            raise BusyError("passwords: too many sign-ins at once", retry_after_s=5, hint="try again in a moment")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, call, *arguments)
        finally:
            self._waiting -= 1


def _decoy(hasher: argon2.PasswordHasher) -> str:
    """Return the encoding of a hash that no password has; checking against it takes as long as any other.

    Made without hashing: a start does not wait for it.
    """
    salt, digest = (
        base64.b64encode(secrets.token_bytes(size)).decode("ascii").rstrip("=")
        for size in (hasher.salt_len, hasher.hash_len)
    )
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v={argon2.low_level.ARGON2_VERSION}${costs}${salt}${digest}"


def _normal(password: str) -> str:
    """Let a password typed on another keyboard be the same password."""
    return unicodedata.normalize("NFKC", password)


def _is_encodable(text: str) -> bool:
    """Whether the text is free of lone surrogates."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _check_sum(body: str) -> str:
    number = zlib.crc32(body.encode("utf-8", "replace"))
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits
