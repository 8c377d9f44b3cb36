"""Requests to a witness and evidence of two histories: all of ours answer as the vectors say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from verax.kernel.errors import KernelError
from verax.kernel.note import parse_verifier_keys
from verax.kernel.split_view import SplitView
from verax.kernel.witness import parse_size
from verax.store.witness import Witness, WitnessFolder, WitnessKey
from verax.testing.clock import VirtualClock
from verax.testing.disk import UnsyncedDisk

from .conftest import CONFORMANCE, load_vectors

SUBMISSIONS = load_vectors("add_checkpoint")
EVIDENCE = load_vectors("split_views")


@pytest.mark.parametrize("vector", SUBMISSIONS, ids=lambda vector: vector["name"])
def test_our_witness_answers_as_the_vector_says(vector: dict[str, Any], tmp_path: Path) -> None:
    folder = WitnessFolder(tmp_path, UnsyncedDisk())
    folder.make()
    folder.follow(parse_verifier_keys(vector["key"].decode()))
    witness = Witness(folder, WitnessKey("w.test", b"w" * 32), VirtualClock())
    if "seen" in vector:
        assert witness.add_checkpoint(b"old 0\n\n" + vector["seen"]).status == 200
    answer = witness.add_checkpoint(vector["body"])
    assert answer.status == vector["status"], answer.body
    assert (answer.content_type == "text/x.tlog.size") == ("size" in vector)
    if "size" in vector:
        assert parse_size(answer.body) == vector["size"]


def test_there_is_a_vector_for_every_status() -> None:
    assert {vector["status"] for vector in SUBMISSIONS} == {200, 400, 403, 404, 409, 422}
    assert len(SUBMISSIONS) >= 50 and len(EVIDENCE) >= 35


@pytest.mark.parametrize("vector", EVIDENCE, ids=lambda vector: vector["name"])
def test_the_kernel_and_the_script_judge_evidence_alike(vector: dict[str, Any], split_views: ModuleType) -> None:
    holds, sentence = split_views.run(vector["evidence"], vector["key"])
    assert holds == vector["proves"], sentence
    try:
        proved = SplitView.parse(vector["evidence"]).verify(parse_verifier_keys(vector["key"].decode()))
    except KernelError:
        assert not vector["proves"]
    else:
        assert vector["proves"] and str(proved.second.size) in sentence


@pytest.mark.parametrize("vector", [EVIDENCE[0], EVIDENCE[-1]], ids=lambda vector: vector["name"])
def test_the_script_runs_alone(vector: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "evidence").write_bytes(vector["evidence"])
    (tmp_path / "keys").write_bytes(vector["key"])
    command = [sys.executable, str(CONFORMANCE / "check_split_view.py"), str(tmp_path / "evidence")]
    done = subprocess.run([*command, "--key", str(tmp_path / "keys")], capture_output=True, text=True, timeout=60)
    assert done.returncode == (0 if vector["proves"] else 3), done.stderr
    assert done.stdout.startswith("verified: " if vector["proves"] else "failed: ")
    assert subprocess.run(command, capture_output=True, timeout=60).returncode == 2
