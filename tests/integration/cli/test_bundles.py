"""The governance bundle of a real turn, saved by the command line and judged by the stand-alone script."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from verax.kernel import canonical
from verax.surfaces.cli.client import Client

ROOT = Path(__file__).resolve().parents[3]

Verax = Callable[..., Any]


@pytest.fixture
def files(shared: Any, verax: Verax, tmp_path: Path) -> Path:
    """A folder with receipt, reply, keys and bundle of one answered question."""
    turn = json.loads(verax(shared, "ask", "--json", "Who wrote Hamlet?").out)["receipt"]
    names = (str(tmp_path / name) for name in ("receipt.json", "reply.txt", "bundle.json"))
    receipt, reply, bundle = names
    ran = verax(shared, "receipt", "save", turn, receipt, "--reply", reply, "--governance", bundle)
    assert ran.code == 0, ran.err
    (tmp_path / "keys.txt").write_bytes(shared.identity.log_keys_path.read_bytes())
    return tmp_path


def judge(folder: Path) -> tuple[int, str]:
    """Run the script as anyone would; return its exit code and its line on step 7."""
    command = [sys.executable, str(ROOT / "conformance/check_receipt.py"), "receipt.json", "--key", "keys.txt"]
    command += ["--reply", "reply.txt", "--governance", "bundle.json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False, env={})
    return done.returncode, next(line for line in done.stdout.splitlines() if line.startswith("7 "))


def tamper(folder: Path, change: Callable[[Any], None]) -> None:
    bundle = canonical.decode((folder / "bundle.json").read_bytes())
    change(bundle)
    (folder / "bundle.json").write_bytes(canonical.encode(bundle))


def test_the_script_verifies_who_approved_the_release(files: Path) -> None:
    code, line = judge(files)
    assert code == 0
    assert line.startswith("7 governance verified")


def test_the_server_serves_the_same_bundle_to_anyone(files: Path, shared: Any) -> None:
    turn = json.loads((files / "receipt.json").read_bytes())["record"]["id"]
    with contextlib.closing(Client(shared.url)) as client:
        served = client.get_bytes(f"/v1/receipts/{turn}/governance")
    assert canonical.decode(served)["entries"] == canonical.decode((files / "bundle.json").read_bytes())["entries"]
    (files / "bundle.json").write_bytes(served)
    assert judge(files)[0] == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda bundle: bundle["entries"].pop(),
        lambda bundle: bundle["entries"].pop(0),
        lambda bundle: bundle["entries"][-1]["envelope"]["signatures"][0].update(sig="AAAA" * 21 + "AA=="),
        lambda bundle: bundle["entries"][-1]["path"].reverse() or bundle["entries"][-1]["path"].pop(),
        lambda bundle: bundle["entries"].append(bundle["entries"][-1]),
        lambda bundle: bundle.update(blobs=[]),
        lambda bundle: bundle.update(checkpoint=bundle["checkpoint"].replace("\n", "\n1", 1)),
    ],
    ids=["no move", "no root", "signature", "path", "twice", "no manifest", "checkpoint"],
)
def test_a_changed_bundle_fails_and_nothing_is_called_verified(files: Path, change: Callable[[Any], None]) -> None:
    tamper(files, change)
    code, line = judge(files)
    assert code == 3
    assert line.startswith("7 governance failed"), line
