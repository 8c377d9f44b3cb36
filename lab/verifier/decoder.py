"""A decoder as verifier: a Llama-shaped language model reads a prompt, and three outputs stand on its last token.

The outputs begin as the language model's own logits of three words (`Recipe.label_words`), so that what it knows of
them before training is not lost. Axes: B batch, T tokens, H hidden, C classes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaModel

from lab.verifier.model import CLASSES

_OF_THE_FILE = ("_name_or_path", "quantization_config", "architectures", "transformers_version")


class Decoder(nn.Module):
    """Logits over supported, contradicted and not found, from the last token of a prompt."""

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        self.config = config
        self.decoder = LlamaModel(config)
        self.output = nn.Linear(config.hidden_size, CLASSES)

    def forward(self, ids_BT: Tensor, _types_BT: Tensor, mask_BT: Tensor) -> Tensor:
        """Return logits_BC. Padding stands on the right, where no token that is read looks, so it needs no mask."""
        hidden_BTH = self.decoder(input_ids=ids_BT, use_cache=False).last_hidden_state
        last_BH = hidden_BTH[torch.arange(len(ids_BT)), mask_BT.sum(1) - 1]
        # Logits of words are large, and 16 bits would leave them steps of a sixteenth.
        with torch.autocast("cpu", enabled=False):
            logits_BC: Tensor = self.output(last_BH.float())
        return logits_BC


def convert(gguf: Path, folder: Path) -> None:
    """Write a language model in GGUF as base weights: ``config.json``, ``model.safetensors``, ``tokenizer.json``."""
    model = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32).model
    folder.mkdir(parents=True, exist_ok=True)
    AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).backend_tokenizer.save(
        str(folder / "tokenizer.json")
    )
    config = {name: value for name, value in model.config.to_dict().items() if name not in _OF_THE_FILE}
    (folder / "config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    partial = folder / "model.safetensors.partial"
    save_file({name: weight.contiguous() for name, weight in model.state_dict().items()}, partial)
    partial.replace(folder / "model.safetensors")


def from_base(folder: Path, label_words: Sequence[str], trained_layers: int) -> Decoder:
    """Build the model on what `convert` wrote.

    Raises:
        ValueError: a label's word is not one token.
    """
    model = Decoder(_config(folder))
    model.decoder.load_state_dict(load_file(folder / "model.safetensors"))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    with torch.no_grad():
        for place, word in enumerate(label_words):
            model.output.weight[place] = model.decoder.embed_tokens.weight[_only_token(tokenizer, word)]
        model.output.bias.zero_()
    return freeze(model, trained_layers)


def load(folder: Path) -> Decoder:
    """Read what `lab.verifier.model.save` wrote, ready to predict."""
    model = Decoder(_config(folder))
    model.load_state_dict(load_file(folder / "model.safetensors"))
    model.eval()
    return model


def freeze(model: Decoder, trained_layers: int) -> Decoder:
    """Leave the last layers, the norm after them and the outputs to be trained; 0 trains all but word embeddings."""
    layers = model.decoder.layers
    frozen = [model.decoder.embed_tokens, *(layers[: len(layers) - trained_layers] if trained_layers else [])]
    for module in frozen:
        module.requires_grad_(False)
    return model


def _only_token(tokenizer: Tokenizer, word: str) -> int:
    ids = tokenizer.encode(word, add_special_tokens=False).ids
    if len(ids) != 1:
        raise ValueError(f"{word!r}: {len(ids)} tokens; expected a word that is one")
    return int(ids[0])


def _config(folder: Path) -> LlamaConfig:
    given = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    kept = {name: value for name, value in given.items() if name not in _OF_THE_FILE}
    return LlamaConfig(**kept, attn_implementation="eager")
