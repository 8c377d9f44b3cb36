"""From a trained model to one ONNX file of 8-bit weights, the word embeddings included.

The verifier is written as a graph of its own (`lab.verifier.lean`), other models as PyTorch traces them.

Activations are quantised as they come ("dynamic"), with one scale for a whole tensor: the score of a pair then
depends on what else is in its batch. So a pair is always scored alone, and its score can be repeated to the bit.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from lab.verifier.lean import OUTPUT, write_lean
from lab.verifier.model import CrossEncoder

OPSET = 20


def export(model: CrossEncoder, target: Path) -> str:
    """Write the int8 model, whole or not at all, and return the file's SHA-256; `lab.verifier.lean` has its shape."""
    weights = {name: weight.detach().float().numpy() for name, weight in model.state_dict().items()}
    return write_lean(weights, model.config.num_attention_heads, model.config.layer_norm_eps, target)


def write_int8(model: nn.Module, given: Mapping[str, Tensor], axes: Mapping[int, Any], target: Path) -> str:
    """Trace a model on inputs of the shape of `given`, write it in int8, whole or not at all; return its SHA-256.

    `axes` names the dimensions of every input that may have another size.
    """
    model.eval()
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        exact, small = Path(folder) / "fp32.onnx", Path(folder) / "int8.onnx"
        program = torch.onnx.export(
            model,
            tuple(given.values()),
            dynamo=True,
            input_names=list(given),
            output_names=[OUTPUT],
            dynamic_shapes=tuple(dict(axes) for _ in given),
            opset_version=OPSET,
        )
        program.save(str(exact), external_data=False)
        quantize_dynamic(exact, small, weight_type=QuantType.QInt8, per_channel=True)
        small.replace(target)
    return hashlib.sha256(target.read_bytes()).hexdigest()
