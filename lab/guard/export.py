"""From a trained classifier to one ONNX file in int8 that reads one text a call."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from lab.guard.model import GuardModel
from lab.verifier.export import write_int8


class _OneText(nn.Module):
    """Reads a text that is never padded: (1, tokens) in, (1, heads) out."""

    def __init__(self, model: GuardModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor) -> Tensor:
        return self.model(ids, torch.ones_like(ids))


def export(model: GuardModel, target: Path) -> str:
    """Write the model and return the file's SHA-256. The input is ``ids``, int64; the output is ``logits``."""
    axes = {1: torch.export.Dim("tokens", min=2, max=512)}
    return write_int8(_OneText(model), {"ids": torch.ones(1, 16, dtype=torch.long)}, axes, target)
