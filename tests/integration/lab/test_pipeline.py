"""A verifier from data to report on tiny random weights, in the lab's environment, stopped and killed on the way."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from tests.integration.lab.processes import LIMIT_S, PYTHON, run, run_alone, start

TOWNS = ("Verden", "Celle", "Uelzen")
RECIPE = """
question = "Does the whole way work?"
seed = 3
max_words = 40
max_tokens = 64
batch_tokens = 512
learning_rate = 3e-3
weight_decay = 0.01
label_smoothing = 0.05
reason_weight = 0.3
steps = 60
warmup_steps = 5
decay_steps = 10
[natural]
towns = 300
[hard]
swap_number = 60
[held_out]
towns = 40
"""
REPEAT = """
import sys
from pathlib import Path
from lab.verifier.session import load_scorer

run = Path(sys.argv[1])
one, two = (load_scorer(run / "verifier.onnx", run / "model" / "tokenizer.json", 64, threads) for threads in (1, 2))
pairs = [(f"opened in {year}", "verden " * (year % 9)) for year in range(1900, 1930)]
first, again = [one(*pair) for pair in pairs], [one(*pair) for pair in reversed(pairs)]
assert first == again[::-1] == [two(*pair) for pair in pairs], "the bits differ"
"""
LEAN = """
import sys
from pathlib import Path
import torch
from lab.verifier.lean import unpack
from lab.verifier.model import load
from lab.verifier.session import load_scorer

run = Path(sys.argv[1])
model = load(run / "model")
exact = {name: weight.numpy() for name, weight in model.state_dict().items()}
given = unpack(run / "verifier.onnx")
assert given.keys() == exact.keys(), given.keys() ^ exact.keys()
for name, weight in given.items():
    step = abs(exact[name]).max() / 100
    assert abs(weight - exact[name]).max() <= step, name

import onnx
graph = onnx.load(str(run / "verifier.onnx")).graph
used = {name for node in graph.node for name in node.input}
assert not {item.name for item in graph.initializer} - used, "onnxruntime warns of what no node uses"

scorer = load_scorer(run / "verifier.onnx", run / "model" / "tokenizer.json", 64)
model.load_state_dict({name: torch.tensor(weight) for name, weight in given.items()})
from lab.verifier.encoding import load_tokenizer
pair = load_tokenizer(run / "model" / "tokenizer.json", 64).encode("opened in 1932", "verden was opened in 1931")
ids, types = (torch.tensor([held]) for held in (pair.ids, pair.type_ids))
with torch.no_grad():
    wanted = model(ids, types, torch.ones_like(ids))[0].tolist()
found = scorer("opened in 1932", "verden was opened in 1931")
assert max(abs(one - other) for one, other in zip(wanted, found, strict=True)) < 0.2, (wanted, found)
"""

pytestmark = [
    pytest.mark.skipif(not PYTHON.exists(), reason="the lab's environment is missing: make lab"),
    pytest.mark.slow,
    pytest.mark.timeout(900),
]


def lab(*arguments: object) -> subprocess.CompletedProcess[str]:
    return run(*command(*arguments))


def command(*arguments: object) -> list[str]:
    return ["-m", "lab.verifier", *map(str, arguments)]


def claims(folder: Path) -> Path:
    """Write rows whose claims are true of their evidence or name another year."""
    for name, first, count in (("train", 0, 400), ("dev", 5000, 60)):
        with gzip.open(folder / f"{name}.jsonl.gz", "wt") as lines:
            for number in range(first, first + count):
                town, year, is_true = TOWNS[number % 3], 1900 + number % 50, number % 2
                row = {
                    "src": "towns" if name == "train" else "towns_dev",
                    "id": number,
                    "claim": f"The bridge of {town} was opened in {year if is_true else year + 7}.",
                    "evidence": f"{town} has a bridge that was opened in {year} and is {number} metres long.",
                    "label": "SUPPORTS" if is_true else "REFUTES",
                }
                lines.write(json.dumps(row) + "\n")
    return folder


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folders = {name: tmp_path_factory.mktemp(name) for name in ("claims", "base", "run", "log")}
    claims(folders["claims"])
    assert run(Path(__file__).with_name("make_base.py"), folders["base"]).returncode == 0
    recipe(folders).write_text(RECIPE)
    done = lab("data", "--run", folders["run"], "--claims", folders["claims"], "--recipe", recipe(folders))
    assert done.returncode == 0, done.stderr
    return folders


def recipe(world: dict[str, Path]) -> Path:
    return world["run"].parent / "recipe.toml"


def train(world: dict[str, Path], folder: Path) -> list[str]:
    pace = ("--base", world["base"], "--threads", 1, "--report-steps", 1, "--checkpoint-s", 0)
    return command("train", "--run", folder, *pace)


def progress(folder: Path) -> list[dict[str, Any]]:
    path = folder / "progress.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def stop_training(world: dict[str, Path], folder: Path, number: signal.Signals) -> int:
    """Start training, send a signal once it has made some steps, and return its exit code."""
    begun = len(progress(folder))
    process = start(*train(world, folder))
    deadline = time.monotonic() + LIMIT_S
    while len(progress(folder)) < begun + 5:
        assert process.poll() is None, process.ended().stderr
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(number)
    return process.wait()


@pytest.fixture(scope="module")
def unbroken(world: dict[str, Path]) -> Path:
    """Return the folder of a run that was never stopped."""
    folder = world["run"].with_name("unbroken")
    folder.mkdir()
    for name in ("data", "data.json", "recipe.toml"):
        (folder / name).symlink_to(world["run"] / name)
    done = run_alone(*train(world, folder))
    assert done.returncode == 0, done.stderr
    return folder


def test_a_run_that_was_stopped_and_killed_ends_where_one_that_was_not_does(
    world: dict[str, Path], unbroken: Path
) -> None:
    assert stop_training(world, world["run"], signal.SIGTERM) == 75
    stop_training(world, world["run"], signal.SIGKILL)
    assert run(*train(world, world["run"])).returncode == 0
    assert progress(world["run"])[-1]["loss"] == progress(unbroken)[-1]["loss"]
    weights = [folder / "model" / "model.safetensors" for folder in (world["run"], unbroken)]
    assert weights[0].read_bytes() == weights[1].read_bytes()


@pytest.fixture(scope="module")
def exported(unbroken: Path) -> Path:
    """Return the folder of a run whose model is exported."""
    done = lab("export", "--run", unbroken)
    assert done.returncode == 0, done.stderr
    return unbroken


def test_the_trained_model_is_calibrated_measured_and_reported(world: dict[str, Path], exported: Path) -> None:
    done = lab("calibrate", "--run", exported)
    assert done.returncode == 0, done.stderr
    measured = [lab("evaluate", "--run", exported, "--claims", world["claims"]) for _ in range(2)]
    assert [done.returncode for done in measured] == [0, 0], measured[0].stderr
    assert measured[0].stdout == measured[1].stdout
    [result] = json.loads((exported / "evaluation.json").read_text())
    assert (result["source"], result["n"], result["supported"]) == ("towns_dev", 60, 30)
    assert 0 <= result["low"] <= result["balanced_accuracy"] <= result["high"] <= 1

    words = {"--date": "2026-11-26", "--change": "none", "--machine": "a test", "--verdict": "(negative) random"}
    given = [part for pair in words.items() for part in pair]
    done = lab("report", "--run", exported, "--name", "0001-test", "--log", world["log"], *given)
    assert done.returncode == 0, done.stderr
    entry = json.loads((world["log"] / "0001-test.json").read_text())
    assert entry["result"]["evaluation"] == [result]
    assert entry["cost"]["steps"] == 60


def test_a_run_goes_on_from_the_weights_of_the_run_that_its_recipe_names(
    world: dict[str, Path], unbroken: Path, tmp_path: Path
) -> None:
    (tmp_path / "data").symlink_to(world["run"] / "data")
    text = RECIPE.replace("seed = 3", 'seed = 4\nstart = "0001-unbroken"').replace("steps = 60", "steps = 1")
    (tmp_path / "recipe.toml").write_text(text)
    refused = run(*train(world, tmp_path))
    assert refused.returncode == 1
    assert "begins with the weights of run 0001-unbroken" in refused.stderr
    done = run(*train(world, tmp_path), "--start", unbroken)
    assert done.returncode == 0, done.stderr
    assert progress(tmp_path)[0]["loss"] < progress(unbroken)[0]["loss"] * 0.9


def test_the_exported_model_gives_the_same_bits_whatever_was_asked_before(exported: Path) -> None:
    done = run("-c", REPEAT, exported)
    assert done.returncode == 0, done.stderr


def test_the_exported_graph_says_what_the_model_says_and_gives_its_weights_back(exported: Path) -> None:
    done = run("-c", LEAN, exported)
    assert done.returncode == 0, done.stderr


def test_a_run_can_begin_with_an_exported_file_alone(world: dict[str, Path], exported: Path, tmp_path: Path) -> None:
    given = ("--onnx", exported / "verifier.onnx", "--base", world["base"])
    done = lab("unpack", "--run", tmp_path, *given)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "model").iterdir()} == {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
    }


def test_the_mean_of_two_runs_is_a_run_that_can_be_exported(exported: Path, tmp_path: Path) -> None:
    done = lab("average", "--run", tmp_path, "--of", exported, "--start", exported)
    assert done.returncode == 0, done.stderr
    done = lab("export", "--run", tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "verifier.onnx").read_bytes() == (exported / "verifier.onnx").read_bytes()
    assert lab("average", "--run", tmp_path, "--of", tmp_path / "none", "--start", exported).returncode == 1


def test_a_recipe_that_leaves_no_room_beside_a_claim_is_refused_in_words(
    world: dict[str, Path], exported: Path, tmp_path: Path
) -> None:
    (tmp_path / "data").symlink_to(world["run"] / "data")
    (tmp_path / "recipe.toml").write_text(RECIPE.replace("max_tokens = 64", "max_tokens = 12"))
    trained = run(*train(world, tmp_path))
    for name in ("model", "verifier.onnx"):
        (tmp_path / name).symlink_to(exported / name)
    for refused in (trained, lab("calibrate", "--run", tmp_path)):
        assert refused.returncode == 1
        assert refused.stderr.startswith("error: max_tokens 12: the longest claim has ")
        assert "hint: a recipe for these rows has a max_tokens of at least " in refused.stderr
        assert "Traceback" not in refused.stderr
    assert progress(tmp_path) == []


def test_a_command_out_of_turn_says_what_comes_first(world: dict[str, Path], tmp_path: Path) -> None:
    done = run_alone(*command("train", "--run", tmp_path, "--base", world["base"]))
    assert done.returncode == 1
    assert "hint: run data first" in done.stderr
