"""The English classifier: a BERT-shaped encoder under one output a head.

Axes: B batch, T tokens, H hidden, C heads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertConfig, BertModel

from lab.guard.heads import HEADS, UNKNOWN, YES

_PADDING = 0


@dataclass(frozen=True)
class Example:
    """One text as ids, and a label for each head."""

    ids: list[int]
    labels: tuple[int, ...]


class GuardModel(nn.Module):
    """Logits over the heads, from the first token and the mean over all."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = BertModel(config, add_pooling_layer=False)
        self.dropout = nn.Dropout(0.1)
        self.inner = nn.Linear(2 * config.hidden_size, config.hidden_size)
        self.output = nn.Linear(config.hidden_size, len(HEADS))

    def forward(self, ids_BT: Tensor, mask_BT: Tensor) -> Tensor:
        """Return logits_BC."""
        hidden_BTH = self.encoder(ids_BT, attention_mask=mask_BT).last_hidden_state
        weight_BT1 = mask_BT.unsqueeze(-1).to(hidden_BTH.dtype)
        mean_BH = (hidden_BTH * weight_BT1).sum(1) / weight_BT1.sum(1)
        joined = self.dropout(torch.cat([hidden_BTH[:, 0], mean_BH], dim=-1))
        return self.output(self.dropout(functional.gelu(self.inner(joined))))


def from_base(folder: Path, pieces: Sequence[int], seed: int) -> GuardModel:
    """Build the model on a sentence encoder's weights, with the embeddings of `pieces` alone; the top is random."""
    torch.manual_seed(seed)
    model = _shaped(folder, len(pieces))
    weights = {name.removeprefix("bert."): weight for name, weight in load_file(folder / "model.safetensors").items()}
    words = "embeddings.word_embeddings.weight"
    weights[words] = weights[words][torch.tensor(pieces)]
    missing, _ = model.encoder.load_state_dict(weights, strict=False)
    if missing:
        raise ValueError(f"{folder}: the base weights lack {', '.join(missing[:3])}")
    return model


def from_arrays(folder: Path, arrays: Mapping[str, NDArray[np.float32]]) -> GuardModel:
    """Build the model on weights that `lab.verifier.lean.unpack` gave; `folder` has the base's configuration."""
    model = _shaped(folder, len(arrays["encoder.embeddings.word_embeddings.weight"]))
    model.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in arrays.items()})
    return model


def _shaped(folder: Path, pieces: int) -> GuardModel:
    given = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    for name in ("architectures", "transformers_version"):
        given.pop(name, None)
    return GuardModel(BertConfig(**given | {"vocab_size": pieces}))


def freeze(model: GuardModel, layers: int) -> None:
    """Keep the word embeddings as they are, since a batch would touch few of them, and so many layers above them."""
    model.encoder.embeddings.word_embeddings.weight.requires_grad = False
    if layers:
        for part in (model.encoder.embeddings, *model.encoder.encoder.layer[:layers]):
            part.requires_grad_(False)


def load(folder: Path) -> GuardModel:
    """Read what `save` wrote, ready to predict."""
    given = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    model = GuardModel(BertConfig(**given))
    model.load_state_dict(load_file(folder / "model.safetensors"))
    model.eval()
    return model


def collate(examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
    """Return ids_BT and mask_BT, padded to the longest."""
    width = max(len(example.ids) for example in examples)
    ids_BT = torch.full((len(examples), width), _PADDING, dtype=torch.long)
    mask_BT = torch.zeros_like(ids_BT)
    for row, example in enumerate(examples):
        ids_BT[row, : len(example.ids)] = torch.tensor(example.ids)
        mask_BT[row, : len(example.ids)] = 1
    return ids_BT, mask_BT


def positive_weights(weight: float, even: Sequence[str]) -> Tensor:
    """Return weight_C: `weight` for every head, 1 for those of `even`."""
    return torch.tensor([1.0 if head in even else weight for head in HEADS])


def loss(model: GuardModel, batch: Sequence[Example], weight_C: Tensor, *, is_short: bool = False) -> Tensor:
    """Return the mean two-way loss over the labels that are known; a positive one of a head weighs its `weight_C`.

    Args:
        is_short: Whether matrices are multiplied in bfloat16.
    """
    labels_BC = torch.tensor([example.labels for example in batch])
    known_BC = labels_BC != UNKNOWN
    each_BC = functional.binary_cross_entropy_with_logits(
        _logits(model, batch, is_short=is_short), labels_BC.clamp(min=0).float(), reduction="none"
    ) * (1 + (weight_C - 1) * (labels_BC == YES))
    # Heads are summed, not averaged: most labels are a plain no that costs nothing after some steps.
    return (each_BC * known_BC).sum(1).mean()


def _logits(model: GuardModel, batch: Sequence[Example], *, is_short: bool) -> Tensor:
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=is_short):
        logits_BC: Tensor = model(*collate(batch))
    return logits_BC.float()
