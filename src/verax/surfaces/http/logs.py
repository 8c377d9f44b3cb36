"""The logs over HTTP, as C2SP tlog-tiles lays them out (clause 2).

``/log`` is the governance log, ``/replies/<k>`` is reply log k. No credential is asked for:
entries of reply logs are opaque, and the governance log is what everyone must be able to
check. Only blobs of channels that the root does not call public take one, of any account
(`verax.surfaces.public_history`). Full tiles and open blobs never change and may be cached for
ever; the checkpoint never.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.responses import Response
from starlette.routing import Route

from verax.kernel.canonical import is_digest
from verax.kernel.errors import AccessError, ProofError, UnknownObject
from verax.kernel.tiles import TILE_WIDTH, parse_tile_path
from verax.surfaces.http.exchange import Endpoint, Exchange
from verax.surfaces.http.gate import Gate
from verax.surfaces.http.ports import BlobSource, LogReader
from verax.surfaces.office import History

__all__ = ["BLOB_NOT_PUBLIC", "LogEndpoints"]

BLOB_NOT_PUBLIC = "access/blob-not-public"
"""Code of the error that tells an asker without an account that a blob is closed."""

_NEVER = "no-store"
_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_AN_HOUR = "public, max-age=3600"
_TEXT = "text/plain; charset=utf-8"
_BYTES = "application/octet-stream"


class LogEndpoints:
    """Serves keys, checkpoints, tiles, entry bundles and blobs."""

    def __init__(
        self,
        governance_log: LogReader,
        reply_logs: Mapping[str, LogReader],
        blobs: BlobSource,
        history: History,
        gate: Gate,
    ) -> None:
        self._governance_log = governance_log
        self._reply_logs = reply_logs
        self._blobs = blobs
        self._history = history
        self._gate = gate

    def routes(self) -> list[Route]:
        """Return the routes."""
        routes = [Route("/log/blob/{digest}", Endpoint(self.get_blob), methods=["GET"])]
        for prefix in ("/log", "/replies/{k}"):
            routes += [
                Route(f"{prefix}/key", Endpoint(self.get_key), methods=["GET"]),
                Route(f"{prefix}/checkpoint", Endpoint(self.get_checkpoint), methods=["GET"]),
                Route(f"{prefix}/checkpoint.witnessed", Endpoint(self.get_witnessed), methods=["GET"]),
                Route(f"{prefix}/tile/{{path:path}}", Endpoint(self.get_tile), methods=["GET"]),
            ]
        return routes

    async def get_key(self, exchange: Exchange) -> Response:
        """Return verifier keys, one a line; ``/log/key`` gives those of every log, governance first."""
        exchange.query()
        log = self._log(exchange)
        data = log.keys()
        if log is self._governance_log:
            data += b"".join(self._reply_logs[k].keys() for k in sorted(self._reply_logs, key=int))
        return Response(data, headers={"cache-control": "no-cache"}, media_type=_TEXT)

    async def get_checkpoint(self, exchange: Exchange) -> Response:
        """Return the newest checkpoint."""
        exchange.query()
        data = self._log(exchange).checkpoint()
        return Response(data, headers={"cache-control": "no-cache"}, media_type=_TEXT)

    async def get_witnessed(self, exchange: Exchange) -> Response:
        """Return the newest checkpoint that carried the witness quorum; an older one than the newest, maybe."""
        exchange.query()
        data = self._log(exchange).witnessed_checkpoint()
        return Response(data, headers={"cache-control": "no-cache"}, media_type=_TEXT)

    async def get_tile(self, exchange: Exchange) -> Response:
        """Return a tile or an entry bundle."""
        exchange.query()
        path = f"tile/{exchange.path_value('path')}"
        try:
            address = parse_tile_path(path)
        except ProofError as error:
            raise UnknownObject(f"log: {error.message}", code="log/no-such-tile") from None
        data = await self._log(exchange).tile(path)
        caching = _FOR_EVER if address.width == TILE_WIDTH else _FOR_AN_HOUR
        return Response(data, headers={"cache-control": caching}, media_type=_BYTES)

    async def get_blob(self, exchange: Exchange) -> Response:
        """Return a blob that an entry of the governance log refers to."""
        exchange.query()
        digest = exchange.path_value("digest")
        if not is_digest(digest):
            raise UnknownObject("blob: expected 64 lower-case hex digits", code="log/no-such-blob")
        is_closed = await self._history.is_closed(digest)
        if is_closed:
            await self._require_account(exchange)
        data = await asyncio.to_thread(self._blobs.get, digest)
        if data is None:
            raise UnknownObject("blob: none has this digest", code="log/no-such-blob")
        return Response(data, headers={"cache-control": _NEVER if is_closed else _FOR_EVER}, media_type=_BYTES)

    async def _require_account(self, exchange: Exchange) -> None:
        if await self._gate.caller_or_none(exchange.headers, exchange.method, exchange.address) is None:
            raise AccessError(
                "blob: it belongs to a channel that is not public",
                hint="sign in, or send an API key of this installation",
                code=BLOB_NOT_PUBLIC,
            )

    def _log(self, exchange: Exchange) -> LogReader:
        k = exchange.scope["path_params"].get("k")
        if k is None:
            return self._governance_log
        log = self._reply_logs.get(k)
        if log is None:
            raise UnknownObject("log: no reply log has this number", code="log/no-such-log")
        return log
