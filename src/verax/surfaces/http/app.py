"""The ASGI application: one edge for every request, one hot route, a router for the rest.

The edge checks the host name, refuses a child's token nearly everywhere
(`verax.surfaces.http.junior_child`), adds the security headers, turns every error into OpenAI's
shape and counts. ``POST /v1/chat/completions`` is answered without the router.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.routing import Match, Route, Router
from starlette.types import Message, Receive, Scope, Send

from verax.gates.preview.desk import PreviewDesk
from verax.kernel.errors import VeraxError
from verax.surfaces.alarm_bell import AlarmBell, WatchedDesk
from verax.surfaces.checking import open_check_judge
from verax.surfaces.http.account import AccountEndpoints
from verax.surfaces.http.administration import administration
from verax.surfaces.http.answering import Limits
from verax.surfaces.http.attachments import AttachmentEndpoints
from verax.surfaces.http.body import ClientGone
from verax.surfaces.http.bundles import GovernanceBundles
from verax.surfaces.http.channels import ChannelEndpoints
from verax.surfaces.http.chat import ChatEndpoint
from verax.surfaces.http.checks import CheckEndpoints
from verax.surfaces.http.collections import CollectionEndpoints
from verax.surfaces.http.conversation import TurnFailed
from verax.surfaces.http.conversations import ConversationEndpoints, TalkParts
from verax.surfaces.http.embeddings import EmbeddingEndpoints
from verax.surfaces.http.exchange import Endpoint, Exchange
from verax.surfaces.http.faults import INTERNAL, STOPPING, Fault, fault_of_error
from verax.surfaces.http.gate import Gate, HostNames, current_user, forget_user
from verax.surfaces.http.gates import GateEndpoints
from verax.surfaces.http.governance import GovernanceEndpoints
from verax.surfaces.http.health import HealthEndpoints
from verax.surfaces.http.history import HistoryEndpoints
from verax.surfaces.http.junior import JuniorEndpoints
from verax.surfaces.http.junior_child import ChildEndpoints, is_closed_to_child, lead_back
from verax.surfaces.http.landing import LandingEndpoints
from verax.surfaces.http.logs import LogEndpoints
from verax.surfaces.http.metrics import Metrics
from verax.surfaces.http.moderations import ModerationEndpoints
from verax.surfaces.http.openapi import OpenApiEndpoints
from verax.surfaces.http.pages import WebApp, WebAppEndpoints
from verax.surfaces.http.passkeys import PasskeyEndpoints
from verax.surfaces.http.ports import Installation
from verax.surfaces.http.previews import PreviewEndpoints
from verax.surfaces.http.receipts import ReceiptEndpoints
from verax.surfaces.http.releases import ReleaseEndpoints
from verax.surfaces.http.responses import ResponseEndpoints
from verax.surfaces.http.rollouts import RolloutEndpoints
from verax.surfaces.http.runs import RunEndpoints
from verax.surfaces.http.session import SessionEndpoints
from verax.surfaces.http.signing import SigningEndpoints
from verax.surfaces.http.site import SiteEndpoints
from verax.surfaces.http.web_search import WebSearchEndpoints
from verax.surfaces.http.witnesses import WitnessEndpoints

__all__ = ["Application", "create_app"]

_log = logging.getLogger(__name__)

_SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_POLICY = b"content-security-policy"
_NOTHING_ALLOWED = (_POLICY, b"default-src 'none'; frame-ancestors 'none'")
_CHAT_PATH = "/v1/chat/completions"
_DRAIN_LIMIT_BYTES = 2**28


def create_app(installation: Installation, webapp: WebApp | None = None) -> Application:
    """Build the application over one installation; the caller opens and closes that.

    Args:
        webapp: The built web app; the one beside this module when omitted.
    """
    engine, governance = installation.engine, installation.governance
    metrics = Metrics(installation.measurements, engine.tally)
    gate = Gate(installation.accounts)
    config = installation.config
    limits = Limits(config.max_body_bytes, config.max_messages)
    webapp = webapp or WebApp()
    pages = WebAppEndpoints(webapp)
    office = installation.office
    people = WatchedDesk(governance, installation.bell)
    bundles = GovernanceBundles(installation.governance_log, installation.blobs)
    routes = [
        *ChannelEndpoints(governance, gate).routes(),
        *ResponseEndpoints(engine, installation.responses, installation.eraser, gate, metrics, limits).routes(),
        *EmbeddingEndpoints(engine, gate, limits.body_bytes).routes(),
        *_conversation_routes(installation, gate, metrics),
        *CollectionEndpoints(installation.library, gate, config.max_document_bytes).routes(),
        *WebSearchEndpoints(installation.web_search, gate).routes(),
        *CheckEndpoints(
            installation.library,
            open_check_judge(config, office.model_keys) or installation.verifier,
            gate,
            limits.body_bytes,
        ).routes(),
        *ModerationEndpoints(engine.guarding.book(), gate, limits.body_bytes).routes(),
        *ReceiptEndpoints(
            installation.receipts,
            installation.turns,
            installation.eraser,
            bundles,
            gate,
            installation.runs.forget_turn,
        ).routes(),
        *SigningEndpoints(installation.signing, people, installation.blobs, gate, limits.body_bytes).routes(),
        *ReleaseEndpoints(governance, gate).routes(),
        *PasskeyEndpoints(installation.signing, governance, gate).routes(),
        *GateEndpoints(installation.gates, gate).routes(),
        *PreviewEndpoints(PreviewDesk(governance, engine, office.clock), gate, metrics).routes(),
        *RolloutEndpoints(installation.rollouts, gate, limits.body_bytes).routes(),
        *GovernanceEndpoints(people, gate, limits.body_bytes).routes(),
        *HistoryEndpoints(office.history).routes(),
        *LogEndpoints(
            installation.governance_log, installation.reply_logs, installation.blobs, office.history, gate
        ).routes(),
        *WitnessEndpoints(installation.witnessing, gate, limits.body_bytes).routes(),
        *SessionEndpoints(installation.accounts, gate, config.session_hours).routes(),
        *SiteEndpoints(governance, office, gate).routes(),
        *AccountEndpoints(office, gate, config).routes(),
        *JuniorEndpoints(installation.junior, office.accounts, gate, installation.receipts).routes(),
        *ChildEndpoints(installation.junior, office.accounts).routes(),
        *administration(installation, gate),
        *HealthEndpoints(installation.health, metrics, gate, config.metrics_auth).routes(),
        *OpenApiEndpoints().routes(),
        *LandingEndpoints(governance, pages if webapp.is_built else None).routes(),
        *pages.routes(),
    ]
    chat = ChatEndpoint(engine, gate, metrics, limits)
    router = Router(routes, redirect_slashes=False, default=Endpoint(pages.get_nothing))
    return Application(HostNames.from_config(config), chat, router, metrics, installation.bell)


def _conversation_routes(installation: Installation, gate: Gate, metrics: Metrics) -> list[Route]:
    config, runs = installation.config, installation.runs
    runs.observe(metrics.turn_event)
    parts = TalkParts(installation.messages, installation.attachments, runs, installation.eraser)
    return [
        *ConversationEndpoints(parts, installation.governance, gate).routes(),
        *AttachmentEndpoints(installation.attachments, installation.pdf, gate, config.max_attachment_bytes).routes(),
        *RunEndpoints(runs, gate, metrics, config.max_body_bytes).routes(),
    ]


class Application:
    """The outermost ASGI callable."""

    def __init__(self, hosts: HostNames, chat: ChatEndpoint, router: Router, metrics: Metrics, bell: AlarmBell) -> None:
        self._hosts = hosts
        self._bell = bell
        self._chat = chat
        self._router = router
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; lifespan events are acknowledged and mean nothing here."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        forget_user()
        edge = _Edge(send, hangs_up=_is_beyond_draining(scope))
        try:
            await self._dispatch(scope, receive, edge, began)
        except ClientGone:
            pass
        except asyncio.CancelledError:
            if not edge.status:
                await edge.fail(STOPPING)
            raise
        except TurnFailed as error:
            if isinstance(error.__cause__, VeraxError):
                self._bell.heard(error.__cause__, scope["path"], current_user())
            await edge.fail(error.fault)
        except VeraxError as error:
            self._bell.heard(error, scope["path"], current_user())
            await edge.fail(fault_of_error(error))
        except HTTPException as error:
            await edge.fail(self._routing_fault(error, scope))
        except Exception:  # noqa: BLE001 - the request ends here
            _log.exception("%s: unexpected error", _endpoint_name(scope))
            await edge.fail(INTERNAL)
        finally:
            self._metrics.request_ended(_endpoint_name(scope), edge.status, time.perf_counter() - began)

    async def _dispatch(self, scope: Scope, receive: Receive, edge: _Edge, began: float) -> None:
        headers: Mapping[bytes, bytes] = dict(scope["headers"])
        address = self._hosts.check(headers, scope["scheme"])
        if is_closed_to_child(headers, scope["method"], scope["path"]):
            await lead_back(headers, scope["method"])(scope, receive, edge.send)
            return
        if scope["path"] == _CHAT_PATH:
            if scope["method"] != "POST":
                raise HTTPException(405, headers={"allow": "POST"})
            exchange = Exchange(scope, receive, edge.send, headers, address, began)
            exchange.query()
            await self._chat.answer(exchange)
            return
        scope["app"] = self
        scope["verax.headers"] = headers
        scope["verax.address"] = address
        scope["verax.began"] = began
        await self._router(scope, receive, edge.send)

    def _routing_fault(self, error: HTTPException, scope: Scope) -> Fault:
        if error.status_code != 405:
            return Fault(error.status_code, "request/no-such-path", "path: nothing is served here", "GET / lists paths")
        methods: set[str] = set()
        for route in self._router.routes:
            if isinstance(route, Route) and route.matches(scope)[0] is not Match.NONE:
                methods |= set(route.methods or ())
        allow = ", ".join(sorted(methods)) or str((error.headers or {}).get("allow", ""))
        return Fault(405, "request/method", f"method: expected one of {allow}", allow=allow)


class _Edge:
    """The way out: remembers the status and adds the security headers.

    Args:
        hangs_up: Close the connection after an error instead of reading the rest of the body.
    """

    def __init__(self, send: Send, *, hangs_up: bool) -> None:
        self._send = send
        self._hangs_up = hangs_up
        self.status = 0

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message.get("headers", ()), *_SECURITY_HEADERS]
            if not any(name == _POLICY for name, _ in headers):
                headers.append(_NOTHING_ALLOWED)
            message = {**message, "headers": headers}
        await self._send(message)

    async def fail(self, fault: Fault) -> None:
        """Answer with an error; when the answer had begun, break it off instead."""
        if self.status:
            raise RuntimeError(f"answer broken off: {fault.code}")
        data = fault.to_bytes()
        headers = [*fault.headers(), (b"content-length", b"%d" % len(data)), (b"cache-control", b"no-store")]
        if self._hangs_up:
            headers.append((b"connection", b"close"))
        await self.send({"type": "http.response.start", "status": fault.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": data, "more_body": False})


def _is_beyond_draining(scope: Scope) -> bool:
    """Say whether the rest of a refused body is too long to be read and dropped.

    Up to the limit it is dropped: a client that only reads after it has sent everything
    would otherwise see a broken connection instead of the reason.
    """
    declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return not declared.isdigit() or int(declared) > _DRAIN_LIMIT_BYTES


def _endpoint_name(scope: Scope) -> str:
    if scope.get("path") == _CHAT_PATH:
        return _CHAT_PATH
    route = scope.get("route")
    return route.path if isinstance(route, Route) else "none"


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "lifespan.shutdown.complete"})
            return
