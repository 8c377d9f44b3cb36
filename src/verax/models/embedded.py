"""The embedded model: llama.cpp in this process, from weights that were hashed and held.

* `Sent.data` is the UTF-8 of `join_chat(release, segments)`, to the byte what the engine is
  handed; the engine adds nothing (`verax.models.engine`).
* Each choice runs in a slot of its own with the seed ``seed + choice``. What waits for a slot
  stands in a bounded line (`verax.models.slots`).
* Closing the generator cancels: a choice that waits is dropped, one that runs ends at its next
  token, or at the next 32 tokens of its prompt.
* Deterministic releases: the same segments, options and seed give the same bytes, alone or
  among others, with a warm or a cold cache. Every token is computed by itself for that, which
  on a CPU costs a little on prompts and nothing on generation (docs/adr/0040).
* A prompt that is too long is refused, never cut.
* Embeddings come from a second engine over the same weights, started when first asked for.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from verax.kernel.errors import DigestMismatch, ModelUnavailable, RequestError, UnsupportedParameter
from verax.kernel.join import join_chat
from verax.kernel.release_parts import ModelSpec
from verax.models.base import BackendIdentity, ModelCall, ModelEvent, Options, Sent
from verax.models.embedded_stream import Chunk, Reading, Worker, call_soon, hand_over
from verax.models.engine import CONTEXT_STEP, ENGINE_VERSION, Engine, EngineSpec, cache_formats
from verax.models.engine_pool import EnginePool, engines_for
from verax.models.engine_request import check_options, completion_body, is_enforced, schema_probe, split_bos
from verax.models.gguf import GgufHeader, read_gguf
from verax.models.slots import Slots
from verax.models.weights import HeldWeights

__all__ = ["EmbeddedBackend", "EmbeddedSettings", "default_threads"]

_MAX_KNOWN_SCHEMAS = 256


def default_threads() -> int:
    """Return the number of threads to run a model with: one less than the cores, at least one.

    With as many threads as cores, any other load on the machine makes ggml's threads wait for
    each other at every step, and generation falls ten to fifty times.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores - 1)


@dataclass(frozen=True, slots=True)
class EmbeddedSettings:
    """How an embedded model is run; nothing here changes what it answers.

    Attributes:
        slots: Choices that run side by side; each has the whole context of the release.
        threads: Threads of an engine for generation and prompts; one fewer than the cores by default. Where
            the cores have room for more engines of so many, slots are dealt out to several.
        queue_length: Calls that wait for a slot before the next is refused with 429.
        embedding_tokens: Longest text that can be embedded.
        recheck_s: Time after which ``checked`` weights are hashed again.
    """

    slots: int = 2
    threads: int = field(default_factory=default_threads)
    queue_length: int = 32
    embedding_tokens: int = 2048
    recheck_s: float = 600.0


class EmbeddedBackend:
    """Implements `verax.models.base.Backend` over llama.cpp."""

    def __init__(
        self,
        weights: HeldWeights,
        model: ModelSpec,
        settings: EmbeddedSettings,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Load the model; blocks for about a second. The backend closes `weights` when it closes.

        Raises:
            ModelUnavailable: the weights and the release do not fit together, or the engine
                cannot load them.
        """
        self._header = _check_model(weights, model)
        self._weights = weights
        self._settings = settings
        self._monotonic_s = monotonic_s
        self._spec = EngineSpec(
            path=weights.path,
            context_tokens=model.context_tokens,
            slots=settings.slots,
            threads=settings.threads,
            deterministic=model.deterministic,
            cache=model.cache,
        )
        self._engine = EnginePool(self._spec, engines_for(settings.slots, settings.threads))
        self._embedder: Engine | None = None
        self._embedding = asyncio.Lock()
        self._slots = Slots(settings.slots, settings.queue_length, monotonic_s)
        self._threads = ThreadPoolExecutor(settings.slots, thread_name_prefix="verax-model")
        self._running: dict[Future[None], threading.Event] = {}
        self._enforced: set[str] = set()
        self._fault: DigestMismatch | None = None
        self._checked_s = monotonic_s()
        self._recheck: asyncio.Task[None] | None = None
        self._closing = False
        self.identity = BackendIdentity("embedded", weights.digest, _details(self._spec, model))

    @property
    def running(self) -> int:
        """Choices that hold a slot now."""
        return self._slots.running

    @property
    def waiting(self) -> int:
        """Choices that wait for a slot now."""
        return self._slots.waiting

    async def generate(self, call: ModelCall) -> AsyncIterator[ModelEvent]:
        """Run one call; see the rules in `verax.models.base`.

        Raises:
            RequestError: an option the engine cannot honour, or a prompt beyond the context.
            BusyError: the line for a slot is full.
            DigestMismatch: ``checked`` weights changed on the disk.
            ModelError: the engine failed.
        """
        check_options(call.options)
        text = join_chat(call.release, call.segments)
        if not text:
            raise RequestError("messages: expected a prompt, found nothing", param="messages")
        prompt = split_bos(text, self._header.bos_id, self._header.bos_token) if self._engine.adds_bos else text
        await self._check_ready()
        self._slots.check_room()
        if call.options.schema is not None:
            await self._check_schema(call.options)
        yield Sent(call.segments, text.encode("utf-8"))
        async for event in self._run(prompt, call.options):
            yield event

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one normalised vector a text, each computed by itself.

        Raises:
            RequestError: an empty text, or one beyond `EmbeddedSettings.embedding_tokens`.
        """
        if not all(texts):
            raise RequestError("input: expected texts that are not empty", param="input")
        await self._check_ready()
        async with self._embedding:
            if self._embedder is None:
                # One thread: together with the generating ones that is no more than the cores.
                spec = EngineSpec(self._weights.path, self._settings.embedding_tokens, 1, 1, embedding=True)
                self._embedder = await asyncio.to_thread(Engine, spec)
            engine = self._embedder
            return [await asyncio.to_thread(engine.embed, text) for text in texts]

    async def recheck(self) -> None:
        """Hash ``checked`` weights again.

        Raises:
            DigestMismatch: they changed; from now on every call raises it.
        """
        try:
            await asyncio.to_thread(self._weights.check)
        except DigestMismatch as error:
            self._fault = error
            raise
        self._checked_s = self._monotonic_s()

    async def close(self) -> None:
        """Cancel what runs, free the model and let go of the weights; safe to call twice."""
        if self._closing:
            return
        self._closing = True
        for stop in self._running.values():
            stop.set()
        await asyncio.to_thread(self._threads.shutdown, wait=True)
        if self._recheck is not None:
            await asyncio.gather(self._recheck, return_exceptions=True)
        async with self._embedding:
            for engine in (self._engine, self._embedder):
                if engine is not None:
                    await asyncio.to_thread(engine.close)
        self._weights.close()

    async def _check_ready(self) -> None:
        if self._closing:
            raise ModelUnavailable("embedded model: closed")
        if self._fault is not None:
            raise self._fault
        if self._weights.seal != "checked":
            return
        if self._weights.is_touched:
            await self.recheck()
        elif self._recheck is None and self._monotonic_s() - self._checked_s >= self._settings.recheck_s:
            self._recheck = asyncio.create_task(self._recheck_quietly())

    async def _recheck_quietly(self) -> None:
        try:
            await self.recheck()
        except DigestMismatch as error:
            self._fault = error
        finally:
            self._recheck = None

    async def _check_schema(self, options: Options) -> None:
        """Make sure that the engine enforces this schema; llama.cpp drops one it cannot compile."""
        if options.schema is None:
            return
        key = json.dumps(options.schema, sort_keys=True)
        if key in self._enforced:
            return
        taken_s = await self._slots.take()
        try:
            probe = asyncio.get_running_loop().run_in_executor(
                self._threads, self._engine.complete_whole, schema_probe(options.schema)
            )
            answer = await asyncio.shield(probe)
        finally:
            self._slots.give_back(taken_s)
        if not is_enforced(answer["choices"][0]["text"]):
            raise UnsupportedParameter(
                "response_format: the embedded engine cannot enforce this schema",
                hint="leave out keywords such as not, if or uniqueItems, remote references and unusual formats",
                param="response_format",
            )
        if len(self._enforced) >= _MAX_KNOWN_SCHEMAS:
            self._enforced.clear()
        self._enforced.add(key)

    async def _run(self, prompt: str | list[str | int], options: Options) -> AsyncIterator[ModelEvent]:
        inbox: asyncio.Queue[Chunk] = asyncio.Queue()
        stop = threading.Event()
        bodies = [completion_body(prompt, options, choice) for choice in range(options.n)]
        starter = asyncio.create_task(self._start_all(bodies, inbox, stop))
        reading = Reading(options)
        try:
            while not reading.is_complete:
                for event in reading.events_of(await inbox.get()):
                    yield event
            yield reading.usage
        finally:
            stop.set()
            starter.cancel()

    async def _start_all(
        self, bodies: list[dict[str, Any]], inbox: asyncio.Queue[Chunk], stop: threading.Event
    ) -> None:
        loop = asyncio.get_running_loop()
        for choice, body in enumerate(bodies):
            taken_s = await self._slots.take()
            if self._closing:
                self._slots.give_back(taken_s)
                inbox.put_nowait(Chunk(choice, failure=ModelUnavailable("embedded model: closed")))
                return
            worker = Worker(self._engine, choice, body, stop, partial(hand_over, loop, inbox))
            future = self._threads.submit(worker.run)
            self._running[future] = stop
            # Only the end of the thread's work frees the slot, however the caller left.
            future.add_done_callback(partial(call_soon, loop, self._release, taken_s))

    def _release(self, taken_s: float, future: Future[None]) -> None:
        self._running.pop(future, None)
        self._slots.give_back(taken_s)


def _check_model(weights: HeldWeights, model: ModelSpec) -> GgufHeader:
    """Refuse a release that does not fit its weights."""
    header = read_gguf(weights.path)
    problem = ""
    if model.adapters:
        problem = "the embedded engine loads no adapters yet"
    elif model.cache not in cache_formats():
        problem = f"expected a cache of {', '.join(cache_formats())}, found {model.cache!r}"
    elif header.context_tokens and model.context_tokens > header.context_tokens:
        problem = f"expected at most {header.context_tokens} context tokens, found {model.context_tokens}"
    elif model.context_tokens % CONTEXT_STEP:
        problem = f"expected context tokens in steps of {CONTEXT_STEP}, found {model.context_tokens}"
    elif missing := [token for token in header.special_tokens if token not in model.special_tokens]:
        # A special token that the release does not list could be forged by a caller's text.
        problem = f"special_tokens lacks {len(missing)} of the model's own, {missing[0]!r} first"
    if problem:
        raise ModelUnavailable(
            f"release model {model.name}: {problem}",
            hint='"verax model add" writes the [model] section that fits a file',
            code="model/release-mismatch",
        )
    return header


def _details(spec: EngineSpec, model: ModelSpec) -> dict[str, str]:
    return {
        "name": model.name,
        "engine": ENGINE_VERSION,
        "seal": str(model.seal),
        "context_tokens": str(spec.context_tokens),
        "slots": str(spec.slots),
        "threads": str(spec.threads),
        "deterministic": "yes" if spec.deterministic else "no",
    }
