"""``/v1/admin/models``: what models channels use, which could be connected, and the keys of remote ones.

Connecting a model is a change of a channel's release, which a person signs with a key that no
server holds. So these calls look, test and keep keys, and say which command connects.
"""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.routing import Route

from verax.kernel.errors import BusyError, ModelUnavailable, RequestError, UnknownObject, VeraxError
from verax.kernel.release_parts import ModelSpec
from verax.models.probe import OfferedModel, list_models, time_sample
from verax.surfaces.http.admin_gate import AdminGate, note_change
from verax.surfaces.http.admin_shapes import ModelKeyRequest, ModelTestRequest
from verax.surfaces.http.body import read_json
from verax.surfaces.http.channels import channel_names
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.ports import GovernanceDesk
from verax.surfaces.http.validation import validate
from verax.surfaces.neighbours import ModelServer
from verax.surfaces.office import Office

__all__ = ["AdminModelEndpoints"]

_BODY_LIMIT_BYTES = 16_384
_TESTS_AT_ONCE = 4
_KEY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,127}\Z")


class AdminModelEndpoints:
    """Serves administrators the models."""

    def __init__(self, office: Office, governance: GovernanceDesk, gate: AdminGate) -> None:
        self._office = office
        self._governance = governance
        self._gate = gate
        self._tests = 0
        self._key_turn = asyncio.Lock()

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/admin/models", Endpoint(self.list_models), methods=["GET"]),
            Route("/v1/admin/models/test", Endpoint(self.test), methods=["POST"]),
            Route("/v1/admin/models/keys/{name:path}", Endpoint(self.put_key), methods=["PUT"]),
            Route("/v1/admin/models/keys/{name:path}", Endpoint(self.delete_key), methods=["DELETE"]),
        ]

    async def list_models(self, exchange: Exchange) -> Response:
        """Return the models of channels, model servers and files on this machine, and names of keys."""
        await self._gate.administrator(exchange)
        exchange.query()
        heads = self._heads()
        servers, files, keys = await asyncio.gather(
            asyncio.to_thread(self._office.find_servers),
            asyncio.to_thread(self._office.weight_files),
            asyncio.to_thread(self._office.model_keys.names),
        )
        return json_response(
            {
                "channels": [_channel_object(name, *heads[name], keys) for name in heads],
                "servers": [_server_object(server) for server in servers],
                "files": [str(path) for path in files],
                "keys": [{"name": key, "channels": _users_of(key, heads)} for key in keys],
            }
        )

    async def put_key(self, exchange: Exchange) -> Response:
        """Keep the key of a remote model under a name; an older one is replaced."""
        actor = await self._gate.administrator(exchange)
        exchange.query()
        name = _key_name(exchange)
        body = validate(ModelKeyRequest, await read_json(exchange.headers, exchange.receive, _BODY_LIMIT_BYTES))
        await self._change_keys(lambda: self._office.model_keys.keep(name, body.key))
        note_change(actor, "model key stored", name)
        return _nothing()

    async def delete_key(self, exchange: Exchange) -> Response:
        """Remove the key of a remote model."""
        actor = await self._gate.administrator(exchange)
        exchange.query()
        name = _key_name(exchange)
        if not await self._change_keys(lambda: self._office.model_keys.forget(name)):
            raise UnknownObject("model key: none is stored under this name", hint="GET /v1/admin/models lists them")
        note_change(actor, "model key removed", name)
        return _nothing()

    async def test(self, exchange: Exchange) -> Response:
        """Look at a model server: does it answer, what does it offer, how fast is one short reply?"""
        await self._gate.administrator(exchange)
        exchange.query()
        body = validate(ModelTestRequest, await read_json(exchange.headers, exchange.receive, _BODY_LIMIT_BYTES))
        key = await self._key_for(body)
        if self._tests >= _TESTS_AT_ONCE:
            raise BusyError("model test: others are running", retry_after_s=5, hint="try again in a moment")
        self._tests += 1
        try:
            return json_response(await _test(body, key))
        finally:
            self._tests -= 1

    async def _key_for(self, body: ModelTestRequest) -> str:
        """Return the key to send; a stored one only to the address that a head names for it.

        Raises:
            RequestError: a stored key for another address.
            ModelUnavailable: no key of that name is stored.
        """
        if body.key is not None or body.key_name is None:
            return body.key or ""
        places = {spec.url.rstrip("/") for _, spec in self._heads().values() if spec.key_name == body.key_name}
        if body.url.rstrip("/") not in places:
            raise RequestError(
                "key_name: a stored key is sent only to the address that a channel's head names for it",
                hint="give the key itself to test another address",
                param="key_name",
            )
        return await asyncio.to_thread(self._office.model_keys.key_of, body.key_name)

    async def _change_keys(self, change: Callable[[], object]) -> object:
        # Keys are one file: a change that overtook another would undo it.
        async with self._key_turn:
            return await asyncio.to_thread(change)

    def _heads(self) -> dict[str, tuple[str, ModelSpec]]:
        """Return release and model of every channel that serves one."""
        state = self._governance.state
        heads = {name: state.channels[name].head for name in channel_names(state)}
        return {name: (head, self._governance.release(head).model) for name, head in heads.items() if head is not None}


async def _test(body: ModelTestRequest, key: str) -> dict[str, Any]:
    """Run a test; what the server did wrong is a finding, what the request did wrong an error."""
    found: dict[str, Any] = {"url": body.url.rstrip("/"), "is_reachable": False, "models": [], "sample": None}
    problem: VeraxError | None = None
    offered: list[OfferedModel] = []
    try:
        offered = await list_models(body.url, key)
        found["is_reachable"] = True
        if body.name is not None:
            sample = await time_sample(body.url, key, _offered_name(body.name, offered))
            found["sample"] = {
                "first_text_ms": sample.first_text_ms,
                "total_ms": sample.total_ms,
                "completion_tokens": sample.completion_tokens,
            }
    except RequestError:
        raise
    except VeraxError as error:
        problem = error
    found["models"] = [{"name": model.name, "context_tokens": model.context_tokens} for model in offered]
    found["problem"] = None if problem is None else _problem_object(problem)
    found["command"] = _command(body, offered, is_keyed=bool(key)) if found["is_reachable"] else None
    return found


def _offered_name(name: str, offered: Sequence[OfferedModel]) -> str:
    if name not in {model.name for model in offered}:
        raise ModelUnavailable(
            "model: the server does not offer one of that name", hint="take one from its list", code="model/unknown"
        )
    return name


def _command(body: ModelTestRequest, offered: Sequence[OfferedModel], *, is_keyed: bool) -> str | None:
    """Return the command that connects the model; the release it makes is signed by whoever runs it."""
    name = body.name or (offered[0].name if offered else None)
    if name is None or name not in {model.name for model in offered}:
        return None
    words = ["verax", "model", "add", name, "--url", body.url.rstrip("/")]
    if is_keyed:
        words += ["--key-name", body.key_name or urlsplit(body.url).hostname or "model"]
    return shlex.join([*words, "--channel", body.channel])


def _channel_object(channel: str, release: str, spec: ModelSpec, keys: Sequence[str]) -> dict[str, Any]:
    return {
        "channel": channel,
        "release": release,
        "model": spec.name,
        "backend": spec.backend,
        "weights": spec.weights,
        "url": spec.url or None,
        "key_name": spec.key_name or None,
        "has_key": spec.key_name in keys if spec.key_name else None,
        "context_tokens": spec.context_tokens,
    }


def _server_object(server: ModelServer) -> dict[str, Any]:
    return {"kind": server.kind, "url": server.url, "models": list(server.models), "command": server.command}


def _users_of(key: str, heads: Mapping[str, tuple[str, ModelSpec]]) -> list[str]:
    return [name for name, (_, spec) in heads.items() if spec.key_name == key]


def _problem_object(error: VeraxError) -> dict[str, str]:
    return {"code": error.reason_code, "message": error.message, "hint": error.hint}


def _key_name(exchange: Exchange) -> str:
    name = exchange.path_value("name")
    if not _KEY_NAME.match(name):
        raise RequestError("name: expected up to 128 letters, digits and . _ : / + -", param="name")
    return name


def _nothing() -> Response:
    return Response(status_code=204, headers={"cache-control": "no-store"})
