"""A decoder and distillation from data to report, on tiny random weights of both kinds, stopped on the way."""

from __future__ import annotations

import json
import shutil
import signal
import time
from pathlib import Path

import pytest
from tests.integration.lab.processes import LIMIT_S, PYTHON, run, run_alone, start
from tests.integration.lab.test_pipeline import RECIPE, claims, command, lab, progress

DECODER = f"""
model = "decoder"
prompt = "Evidence: {{evidence}}\\nClaim: {{claim}}\\nAnswer:"
label_words = [" Yes", " No", " Claim"]
trained_layers = 2
dropout = 0.0
{RECIPE.replace("max_tokens = 64", "max_tokens = 96")}"""
SOFT_ONLY = f"hard_share = 0.0\n{DECODER}"
# The outputs are the words' logits; padding and 16 bits change nothing that is seen; long evidence is cut.
READING = """
import sys
from dataclasses import replace
from pathlib import Path
import torch
from lab.verifier import kinds
from lab.verifier.model import collate
from lab.verifier.recipe import load_recipe
from lab.verifier.rows import Label, Row
from transformers import LlamaForCausalLM, LlamaConfig
from safetensors.torch import load_file

run = Path(sys.argv[1])
recipe = load_recipe(run / "recipe.toml")
model = kinds.begin(recipe, run / "base", None).eval()
read = kinds.encoder_of(recipe, run / "base" / "tokenizer.json")
rows = [Row("s", str(n), "The bridge of Celle.", "Celle has a bridge. " * n, Label.SUPPORTED) for n in (1, 40, 3)]
pairs = read(rows)
assert [len(pair.ids) <= recipe.max_tokens for pair in pairs] == [True] * 3 and len(pairs[1].ids) == recipe.max_tokens
assert pairs[1].ids[-12:] == pairs[0].ids[-12:], "the claim and the question are never cut"
together = kinds.predict(model, pairs, recipe)
for row, pair in zip(together, pairs, strict=True):
    alone = kinds.predict(model, [pair], recipe)[0]
    assert torch.allclose(row, alone, atol=1e-5), (row, alone)
    short = kinds.predict(model, [pair], replace(recipe, is_bfloat16=True))[0]
    assert torch.allclose(row, short, atol=0.05), (row, short)

config = model.config
whole = LlamaForCausalLM(config).eval()
whole.model.load_state_dict(load_file(run / "base" / "model.safetensors"))
whole.lm_head.weight = whole.model.embed_tokens.weight
from tokenizers import Tokenizer
tokenizer = Tokenizer.from_file(str(run / "base" / "tokenizer.json"))
words = [tokenizer.token_to_id(word) for word in ("\\u0120Yes", "\\u0120No", "\\u0120Claim")]
with torch.no_grad():
    said = whole(torch.tensor([pairs[0].ids])).logits[0, -1, words]
assert torch.allclose(said, together[0], atol=1e-5), (said, together[0])

trained = {name for name, weight in model.named_parameters() if weight.requires_grad}
assert not any(name.startswith(("decoder.embed_tokens", "decoder.layers.0.")) for name in trained)
assert {"output.weight", "decoder.norm.weight", "decoder.layers.1.mlp.up_proj.weight"} <= trained
try:
    kinds.begin(replace(recipe, label_words=(" Yes", " No", " somewhere")), run / "base", None)
except ValueError as error:
    assert "expected a word that is one" in str(error)
else:
    raise AssertionError("a word of several tokens has no logit")
"""
# By hand: at temperature 1 the divergence is sum p log(p / q); without a difference it is nothing.
SOFT = """
import math
import torch
from lab.verifier.distillation import soft_loss

student, teacher = torch.tensor([[2.0, 0.0, -1.0]]), torch.tensor([[0.0, 1.0, 0.5]])
for temperature in (1.0, 3.0):
    def shares(row):
        weights = [math.exp(value / temperature) for value in row]
        return [weight / sum(weights) for weight in weights]
    p, q = shares(teacher[0].tolist()), shares(student[0].tolist())
    wanted = temperature**2 * sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))
    assert math.isclose(soft_loss(student, teacher, temperature).item(), wanted, rel_tol=1e-5)
    assert abs(soft_loss(teacher, teacher, temperature).item()) < 1e-6
student.requires_grad_()
soft_loss(student, teacher, 2.0).backward()
assert student.grad[0, 0] > 0 > student.grad[0, 1], "the student moves towards its teacher"
"""
DISTANCE = """
import sys
from pathlib import Path
from lab.verifier import dataset, kinds
from lab.verifier.distillation import soft_loss
from lab.verifier.recipe import load_recipe

rows = dataset.read_split(Path(sys.argv[1]) / "data", "holdout")
logits = []
for run in map(Path, sys.argv[1:]):
    recipe = load_recipe(run / "recipe.toml")
    read = kinds.encoder_of(recipe, run / "model" / "tokenizer.json")
    logits.append(kinds.predict(kinds.load_model(run / "model"), read(rows), recipe))
teacher, taught, untaught = logits
print(soft_loss(taught, teacher, 1.0).item() / soft_loss(untaught, teacher, 1.0).item())
"""

pytestmark = [
    pytest.mark.skipif(not PYTHON.exists(), reason="the lab's environment is missing: make lab"),
    pytest.mark.slow,
    pytest.mark.timeout(900),
]


def run_python(*arguments: object) -> str:
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


class World:
    """Rows, base weights of both kinds, and runs with the same data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.claims = claims(folder)
        run_python(Path(__file__).with_name("make_base.py"), self._made("encoder"))
        run_python(Path(__file__).with_name("make_decoder.py"), folder / "tiny.gguf")
        self.first = self.run("first", DECODER)
        done = lab("convert", "--run", self.first, "--gguf", folder / "tiny.gguf")
        assert done.returncode == 0, done.stderr

    def run(self, name: str, recipe: str) -> Path:
        """Make a run with the data of its recipe."""
        path = self.folder / f"{name}.toml"
        path.write_text(recipe)
        done = lab("data", "--run", self.folder / name, "--claims", self.claims, "--recipe", path)
        assert done.returncode == 0, done.stderr
        return self.folder / name

    def train(self, folder: Path, *, teacher: Path | None = None) -> list[str]:
        """Return the command that trains a run."""
        is_decoder = 'model = "decoder"' in (folder / "recipe.toml").read_text()
        base = self.first / "base" if is_decoder else self.folder / "encoder"
        taught = ("distil", "--teacher", teacher) if teacher else ("train",)
        return command(*taught, "--run", folder, "--base", base, "--threads", 1, "--report-steps", 1)

    def trained(self, folder: Path, *, teacher: Path | None = None) -> Path:
        """Train a run to its end."""
        done = run(*self.train(folder, teacher=teacher))
        assert done.returncode == 0, done.stderr
        return folder

    def _made(self, name: str) -> Path:
        (self.folder / name).mkdir()
        return self.folder / name


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("decoder"))


@pytest.fixture(scope="module")
def decoder(world: World) -> Path:
    return world.trained(world.first)


@pytest.fixture(scope="module")
def encoder(world: World) -> Path:
    return world.trained(world.run("encoder-run", RECIPE))


@pytest.fixture(scope="module")
def taught(world: World, encoder: Path) -> Path:
    """Return the folder of a decoder that was never stopped and learned from a cross-encoder alone."""
    return world.trained(world.run("taught", SOFT_ONLY), teacher=encoder)


def weights(folder: Path) -> bytes:
    return (folder / "model" / "model.safetensors").read_bytes()


def stop(command: list[str], folder: Path) -> int:
    """Start training, stop it after some steps, and return its exit code."""
    process = start(*command)
    deadline = time.monotonic() + LIMIT_S
    while len(progress(folder)) < 5:
        assert process.poll() is None, process.ended().stderr
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    return process.wait()


def test_a_decoder_reads_a_prompt_and_begins_with_the_logits_of_three_words(world: World) -> None:
    run_python("-c", READING, world.first)


def test_a_decoder_is_trained_calibrated_measured_and_reported(world: World, decoder: Path) -> None:
    assert progress(decoder)[-1]["loss"] < progress(decoder)[0]["loss"]
    for done in (
        lab("calibrate", "--run", decoder, "--threads", 1),
        lab("evaluate", "--run", decoder, "--claims", world.claims, "--threads", 1),
    ):
        assert done.returncode == 0, done.stderr
    [result] = json.loads((decoder / "evaluation.json").read_text())
    assert (result["source"], result["n"]) == ("towns_dev", 60)
    refused = lab("export", "--run", decoder)
    assert refused.returncode == 1
    assert "a decoder is not exported" in refused.stderr

    words = {"--date": "2026-11-27", "--change": "none", "--machine": "a test", "--verdict": "(negative) random"}
    given = [part for pair in words.items() for part in pair]
    done = lab("report", "--run", decoder, "--name", "0001-decoder", "--log", world.folder, *given)
    assert done.returncode == 0, done.stderr
    entry = json.loads((world.folder / "0001-decoder.json").read_text())
    assert entry["result"]["evaluation"] == [result]
    held = json.loads((decoder / "holdout.json").read_text())
    assert entry["result"]["holdout"] == held
    assert entry["result"]["speed"]["pairs"] == sum(source["n"] for source in held)
    assert entry["result"]["speed"]["cpu_ms_per_pair"] > 0


def test_the_soft_part_of_the_loss_is_the_divergence_of_softened_probabilities() -> None:
    run_python("-c", SOFT)


def distance(teacher: Path, taught: Path, untaught: Path) -> float:
    """Return how far a taught student is from its teacher on held-out rows, in parts of how far an untaught one is."""
    return float(run_python("-c", DISTANCE, teacher, taught, untaught))


def test_a_decoder_comes_nearer_to_a_cross_encoder_that_teaches_it(encoder: Path, decoder: Path, taught: Path) -> None:
    assert distance(encoder, taught, decoder) < 0.8


def test_a_cross_encoder_comes_nearer_to_a_decoder_that_teaches_it(world: World, encoder: Path, decoder: Path) -> None:
    student = world.trained(world.run("taught-encoder", f"hard_share = 0.0\n{RECIPE}"), teacher=decoder)
    assert distance(decoder, student, encoder) < 0.8


def test_a_taught_run_that_was_stopped_goes_on_with_the_same_teacher_only(
    world: World, encoder: Path, decoder: Path, taught: Path
) -> None:
    folder = world.run("taught-stopped", SOFT_ONLY)
    assert stop(world.train(folder, teacher=encoder), folder) == 75
    for other in (world.train(folder), world.train(folder, teacher=decoder)):
        refused = run(*other)
        assert refused.returncode == 1
        assert "begun with another teacher" in refused.stderr
    assert weights(world.trained(folder, teacher=encoder)) == weights(taught)


def test_a_teacher_with_no_share_in_the_loss_teaches_nothing(world: World, encoder: Path, decoder: Path) -> None:
    folder = world.trained(world.run("untaught", f"hard_share = 1.0\n{DECODER}"), teacher=encoder)
    assert weights(folder) == weights(decoder)


def test_what_is_missing_is_said_before_anything_is_loaded(world: World, tmp_path: Path) -> None:
    shutil.copytree(world.first / "data", tmp_path / "data")
    shutil.copyfile(world.first / "recipe.toml", tmp_path / "recipe.toml")
    for arguments, hint in (
        (("train", "--run", tmp_path), "run convert first"),
        (("calibrate", "--run", tmp_path), "run train first"),
        (("distil", "--run", tmp_path, "--teacher", tmp_path), "--teacher names the folder of a run that was trained"),
    ):
        done = run_alone(*command(*arguments))
        assert done.returncode == 1
        assert hint in done.stderr
