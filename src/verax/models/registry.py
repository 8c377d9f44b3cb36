"""From a release to the backend it names: loaded when first needed, shared, closed together.

* The release says everything that shapes a reply: kind, name, weights, address. Settings say
  only how a backend is run.
* Embedded weights are found by their digest and hashed again while they are loaded; a release
  that names weights which are not there gets `ModelUnavailable`, never another model.
* Releases that agree on their model share one backend.
* A load that fails is tried again by the next call: the operator may have fetched the file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp

from verax.kernel.errors import ModelUnavailable
from verax.kernel.release import Release
from verax.kernel.release_parts import ModelSpec
from verax.models.base import Backend
from verax.models.embedded import EmbeddedBackend, EmbeddedSettings
from verax.models.remote import KeyResolver, RemoteBackend, RemoteSettings, open_session
from verax.models.weights import WeightsShelf, default_weights_folder, hold_weights

__all__ = ["BackendSettings", "Backends", "EngineOpener"]

EngineOpener = Callable[[ModelSpec], Backend]
"""Returns the engine that a release names; raises `ModelUnavailable` where it is not the one that is here."""


@dataclass(frozen=True, slots=True)
class BackendSettings:
    """How backends are run.

    Attributes:
        places: Folders and files in which weights are looked for, first wins.
    """

    places: tuple[Path, ...] = field(default_factory=lambda: (default_weights_folder(),))
    embedded: EmbeddedSettings = field(default_factory=EmbeddedSettings)
    remote: RemoteSettings = field(default_factory=RemoteSettings)


class Backends:
    """Every backend of one process; used from one event loop."""

    def __init__(
        self,
        settings: BackendSettings,
        key_of: KeyResolver,
        scripted: Mapping[str, Backend] | None = None,
        open_engine: EngineOpener | None = None,
    ) -> None:
        """Make the registry; nothing is loaded yet.

        Args:
            key_of: Returns the key of a remote model by its name.
            scripted: Backends for releases of kind ``scripted``, by model name; tests only.
            open_engine: Opens what releases of kind ``engine`` name; None where there is none.
        """
        self._settings = settings
        self._key_of = key_of
        self._scripted = dict(scripted or {})
        self._open_engine = open_engine
        self._shelf = WeightsShelf(settings.places)
        self._loading: dict[ModelSpec, asyncio.Task[Backend]] = {}
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def resolve(self, release: Release) -> Backend:
        """Return the backend that `release` names.

        Raises:
            ModelUnavailable: its weights are not here, or cannot be loaded.
            DigestMismatch: its weights changed while they were loaded.
        """
        if self._closed:
            raise ModelUnavailable("models: closed")
        key = _sharing_key(release.model)
        task = self._loading.get(key)
        if task is None:
            task = asyncio.create_task(self._load(release.model))
            self._loading[key] = task
            task.add_done_callback(lambda done: self._forget_failure(key, done))
        # Whoever waits may leave; the load goes on for the next one.
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Close every backend; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        loaded = await asyncio.gather(*self._loading.values(), return_exceptions=True)
        for backend in loaded:
            if not isinstance(backend, BaseException):
                await backend.close()
        if self._session is not None:
            await self._session.close()

    async def _load(self, model: ModelSpec) -> Backend:
        if model.backend == "remote":
            if self._session is None:
                self._session = open_session()
            return RemoteBackend(model, self._session, self._key_of, self._settings.remote)
        if model.backend == "embedded":
            return await asyncio.to_thread(self._load_embedded, model)
        if model.backend == "engine":
            if self._open_engine is None:
                raise ModelUnavailable(f"model {model.name}: there is no engine here")
            return await asyncio.to_thread(self._open_engine, model)
        backend = self._scripted.get(model.name)
        if backend is None:
            raise ModelUnavailable(
                f"model {model.name}: a scripted model exists in tests only",
                hint='name an embedded or remote model in the release: "verax model add"',
            )
        return backend

    def _load_embedded(self, model: ModelSpec) -> EmbeddedBackend:
        weights = hold_weights(self._shelf.find(model.weights), model.weights, model.seal or "sealed")
        try:
            return EmbeddedBackend(weights, model, self._settings.embedded)
        except BaseException:
            weights.close()
            raise

    def _forget_failure(self, key: ModelSpec, task: asyncio.Task[Backend]) -> None:
        if task.cancelled() or task.exception() is not None:
            self._loading.pop(key, None)


def _sharing_key(model: ModelSpec) -> ModelSpec:
    """Return what two releases must agree on to share a backend.

    A chat template and the tokens it writes shape prompts, not the loaded model; special tokens
    stay, since a load checks them. The name of an embedded model is a label: its digest counts.
    """
    shared = replace(model, chat_template="", bos_token="", eos_token="", quantisation="")
    return replace(shared, name="") if model.backend == "embedded" else shared
