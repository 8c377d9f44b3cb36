"""The cross-encoder: a BERT-shaped encoder under three outputs, in the order of `Label`.

Axes: B batch, T tokens, H hidden, C classes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertConfig, BertModel

from lab.verifier.batches import Encoded
from lab.verifier.rows import Label

CLASSES = 3


class CrossEncoder(nn.Module):
    """Logits over supported, contradicted and not found, from the first token and the mean over all."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = BertModel(config, add_pooling_layer=False)
        self.dropout = nn.Dropout(0.1)
        self.inner = nn.Linear(2 * config.hidden_size, config.hidden_size)
        self.output = nn.Linear(config.hidden_size, CLASSES)

    def forward(self, ids_BT: Tensor, types_BT: Tensor, mask_BT: Tensor) -> Tensor:
        """Return logits_BC."""
        hidden_BTH = self.encoder(ids_BT, token_type_ids=types_BT, attention_mask=mask_BT).last_hidden_state
        weight_BT1 = mask_BT.unsqueeze(-1).to(hidden_BTH.dtype)
        mean_BH = (hidden_BTH * weight_BT1).sum(1) / weight_BT1.sum(1)
        joined = self.dropout(torch.cat([hidden_BTH[:, 0], mean_BH], dim=-1))
        return self.output(self.dropout(functional.gelu(self.inner(joined))))


def from_base(folder: Path, seed: int) -> CrossEncoder:
    """Build the model on a sentence encoder's weights (``config.json``, ``model.safetensors``); the top is random.

    Word embeddings stay as they are: half of all weights, and each batch would touch few of them.
    """
    torch.manual_seed(seed)
    model = CrossEncoder(_config(folder))
    weights = {name.removeprefix("bert."): weight for name, weight in load_file(folder / "model.safetensors").items()}
    missing, _ = model.encoder.load_state_dict(weights, strict=False)
    if missing:
        raise ValueError(f"{folder}: the base weights lack {', '.join(missing[:3])}")
    return _trainable(model)


def from_run(folder: Path) -> CrossEncoder:
    """Read the model of another run to train it further; its optimiser begins anew."""
    return _trainable(load(folder))


def from_arrays(folder: Path, weights: Mapping[str, NDArray[np.float32]]) -> CrossEncoder:
    """Build a model of the base weights' shape (``config.json``) with all of its weights given."""
    model = CrossEncoder(_config(folder))
    model.load_state_dict({name: torch.from_numpy(np.array(weight)) for name, weight in weights.items()})
    return _trainable(model)


def save(model: nn.Module, folder: Path) -> None:
    """Write the weights and the configuration, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(model.config.to_dict(), indent=1, sort_keys=True) + "\n")
    partial = folder / "model.safetensors.partial"
    save_file({name: weight.contiguous() for name, weight in model.state_dict().items()}, partial)
    partial.replace(folder / "model.safetensors")


def load(folder: Path) -> CrossEncoder:
    """Read what `save` wrote, ready to predict."""
    model = CrossEncoder(_config(folder))
    model.load_state_dict(load_file(folder / "model.safetensors"))
    model.eval()
    return model


def _trainable(model: CrossEncoder) -> CrossEncoder:
    model.encoder.embeddings.word_embeddings.weight.requires_grad = False
    return model


def averaged(model: nn.Module, other: nn.Module) -> nn.Module:
    """Return the first model with the mean of both models' weights: often better than either, for one began with the
    other (Wortsman et al., 2022, "Robust fine-tuning of zero-shot models")."""
    others = other.state_dict()
    model.load_state_dict({name: (weight + others[name]) / 2 for name, weight in model.state_dict().items()})
    return model


def set_dropout(model: nn.Module, share: float) -> None:
    """Have every dropout of a model leave out this share of activations in training."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = share


def collate(examples: Sequence[Encoded]) -> tuple[Tensor, Tensor, Tensor]:
    """Return ids_BT, types_BT and mask_BT, padded to the longest."""
    width = max(len(example.ids) for example in examples)
    ids_BT = torch.zeros(len(examples), width, dtype=torch.long)
    types_BT, mask_BT = torch.zeros_like(ids_BT), torch.zeros_like(ids_BT)
    for row, example in enumerate(examples):
        length = len(example.ids)
        ids_BT[row, :length] = torch.tensor(example.ids)
        types_BT[row, example.evidence_at : length] = 1
        mask_BT[row, :length] = 1
    return ids_BT, types_BT, mask_BT


def loss(logits_BC: Tensor, labels_B: Tensor, smoothing: float, reason_weight: float) -> Tensor:
    """Return the mean loss of a batch: is it supported, and if not, why not.

    The first part is two-way, supported against both others together, with labels smoothed by `smoothing`. The second,
    weighted by `reason_weight`, tells contradicted from not found where the label says which; a label that only says
    *unsupported* leaves it out.
    """
    logits_BC = logits_BC.float()
    against_B = torch.logsumexp(logits_BC[:, 1:], dim=-1)
    target_B = (labels_B == Label.SUPPORTED).float() * (1 - 2 * smoothing) + smoothing
    support = functional.binary_cross_entropy_with_logits(logits_BC[:, 0] - against_B, target_B)
    has_reason_B = (labels_B == Label.CONTRADICTED) | (labels_B == Label.NOT_FOUND)
    if not has_reason_B.any():
        return support
    reason = functional.cross_entropy(logits_BC[has_reason_B, 1:], labels_B[has_reason_B] - 1)
    return support + reason_weight * reason * has_reason_B.float().mean()


def _config(folder: Path) -> BertConfig:
    given = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    kept = {name: value for name, value in given.items() if name not in ("architectures", "transformers_version")}
    # Plain attention is the fastest to train on a processor at these lengths.
    return BertConfig(**kept, attn_implementation="eager")
