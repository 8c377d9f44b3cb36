"""The web app: its built files, and the one page that every address of it opens.

* `make up` builds ``web/`` into the folder ``webapp`` beside this module; the files are part of the
  portable digest. They are read once, at start: what changes on the disk later is not served.
* Files below ``/assets/`` carry a digest in their name and may be kept for good; the page itself
  is never kept, and each answer of it has a fresh nonce.
* The policy lets nothing in from elsewhere: scripts, styles, fonts and pictures are ours, data goes
  to this server only, and no page may frame another.
* Junior's page is a page of its own (``/junior``), since a child's session may open it and no other: with
  its files, its manifest and its service worker, and a policy that needs no nonce.
* An address that is nobody's opens the page, too, with the status 404: the page says that nothing is
  there and leads back. Programs, and everybody below the paths of the API, get the usual error.
* Without the built files ``/`` is the plain page of `verax.surfaces.http.landing`.
"""

from __future__ import annotations

import gzip
import mimetypes
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from verax.kernel.errors import UnknownObject
from verax.surfaces.http.exchange import Endpoint, Exchange

__all__ = ["JUNIOR_FILES", "JUNIOR_PATHS", "PAGE_PATHS", "WEBAPP", "WebApp", "WebAppEndpoints"]

WEBAPP = Path(__file__).with_name("webapp")
"""Where the build puts the web app."""

PAGE_PATHS = (
    "/c/{rest:path}",
    "/welcome",
    "/sign-in",
    "/settings",
    "/settings/{rest:path}",
    "/receipt/{rest:path}",
    "/transparency",
    "/transparency/{rest:path}",
    "/family",
    "/family/{rest:path}",
    "/changes",
    "/changes/{rest:path}",
    "/admin",
    "/admin/{rest:path}",
)
"""Addresses that the web app's own router knows, besides ``/``."""

JUNIOR_PATHS = ("/junior", "/junior/join")
"""Addresses of the page for children."""

JUNIOR_FILES = (
    "/junior-icon-192.png",
    "/junior-icon-512.png",
    "/junior-icon-maskable.png",
    "/junior-icon.svg",
    "/junior-worker.js",
    "/junior.webmanifest",
)
"""Files that it needs besides those below ``/assets/``; their addresses cannot carry a digest."""

_PROGRAM_PATHS = ("/v1/", "/log/", "/replies/", "/assets/")
_PAGE, _JUNIOR_PAGE = "index.html", "junior.html"
_PAGES = frozenset({f"/{_PAGE}", f"/{_JUNIOR_PAGE}"})
_NONCE_SLOT = b'name="csp-nonce" content=""'
_FOREVER = "public, max-age=31536000, immutable"
_BRIEFLY = "public, max-age=300"
_WORTH_PACKING = ("text/", "application/javascript", "application/json", "application/manifest+json", "image/svg+xml")
_SMALLEST_PACKED_BYTES = 512
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; media-src 'self' blob:; worker-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PERMISSIONS = "camera=(), geolocation=(), microphone=({microphone}), payment=(), usb=()"
_JUNIOR_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
# What a service worker fetches is held to the policy that its script came with.
_WORKER, _WORKER_POLICY = "/junior-worker.js", "default-src 'none'; connect-src 'self'"
_TYPES = {
    ".js": "text/javascript",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True)
class BuiltFile:
    """One file of the build, in memory."""

    data: bytes
    media_type: str
    is_named_by_digest: bool

    @cached_property
    def packed(self) -> bytes | None:
        """The file under gzip, made when first asked for; None where that is of no use."""
        if not self.media_type.startswith(_WORTH_PACKING) or len(self.data) < _SMALLEST_PACKED_BYTES:
            return None
        return gzip.compress(self.data, 9, mtime=0)


class WebApp:
    """The built files by path, ``/assets/index-1a2b.js`` for instance; empty where nothing was built."""

    def __init__(self, folder: Path = WEBAPP) -> None:
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file()] if folder.is_dir() else []
        self._files = {f"/{path.relative_to(folder).as_posix()}": _read(path, folder) for path in paths}

    @property
    def is_built(self) -> bool:
        """Whether there is a page to open."""
        return f"/{_PAGE}" in self._files

    @property
    def page(self) -> bytes:
        """The page, with an empty place for the nonce."""
        return self._files[f"/{_PAGE}"].data

    @property
    def junior_page(self) -> bytes | None:
        """The page for children; None where the build has none."""
        found = self._files.get(f"/{_JUNIOR_PAGE}")
        return None if found is None else found.data

    def paths(self) -> list[str]:
        """Return the path of every file but the pages."""
        return [path for path in self._files if path not in _PAGES]

    def file(self, path: str) -> BuiltFile:
        """Return a file; raises `UnknownObject`."""
        if path in _PAGES or path not in self._files:
            raise UnknownObject("path: the web app has no such file", code="request/no-such-path")
        return self._files[path]


class WebAppEndpoints:
    """Serves the web app."""

    def __init__(self, app: WebApp) -> None:
        self._app = app

    def routes(self) -> list[Route]:
        """Return the routes; none where the web app was not built."""
        if not self._app.is_built:
            return []
        roots = [Route(path, Endpoint(self.get_file), methods=["GET"]) for path in self._app.paths() if _is_root(path)]
        pages = [Route(path, Endpoint(self.get_page), methods=["GET"]) for path in PAGE_PATHS]
        if self._app.junior_page is not None:
            pages += [Route(path, Endpoint(self.get_junior_page), methods=["GET"]) for path in JUNIOR_PATHS]
        return [Route("/assets/{rest:path}", Endpoint(self.get_file), methods=["GET"]), *roots, *pages]

    async def get_page(self, exchange: Exchange) -> Response:  # noqa: ARG002 - the same for every address
        """Return the page that draws every address of the web app; its query is the app's own."""
        return self._fresh_page(200)

    async def get_junior_page(self, exchange: Exchange) -> Response:  # noqa: ARG002 - the same for everybody
        """Return the page for children; it may listen, where the browser understands speech by itself."""
        headers = {
            "cache-control": "no-store",
            "content-security-policy": _JUNIOR_POLICY,
            "permissions-policy": _PERMISSIONS.format(microphone="self"),
        }
        return Response(self._app.junior_page, headers=headers, media_type="text/html; charset=utf-8")

    async def get_nothing(self, exchange: Exchange) -> Response:
        """Answer for an address that is nobody's: a page to whoever looks at it, an error to programs."""
        is_looking = exchange.method == "GET" and b"text/html" in exchange.headers.get(b"accept", b"")
        if not self._app.is_built or not is_looking or str(exchange.scope["path"]).startswith(_PROGRAM_PATHS):
            raise HTTPException(404)
        return self._fresh_page(404)

    def _fresh_page(self, status: int) -> Response:
        nonce = secrets.token_urlsafe(18)
        page = self._app.page.replace(_NONCE_SLOT, b'name="csp-nonce" content="%s"' % nonce.encode("ascii"))
        headers = {
            "cache-control": "no-store",
            "content-security-policy": _POLICY.format(nonce=nonce),
            "permissions-policy": _PERMISSIONS.format(microphone=""),
        }
        return Response(page, status, headers, "text/html; charset=utf-8")

    async def get_file(self, exchange: Exchange) -> Response:
        """Return one built file."""
        file = self._app.file(str(exchange.scope["path"]))
        headers = {"cache-control": _FOREVER if file.is_named_by_digest else _BRIEFLY, "vary": "accept-encoding"}
        if exchange.scope["path"] == _WORKER:
            headers["content-security-policy"] = _WORKER_POLICY
        data = file.data
        if b"gzip" in exchange.headers.get(b"accept-encoding", b"") and file.packed is not None:
            data, headers["content-encoding"] = file.packed, "gzip"
        return Response(data, headers=headers, media_type=file.media_type)


def _read(path: Path, folder: Path) -> BuiltFile:
    media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return BuiltFile(path.read_bytes(), media_type, path.relative_to(folder).parts[0] == "assets")


def _is_root(path: str) -> bool:
    return "/" not in path[1:]
