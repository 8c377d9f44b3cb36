"""``/``: says what this is and where things are, to people and to programs."""

from __future__ import annotations

import html
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

import verax
from verax.kernel.fold import State
from verax.surfaces.http.channels import channel_names
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.pages import WebAppEndpoints
from verax.surfaces.http.ports import GovernanceDesk

__all__ = ["LandingEndpoints"]

_LINKS = (
    ("/v1/models", "channels, in the shape of OpenAI's models (needs an API key)"),
    ("/v1/governance/state", "which release serves each channel, by the governance log"),
    ("/log/checkpoint", "newest signed state of the governance log"),
    ("/log/key", "verifier keys of the logs"),
    ("/health", "whether this server can answer"),
    ("/openapi.json", "every call, described"),
)

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Verax</title><style>{style}</style></head><body><main>
<h1>Verax {version}</h1>
<p>A self-hosted assistant. Every reply names the exact release that produced it and carries a
receipt that anyone can check offline.</p>
<dl><dt>Installation</dt><dd><code>{name}</code></dd><dt>Fingerprint of its root document</dt>
<dd><code>{fingerprint}</code></dd><dt>Governed by</dt><dd>{mode}</dd><dt>Channels</dt><dd>{channels}</dd></dl>
<ul>{links}</ul>
<p>From a terminal: <code>verax ask "Who wrote Hamlet?"</code>. From any OpenAI client: base address
<code>{base_url}/v1</code> and a key from <code>verax key create NAME</code>.</p>
</main></body></html>
"""
_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;margin:0;background:#fff;color:#1b1b1f}"
    "main{max-width:44rem;margin:3rem auto;padding:0 1rem}"
    "code{font-size:.9em;overflow-wrap:anywhere}dt{font-weight:600}dd{margin:0 0 .6rem}"
    "@media(prefers-color-scheme:dark){body{background:#16161a;color:#e8e8ec}a{color:#9db8ff}}"
)
_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class LandingEndpoints:
    """Serves the root of the server: the web app where it was built, else a plain page."""

    def __init__(self, governance: GovernanceDesk, pages: WebAppEndpoints | None = None) -> None:
        self._governance = governance
        self._pages = pages

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/", Endpoint(self.get_landing), methods=["GET"])]

    async def get_landing(self, exchange: Exchange) -> Response:
        """Return a page to browsers and JSON to everyone else."""
        state, base_url = self._governance.state, exchange.address.base_url
        if b"text/html" not in exchange.headers.get(b"accept", b""):
            return json_response(_facts(state, base_url), headers={"vary": "accept"})
        if self._pages is not None:
            return await self._pages.get_page(exchange)
        headers = {"cache-control": "no-store", "content-security-policy": _PAGE_POLICY, "vary": "accept"}
        return Response(_page(state, base_url), headers=headers, media_type="text/html; charset=utf-8")


def _facts(state: State, base_url: str) -> dict[str, Any]:
    return {
        "name": "verax",
        "version": verax.__version__,
        "installation": state.root.name,
        "fingerprint": state.fingerprint,
        "solo": state.root.is_solo,
        "channels": channel_names(state),
        "links": {path: f"{base_url}{path}" for path, _ in _LINKS},
    }


def _page(state: State, base_url: str) -> str:
    links = "".join(f'<li><a href="{path}">{path}</a>: {html.escape(text)}</li>' for path, text in _LINKS)
    return _PAGE.format(
        style=_STYLE,
        version=html.escape(verax.__version__),
        name=html.escape(state.root.name),
        fingerprint=html.escape(state.fingerprint),
        mode="one person (solo)" if state.root.is_solo else "a quorum",
        channels=html.escape(", ".join(channel_names(state)) or "none"),
        links=links,
        base_url=html.escape(base_url),
    )
