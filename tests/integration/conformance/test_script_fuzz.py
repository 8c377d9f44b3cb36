"""Whatever files people hand to the stand-alone scripts, the answer is a list of steps, never a traceback."""

from __future__ import annotations

import importlib
import random
from collections.abc import Iterator
from types import ModuleType

import pytest

from .conftest import load_vectors
from .test_check_governance import KEYS, answer, solo

VECTORS = {vector["name"]: vector for vector in [*load_vectors("good"), *load_vectors("witnesses")]}
INSERTS = (b"\n", b"\n\n", b"=", b"+", b" ", b"null", b"[", b'"', b"{}", b"\xff", "—".encode(), b"9" * 30)


def edited(good: bytes, dice: random.Random) -> bytes:
    """Return `good` after one to four random edits."""
    data = bytearray(good)
    for _ in range(dice.randint(1, 4)):
        start = dice.randrange(len(data) + 1)
        end = min(len(data), start + dice.randrange(40))
        kind = dice.randrange(4)
        if kind == 0 and start < len(data):
            data[start] = dice.randrange(256)
        elif kind == 1:
            del data[start:end]
        elif kind == 2:
            data[start:start] = data[start:end]
        else:
            data[start:start] = dice.choice(INSERTS)
    return bytes(data)


def cases(seed: int, count: int, *goods: bytes) -> Iterator[list[bytes]]:
    """Yield the good files with one of them edited, or replaced by random bytes."""
    dice = random.Random(seed)
    for _ in range(count):
        files = list(goods)
        place = dice.randrange(len(files))
        files[place] = dice.randbytes(60) if dice.random() < 0.1 else edited(files[place], dice)
        yield files


@pytest.mark.parametrize("seed", range(4))
def test_edited_receipts_keys_replies_and_policies_get_seven_answers(checker: ModuleType, seed: int) -> None:
    good = VECTORS["met-nested"]
    for receipt, key, reply, policy in cases(seed, 120, good["receipt"], good["key"], good["reply"], good["policy"]):
        results, _ = checker.run(receipt, key, reply, policy)
        assert len(results) == 7
        assert {state for state, _ in results} <= {"verified", "not checked", "failed"}
        assert all(sentence.endswith((".", ")")) for _, sentence in results), results


def test_edited_bundles_get_an_answer(governance: ModuleType) -> None:
    world = answer(solo())
    run = importlib.import_module("check_receipt").run
    for (bundle,) in cases(7, 150, world.bundle().to_bytes()):
        results, _ = run(world.receipt.to_bytes(), KEYS, bundle=bundle)
        assert results[6][0] == "failed", results[6]
