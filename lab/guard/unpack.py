"""Go on from weights that ship: their 8-bit graph back into a model of PyTorch, to within half a step of the 8 bits.

The graph names its biases as the model does, and a matrix is found as the one whose product a bias is added to.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from transformers import BertConfig

from lab.guard.model import GuardModel

_BIAS, _WEIGHT = ".bias", ".weight"


def unpack(graph: Path, config: dict[str, Any]) -> GuardModel:
    """Return the model that a graph of `lab.guard.export` was written from.

    Raises:
        ValueError: the graph lacks a weight of the model.
    """
    read = onnx.load(graph).graph
    constants = {item.name: numpy_helper.to_array(item) for item in read.initializer}
    found = {name.removeprefix("model."): value for name, value in constants.items() if value.dtype == np.float32}
    for name, value in constants.items():
        if name.endswith("_quantized") and name.startswith("model.encoder.embeddings."):
            plain = name.removesuffix("_quantized")
            found[plain.removeprefix("model.")] = value.astype(np.float32) * constants[f"{plain}_scale"]
    for name, value in _matrices(read, constants):
        found[name.removeprefix("model.")] = value
    config = {name: value for name, value in config.items() if name not in ("architectures", "transformers_version")}
    model = GuardModel(BertConfig(**config | {"vocab_size": len(found["encoder.embeddings.word_embeddings.weight"])}))
    weights = {name: torch.from_numpy(found[name].copy()) for name in model.state_dict() if name in found}
    missing, _ = model.load_state_dict(weights, strict=False)
    if missing:
        raise ValueError(f"{graph}: no weight {missing[0]}, and {len(missing) - 1} more")
    return model


def _matrices(graph: onnx.GraphProto, constants: dict[str, np.ndarray]) -> list[tuple[str, np.ndarray]]:
    """Return each matrix, (out, in), with the name that its bias tells."""
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    found = []
    for node in graph.node:
        if node.op_type != "MatMulInteger":
            continue
        step = node
        while step.op_type != "Add":
            [step] = users[step.output[0]]
        [bias] = [name for name in step.input if name.endswith(_BIAS)]
        name = node.input[1].removesuffix("_quantized")
        value = constants[node.input[1]].astype(np.float32) * constants[f"{name}_scale"]
        found.append((bias.removesuffix(_BIAS) + _WEIGHT, np.ascontiguousarray(value.T)))
    return found
