"""`verax gate compare --data` on a model behind an address; and the public sets themselves, where they are at hand."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from verax.drill.obedient_server import MODEL, served_obedient
from verax.gates.public import PUBLIC_SETS, find_public_sets, load_public_set
from verax.surfaces.cli.main import run
from verax.testing.releases import manifest_toml

ROOT = Path(__file__).resolve().parents[3]
PUBLIC = Path(os.environ.get("PUBLIC_DATA", ROOT.parent / "shared" / "data"))


def test_a_release_is_measured_on_a_set_that_lies_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"label": "safe", "prompt": f"How do I shoot a photograph of owl {number}?"} for number in range(3)]
    (tmp_path / "xstest").mkdir()
    packed = gzip.compress("\n".join(map(json.dumps, rows)).encode())
    (tmp_path / "xstest" / "xstest_prompts.jsonl.gz").write_bytes(packed)
    monkeypatch.setenv("VERAX_HOME", str(tmp_path / "home"))
    with served_obedient() as url:
        model = f'backend = "remote"\nname = "{MODEL}"\nurl = "{url}"\ncontext_tokens = 4096'
        release = tmp_path / "next.toml"
        release.write_text(manifest_toml("You answer briefly.", model=model))
        assert run(["gate", "compare", str(release), "--data", str(tmp_path), "--seed", "one", "--json"]) == 0
    [suite] = json.loads(capsys.readouterr().out)["suites"]
    assert (suite["suite"], suite["metrics"]["n"], suite["metrics"]["score"]) == ("xstest", "3", "1")


@pytest.mark.parametrize("name", sorted(PUBLIC_SETS))
def test_the_public_set_is_read(name: str) -> None:
    if name in find_public_sets(PUBLIC)[1]:
        pytest.skip(f"{PUBLIC} holds no {name}; PUBLIC_DATA names another folder")
    suite = load_public_set(name, PUBLIC)
    assert suite.size == 200
    assert all(item.question.strip() for item in suite.items("ab" * 32))
