"""The commands of the room: ``python -m lab.verifier COMMAND --run FOLDER``; each can be stopped and started again.

data       make the examples that a recipe asks for from the public sets
train      train the model; goes on from the last checkpoint
export     write the model as ONNX with 8-bit weights
unpack     take the model of a run from such a file, to begin a run with it
average    make a run whose weights are the mean of those of a run and of the one that it began with
calibrate  fit probabilities to margins on held-out rows of the training sets
evaluate   score a file of rows and measure each source
report     add the run to the log of runs
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from lab.verifier import dataset
from lab.verifier.calibration import fit
from lab.verifier.evaluation import by_source, called
from lab.verifier.recipe import RECIPES, Recipe, load_recipe
from lab.verifier.rows import NotForTraining, Row, read_rows, training_rows
from lab.verifier.runlog import RUNS, Entry, write_entry
from lab.verifier.scores import score_rows
from lab.verifier.scoring import score
from lab.verifier.storage import base_folder, read_json, write_json
from verax.truth.verifier.calibration import Calibration

CLAIMS_VARIABLE = "VERAX_LAB_CLAIMS"


class Mistake(Exception):
    """A command cannot go on; the text says what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 failed, 2 usage, 75 stopped before its end."""
    given = _parser().parse_args(arguments)
    try:
        return int(given.command(given))
    except (Mistake, NotForTraining, FileExistsError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def make_data(given: argparse.Namespace) -> int:
    """Write the examples and the recipe into the run's folder."""
    path = RECIPES / f"{given.recipe}.toml" if "/" not in given.recipe else Path(given.recipe)
    recipe = load_recipe(path)
    given.run.mkdir(parents=True, exist_ok=True)
    made = dataset.build(training_rows(given.claims / "train.jsonl.gz"), recipe)
    dataset.write(made, given.run / "data")
    shutil.copyfile(path, given.run / "recipe.toml")
    about = {"recipe": recipe.name, "recipe_digest": recipe.digest, "digest": made.digest, "rows": made.counts()}
    write_json(given.run / "data.json", about)
    print(json.dumps({name: sum(held.values()) for name, held in made.counts().items()}))
    return 0


def train_model(given: argparse.Namespace) -> int:
    """Train until the recipe's last step; 75 where a signal ended it before."""
    if given.base is None:
        raise Mistake('no base weights\nhint: run in the environment of "make lab", or give --base')
    recipe = _recipe(given)
    if bool(recipe.start) != (given.start is not None):
        needed = f"begins with the weights of run {recipe.start}" if recipe.start else "begins with the base weights"
        raise Mistake(f"recipe {recipe.name} {needed}\nhint: --start FOLDER names that run's folder, and only then")
    # PyTorch takes seconds to start, so mistakes are found before it does.
    from lab.verifier.encoding import encode, load_tokenizer
    from lab.verifier.model import from_base, from_run, save
    from lab.verifier.training import Pace, train_pairs

    tokenizer = given.base / "tokenizer.json"
    examples = encode(load_tokenizer(tokenizer, recipe.max_tokens), dataset.read_split(given.run / "data", "train"))
    model = from_run(given.start / "model") if given.start else from_base(given.base, recipe.seed)
    done = train_pairs(model, examples, recipe, given.run, Pace(given.checkpoint_s, given.report_steps, given.threads))
    save(model, given.run / "model")
    shutil.copyfile(tokenizer, given.run / "model" / "tokenizer.json")
    print(json.dumps({"steps": done, "of": recipe.steps}))
    return 0 if done >= recipe.steps else os.EX_TEMPFAIL


def export_model(given: argparse.Namespace) -> int:
    """Write ``verifier.onnx`` and its tokenizer."""
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
    print(json.dumps({"from": hashlib.sha256(given.onnx.read_bytes()).hexdigest()}))
    return 0


def average_model(given: argparse.Namespace) -> int:
    """Write a run beside the one given by ``--of``: its data and recipe, and the mean of two models' weights."""
    from lab.verifier.model import averaged, load, save

    for name in ("recipe.toml", "data.json", "progress.jsonl"):
        if not (given.of / name).exists():
            raise Mistake(f"{given.of / name}: not there\nhint: --of names a run that was trained")
    given.run.mkdir(parents=True, exist_ok=True)
    for name in ("recipe.toml", "data.json", "progress.jsonl"):
        shutil.copyfile(given.of / name, given.run / name)
    shutil.copytree(given.of / "data", given.run / "data", dirs_exist_ok=True)
    save(averaged(load(given.of / "model"), load(given.start / "model")), given.run / "model")
    shutil.copyfile(given.of / "model" / "tokenizer.json", given.run / "model" / "tokenizer.json")
    return 0


def calibrate_model(given: argparse.Namespace) -> int:
    """Fit the calibration on the rows held out for it, count what it would call contradicted there, and say how it does
    on the others held out."""
    rows = dataset.read_split(given.run / "data", "calibration")
    scores = _scores(given, rows, "calibration")
    found = fit([score["margin"] for score in scores], [row.is_supported for row in rows])
    write_json(given.run / "calibration.json", asdict(found))
    write_json(given.run / "contradicted.json", called(rows, [score["contradiction"] for score in scores]))
    held = dataset.read_split(given.run / "data", "holdout")
    results = by_source(held, [found.probability(value) for value in _margins(given, held, "holdout")])
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
    recipe = _recipe(given)
    about = read_json(given.run / "data.json")
    last = json.loads((given.run / "progress.jsonl").read_text().splitlines()[-1])
    measured = {name: read_json(given.run / f"{name}.json", []) for name in ("holdout", "evaluation")}
    entry = Entry(
        name=given.name,
        date=given.date,
        question=recipe.question,
        change=given.change,
        recipe=f"{about['recipe']} {about['recipe_digest']}",
        data=about["digest"],
        result={"loss": last["loss"], **measured, "export": read_json(given.run / "export.json", {})},
        cost={
            "steps": last["step"],
            "examples": last["examples"],
            "seconds": last["seconds"],
            "machine": given.machine,
        },
        verdict=given.verdict,
    )
    print(write_entry(entry, given.log))
    return 0


def _margins(given: argparse.Namespace, rows: Sequence[Row], name: str) -> list[float]:
    return [found["margin"] for found in _scores(given, rows, name)]


def _scores(given: argparse.Namespace, rows: Sequence[Row], name: str) -> list[dict[str, float]]:
    from lab.verifier.session import load_scorer

    recipe = _recipe(given)
    model = given.run / "verifier.onnx"
    digest = hashlib.sha256(model.read_bytes()).hexdigest()[:16]
    scorer = load_scorer(model, given.run / "model" / "tokenizer.json", recipe.max_tokens, given.threads)

    def one(row: Row) -> dict[str, float]:
        found = score(scorer, row.claim, row.evidence, recipe.max_words)
        return {"margin": found.margin, "contradiction": found.contradiction, "pieces": found.pieces}

    # The file's name holds the model's digest: scores of an earlier export are never taken for this one's.
    return score_rows(one, rows, given.run / f"scores-{name}-{digest}.jsonl")


def _recipe(given: argparse.Namespace) -> Recipe:
    path = given.run / "recipe.toml"
    if not path.exists():
        raise Mistake(f"{path}: not there\nhint: run data first")
    return load_recipe(path)


def _parser() -> argparse.ArgumentParser:
    claims = os.environ.get(CLAIMS_VARIABLE)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--run", type=Path, required=True, help="the folder of the run")
    shared.add_argument("--threads", type=int, default=2)
    public = argparse.ArgumentParser(add_help=False)
    public.add_argument(
        "--claims",
        type=Path,
        default=Path(claims) if claims else None,
        required=not claims,
        help=f"the folder of train.jsonl.gz and dev.jsonl.gz, or {CLAIMS_VARIABLE}",
    )
    parser = argparse.ArgumentParser(prog="python -m lab.verifier", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    made = commands.add_parser("data", parents=[shared, public], help="make the examples of a recipe")
    made.add_argument("--recipe", default="cross-encoder", help="a name in lab/verifier/recipes, or a path")
    made.set_defaults(command=make_data)

    trained = commands.add_parser("train", parents=[shared], help="train, or go on")
    trained.add_argument("--base", type=Path, default=base_folder(), help="the folder of the base weights")
    trained.add_argument("--start", type=Path, help="the folder of the run that the recipe begins with")
    trained.add_argument("--checkpoint-s", type=float, default=180.0)
    trained.add_argument("--report-steps", type=int, default=25)
    trained.set_defaults(command=train_model)

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

    report = commands.add_parser("report", parents=[shared], help="add the run to the log of runs")
    for option in ("name", "date", "change", "verdict", "machine"):
        report.add_argument(f"--{option}", required=True)
    report.add_argument("--log", type=Path, default=RUNS)
    report.set_defaults(command=report_run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
