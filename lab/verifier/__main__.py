"""The commands of the room: ``python -m lab.verifier COMMAND --run FOLDER``; each can be stopped and started again.

data       make the examples that a recipe asks for from the public sets
convert    write a language model's file as base weights of a decoder
train      train the model; goes on from the last checkpoint
distil     train it on the probabilities of another run's model beside the labels; goes on likewise
export     write a cross-encoder as ONNX with 8-bit weights
unpack     take the model of a run from such a file, to begin a run with it
average    make a run whose weights are the mean of those of a run and of the one that it began with
calibrate  fit probabilities to margins on held-out rows of the training sets
evaluate   score a file of rows and measure each source
report     add the run to the log of runs
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from lab.commands import (
    Mistake,
    add_report,
    check_start,
    command_parser,
    digest_of,
    find_recipe,
    keep_data,
    public_option,
    read_recipe,
    run_command,
    say_steps,
    training_options,
    write_report,
)
from lab.storage import CHECKPOINT, base_folder, read_json, write_json
from lab.verifier import dataset
from lab.verifier.calibration import fit
from lab.verifier.evaluation import by_source, called
from lab.verifier.recipe import RECIPES, Recipe, load_recipe
from lab.verifier.rows import Row, read_rows, training_rows
from lab.verifier.scores import score_rows
from lab.verifier.scoring import Scorer, score
from verax.truth.verifier.calibration import Calibration

if TYPE_CHECKING:
    from torch import nn

    from lab.verifier.training import Pace

CLAIMS_VARIABLE = "VERAX_LAB_CLAIMS"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 failed, 2 usage, 75 stopped before its end."""
    return run_command(_parser(), arguments)


def make_data(given: argparse.Namespace) -> int:
    """Write the examples and the recipe into the run's folder."""
    path = find_recipe(given.recipe, RECIPES)
    recipe = load_recipe(path)
    given.run.mkdir(parents=True, exist_ok=True)
    made = dataset.build(training_rows(given.claims / "train.jsonl.gz"), recipe)
    dataset.write(made, given.run / "data")
    keep_data(given.run, path, recipe, made, {})
    print(json.dumps({name: sum(held.values()) for name, held in made.counts().items()}))
    return 0


def convert_base(given: argparse.Namespace) -> int:
    """Write ``base/``, which the run's decoder begins with."""
    from lab.verifier.decoder import convert

    convert(given.gguf, given.run / "base")
    print(json.dumps({"from": digest_of(given.gguf)}))
    return 0


def train_model(given: argparse.Namespace) -> int:
    """Train until the recipe's last step; 75 where a signal ended it before."""
    recipe, base = _before_training(given, teacher={})
    # PyTorch takes seconds to start, so mistakes are found before it does.
    from lab.verifier import kinds
    from lab.verifier.training import train_pairs

    rows = dataset.read_split(given.run / "data", "train")
    examples = kinds.encoder_of(recipe, base / "tokenizer.json")(rows)
    model = kinds.begin(recipe, base, given.start)
    return _trained(given, model, base, train_pairs(model, examples, recipe, given.run, _pace(given)))


def distil_model(given: argparse.Namespace) -> int:
    """Train as `train_model` does, by the labels and by the model of another run."""
    taught_by, weights = given.teacher / "recipe.toml", given.teacher / "model" / "model.safetensors"
    if not taught_by.exists() or not weights.exists():
        raise Mistake(f"{given.teacher}: no trained model\nhint: --teacher names the folder of a run that was trained")
    teaching = load_recipe(taught_by)
    recipe, base = _before_training(given, teacher={"recipe_digest": teaching.digest, "sha256": digest_of(weights)})
    from lab.verifier import kinds
    from lab.verifier.distillation import Taught, Teacher, distil_pairs

    rows = dataset.read_split(given.run / "data", "train")
    for_teacher = kinds.encoder_of(teaching, given.teacher / "model" / "tokenizer.json")(rows)
    pairs = kinds.encoder_of(recipe, base / "tokenizer.json")(rows)
    examples = [Taught(*both) for both in zip(pairs, for_teacher, strict=True)]
    model = kinds.begin(recipe, base, given.start)
    teacher = Teacher(kinds.load_model(given.teacher / "model"), teaching)
    return _trained(given, model, base, distil_pairs(model, teacher, examples, recipe, given.run, _pace(given)))


def _before_training(given: argparse.Namespace, teacher: dict[str, str]) -> tuple[Recipe, Path]:
    """Return the recipe and the folder of the base weights, once nothing stands against going on."""
    recipe = _recipe(given)
    base = given.base or (given.run / "base" if recipe.is_decoder else base_folder())
    if base is None or not base.exists():
        needed = "run convert first" if recipe.is_decoder else 'run in the environment of "make lab"'
        raise Mistake(f"no base weights\nhint: {needed}, or give --base")
    check_start(recipe, given.start)
    path = given.run / "teacher.json"
    if (given.run / CHECKPOINT).exists() and read_json(path, {}) != teacher:
        raise Mistake(f"{given.run}: was begun with another teacher, or none\nhint: go on as it was begun")
    if teacher:
        write_json(path, teacher)
    else:
        path.unlink(missing_ok=True)
    return recipe, base


def _pace(given: argparse.Namespace) -> Pace:
    from lab.verifier.training import Pace

    return Pace(given.checkpoint_s, given.report_steps, given.threads)


def _trained(given: argparse.Namespace, model: nn.Module, base: Path, done: int) -> int:
    """Write ``model/`` and say how far the run came."""
    from lab.verifier.model import save

    save(model, given.run / "model")
    shutil.copyfile(base / "tokenizer.json", given.run / "model" / "tokenizer.json")
    return say_steps(done, _recipe(given).steps)


def export_model(given: argparse.Namespace) -> int:
    """Write ``verifier.onnx`` and its tokenizer."""
    if _recipe(given).is_decoder:
        raise Mistake("a decoder is not exported\nhint: calibrate and evaluate ask its weights as they are")
    from lab.verifier.export import export
    from lab.verifier.model import load

    digest = export(load(given.run / "model"), given.run / "verifier.onnx")
    size = (given.run / "verifier.onnx").stat().st_size
    write_json(given.run / "export.json", {"sha256": digest, "size_bytes": size})
    print(json.dumps({"sha256": digest, "size_bytes": size}))
    return 0


def unpack_model(given: argparse.Namespace) -> int:
    """Write ``model/`` from an exported file, as exact as its 8 bits are."""
    if given.base is None:
        raise Mistake('no base weights\nhint: run in the environment of "make lab", or give --base')
    from lab.verifier.lean import unpack
    from lab.verifier.model import from_arrays, save

    save(from_arrays(given.base, unpack(given.onnx)), given.run / "model")
    shutil.copyfile(given.base / "tokenizer.json", given.run / "model" / "tokenizer.json")
    print(json.dumps({"from": digest_of(given.onnx)}))
    return 0


def average_model(given: argparse.Namespace) -> int:
    """Write a run beside the one given by ``--of``: its data and recipe, and the mean of two models' weights."""
    from lab.verifier.kinds import load_model
    from lab.verifier.model import averaged, save

    for name in ("recipe.toml", "data.json", "progress.jsonl"):
        if not (given.of / name).exists():
            raise Mistake(f"{given.of / name}: not there\nhint: --of names a run that was trained")
    given.run.mkdir(parents=True, exist_ok=True)
    for name in ("recipe.toml", "data.json", "progress.jsonl"):
        shutil.copyfile(given.of / name, given.run / name)
    shutil.copytree(given.of / "data", given.run / "data", dirs_exist_ok=True)
    save(averaged(load_model(given.of / "model"), load_model(given.start / "model")), given.run / "model")
    shutil.copyfile(given.of / "model" / "tokenizer.json", given.run / "model" / "tokenizer.json")
    return 0


def calibrate_model(given: argparse.Namespace) -> int:
    """Fit the calibration on the rows held out for it, count what it would call contradicted there, and say how it does
    on the others held out, and in how much processor time."""
    rows = dataset.read_split(given.run / "data", "calibration")
    scores = _scores(given, rows, "calibration")
    found = fit([score["margin"] for score in scores], [row.is_supported for row in rows])
    write_json(given.run / "calibration.json", asdict(found))
    write_json(given.run / "contradicted.json", called(rows, [score["contradiction"] for score in scores]))
    held = dataset.read_split(given.run / "data", "holdout")
    measured = _scores(given, held, "holdout")
    pieces = sum(score["pieces"] for score in measured)
    cpu_s = sum(score["cpu_s"] for score in measured)
    write_json(given.run / "speed.json", {"pairs": int(pieces), "cpu_ms_per_pair": round(1000 * cpu_s / pieces, 2)})
    results = by_source(held, [found.probability(score["margin"]) for score in measured])
    write_json(given.run / "holdout.json", [result.as_object() for result in results])
    print(json.dumps(asdict(found)))
    return 0


def evaluate_model(given: argparse.Namespace) -> int:
    """Score a file of rows, and measure each source."""
    rows = list(read_rows(given.rows or given.claims / "dev.jsonl.gz"))
    path = given.run / "calibration.json"
    if not path.exists():
        raise Mistake(f"{path}: not there\nhint: run calibrate first")
    calibration = Calibration(**json.loads(path.read_text()))
    started = time.monotonic()
    margins = _margins(given, rows, "evaluation")
    results = by_source(rows, [calibration.probability(value) for value in margins])
    write_json(given.run / "evaluation.json", [result.as_object() for result in results])
    for result in results:
        shown = result.accuracy
        print(f"{result.source:<32} {shown.value:.3f} ({shown.low:.3f} to {shown.high:.3f})  n {shown.n}")
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    return 0


def report_run(given: argparse.Namespace) -> int:
    """Add an entry to the log of runs from the run's own files, and the day, change and verdict that are given."""
    measured = {name: read_json(given.run / f"{name}.json", []) for name in ("holdout", "evaluation")}
    others = {name: read_json(given.run / f"{name}.json", {}) for name in ("export", "teacher", "speed")}
    return write_report(given, _recipe(given), "", measured | others)


def _margins(given: argparse.Namespace, rows: Sequence[Row], name: str) -> list[float]:
    return [found["margin"] for found in _scores(given, rows, name)]


def _scores(given: argparse.Namespace, rows: Sequence[Row], name: str) -> list[dict[str, float]]:
    recipe = _recipe(given)
    weights = given.run / ("model/model.safetensors" if recipe.is_decoder else "verifier.onnx")
    if not weights.exists():
        raise Mistake(f"{weights}: not there\nhint: run train first, and export for a cross-encoder")
    scorer = _scorer(given, recipe, rows)

    def one(row: Row) -> dict[str, float]:
        began = time.process_time()
        found = score(scorer, row.claim, row.evidence, recipe.max_words)
        cpu_s = round(time.process_time() - began, 4)
        return {"margin": found.margin, "contradiction": found.contradiction, "pieces": found.pieces, "cpu_s": cpu_s}

    # The file's name holds the weights' digest: scores of an earlier model are never taken for this one's.
    return score_rows(one, rows, given.run / f"scores-{name}-{digest_of(weights)[:16]}.jsonl")


def _scorer(given: argparse.Namespace, recipe: Recipe, rows: Sequence[Row]) -> Scorer:
    if recipe.is_decoder:
        from lab.verifier import kinds

        return kinds.load_scorer(given.run, recipe, given.threads)
    from lab.verifier.encoding import check_claims
    from lab.verifier.session import load_scorer

    tokenizer = given.run / "model" / "tokenizer.json"
    check_claims(tokenizer, recipe.max_tokens, rows)
    return load_scorer(given.run / "verifier.onnx", tokenizer, recipe.max_tokens, given.threads)


def _recipe(given: argparse.Namespace) -> Recipe:
    return read_recipe(given.run, load_recipe)


def _parser() -> argparse.ArgumentParser:
    public = public_option("--claims", CLAIMS_VARIABLE, "the folder of train.jsonl.gz and dev.jsonl.gz")
    parser, shared = command_parser("python -m lab.verifier", __doc__, threads=2)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    made = commands.add_parser("data", parents=[shared, public], help="make the examples of a recipe")
    made.add_argument("--recipe", default="cross-encoder", help="a name in lab/verifier/recipes, or a path")
    made.set_defaults(command=make_data)

    converted = commands.add_parser("convert", parents=[shared], help="make base weights of a decoder")
    converted.add_argument("--gguf", type=Path, required=True, help="the language model's file")
    converted.set_defaults(command=convert_base)

    training = argparse.ArgumentParser(add_help=False, parents=[shared])
    training_options(training, None)
    commands.add_parser("train", parents=[training], help="train, or go on").set_defaults(command=train_model)
    taught = commands.add_parser("distil", parents=[training], help="train by another run's model, or go on")
    taught.add_argument("--teacher", type=Path, required=True, help="the folder of the run that teaches")
    taught.set_defaults(command=distil_model)

    unpacked = commands.add_parser("unpack", parents=[shared], help="take the model of a run from an exported file")
    unpacked.add_argument("--onnx", type=Path, required=True, help="what export wrote")
    unpacked.add_argument("--base", type=Path, default=base_folder(), help="the folder of the base weights")
    unpacked.set_defaults(command=unpack_model)

    averaged = commands.add_parser("average", parents=[shared], help="the mean of a run and the one that it began with")
    averaged.add_argument("--of", type=Path, required=True, help="the folder of the run")
    averaged.add_argument("--start", type=Path, required=True, help="the folder of the run that it began with")
    averaged.set_defaults(command=average_model)

    for name, command, text in (
        ("export", export_model, "write the model as ONNX with 8-bit weights"),
        ("calibrate", calibrate_model, "fit probabilities on held-out rows"),
    ):
        commands.add_parser(name, parents=[shared], help=text).set_defaults(command=command)

    measured = commands.add_parser("evaluate", parents=[shared, public], help="score rows and measure each source")
    measured.add_argument("--rows", type=Path, help="a file of rows; dev.jsonl.gz of --claims by default")
    measured.set_defaults(command=evaluate_model)

    add_report(commands, shared, report_run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
