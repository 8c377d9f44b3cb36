"""From a trained cross-encoder to one ONNX file of 8-bit weights, the word embeddings included.

Activations are quantised as they come ("dynamic"), with one scale for a whole tensor: the score of a pair then
depends on what else is in its batch. So a pair is always scored alone, and its score can be repeated to the bit.
"""

from __future__ import annotations

from pathlib import Path

from lab.verifier.lean import write_lean
from lab.verifier.model import CrossEncoder


def export(model: CrossEncoder, target: Path) -> str:
    """Write the int8 model, whole or not at all, and return the file's SHA-256; `lab.verifier.lean` has its shape."""
    weights = {name: weight.detach().float().numpy() for name, weight in model.state_dict().items()}
    return write_lean(weights, model.config.num_attention_heads, model.config.layer_norm_eps, target)
