"""Several engines over the same weights: as many as can each have their threads on cores of their own.

One engine computes the tokens of all its slots one after the other on the same threads. Where the
machine has cores left over, a second engine answers the second caller at the full speed of the
first. Which engine a call meets changes nothing of a deterministic reply.

* The first engine is loaded at once; each other one when a call comes while those before it are
  busy. The weights are one file in memory; an attention cache is each engine's own.
* A call takes the first engine with a free slot, so that a lone caller finds a warm cache.
* An engine that cannot be loaded is not tried again: those that are there serve.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from verax.kernel.errors import ModelUnavailable
from verax.models.engine import Engine, EngineSpec, OnChunk

__all__ = ["EnginePool", "engines_for"]


def engines_for(slots: int, threads: int) -> int:
    """Return how many engines of `threads` threads this machine's cores have room for, at most one a slot."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(slots, cores // threads))


class EnginePool:
    """Stands where one `Engine` stood; calls block and may come from as many threads as there are slots."""

    def __init__(self, spec: EngineSpec, size: int, load: Callable[[EngineSpec], Engine] = Engine) -> None:
        """Load the first engine.

        Args:
            spec: Of the whole: its slots are dealt out to the engines.
            size: Most engines, 1 or more.

        Raises:
            ModelUnavailable: llama.cpp could not load the weights.
        """
        self._spec = replace(spec, slots=-(-spec.slots // size))
        self._load = load
        self._size = size
        self._lock = threading.Lock()
        self._engines = [load(self._spec)]
        self._running = [0]
        self.adds_bos = self._engines[0].adds_bos

    @property
    def loaded(self) -> int:
        """Engines that are in memory."""
        return len(self._engines)

    def complete(self, body: Mapping[str, Any], on_chunk: OnChunk) -> None:
        """Run one streaming completion; see `Engine.complete`."""
        with self._taken() as engine:
            engine.complete(body, on_chunk)

    def complete_whole(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Run one completion that is not streamed; see `Engine.complete_whole`."""
        with self._taken() as engine:
            return engine.complete_whole(body)

    def close(self) -> None:
        """Free the model; no call may be running. Safe to call twice."""
        for engine in self._engines:
            engine.close()

    @contextmanager
    def _taken(self) -> Iterator[Engine]:
        place = self._take()
        try:
            yield self._engines[place]
        finally:
            with self._lock:
                self._running[place] -= 1

    def _take(self) -> int:
        """Return the place of the engine that answers, and count the call there."""
        # Loading holds the lock: a call that comes meanwhile would want the same engine.
        with self._lock:
            free = [place for place, running in enumerate(self._running) if running < self._spec.slots]
            if not free and self._grow():
                free = [len(self._engines) - 1]
            place = free[0] if free else self._running.index(min(self._running))
            self._running[place] += 1
            return place

    def _grow(self) -> bool:
        if len(self._engines) >= self._size:
            return False
        try:
            self._engines.append(self._load(self._spec))
        except ModelUnavailable:
            self._size = len(self._engines)
            return False
        self._running.append(0)
        return True
