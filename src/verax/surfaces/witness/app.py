"""The ASGI application of a witness (C2SP tlog-witness 1.0.0).

* ``POST /add-checkpoint`` answers as the standard says. No credential is asked for: the
  signature on the checkpoint is the only one.
* ``GET /<hex of H(origin)>/checkpoint`` shows the newest checkpoint of a followed log with a
  fresh cosignature. The standard leaves reading open; its editors' draft has this address.
* ``GET /`` shows the verifier key, so that a person can compare it.

Files and signatures are worked on in threads of its own, at most `_THREADS` at once.
"""

from __future__ import annotations

import asyncio
import logging
import re
from concurrent.futures import ThreadPoolExecutor

from starlette.types import Receive, Scope, Send

from verax.kernel.errors import UnknownObject, VeraxError
from verax.kernel.witness import MAX_SUBMISSION_BYTES
from verax.store.witness import Witness, WitnessAnswer

__all__ = ["BODY_LIMIT_S", "WitnessApp"]

BODY_LIMIT_S = 10.0
"""Longest time that a client may take to send its submission."""

_THREADS = 4
_NEWEST = re.compile(r"/([0-9a-f]{64})/checkpoint\Z")
_TOO_LARGE = WitnessAnswer(413, f"expected at most {MAX_SUBMISSION_BYTES} bytes\n".encode())
_log = logging.getLogger(__name__)


class WitnessApp:
    """The outermost ASGI callable.

    Args:
        witness: What judges and signs.
        body_limit_s: Longest time that a client may take to send its submission.
    """

    def __init__(self, witness: Witness, *, body_limit_s: float = BODY_LIMIT_S) -> None:
        self._witness = witness
        self._body_limit_s = body_limit_s
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="verax-witness")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; any other kind of connection is closed."""
        if scope["type"] != "http":
            return
        try:
            answer = await self._answer(scope, receive)
        except Exception:  # noqa: BLE001 - where a request ends: its sender learns nothing, the operator all
            _log.exception("a request failed")
            answer = WitnessAnswer(500, b"internal error\n")
        await _send(answer, scope, send)

    async def _answer(self, scope: Scope, receive: Receive) -> WitnessAnswer:
        method, path = scope["method"], scope["path"]
        newest = _NEWEST.match(path)
        allowed = "POST" if path == "/add-checkpoint" else "GET" if newest or path == "/" else ""
        if not allowed:
            return WitnessAnswer(404, b"a witness: POST /add-checkpoint, GET /<hash of origin>/checkpoint\n")
        if method != allowed:
            return WitnessAnswer(405, f"expected {allowed}\n".encode())
        try:
            if newest is not None:
                return WitnessAnswer(200, await self._call_newest(newest[1]))
            if path == "/":
                return WitnessAnswer(200, f"{self._witness.verifier}\n".encode())
            return await self._add_checkpoint(dict(scope["headers"]), receive)
        except UnknownObject as error:
            return WitnessAnswer(404, f"{error.message}\n".encode())
        except VeraxError as error:
            _log.error("nothing is signed: %s", error)
            return WitnessAnswer(503, b"this witness cannot keep what it signs now\n")

    async def _add_checkpoint(self, headers: dict[bytes, bytes], receive: Receive) -> WitnessAnswer:
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit() or len(declared) > 9 or int(declared) > MAX_SUBMISSION_BYTES:
            return _TOO_LARGE
        try:
            body = await asyncio.wait_for(_read(receive), self._body_limit_s)
        except TimeoutError:
            return WitnessAnswer(408, b"the submission took too long\n")
        if len(body) > MAX_SUBMISSION_BYTES:
            return _TOO_LARGE
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._witness.add_checkpoint, body)

    async def _call_newest(self, digest: str) -> bytes:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._witness.newest, digest)

    def close(self) -> None:
        """Finish what was begun; nothing more may be asked."""
        self._threads.shutdown()


async def _read(receive: Receive) -> bytes:
    """Return the body, or as much of it as shows that it is too large; a client that left is answered in vain."""
    body = b""
    while len(body) <= MAX_SUBMISSION_BYTES:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return body


async def _send(answer: WitnessAnswer, scope: Scope, send: Send) -> None:
    headers = [
        (b"content-type", answer.content_type.encode("ascii")),
        (b"content-length", str(len(answer.body)).encode("ascii")),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if answer.status == 405:
        headers.append((b"allow", b"POST" if scope["path"] == "/add-checkpoint" else b"GET"))
    if answer.status in (408, 413):
        headers.append((b"connection", b"close"))  # what is left of the body is not read
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
