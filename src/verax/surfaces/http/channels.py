"""``/v1/models``: the channels are the models."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from verax.kernel.errors import UnknownObject
from verax.kernel.fold import ChannelState, State
from verax.kernel.release import Release
from verax.surfaces.http.exchange import Endpoint, Exchange, json_response
from verax.surfaces.http.gate import Gate
from verax.surfaces.http.ports import GovernanceDesk
from verax.turn.files import takes_file

__all__ = ["ChannelEndpoints", "channel_names"]

_RUNTIME = "runtime"


def channel_names(state: State) -> list[str]:
    """Return the names that can be asked for, sorted; the runtime's own channel is not one."""
    return sorted(name for name in state.channels if name != _RUNTIME)


class ChannelEndpoints:
    """Lists channels in the shape of OpenAI's models."""

    def __init__(self, governance: GovernanceDesk, gate: Gate) -> None:
        self._governance = governance
        self._gate = gate

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/models", Endpoint(self.list_models), methods=["GET"]),
            Route("/v1/models/{model:path}", Endpoint(self.get_model), methods=["GET"]),
        ]

    async def list_models(self, exchange: Exchange) -> Response:
        """Return every channel."""
        await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        exchange.query()
        names = channel_names(self._governance.state)
        return json_response({"object": "list", "data": [self._model(name) for name in names]})

    async def get_model(self, exchange: Exchange) -> Response:
        """Return one channel."""
        await self._gate.caller(exchange.headers, exchange.method, exchange.address)
        exchange.query()
        state, name = self._governance.state, exchange.path_value("model")
        if name not in channel_names(state):
            raise UnknownObject(
                f"model: no channel of that name; this installation has: {', '.join(channel_names(state))}",
                hint="GET /v1/models lists the channels",
                param="model",
                code="channel/unknown",
            )
        return json_response(self._model(name))

    def _model(self, name: str) -> dict[str, Any]:
        state = self._governance.state
        channel = state.channels[name]
        release = None if channel.head is None else self._governance.release(channel.head)
        return {
            "id": name,
            "object": "model",
            "created": 0,
            "owned_by": state.root.name,
            "verax": {**channel_object(channel), **_head_object(release)},
        }


def _head_object(release: Release | None) -> dict[str, Any]:
    """Return what a person who picks a channel wants to know of its head; nulls where it has none."""
    if release is None:
        names = ("title", "model", "truth_mode", "audience", "context_tokens")
        return {**dict.fromkeys(names), "sees": [], "attachments": []}
    return {
        "title": release.name,
        "model": release.model.name,
        "truth_mode": release.truth.mode,
        "audience": release.audience,
        "context_tokens": release.model.context_tokens,
        "sees": ["text", *release.model.sees],
        "attachments": [kind for kind in ("text", "pdf", "image") if takes_file(release, kind)],
    }


def channel_object(channel: ChannelState) -> dict[str, Any]:
    """Return what the governance log says of a channel."""
    canary = channel.canary
    return {
        "release": channel.head,
        "head_index": channel.head_index,
        "mode": channel.mode,
        "frozen": channel.frozen,
        "canary": None if canary is None else {"release": canary.release, "share_bp": canary.share_bp},
    }
