"""The browser's verifier (`web/src/proof`) against the kernel, on many more cases than the vectors keep."""

from __future__ import annotations

import importlib
import json
import random
import sys
import unicodedata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from verax.kernel.bans import normalise

from .conftest import CONFORMANCE

ROOT = Path(__file__).parents[3]
LIMIT_S = 600

pytestmark = [pytest.mark.peer, pytest.mark.slow, pytest.mark.timeout(LIMIT_S)]


@pytest.fixture(scope="module")
def webapp() -> ModuleType:
    """`scripts/webapp.py`, with every package of the web app installed; a machine without them skips."""
    sys.path.insert(0, str(ROOT / "scripts"))
    module = importlib.import_module("webapp")
    try:
        module.prepared()
    except module.WebAppError as error:
        pytest.skip(f"the packages of the web app cannot be installed here: {error}")
    finally:
        sys.path.remove(str(ROOT / "scripts"))
    return module


def write_cases(folder: Path, first_seed: int) -> None:
    """Write files of cases, of other seeds than the kept vectors have."""
    make_vectors = importlib.import_module("make_vectors")
    folds, turns, wording = (importlib.import_module(f"cases.{name}") for name in ("folds", "turns", "wording"))
    seeds = range(first_seed, first_seed + 20)
    cases: dict[str, list[dict[str, Any]]] = {
        "folds": [folds.fold_case(seed, 50) for seed in seeds],
        "turns": turns.turns(range(first_seed, first_seed + 300)),
        "templates": wording.templates(range(first_seed, first_seed + 600)),
        "texts": wording.banned_texts(range(first_seed, first_seed + 100)),
    }
    for name, items in cases.items():
        (folder / f"{name}.json").write_text(make_vectors.to_text(name, items), encoding="utf-8")


def test_the_browser_comes_to_what_the_kernel_comes_to(
    webapp: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = random.SystemRandom().randrange(10_000, 1_000_000)
    write_cases(tmp_path, seed)
    characters = {
        char: normalise(f"a{char}b")
        for char in map(chr, range(0x110000))
        if unicodedata.category(char) not in ("Cn", "Cs")
    }
    (tmp_path / "characters.json").write_text(json.dumps(characters), encoding="utf-8")
    monkeypatch.setenv("VERAX_VECTORS", str(tmp_path))
    try:
        run = ["exec", "--", "vitest", "run", "src/proof/prompt", "src/proof/governance"]
        webapp.run_npm(webapp.find_node(), run, is_quiet=True)
    except webapp.WebAppError as error:
        pytest.fail(f"with the seeds from {seed} on: {error}")


def test_the_kept_vectors_are_read_by_the_browser_too() -> None:
    # What a witness answers, and what is shown against an operator, is no business of a page that he serves.
    kept = {path.stem for path in (CONFORMANCE / "vectors").glob("*.json")} - {"add_checkpoint", "split_views"}
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "web/src/proof").rglob("*.test.ts"))
    assert {name for name in kept if f"'{name}'" not in sources} == set()
