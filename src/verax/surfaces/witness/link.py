"""The way to witnesses: HTTP with short waits, no redirects and small answers."""

from __future__ import annotations

import aiohttp

from verax.kernel.errors import WitnessError
from verax.kernel.witness import MAX_ANSWER_BYTES
from verax.store.cosigning import LinkAnswer

__all__ = ["HttpWitnessLink"]

_CONNECT_LIMIT_S = 5.0
_ANSWER_LIMIT_S = 10.0


class HttpWitnessLink:
    """Implements `verax.store.cosigning.WitnessLink`; made on a running event loop."""

    def __init__(self, *, limit_s: float = _ANSWER_LIMIT_S) -> None:
        connector = aiohttp.TCPConnector(limit=64, limit_per_host=4, ttl_dns_cache=60)
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=limit_s, connect=min(limit_s, _CONNECT_LIMIT_S)),
        )

    async def add_checkpoint(self, address: str, body: bytes) -> LinkAnswer:
        """Send a submission."""
        return await self._exchange("POST", f"{address}/add-checkpoint", body)

    async def newest(self, address: str, digest: str) -> bytes | None:
        """Return the newest checkpoint that the witness shows of a log; None where it shows none."""
        answer = await self._exchange("GET", f"{address}/{digest}/checkpoint", None)
        return answer.body if answer.status == 200 else None

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    async def _exchange(self, method: str, url: str, body: bytes | None) -> LinkAnswer:
        if not url.startswith(("http://", "https://")):
            raise WitnessError("its address is neither http:// nor https://", hint="name its submission prefix")
        try:
            async with self._session.request(method, url, data=body, allow_redirects=False) as response:
                data = await response.content.read(MAX_ANSWER_BYTES + 1)
                # The parser of each answer refuses what is over the limit.
                while len(data) <= MAX_ANSWER_BYTES and (more := await response.content.read(MAX_ANSWER_BYTES)):
                    data += more
                kind = response.headers.get("content-type", "")
                return LinkAnswer(response.status, kind, data)
        except TimeoutError:
            raise WitnessError("it does not answer in time", hint="look at its server") from None
        except (aiohttp.ClientError, ValueError) as error:
            raise WitnessError(f"it cannot be reached: {type(error).__name__}", hint="look at its address") from None
