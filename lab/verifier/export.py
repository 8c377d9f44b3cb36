"""From a trained cross-encoder to one ONNX file of 8-bit weights, the word embeddings included.

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

from lab.verifier.model import CrossEncoder

INPUTS = ("ids", "types", "mask")
OUTPUT = "logits"
OPSET = 20


def export(model: CrossEncoder, target: Path) -> str:
    """Write the int8 model, whole or not at all, and return the file's SHA-256.

    Inputs are ``ids``, ``types`` and ``mask``, int64, of shape (pairs, tokens); the output ``logits`` has shape
    (pairs, 3).
    """
    ids_BT = torch.ones(2, 16, dtype=torch.long)
    axes = {0: torch.export.Dim("pairs", min=1, max=64), 1: torch.export.Dim("tokens", min=2, max=512)}
    given = dict(zip(INPUTS, (ids_BT, torch.zeros_like(ids_BT), torch.ones_like(ids_BT)), strict=True))
    return write_int8(model, given, axes, target)


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
