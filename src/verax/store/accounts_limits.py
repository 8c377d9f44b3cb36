"""How often: token buckets for requests, and the throttle against guessed passwords.

Both count in memory, on the monotonic clock: a wall clock that jumps neither frees nor
locks anyone, and each process of an installation counts for itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from verax.kernel.errors import BusyError
from verax.store.clock import Clock

__all__ = ["PasswordThrottle", "RateLimits", "TokenBuckets"]

_MAX_BUCKETS = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_s: float
    per_s: float
    size: int


class TokenBuckets:
    """Named buckets that fill at a steady rate; a full bucket is as good as none and is forgotten."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, name: str, per_minute: float, size: int) -> float:
        """Take one token; return 0.0, or the seconds until there will be one (none was taken)."""
        now_s = self._clock.monotonic_s()
        bucket = self._buckets.get(name)
        if bucket is None:
            if len(self._buckets) >= _MAX_BUCKETS:
                self._forget_full(now_s)
            bucket = self._buckets[name] = _Bucket(size, now_s, per_minute / 60, size)
        bucket.per_s, bucket.size = per_minute / 60, size
        bucket.tokens = min(size, bucket.tokens + (now_s - bucket.filled_s) * bucket.per_s)
        bucket.filled_s = now_s
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0.0
        return (1 - bucket.tokens) / bucket.per_s

    def forget(self, name: str) -> None:
        """Fill a bucket again."""
        self._buckets.pop(name, None)

    def _forget_full(self, now_s: float) -> None:
        """Drop what has filled up meanwhile; if all are in use, the oldest half, which favours the caller."""
        self._buckets = {
            name: bucket
            for name, bucket in self._buckets.items()
            if bucket.tokens + (now_s - bucket.filled_s) * bucket.per_s < bucket.size
        }
        if len(self._buckets) >= _MAX_BUCKETS:
            oldest_first = sorted(self._buckets.items(), key=lambda item: item[1].filled_s)
            self._buckets = dict(oldest_first[_MAX_BUCKETS // 2 :])


class RateLimits:
    """Requests a minute for each key or session, and for an account where it has a limit.

    Args:
        clock: Only its monotonic side is used.
        per_minute: Limit of a key without one of its own; None for no limit.
        burst: Requests that may come at once.
    """

    def __init__(self, clock: Clock, per_minute: int | None, burst: int) -> None:
        self._buckets = TokenBuckets(clock)
        self._per_minute = per_minute
        self._burst = burst

    def spend(self, credential: str, per_minute: int | None, user_id: str, account_per_minute: int | None) -> None:
        """Take one request.

        Args:
            credential: The key's id, or the account's for a session.
            per_minute: The key's own limit, None for the installation's.
            account_per_minute: The account's limit over all its credentials, None for none.

        Raises:
            BusyError: the limit is used up; says when to come back.
        """
        effective = per_minute or self._per_minute
        if effective is not None:
            self._take(f"credential {credential}", effective)
        if account_per_minute is not None:
            self._take(f"account {user_id}", account_per_minute)

    def _take(self, name: str, per_minute: int) -> None:
        wait_s = self._buckets.take(name, per_minute, max(1, min(self._burst, per_minute)))
        if wait_s > 0:
            raise BusyError(
                f"more than {per_minute} requests a minute",
                retry_after_s=math.ceil(wait_s),
                hint="wait, or ask an owner for a higher limit",
                code="busy/rate-limit",
            )


class PasswordThrottle:
    """Makes guessing slow: few tries for one name from one client, more for each of them alone.

    Somebody who floods one name can lock its owner out of signing in by password for a
    while, not out of open sessions and keys. The other choice, no limit for a name over all
    clients, would let many clients guess together.
    """

    _LIMITS = (("name and client", 5, 2.0), ("client", 20, 6.0), ("name", 50, 10.0))

    def __init__(self, clock: Clock) -> None:
        self._buckets = TokenBuckets(clock)

    def before(self, name: str, client: str) -> None:
        """Count one try; called before the password is looked at.

        Raises:
            BusyError: too many tries; says when to come back.
        """
        for (_kind, size, per_minute), bucket in zip(self._LIMITS, _subjects(name, client), strict=True):
            self._take(bucket, size, per_minute)

    def after_success(self, name: str, client: str) -> None:
        """Forget the tries that led to a right password."""
        for bucket in _subjects(name, client):
            self._buckets.forget(bucket)

    def before_code(self, client: str) -> None:
        """Count one try of a one-time code, which belongs to no name; else as `before`."""
        (_kind, size, per_minute), bucket = self._LIMITS[1], _subjects("", client)[1]
        self._take(bucket, size, per_minute)

    def after_code(self, client: str) -> None:
        """Forget the tries that led to a right code."""
        self._buckets.forget(_subjects("", client)[1])

    def _take(self, bucket: str, size: int, per_minute: float) -> None:
        wait_s = self._buckets.take(bucket, per_minute, size)
        if wait_s > 0:
            raise BusyError(
                "too many failed sign-ins",
                retry_after_s=math.ceil(wait_s),
                hint="wait; an owner can set a new password meanwhile",
                code="busy/sign-in",
            )


def _subjects(name: str, client: str) -> tuple[str, str, str]:
    return f"both {name}\n{client}", f"client {client}", f"name {name}"
