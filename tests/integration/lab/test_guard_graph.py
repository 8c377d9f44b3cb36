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
