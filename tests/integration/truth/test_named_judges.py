"""MiniCheck and HHEM from a folder: small random models in the published forms, each in a process that really runs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from verax.config import Config
from verax.kernel.errors import ConfigError
from verax.store.home import Home
from verax.store.model_keys import ModelKeys
from verax.surfaces.checking import open_check_judge
from verax.surfaces.cli.main import run
from verax.truth.verdicts import Evidence, Judgement, Verdict
from verax.truth.verifier.named import JudgeKind, NamedJudge, NamedSettings

ROOT = Path(__file__).parents[3]
ENVIRONMENTS = (ROOT / ".venv-judges", ROOT / ".venv-lab")
ENVIRONMENT = next((path for path in ENVIRONMENTS if (path / "bin" / "python").exists()), ENVIRONMENTS[0])
PYTHON = ENVIRONMENT / "bin" / "python"
MAKER = Path(__file__).with_name("make_judges.py")
CLAIM, PASSAGE = "The bridge was opened in 1932.", "The bridge of Verden was opened in 1932 by Lena Voss."
LONG = " ".join([PASSAGE, *["Nothing more is known about that." for _ in range(80)]])

needs_torch = pytest.mark.skipif(not PYTHON.exists(), reason="no environment with PyTorch: make judges, or make lab")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, float]]:
    folder = tmp_path_factory.mktemp("judges")
    done = subprocess.run([PYTHON, MAKER, folder], capture_output=True, text=True, check=False, timeout=250)
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


@pytest.fixture
def keys(tmp_path: Path) -> ModelKeys:
    return ModelKeys(Home(tmp_path).keys_dir)


def kind_of(name: str) -> JudgeKind:
    return "hhem" if name == "hhem" else "minicheck"


async def judged(judge: NamedJudge, claim: str, *texts: str) -> Judgement:
    return await judge.judge(
        claim, "", [Evidence(text, f"{place}.txt", f"{place}") for place, text in enumerate(texts)]
    )


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[NamedJudge]:
    (tmp_path / "config.json").write_text("{}")
    judge = NamedJudge(NamedSettings("hhem", tmp_path, PYTHON))
    yield judge
    judge.close()


@needs_torch
@pytest.mark.parametrize("name", ["roberta", "deberta", "t5", "hhem"])
async def test_a_model_gives_the_probability_that_its_network_gives(
    models: tuple[Path, dict[str, float]], name: str
) -> None:
    folder, expected = models
    judge = NamedJudge(NamedSettings(kind_of(name), folder / name, PYTHON))
    try:
        assert judge.identity == f"{kind_of(name)}:not loaded"
        first = await judged(judge, CLAIM, PASSAGE)
        again = await judged(judge, CLAIM, PASSAGE)
        long = await judged(judge, CLAIM, LONG)
    finally:
        judge.close()
    assert first == again
    assert first.probability == pytest.approx(expected[name], abs=1e-5)
    assert (first.verdict is Verdict.SUPPORTED) == (expected[name] >= 0.5)
    assert long.probability is not None
    kind, _, digest = judge.identity.partition(":")
    assert (kind, len(digest)) == (kind_of(name), 64)


@needs_torch
async def test_exact_checks_stand_on_top_and_other_languages_are_not_checked(
    models: tuple[Path, dict[str, float]],
) -> None:
    judge = NamedJudge(NamedSettings("hhem", models[0] / "hhem", PYTHON))
    try:
        wrong = await judged(judge, "The bridge of Verden was opened in 1933 by Lena Voss.", PASSAGE)
        german = await judged(judge, "Die Brücke von Verden wurde im Jahr 1932 eröffnet.", PASSAGE)
    finally:
        judge.close()
    assert wrong.verdict is Verdict.CONTRADICTED
    assert german.reason == "language"


@needs_torch
async def test_another_file_in_the_folder_is_another_judge(
    models: tuple[Path, dict[str, float]], tmp_path: Path
) -> None:
    identities = []
    for note in ("one", "two"):
        folder = tmp_path / note
        folder.mkdir()
        for path in (models[0] / "roberta").iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        (folder / "note.txt").write_text(note)
        judge = NamedJudge(NamedSettings("minicheck", folder, PYTHON))
        await judged(judge, CLAIM, PASSAGE)
        judge.close()
        identities.append(judge.identity)
    assert identities[0] != identities[1]


@needs_torch
async def test_what_is_no_such_model_judges_nothing(broken: NamedJudge) -> None:
    assert (await judged(broken, CLAIM, PASSAGE)).reason == "judge_unreachable"
    assert broken.identity == "hhem:not loaded"


async def test_an_environment_that_cannot_be_started_judges_nothing(tmp_path: Path) -> None:
    judge = NamedJudge(NamedSettings("hhem", tmp_path, tmp_path / "no" / "python"))
    found = await judged(judge, CLAIM, PASSAGE)
    judge.close()
    assert (found.verdict, found.reason) == (Verdict.NOT_CHECKED, "judge_unreachable")


@needs_torch
def test_the_command_line_and_its_report_name_the_judge(
    models: tuple[Path, dict[str, float]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer, page = tmp_path / "answer.txt", tmp_path / "page.txt"
    answer.write_text(CLAIM)
    page.write_text(PASSAGE)
    settings = {"HOME": tmp_path / "home", "KEYRING": tmp_path / "keys", "CHECK_JUDGE_KIND": "hhem"}
    settings |= {"CHECK_JUDGE_FOLDER": models[0] / "hhem", "CHECK_JUDGE_ENVIRONMENT": ENVIRONMENT}
    for name, value in settings.items():
        monkeypatch.setenv(f"VERAX_{name}", str(value))
    report = tmp_path / "report.html"
    run(["check", str(answer), "--against", str(page), "--json", "--report", str(report)])
    found = json.loads(capsys.readouterr().out)
    kind, _, digest = found["verifier"].partition(":")
    assert (kind, len(digest)) == ("hhem", 64)
    assert found["claims"][0]["probability"] == pytest.approx(models[1]["hhem"], abs=1e-4)
    assert found["verifier"] in report.read_text(encoding="utf-8")


def test_a_judge_without_its_folder_or_its_environment_is_refused(tmp_path: Path, keys: ModelKeys) -> None:
    for settings, problem in (
        ({}, "check_judge_folder"),
        ({"check_judge_folder": tmp_path / "none"}, "check_judge_folder"),
        ({"check_judge_folder": tmp_path, "check_judge_environment": tmp_path}, "check_judge_environment"),
    ):
        config = Config(home=tmp_path, keyring=tmp_path.parent / "keys", check_judge_kind="minicheck", **settings)
        with pytest.raises(ConfigError, match=problem):
            open_check_judge(config, keys)
