"""``verax runtime``: the admitted code against the installed code, file by file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from verax.kernel.canonical import hex_digest
from verax.kernel.runtime import PortableRuntime
from verax.store.blobs import Blobs
from verax.store.home import Home
from verax.surfaces.cli import runtimes
from verax.truth import verifier

Verax = Callable[..., Any]


def code_of(**files: str) -> runtimes.PortableCode:
    lines = sorted(f"{hex_digest(text.encode())} {name}.py" for name, text in files.items())
    listing = b"verax/source/v1\n" + "".join(f"{line}\n" for line in lines).encode()
    return runtimes.PortableCode(PortableRuntime(hex_digest(listing), "ab" * 32), listing)


def test_the_list_of_files_is_the_blob_that_the_source_digest_names() -> None:
    code = runtimes.measure_code()
    assert hex_digest(code.listing) == code.portable.source
    assert b" verax/kernel/canonical.py\n" in code.listing
    assert b".pyc" not in code.listing


@pytest.mark.parametrize("name", ["verifier.int8.onnx", "calibration.json", "manifest.json"])
def test_weights_of_the_verifier_are_part_of_the_code(name: str) -> None:
    path = Path(verifier.__file__).with_name("weights") / name
    line = f"{hex_digest(path.read_bytes())} verax/truth/verifier/weights/{name}\n"
    assert line.encode() in runtimes.measure_code().listing


def test_show_says_which_runtime_is_admitted_and_exits_3_when_another_is_installed(
    founded: Any, verax: Verax, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = code_of(a="1")
    monkeypatch.setattr(runtimes, "measure_code", lambda: code)
    ran = verax("runtime", "show", "--json")
    assert ran.code == 3
    shown = json.loads(ran.out)
    assert shown["installed"] == code.portable.digest
    assert shown["same"] is False
    assert shown["changes"][-1] == "source: the list of its files is not kept"
    assert "admitted" in verax("runtime", "show").out


def test_changes_name_each_file(founded: Any, verax: Verax) -> None:
    old, new = code_of(a="1", b="2", c="3"), code_of(a="1", b="changed", d="4")
    lines = runtimes._changed(old.listing, new.listing)
    assert [line.split()[:2] for line in lines] == [["changed", "b.py"], ["removed", "c.py"], ["added", "d.py"]]


def test_a_kept_list_lets_two_runtimes_be_compared(founded: Any, verax: Verax) -> None:
    code = code_of(a="1")
    runtimes.keep_listing(founded.home, code)
    assert Blobs(Home(founded.home).blobs).get(code.portable.source) == code.listing


@pytest.mark.parametrize("command", ["propose", "admit"])
def test_code_of_another_machine_is_neither_proposed_nor_admitted_from_here(
    founded: Any, verax: Verax, command: str
) -> None:
    ran = verax("--url", "https://far.example", "runtime", command)
    assert ran.code == 2
    assert "on the machine that runs it" in ran.err
