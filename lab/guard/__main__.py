"""The commands of the room: ``python -m lab.guard COMMAND --run FOLDER``; each can be stopped and started again.

unpack     make a run's folder out of weights that ship, for another run to begin with
data       make the rows that a recipe asks for from the public sets and the phrases
train      train the English classifier; goes on from the last checkpoint
top        fit one head's column of the last layer on the rows of a run, and measure it; the rest stays
export     write it as ONNX with 8-bit weights
chinese    train the Chinese classifier, which takes a minute
calibrate  fit probabilities and operating points on held-out rows, and measure the others that are held out
install    copy what a run made into the product
thresholds choose the thresholds of the policies for children on innocent texts of this project
report     add the run to the log of runs
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
import tempfile
from collections.abc import Sequence
from itertools import chain, islice
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
from lab.guard import dataset
from lab.guard.pieces import choose
from lab.guard.recipe import RECIPES, Recipe, load_recipe
from lab.guard.rows import read_jsonl
from lab.storage import base_folder, read_json, write_json
from verax.guard.classifiers.local import FILES, MANIFEST, WEIGHTS, LocalClassifier
from verax.guard.classifiers.reading import readable

if TYPE_CHECKING:
    from torch import Tensor

    from verax.guard.exact import Direction

DATA_VARIABLE = "VERAX_PUBLIC_DATA"
VOCABULARY = Path(__file__).resolve().parents[2] / "src/verax/truth/knowledge/minilm/vocab.txt"
_OTHER_TEXTS = 10000
_CHILDREN: dict[str, tuple[str, ...]] = {"input": ("child_asks", "child_hears"), "output": ("child_hears",)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 failed, 2 usage, 75 stopped before its end."""
    return run_command(_parser(), arguments)


def unpack_weights(given: argparse.Namespace) -> int:
    """Write a run's ``model`` and ``pieces.json`` from the installed graph and vocabulary."""
    from lab.guard.model import from_arrays
    from lab.verifier.lean import unpack
    from lab.verifier.model import save

    save(from_arrays(given.base, unpack(given.weights / "guard.int8.onnx")), given.run / "model")
    places = {piece: index for index, piece in enumerate(_lines(VOCABULARY))}
    write_json(given.run / "pieces.json", [places[piece] for piece in _lines(given.weights / "vocab.txt")])
    return 0


def make_data(given: argparse.Namespace) -> int:
    """Write the rows, the word pieces that the model keeps, and the recipe into the run's folder."""
    path = find_recipe(given.recipe, RECIPES)
    recipe = load_recipe(path)
    given.run.mkdir(parents=True, exist_ok=True)
    made = dataset.build(given.data, recipe)
    dataset.write(made, given.run / "data")
    other = islice(read_jsonl(given.data / "claims" / "train.jsonl.gz"), _OTHER_TEXTS)
    texts = chain((row.text for row in made.splits["train"]), (str(row["evidence"]) for row in other))
    kept = (
        read_json(given.start / "pieces.json")
        if given.start
        else choose(VOCABULARY, map(readable, texts), recipe.pieces)
    )
    pieces = VOCABULARY.read_text(encoding="utf-8").splitlines()
    (given.run / "vocab.txt").write_text("".join(f"{pieces[index]}\n" for index in kept), encoding="utf-8")
    write_json(given.run / "pieces.json", kept)
    keep_data(given.run, path, recipe, made, {"left_out_near_test_rows": made.left_out, "pieces": len(kept)})
    totals: dict[str, int] = {name: len(rows) for name, rows in made.splits.items()}
    print(json.dumps(totals | {"left_out": made.left_out, "pieces": len(kept)}))
    return 0


def train_model(given: argparse.Namespace) -> int:
    """Train until the recipe's last step; 75 where a signal ended it before."""
    if given.base is None:
        raise Mistake('no base weights\nhint: run in the environment of "make lab", or give --base')
    recipe = _recipe(given)
    check_start(recipe, given.start)
    # PyTorch takes seconds to start, so mistakes are found before it does.
    from lab.guard.model import Example, freeze, from_base, load, loss, positive_weights
    from lab.verifier.model import save
    from lab.verifier.training import Pace, train
    from verax.truth.knowledge.wordpiece import WordPieces

    words = WordPieces(given.run / "vocab.txt")
    examples = [
        Example(_cut(words.encode(readable(row.text)), recipe.max_tokens), row.labels)
        for row in dataset.read_split(given.run / "data", "train")
    ]
    if given.start is None:
        model = from_base(given.base, read_json(given.run / "pieces.json"), recipe.seed)
    else:
        model = load(given.start / "model")
    freeze(model, recipe.frozen_layers)
    pace = Pace(given.checkpoint_s, given.report_steps, given.threads)
    weight_C = positive_weights(recipe.positive_weight, recipe.even)

    def objective(batch: list[Example]) -> Tensor:
        return loss(model, batch, weight_C, is_short=recipe.bfloat16)

    done = train(model, objective, examples, recipe, given.run, pace)
    save(model, given.run / "model")
    return say_steps(done, recipe.steps)


def fit_top(given: argparse.Namespace) -> int:
    """Write the start's graph with another column for the recipe's head, and how held-out rows do before and after."""
    from lab.guard.refit import refit

    recipe = _recipe(given)
    if not recipe.fitted:
        raise Mistake(f"recipe {recipe.name} fits no head\nhint: use train")
    measured = refit(given.start, given.run, recipe.fitted)
    print(json.dumps(measured))
    return 0


def export_model(given: argparse.Namespace) -> int:
    """Write ``guard.int8.onnx``."""
    from lab.guard.export import export
    from lab.guard.model import load

    target = given.run / "guard.int8.onnx"
    about = {"sha256": export(load(given.run / "model"), target), "size_bytes": target.stat().st_size}
    write_json(given.run / "export.json", about)
    print(json.dumps(about))
    return 0


def train_chinese(given: argparse.Namespace) -> int:
    """Write ``chinese.npz`` and what it reaches on its set's own development rows."""
    from lab.guard.chinese import fit_file

    measured = fit_file(given.data / "cold_zh", given.run)
    write_json(given.run / "chinese.json", measured)
    print(json.dumps(measured))
    return 0


def calibrate_model(given: argparse.Namespace) -> int:
    """Fit each head on the rows held out for it, choose operating points, and measure the other held-out rows."""
    from lab.guard.calibrate import calibrate, measure
    from verax.guard.classifiers.english import EnglishModel

    model = EnglishModel(given.run / "guard.int8.onnx", given.run / "vocab.txt")
    found = calibrate(model, dataset.read_split(given.run / "data", "calibration"))
    write_json(given.run / "calibration.json", found)
    measured = measure(model, found, dataset.read_split(given.run / "data", "holdout"))
    write_json(given.run / "holdout.json", measured)
    for head, result in measured["heads"].items():
        print(f"{head:<16} {json.dumps(result)}")
    return 0


def install_run(given: argparse.Namespace) -> int:
    """Copy the weights and write the manifest that names them, once they have answered."""
    given.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=given.to.parent) as name:
        staged = Path(name)
        for item in FILES:
            shutil.copyfile(given.run / item, staged / item)
        digests = {item: digest_of(staged / item) for item in FILES}
        write_json(staged / MANIFEST, {"run": given.run.resolve().name, **digests})
        answer = LocalClassifier(staged).scores("What does it say of a plain question?")
        if not answer or not all(map(math.isfinite, answer.values())):
            raise Mistake(f"{given.run}: expected finite scores, found {dict(answer)}")
        for item in (*FILES, MANIFEST):
            (staged / item).replace(given.to / item)
    print((given.to / MANIFEST).read_text(encoding="utf-8"))
    return 0


def choose_thresholds(given: argparse.Namespace) -> int:
    """Print a threshold for each category, chosen with the installed weights on texts that were not trained on."""
    from lab.guard.innocent import choose, junior_texts, part_of

    own = [one for one in junior_texts() if part_of(one.text) == "calibration"]
    rows = dataset.read_split(given.run / "data", "calibration")
    classifier = LocalClassifier()
    found = {}
    directions: tuple[Direction, ...] = ("input", "output")
    for direction in directions:
        # A child says back what it was told.
        texts = [one.text for one in own if direction in ("input", one.direction)]
        texts += [row.text for row in rows if row.source in _CHILDREN[direction]]
        found[direction] = dict(choose(classifier, dict.fromkeys(texts), sorted(classifier.categories), direction))
    write_json(given.run / "thresholds.json", found)
    print(json.dumps(found, indent=1))
    return 0


def report_run(given: argparse.Namespace) -> int:
    """Add an entry to the log of runs from the run's own files, and the day, change and verdict that are given."""
    measured = {name: read_json(given.run / f"{name}.json", {}) for name in ("holdout", "chinese", "export", "bench")}
    counted = read_json(given.run / "data.json")["rows"]
    rows = {name: sum(counts.values()) for name, counts in counted.items()}
    return write_report(given, _recipe(given), "guard/", {"rows": rows, **measured})


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _cut(ids: list[int], limit: int) -> list[int]:
    return ids if len(ids) <= limit else [*ids[: limit - 1], ids[-1]]


def _recipe(given: argparse.Namespace) -> Recipe:
    return read_recipe(given.run, load_recipe)


def _parser() -> argparse.ArgumentParser:
    public = public_option("--data", DATA_VARIABLE, "the folder of the public sets")
    parser, shared = command_parser("python -m lab.guard", __doc__, threads=1)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    unpacked = commands.add_parser("unpack", parents=[shared], help="make a run's folder out of weights that ship")
    unpacked.add_argument("--base", type=Path, default=base_folder(), help="the folder of the base weights")
    unpacked.add_argument("--weights", type=Path, default=WEIGHTS, help="where the weights lie")
    unpacked.set_defaults(command=unpack_weights)

    made = commands.add_parser("data", parents=[shared, public], help="make the rows of a recipe")
    made.add_argument("--recipe", required=True, help="a name in lab/guard/recipes, or a path")
    made.add_argument("--start", type=Path, help="the folder of an earlier run whose word pieces are kept")
    made.set_defaults(command=make_data)

    trained = commands.add_parser("train", parents=[shared], help="train, or go on")
    training_options(trained, base_folder())
    trained.set_defaults(command=train_model)

    fitted = commands.add_parser("top", parents=[shared], help="fit one head's column of the last layer")
    fitted.add_argument("--start", type=Path, default=WEIGHTS, help="a folder with the weights to go on from")
    fitted.set_defaults(command=fit_top)

    for name, command, text, parents in (
        ("export", export_model, "write the model as ONNX with 8-bit weights", [shared]),
        ("chinese", train_chinese, "train the Chinese classifier", [shared, public]),
        ("calibrate", calibrate_model, "fit probabilities on held-out rows", [shared]),
        ("thresholds", choose_thresholds, "choose thresholds for children on innocent texts", [shared]),
    ):
        commands.add_parser(name, parents=parents, help=text).set_defaults(command=command)

    installed = commands.add_parser("install", parents=[shared], help="copy what a run made into the product")
    installed.add_argument("--to", type=Path, default=WEIGHTS, help="where the weights go")
    installed.set_defaults(command=install_run)

    add_report(commands, shared, report_run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
