"""Fetching a GGUF file from a model hub, whole and checked or not at all.

* ``OWNER/REPO/FILE.gguf`` names a file on a hub that serves
  ``<base>/OWNER/REPO/resolve/<revision>/FILE.gguf``; a full ``https://`` address works too.
* What was fetched so far lies beside the target as ``.part``; the next attempt asks for the
  rest (``Range``) and goes on only if the server still has the same file (``If-Range``).
* The target appears by a rename, after its size and digest were checked and it was synced.
  The expected digest is the caller's, else the one the hub names (``X-Linked-ETag``).
* Redirects are followed; hubs answer with one to where the bytes lie.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp

from verax.kernel.canonical import is_digest
from verax.kernel.errors import ConfigError, DigestMismatch, ModelUnavailable, StoreFull

__all__ = ["Pulled", "pull_gguf", "source_url"]

Progress = Callable[[int, int | None], None]
"""Called with the bytes done and the bytes in all, None where the server does not say."""

_REFERENCE = re.compile(r"(?P<repo>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)/(?P<file>[\w./ -]+\.gguf)\Z")
_CHUNK_BYTES = 1 << 20
_RETRIES = 5
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=15.0, sock_read=60.0)


@dataclass(frozen=True, slots=True)
class Pulled:
    """A file that was fetched.

    Attributes:
        resumed_bytes: How much of it an earlier attempt had fetched.
        checked: Whether a digest was known beforehand; else `sha256` is only what came.
    """

    path: Path
    size_bytes: int
    sha256: str
    resumed_bytes: int
    checked: bool


@dataclass(frozen=True, slots=True)
class _Part:
    """The state of a download, kept in a small file beside the bytes."""

    data: Path
    note: Path

    @classmethod
    def beside(cls, target: Path) -> _Part:
        return cls(target.with_name(f"{target.name}.part"), target.with_name(f"{target.name}.part.json"))

    def validator(self, url: str) -> str:
        """Return the ETag that the bytes so far belong to; empty where they are of no use."""
        try:
            note = json.loads(self.note.read_text(encoding="utf-8"))
            return str(note["etag"]) if note["url"] == url and self.data.is_file() else ""
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def forget(self) -> None:
        self.data.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)


def source_url(source: str, hub: str = "", revision: str = "main") -> str:
    """Return the address of a model file.

    Args:
        hub: Base address of the hub, ``HF_ENDPOINT`` as other tools call it; only a short name needs it.

    Raises:
        ConfigError: `source` is neither ``OWNER/REPO/FILE.gguf`` nor a web address of a GGUF file.
    """
    if source.startswith(("https://", "http://")):
        if not urlsplit(source).path.endswith(".gguf"):
            raise ConfigError(f"model file: expected an address that ends in .gguf, found {source}")
        return source
    found = _REFERENCE.match(source)
    if found is None or ".." in source:
        raise ConfigError(
            f"model file: expected OWNER/REPO/FILE.gguf or an address, found {source!r}",
            hint="copy the three parts from the model's page on the hub",
        )
    if not hub:
        raise ConfigError(
            "model file: a short name needs the address of a hub",
            hint="set HF_ENDPOINT to the hub's address, or give the whole address of the file",
        )
    return f"{hub.rstrip('/')}/{found['repo']}/resolve/{quote(revision)}/{quote(found['file'])}"


async def pull_gguf(
    url: str, target: Path, sha256: str | None = None, progress: Progress | None = None, token: str | None = None
) -> Pulled:
    """Fetch `url` into `target`; an attempt that breaks is taken up where it ended.

    Args:
        sha256: The digest it must have; None trusts what the hub names, if it names one.
        token: Sent as a bearer token to the hub, not to where it redirects.

    Raises:
        ModelUnavailable: the server cannot be reached, has no such file, or keeps breaking off.
        DigestMismatch: what came has another digest; it was removed.
        StoreFull: no room on the disk.
    """
    if sha256 is not None and not is_digest(sha256):
        raise ConfigError("model file: expected a SHA-256 of 64 lower-case hex digits")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = _Part.beside(target)
    resumed = part.data.stat().st_size if part.validator(url) else 0
    async with aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=True) as session:
        fetch = _Fetch(session, url, part, progress, token)
        for attempt in range(_RETRIES + 1):
            try:
                await fetch.run()
                break
            except (aiohttp.ClientError, TimeoutError) as error:
                if attempt == _RETRIES or not fetch.is_moving:
                    raise _unreachable(url, error) from None
            except OSError as error:
                raise StoreFull(f"model file {target.name}: cannot be written: {error.strerror}") from None
    expected = sha256 or fetch.named_digest
    found, size = await asyncio.to_thread(_settle, part, target, expected, fetch.total)
    return Pulled(target, size, found, resumed, expected is not None)


class _Fetch:
    """One download over as many requests as it takes."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, part: _Part, progress: Progress | None, token: str | None
    ) -> None:
        self._session = session
        self._url = url
        self._part = part
        self._progress = progress
        self._token = token
        self.total: int | None = None
        self.named_digest: str | None = None
        self.is_moving = False

    async def run(self) -> None:
        """Fetch what is missing; may break off with `aiohttp.ClientError` at any byte."""
        self.is_moving = False
        etag = self._part.validator(self._url)
        start = self._part.data.stat().st_size if etag else 0
        headers = {"Accept-Encoding": "identity"}
        if start:
            headers |= {"Range": f"bytes={start}-", "If-Range": etag}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        async with self._session.get(self._url, headers=headers) as response:
            if response.status == 416:
                # The part is as long as the file, or longer: its size and digest will tell.
                size = response.headers.get("Content-Range", "").rpartition("/")[2]
                self.total = int(size) if size.isascii() and size.isdecimal() else None
                return
            _check_status(response.status, self._url)
            start = start if response.status == 206 else 0
            self._note(response, start)
            await self._write(response, start)

    def _note(self, response: aiohttp.ClientResponse, start: int) -> None:
        hops: list[Any] = [*response.history, response]
        named = (hop.headers.get("X-Linked-ETag", "").strip('"') for hop in hops)
        self.named_digest = next((digest for digest in named if is_digest(digest)), self.named_digest)
        length = response.content_length
        self.total = None if length is None else start + length
        etag = response.headers.get("ETag", "")
        if start == 0:
            # A weak validator cannot promise the same bytes; such a part is never taken up again.
            note = {"url": self._url, "etag": "" if etag.startswith("W/") else etag}
            self._part.note.write_text(json.dumps(note), encoding="utf-8")

    async def _write(self, response: aiohttp.ClientResponse, start: int) -> None:
        done = start
        with self._part.data.open("r+b" if start else "wb") as handle:
            handle.seek(start)
            async for piece in response.content.iter_chunked(_CHUNK_BYTES):
                await asyncio.to_thread(handle.write, piece)
                done += len(piece)
                self.is_moving = True
                if self._progress is not None:
                    self._progress(done, self.total)
        if self.total is not None and done < self.total:
            raise aiohttp.ClientPayloadError


def _settle(part: _Part, target: Path, expected: str | None, total: int | None) -> tuple[str, int]:
    """Check the fetched bytes, sync them and put them in place; return their digest and number."""
    with part.data.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
        size = os.fstat(handle.fileno()).st_size
        handle.seek(0)
        magic = handle.read(4)
        os.fsync(handle.fileno())
    problem = ""
    if expected is not None and digest != expected:
        problem = f"expected SHA-256 {expected[:12]}…, found {digest[:12]}…"
    elif total is not None and size != total:
        problem = f"expected {total} bytes, found {size}"
    elif magic != b"GGUF":
        problem = "the bytes are not a GGUF file"
    if problem:
        part.forget()
        raise DigestMismatch(
            f"model file {target.name}: {problem}; it was removed",
            hint="fetch it again; if it happens twice, do not trust the place it comes from",
        )
    part.data.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    part.forget()
    return digest, size


def _check_status(status: int, url: str) -> None:
    if status in (200, 206):
        return
    reasons = {401: "it asks for a token", 403: "it refuses access", 404: "it has no such file"}
    raise ModelUnavailable(
        f"model hub {urlsplit(url).hostname}: {reasons.get(status, f'it answered with status {status}')}",
        hint="check the name of the repository and of the file, and whether its licence must be accepted first",
        code="model/hub-refused",
    )


def _unreachable(url: str, error: Exception) -> ModelUnavailable:
    return ModelUnavailable(
        f"model hub {urlsplit(url).hostname}: the download broke off ({type(error).__name__}); what came is kept",
        hint="run the same command again to go on",
        code="model/hub-unreachable",
    )
