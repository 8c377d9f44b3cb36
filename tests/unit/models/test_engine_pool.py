"""How calls are dealt out to engines. These only say who was asked; real ones run in the integration tests."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest

from verax.kernel.errors import ModelUnavailable
from verax.models.engine import Engine, EngineSpec
from verax.models.engine_pool import EnginePool, engines_for

SPEC = EngineSpec("weights.gguf", 256, slots=2, threads=1)


class Loader:
    """Makes engines that answer with their number once they may; can be told to fail from some number on."""

    def __init__(self, most: int = 9) -> None:
        self.made: list[EngineSpec] = []
        self.most = most
        self.may_end = threading.Event()
        self.begun = threading.Semaphore(0)

    def __call__(self, spec: EngineSpec) -> Engine:
        if len(self.made) >= self.most:
            raise ModelUnavailable("no memory")
        self.made.append(spec)
        return cast("Engine", NumberedEngine(self, len(self.made) - 1))


class NumberedEngine:
    adds_bos = False

    def __init__(self, loader: Loader, number: int) -> None:
        self._loader, self._number = loader, number
        self.is_closed = False

    def complete_whole(self, _: Mapping[str, Any]) -> dict[str, Any]:
        self._loader.begun.release()
        assert self._loader.may_end.wait(30)
        return {"engine": self._number}

    def close(self) -> None:
        self.is_closed = True


def asked_at_once(pool: EnginePool, loader: Loader, calls: int) -> list[int]:
    """Return which engine answered each of some calls that all run at the same time."""
    loader.may_end.clear()
    with ThreadPoolExecutor(calls) as threads:
        running = []
        for _ in range(calls):
            running.append(threads.submit(pool.complete_whole, {}))
            assert loader.begun.acquire(timeout=30)
        loader.may_end.set()
        return [call.result()["engine"] for call in running]


def test_a_lone_caller_meets_the_first_engine_and_no_other_is_loaded() -> None:
    loader = Loader()
    pool = EnginePool(SPEC, 2, loader)
    assert [asked_at_once(pool, loader, 1) for _ in range(3)] == [[0], [0], [0]]
    assert pool.loaded == 1


def test_a_second_caller_meets_an_engine_of_its_own_and_the_third_shares() -> None:
    loader = Loader()
    pool = EnginePool(SPEC, 2, loader)
    assert asked_at_once(pool, loader, 3) == [0, 1, 0]
    assert [spec.slots for spec in loader.made] == [1, 1]
    assert asked_at_once(pool, loader, 1) == [0]


def test_slots_that_do_not_divide_are_rounded_up() -> None:
    loader = Loader()
    EnginePool(EngineSpec("weights.gguf", 256, slots=5, threads=1), 2, loader)
    assert [spec.slots for spec in loader.made] == [3]


def test_without_memory_for_another_engine_the_first_serves_all() -> None:
    loader = Loader(most=1)
    pool = EnginePool(SPEC, 2, loader)
    assert asked_at_once(pool, loader, 2) == [0, 0]
    loader.most = 9
    assert asked_at_once(pool, loader, 2) == [0, 0]


def test_weights_that_cannot_be_loaded_at_all_are_an_error() -> None:
    with pytest.raises(ModelUnavailable, match="no memory"):
        EnginePool(SPEC, 2, Loader(most=0))


@pytest.mark.parametrize(
    ("cores", "slots", "threads", "engines"),
    [(1, 2, 1, 1), (2, 2, 1, 2), (2, 1, 1, 1), (2, 2, 2, 1), (8, 2, 7, 1), (8, 4, 2, 4), (8, 8, 3, 2), (2, 2, 4, 1)],
)
def test_no_more_engines_than_cores_or_slots(
    monkeypatch: pytest.MonkeyPatch, cores: int, slots: int, threads: int, engines: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    assert engines_for(slots, threads) == engines
