"""llama.cpp in this process, behind a door of our own.

`xllamacpp` runs llama.cpp's server loop on a thread of its own and hands requests to it. Three
things of that server are closed here:

* It always listens for HTTP. Here on a Unix socket in a folder that only this user can open,
  behind a random key, and the socket's name is removed as soon as the model is loaded: nobody
  can reach the model past the turn path (invariant 1), and no port is open.
* It keeps prompts in a cache of its own and shows them to whoever asks: both are off.
* It writes to the standard error output: silenced; errors come back as values.

The engine adds nothing to a prompt: `Engine.adds_bos` says whether this model makes llama.cpp
put a token in front of a text, and `verax.models.engine_request` deals with it.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xllamacpp

from verax.kernel.errors import ModelError, ModelUnavailable, RequestError, UnsupportedParameter, VeraxError

__all__ = ["CONTEXT_STEP", "ENGINE_VERSION", "Engine", "EngineSpec", "OnChunk", "cache_formats", "processor_features"]

ENGINE_VERSION = f"llama.cpp by xllamacpp {xllamacpp.__version__}"

CONTEXT_STEP = 256
"""llama.cpp rounds the context of a slot up to a multiple of this; in between, prompts beyond it would pass."""

OnChunk = Callable[[dict[str, Any]], bool]
"""Takes one chunk of a reply on the engine's thread; returns True to cancel."""

_CACHE_FORMATS = {
    "f32": xllamacpp.ggml_type.GGML_TYPE_F32,
    "f16": xllamacpp.ggml_type.GGML_TYPE_F16,
    "bf16": xllamacpp.ggml_type.GGML_TYPE_BF16,
    "q8_0": xllamacpp.ggml_type.GGML_TYPE_Q8_0,
}
_SILENT = -1
_MAX_SOCKET_PATH = 100


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """What one engine is started with.

    Attributes:
        path: A path that opens the weights.
        context_tokens: Context of one slot.
        slots: Requests that run side by side.
        threads: Threads for generation, and the same number for prompts.
        deterministic: Every token is computed alone, so that no reply depends on what else
            runs, on the cache, or on how a prompt was cut.
        cache: Number format of the attention cache, one of `cache_formats`.
        embedding: Start for embeddings instead of text.
    """

    path: str
    context_tokens: int
    slots: int
    threads: int
    deterministic: bool = True
    cache: str = "f16"
    embedding: bool = False


def cache_formats() -> tuple[str, ...]:
    """Return the labels that a release's `cache` may have."""
    return tuple(_CACHE_FORMATS)


def processor_features() -> str:
    """Return the features of the processor that llama.cpp was built to use here, in its own words."""
    return str(xllamacpp.get_system_info()).strip(" |")


class Engine:
    """One loaded model. Every call blocks: run it in a thread."""

    def __init__(self, spec: EngineSpec) -> None:
        """Load the model.

        Raises:
            ModelUnavailable: llama.cpp could not load it.
        """
        self.spec = spec
        self._server: Any = _start(spec)
        self.adds_bos = not spec.embedding and self._probe_bos()

    def complete(self, body: Mapping[str, Any], on_chunk: OnChunk) -> None:
        """Run one streaming completion until it ends or `on_chunk` cancels it.

        Raises:
            RequestError: the prompt does not fit the context.
            ModelError: the engine refused or failed.
        """
        failures: list[VeraxError] = []

        def take(chunk: dict[str, Any]) -> bool:
            if "error" in chunk:
                failures.append(error_of(chunk["error"]))
                return True
            return on_chunk(chunk)

        self._call(self._server.handle_completions, dict(body), take)
        if failures:
            raise failures[0]

    def complete_whole(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Run one completion that is not streamed and return its whole answer."""
        return self._answer(self._call(self._server.handle_completions, dict(body)))

    def embed(self, text: str) -> list[float]:
        """Return the normalised mean of the model's last hidden states over `text`.

        Raises:
            RequestError: the text does not fit the context.
            ModelError: the engine refused or failed.
        """
        answer = self._answer(self._call(self._server.handle_embeddings, {"input": text}))
        return [float(number) for number in answer["data"][0]["embedding"]]

    def close(self) -> None:
        """Stop the engine and free the model; no call may be running. Safe to call twice."""
        self._server = None

    def _call(self, handler: Callable[..., Any], *arguments: Any) -> Any:
        if self._server is None:
            raise ModelUnavailable("embedded model: closed")
        try:
            return handler(*arguments)
        except (RuntimeError, ValueError, TypeError) as error:
            raise ModelError(f"embedded model: the engine failed with {type(error).__name__}") from None

    @staticmethod
    def _answer(answer: Any) -> dict[str, Any]:
        if not isinstance(answer, dict):
            raise ModelError(f"embedded model: expected an object from the engine, found {type(answer).__name__}")
        if "error" in answer:
            raise error_of(answer["error"])
        return answer

    def _probe_bos(self) -> bool:
        """Whether the engine adds a token to a text: compared with a prompt that it cannot add to."""
        text, mixed = self._count_tokens("a"), self._count_tokens([0, "a"]) - 1
        if text - mixed not in (0, 1):
            raise ModelUnavailable(
                f"embedded model: the engine adds {text - mixed} tokens to a text, expected none or one",
                hint="this kind of model is not supported; connect it through a server with --url",
            )
        return text > mixed

    def _count_tokens(self, prompt: str | list[int | str]) -> int:
        answer = self.complete_whole({"prompt": prompt, "max_tokens": 1, "temperature": 0.0, "cache_prompt": False})
        return int(answer["usage"]["prompt_tokens"])


def error_of(found: Any) -> VeraxError:
    """Return our error for an error object of llama.cpp; its message is left out, as it may quote the prompt."""
    kind, code, message = _parts_of(found)
    if kind == "exceed_context_size_error" or "too large to process" in message:
        return RequestError(
            f"prompt: expected at most {found.get('n_ctx', 'the context')} tokens for this model, "
            f"found {found.get('n_prompt_tokens', 'more')}",
            hint="shorten the conversation or the text, or start a new conversation",
            param="messages",
            code="request/context-length",
        )
    if kind == "invalid_request_error" and "grammar" in message:
        return UnsupportedParameter("response_format: the engine does not take this schema", param="response_format")
    if kind == "unavailable_error":
        return ModelUnavailable("embedded model: not ready")
    return ModelError(f"embedded model: the engine refused the request ({kind}, {code})", code="model/refused")


def _parts_of(found: Any) -> tuple[str, str, str]:
    if not isinstance(found, Mapping):
        return type(found).__name__, "", ""
    return str(found.get("type")), str(found.get("code")), str(found.get("message"))


def _start(spec: EngineSpec) -> Any:
    # The folder is readable by this user alone, and the name of the socket goes with it.
    with tempfile.TemporaryDirectory(prefix="verax-", dir=_socket_root()) as folder:
        try:
            return xllamacpp.Server(_parameters(spec, Path(folder) / "engine.sock"))
        except RuntimeError:
            raise ModelUnavailable(
                f"embedded model: llama.cpp could not load the weights with {spec.slots} slots of "
                f"{spec.context_tokens} tokens",
                hint='check the file with "verax model test", or give the machine more memory',
            ) from None


def _parameters(spec: EngineSpec, socket: Path) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = spec.path
    params.n_ctx = spec.context_tokens * spec.slots
    params.n_parallel = spec.slots
    params.cpuparams.n_threads = spec.threads
    params.cpuparams_batch.n_threads = spec.threads
    params.cache_type_k = params.cache_type_v = _CACHE_FORMATS[spec.cache]
    params.n_gpu_layers = 0
    params.fit_params = False  # it would shrink the context to the free memory without a word
    params.cache_ram_mib = 0  # finished prompts would stay in memory, up to 8 GiB of them
    params.verbosity = _SILENT
    params.hostnames = [str(socket)]
    params.api_keys = [secrets.token_hex(32)]
    params.endpoint_slots = params.endpoint_props = params.endpoint_metrics = params.ui = False
    params.n_threads_http = 1
    if spec.embedding:
        params.embedding = True
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
        params.n_batch = params.n_ubatch = spec.context_tokens
    else:
        # A batch is what one turn may compute while the others wait for their next token.
        params.n_batch = 32 if spec.deterministic else 128
        params.n_ubatch = 1 if spec.deterministic else 128
    return params


def _socket_root() -> str | None:
    """Return a folder whose path leaves room for a socket's name; None for the usual one."""
    usual = tempfile.gettempdir()
    return None if len(os.fsencode(usual)) < _MAX_SOCKET_PATH - 40 else "/tmp"  # noqa: S108 - a private folder is made in it
