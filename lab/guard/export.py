"""From the trained model to one ONNX file of 8-bit weights that reads one text a call."""

from __future__ import annotations

from pathlib import Path

from lab.guard.model import GuardModel
from lab.verifier.lean import write_lean


def export(model: GuardModel, target: Path) -> str:
    """Write the model and return the file's SHA-256. The input is ``ids``, int64; the output is ``logits``."""
    weights = {name: weight.detach().float().numpy() for name, weight in model.state_dict().items()}
    config = model.config
    return write_lean(weights, config.num_attention_heads, config.layer_norm_eps, target, inputs=("ids",))
