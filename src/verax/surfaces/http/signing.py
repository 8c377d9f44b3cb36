"""``/v1/governance/drafts``: statements that wait for signatures (protocol clause 3).

*Life of a signature:* a draft is written and kept; the browser decodes its payload, shows it, and has a
passkey sign the challenge ``H(PAE)``; the signature is verified under the root in force (of a root
change under the new one too) and kept beside the draft; once the fold would take the statement it is
appended. A statement of one signer goes into the log with its first signature.

* Accounts open the door only. Whether a signature counts is decided from the root document.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response
from starlette.routing import Route

from verax.kernel import canonical
from verax.kernel.dsse import PAYLOAD_TYPE, Envelope, Signature, pae, verify_signatures
from verax.kernel.errors import ConflictError, ForbiddenError, RequestError
from verax.kernel.passkey import Assertion
from verax.kernel.root import RootDocument
from verax.kernel.root_drafts import Missing, missing_signatures
from verax.kernel.short_code import short_code
from verax.kernel.statement import RootChange, parse_statement
from verax.store.signing import PendingDraft
from verax.surfaces.http.body import read_json
from verax.surfaces.http.draft_requests import DraftRequest, draft_of
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate, require_role
from verax.surfaces.http.governance import ENTRY_ROLES
from verax.surfaces.http.ports import BlobSource, GovernanceDesk, SigningDesk
from verax.surfaces.http.validation import WireModel, validate
from verax.turn.request import Caller

__all__ = ["SignatureRequest", "SigningEndpoints"]

_OWNER = frozenset({"owner"})
_SMALL_BODY_BYTES = 65_536
_B64 = r"^[A-Za-z0-9+/]{1,8192}={0,2}$"


class AssertionBody(WireModel):
    """What a passkey returned beside the signature."""

    authenticator_data: Annotated[str, Field(pattern=_B64, description="Base64.")]
    client_data_json: Annotated[str, Field(pattern=_B64, description="Base64.")]


class SignatureRequest(WireModel):
    """Body of ``POST /v1/governance/drafts/{id}/signatures``."""

    key_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,64}$")]
    sig: Annotated[str, Field(pattern=_B64, description="Base64: Ed25519 over PAE, or the ES256 DER signature.")]
    assertion: AssertionBody | None = None


class SigningEndpoints:
    """Keeps drafts and collects their signatures."""

    def __init__(
        self, desk: SigningDesk, governance: GovernanceDesk, blobs: BlobSource, gate: Gate, body_limit_bytes: int
    ) -> None:
        self._desk = desk
        self._governance = governance
        self._blobs = blobs
        self._gate = gate
        self._body_limit_bytes = body_limit_bytes

    def routes(self) -> list[Route]:
        """Return the routes."""
        drafts = "/v1/governance/drafts"
        return [
            Route(drafts, Endpoint(self.list_drafts), methods=["GET"]),
            Route(drafts, Endpoint(self.make_draft), methods=["POST"]),
            Route(drafts + "/{id}", Endpoint(self.get_draft), methods=["GET"]),
            Route(drafts + "/{id}", Endpoint(self.discard), methods=["DELETE"]),
            Route(drafts + "/{id}/signatures", Endpoint(self.sign), methods=["POST"]),
        ]

    async def list_drafts(self, exchange: Exchange) -> Response:
        """Return everything that waits for signatures."""
        exchange.query()
        caller = await self._signer(exchange)
        found = await self._desk.drafts()
        return json_response({"object": "list", "data": [self._draft(item, caller) for item in found]})

    async def make_draft(self, exchange: Exchange) -> Response:
        """Write a statement to be signed."""
        exchange.query()
        caller = await self._signer(exchange)
        raw = await read_json(exchange.headers, exchange.receive, self._body_limit_bytes)
        wish = validate(DraftRequest, raw).root
        draft = draft_of(wish, self._governance.state.as_folded(), int(time.time() * 1000), self._blobs)
        blobs = {digest: canonical.b64_encode(data) for digest, data in draft.blobs.items()}
        await self._desk.put_draft(draft.id, caller.user_id, wish.kind, draft.payload, blobs)
        return json_response(self._whole(await self._desk.draft(draft.id), caller), 201)

    async def get_draft(self, exchange: Exchange) -> Response:
        """Return one draft with its signatures so far."""
        exchange.query()
        caller = await self._signer(exchange)
        return json_response(self._whole(await self._desk.draft(exchange.path_value("id")), caller))

    async def discard(self, exchange: Exchange) -> Response:
        """Forget a draft; its author and owners may."""
        exchange.query()
        caller = await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        draft = await self._desk.draft(exchange.path_value("id"))
        if not _may_discard(draft, caller):
            raise ForbiddenError("draft: only who made it, or an owner, may discard it")
        await self._desk.discard(draft.id)
        return Response(status_code=204)

    async def sign(self, exchange: Exchange) -> Response:
        """Add a signature; the statement is appended as soon as the fold would take it."""
        exchange.query()
        caller = await self._signer(exchange)
        body = validate(SignatureRequest, await read_json(exchange.headers, exchange.receive, _SMALL_BODY_BYTES))
        draft = await self._desk.draft(exchange.path_value("id"))
        signature = _signature(body)
        if not self._counts(draft, signature):
            raise RequestError(
                "signature: no key of the root document made it",
                hint="sign with a passkey or key that the root names, on the page it is listed for",
                code="governance/signature",
            )
        draft = await self._desk.add_signature(draft.id, _written(body))
        if draft.kind == "root" and not self._missing(draft).is_complete:
            return json_response({"index": None, "draft": self._draft(draft, caller)}, 202)
        try:
            index = await self._governance.submit(_envelope(draft), _decoded(draft.blobs))
        except ConflictError:
            await self._desk.discard(draft.id)
            raise
        await self._desk.discard(draft.id)
        return json_response({"index": index, "draft": None}, 201)

    async def _signer(self, exchange: Exchange) -> Caller:
        caller = await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        require_role(caller, ENTRY_ROLES, "governance")
        return caller

    def _roots(self, draft: PendingDraft) -> tuple[RootDocument, RootDocument]:
        old = self._governance.state.root
        statement = parse_statement(draft.payload)
        return old, RootDocument.parse(statement.document) if isinstance(statement, RootChange) else old

    def _counts(self, draft: PendingDraft, signature: Signature) -> bool:
        envelope = Envelope(draft.payload, (signature,))
        return any(verify_signatures(envelope, root) for root in self._roots(draft))

    def _missing(self, draft: PendingDraft) -> Missing:
        signatures = [_read_signature(item) for item in draft.signatures]
        return missing_signatures(draft.payload, signatures, *self._roots(draft))

    def _whole(self, draft: PendingDraft, caller: Caller) -> dict[str, Any]:
        return {**self._draft(draft, caller), "contents": dict(draft.blobs)}

    def _draft(self, draft: PendingDraft, caller: Caller) -> dict[str, Any]:
        envelope = Envelope(draft.payload, tuple(_read_signature(item) for item in draft.signatures))
        signers = {s for root in self._roots(draft) for s in verify_signatures(envelope, root)}
        missing = self._missing(draft) if draft.kind == "root" else None
        return {
            "id": draft.id,
            "code": short_code(draft.id),
            "kind": draft.kind,
            "payload": canonical.b64_encode(draft.payload),
            "challenge": _url_text(canonical.hash_bytes(pae(PAYLOAD_TYPE, draft.payload))),
            "blobs": sorted(draft.blobs),
            "contents": None,
            "signed_by": sorted({signer.person for signer in signers}),
            "missing": None
            if missing is None
            else {"by_old": missing.by_old, "by_new": missing.by_new, "may_sign": sorted(missing.may_sign)},
            "may_discard": _may_discard(draft, caller),
            "created_ms": draft.created_ms,
            "expires_ms": draft.expires_ms,
        }


def _may_discard(draft: PendingDraft, caller: Caller) -> bool:
    return draft.user_id == caller.user_id or bool(caller.roles & _OWNER)


def _signature(body: SignatureRequest) -> Signature:
    return _read_signature(_written(body))


def _written(body: SignatureRequest) -> dict[str, Any]:
    value: dict[str, Any] = {"keyid": body.key_id, "sig": body.sig}
    if body.assertion is not None:
        value["assertion"] = body.assertion.model_dump()
    return value


def _read_signature(item: Mapping[str, Any]) -> Signature:
    assertion = item.get("assertion")
    return Signature(
        item["keyid"],
        _bytes(item["sig"]),
        None
        if assertion is None
        else Assertion(_bytes(assertion["authenticator_data"]), _bytes(assertion["client_data_json"])),
    )


def _envelope(draft: PendingDraft) -> bytes:
    return Envelope(draft.payload, tuple(_read_signature(item) for item in draft.signatures)).to_bytes()


def _decoded(blobs: Mapping[str, str]) -> dict[str, bytes]:
    return {digest: _bytes(text) for digest, text in blobs.items()}


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise RequestError("signature: expected padded base64") from None


def _url_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
