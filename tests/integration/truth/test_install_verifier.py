"""From a run of the lab to the folder that the server loads, with a tiny model in place of a trained one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from verax.testing.scripts import load_script
from verax.testing.tiny_verifier import tiny_model
from verax.truth.verdicts import Evidence, Verdict
from verax.truth.verifier import LocalVerifier
from verax.truth.verifier.model import CALIBRATION, MANIFEST, WEIGHTS, read_manifest

SCRIPT = Path(__file__).parents[3] / "scripts" / "install_verifier.py"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "0007"
    folder.mkdir()
    (folder / "verifier.onnx").write_bytes(tiny_model())
    (folder / "calibration.json").write_text('{"slope": 0.5, "offset": -0.25}')
    (folder / "recipe.toml").write_text("max_words = 100\nmax_tokens = 160\n")
    return folder


def install(run: Path, target: Path) -> int:
    script = load_script(SCRIPT)
    code: int = script.main([str(run), "--to", str(target)])
    return code


async def test_an_installed_run_judges_and_its_manifest_names_what_it_is(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert install(run, tmp_path / "weights") == 0
    assert {path.name for path in (tmp_path / "weights").iterdir()} == {WEIGHTS, CALIBRATION, MANIFEST}
    manifest = read_manifest(tmp_path / "weights")
    assert manifest is not None
    assert (manifest.name, manifest.max_words, manifest.max_pieces) == ("0007", 100, 160)
    verifier = LocalVerifier(tmp_path / "weights")
    assert verifier.identity == f"local:{capsys.readouterr().out.strip()}"
    passage = Evidence("The bridge was opened in 1932.", "a", "0" * 64)
    assert (await verifier.judge("The bridge was opened in 1932.", "", [passage])).verdict is Verdict.SUPPORTED
    verifier.close()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("calibration.json", '{"slope": 0.0, "offset": 1.0}'),
        ("calibration.json", json.dumps({"slope": 1.0})),
        ("recipe.toml", "max_words = 100\n"),
        ("verifier.onnx", "no model"),
    ],
)
def test_a_run_that_is_not_whole_replaces_nothing(run: Path, tmp_path: Path, name: str, content: str) -> None:
    assert install(run, tmp_path / "weights") == 0
    before = (tmp_path / "weights" / MANIFEST).read_bytes()
    (run / name).write_text(content)
    assert install(run, tmp_path / "weights") == 1
    assert (tmp_path / "weights" / MANIFEST).read_bytes() == before
