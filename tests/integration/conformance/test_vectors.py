"""One set of vectors, two implementations: the kernel and the stand-alone script give the same answers."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest

from verax.kernel.cosignature import Policy
from verax.kernel.errors import KernelError
from verax.kernel.note import parse_verifier_keys, verify_ed25519
from verax.kernel.receipt import Receipt, verify_receipt

from .conftest import CONFORMANCE, load_vectors

GOOD = load_vectors("good")
BAD = [vector for name in ("clause_1", "clause_9", "clause_11", "clause_12") for vector in load_vectors(name)]
WITNESSES = load_vectors("witnesses")
RECEIPTS = [*GOOD, *BAD, *WITNESSES]


def first_failure_in_the_kernel(vector: dict[str, Any]) -> int | None:
    """Return the first failing step; parsing stands for 1 and 2, which the kernel does not tell apart."""
    try:
        receipt = Receipt.parse(vector["receipt"])
    except KernelError:
        return 1
    try:
        keys = parse_verifier_keys(vector["key"].decode("utf-8", "replace"))
    except KernelError:
        return 3
    try:
        policy = Policy.parse(vector["policy"].decode()) if "policy" in vector else None
    except KernelError:
        return 6
    checks = verify_receipt(receipt, keys, vector.get("reply"), policy)
    failed = [check.step for check in checks.checks if check.state == "failed"]
    assert checks.is_verified == (not failed)
    return failed[0] if failed else None


def test_there_are_vectors_for_every_clause() -> None:
    assert all(vector["fails"] is None for vector in GOOD)
    assert all(vector["fails"] in range(1, 6) for vector in BAD)
    assert {1, 2, 3, 4, 5} == {vector["fails"] for vector in BAD}
    assert {None, 6} == {vector["fails"] for vector in WITNESSES}
    assert (len(GOOD), len(BAD)) >= (25, 200)


@pytest.mark.parametrize("vector", RECEIPTS, ids=lambda vector: vector["name"])
def test_the_script_answers_as_the_vector_says(vector: dict[str, Any], checker: ModuleType) -> None:
    results, record = checker.run(vector["receipt"], vector["key"], vector.get("reply"), vector.get("policy"))
    failed = [step for step, (state, _) in enumerate(results, 1) if state == "failed"]
    assert failed[:1] == ([] if vector["fails"] is None else [vector["fails"]]), results
    assert len(results) == 7
    assert (record is None) == (vector["fails"] in (1, 2, 3, 4))


@pytest.mark.parametrize("vector", RECEIPTS, ids=lambda vector: vector["name"])
def test_the_kernel_answers_as_the_vector_says(vector: dict[str, Any]) -> None:
    found = first_failure_in_the_kernel(vector)
    assert found == (1 if vector["fails"] == 2 else vector["fails"])


@pytest.mark.parametrize("vector", load_vectors("bundles"), ids=lambda vector: vector["name"])
def test_the_script_judges_bundles_as_the_vector_says(vector: dict[str, Any], checker: ModuleType) -> None:
    results, _ = checker.run(vector["receipt"], vector["key"], bundle=vector["bundle"])
    failed = [step for step, (state, _) in enumerate(results, 1) if state == "failed"]
    assert failed == ([] if vector["fails"] is None else [7]), results


@pytest.mark.parametrize("vector", load_vectors("ed25519"), ids=lambda vector: vector["name"])
def test_both_judge_single_signatures_alike(vector: dict[str, Any], checker: ModuleType) -> None:
    public, message, signature = (bytes.fromhex(vector[key]) for key in ("public", "message", "signature"))
    assert verify_ed25519(public, message, signature) == vector["valid"]
    try:
        found = checker.is_signed(public, message, signature)
    except checker.Failure:
        found = False
    assert found == vector["valid"]


def test_the_vectors_are_what_the_generator_makes() -> None:
    command = [sys.executable, str(CONFORMANCE / "make_vectors.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
