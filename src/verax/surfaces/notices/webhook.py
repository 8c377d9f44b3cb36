"""Notices by webhook: one POST each, signed, to the address in the settings and to no other.

* The address comes from the settings alone; a redirect is a failure, not a new address.
* ``Verax-Signature: t=SECONDS,v1=HEX`` is HMAC-SHA256 with the shared secret over ``SECONDS.BODY``;
  a receiver checks it and refuses times that are too old. ``Verax-Notice`` is the same for
  every attempt.
* Any 2xx is a receipt. Of an answer nothing but the status is read.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

import aiohttp

from verax.surfaces.notices.notice import Notice

__all__ = ["NotDelivered", "Webhook", "signature_of"]

_TIMEOUT_S = 10.0


class NotDelivered(Exception):
    """A notice did not arrive; the text says why, without the address's secrets."""


class Webhook:
    """Delivers notices to one address.

    Args:
        url: From the settings.
        secret: Shared with the receiver; empty sends no signature.
        now_s: Wall time, seconds since 1970.
    """

    name = "webhook"

    def __init__(self, url: str, secret: str, now_s: Callable[[], int]) -> None:
        self._url = url
        self._secret = secret.encode("utf-8")
        self._now_s = now_s
        self._session: aiohttp.ClientSession | None = None

    async def deliver(self, notices: list[Notice]) -> None:
        """Deliver notices in order.

        Raises:
            NotDelivered: the receiver could not be reached, or did not say 2xx.
        """
        for notice in notices:
            await self._post(notice)

    async def close(self) -> None:
        """Close connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(self, notice: Notice) -> None:
        body = notice.to_bytes()
        headers = {"Content-Type": "application/json", "User-Agent": "verax", "Verax-Notice": notice.id}
        if self._secret:
            headers["Verax-Signature"] = signature_of(self._secret, self._now_s(), body)
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
            self._session = aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
        try:
            async with self._session.post(self._url, data=body, headers=headers, allow_redirects=False) as answer:
                status = answer.status
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise NotDelivered(f"webhook: {type(error).__name__}") from None
        if not 200 <= status < 300:
            raise NotDelivered(f"webhook: the receiver answered {status}")


def signature_of(secret: bytes, time_s: int, body: bytes) -> str:
    """Return the value of ``Verax-Signature``."""
    mac = hmac.new(secret, b"%d." % time_s + body, hashlib.sha256).hexdigest()
    return f"t={time_s},v1={mac}"
