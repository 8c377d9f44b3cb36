"""The guard's model as the graph that ships, and back, in the lab's environment on tiny random weights."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.lab.processes import PYTHON, run

GRAPH = """
import json, sys
from pathlib import Path
import numpy as np
import torch
from transformers import BertConfig
from lab.guard.export import export
from lab.guard.model import Example, GuardModel, from_arrays, loss, positive_weights
from lab.guard.heads import HEADS
from lab.verifier.lean import unpack
from verax.truth.knowledge.graphs import open_graph

folder = Path(sys.argv[1])
torch.manual_seed(4)
config = BertConfig(vocab_size=60, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
(folder / "config.json").write_text(json.dumps(config.to_dict()))
model = GuardModel(config)
model.eval()
export(model, folder / "guard.int8.onnx")
again = from_arrays(folder, unpack(folder / "guard.int8.onnx"))
again.eval()
session = open_graph(folder / "guard.int8.onnx")
for length in (2, 9, 64):
    ids = torch.randint(5, 60, (1, length))
    exact, back = (one(ids, torch.ones_like(ids)).detach().numpy()[0] for one in (model, again))
    [[given]] = session.run(["logits"], {"ids": ids.numpy()})
    assert len(given) == len(HEADS)
    assert np.abs(given - exact).max() < 0.05 and np.abs(back - exact).max() < 0.05, (given, exact, back)
batch = [Example([2, 7, 3], (1,) + (0,) * 11 + (-1,))]
heavy, plain = (loss(model, batch, positive_weights(3.0, even)) for even in ((), ("hate",)))
assert heavy > plain > 0
"""


@pytest.mark.skipif(not PYTHON.exists(), reason='needs the environment of "make lab"')
def test_the_graph_says_what_the_model_says_and_gives_its_weights_back(tmp_path: Path) -> None:
    done = run("-c", GRAPH, tmp_path)
    assert done.returncode == 0, done.stderr


COLUMN = """
import sys
from pathlib import Path
import numpy as np
import torch
from transformers import BertConfig
from lab.guard.export import export
from lab.guard.heads import HEADS
from lab.guard.model import GuardModel
from lab.guard.rows import Row
from lab.guard.top import Below, chosen, column_of, fit, loss, weights_of, with_column

folder = Path(sys.argv[1])
words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "kind", "cruel", "warm", "cold", "they", "are", "we", "see"]
(folder / "vocab.txt").write_text("".join(f"{word}\\n" for word in words))
torch.manual_seed(4)
config = BertConfig(
    vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
)
model = GuardModel(config)
model.eval()
export(model, folder / "old.onnx")
texts = [f"{who} {verb} {how}" for who in ("they", "we") for verb in ("are", "see") for how in words[4:8]]
cruel = [int("cruel" in text or "cold" in text) for text in texts]
rows = [Row("made", text, (yes,) * len(HEADS)) for text, yes in zip(texts, cruel)]
assert chosen([*rows, *rows], "crime", 100) == rows
old = Below(folder / "old.onnx", folder / "vocab.txt")
read = [old.of(text) for text in texts]
below, logits = (np.concatenate(values) for values in zip(*read))
at = HEADS.index("crime")
start = column_of(folder / "old.onnx", "crime")
assert np.abs(start.of(below) - logits[:, at]).max() < 1e-4
yes, weights = weights_of(rows, "crime")
found = fit(start, below, yes, weights, 0.001)
assert loss(found, below, yes, weights) < loss(start, below, yes, weights)
kept = with_column(folder / "old.onnx", "crime", found, folder / "new.onnx")
after = np.concatenate([Below(folder / "new.onnx", folder / "vocab.txt").of(text)[1] for text in texts])
assert np.abs(kept.of(below) - after[:, at]).max() < 1e-4
assert np.abs(kept.weights_H - found.weights_H).max() < 0.02 * np.abs(found.weights_H).max()
others = [place for place in range(len(HEADS)) if place != at]
assert (after[:, others] == logits[:, others]).all()
"""


@pytest.mark.skipif(not PYTHON.exists(), reason='needs the environment of "make lab"')
def test_one_heads_column_is_fitted_and_no_other_head_changes(tmp_path: Path) -> None:
    done = run("-c", COLUMN, tmp_path)
    assert done.returncode == 0, done.stderr
