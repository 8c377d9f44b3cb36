"""Small random models in the published forms of MiniCheck and HHEM; run in an environment that has transformers.

``make_judges.py FOLDER`` writes ``roberta``, ``deberta``, ``t5`` and ``hhem`` below it and prints what each gives for
`PAIR`, computed here from the networks themselves, as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

PAIR = ("The bridge was opened in 1932.", "The bridge of Verden was opened in 1932 by Lena Voss.")
_TEXTS = [*PAIR, "predict: Determine if the hypothesis is true given the premise? Premise: Hypothesis:"]
_SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
_T5 = {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4, "feed_forward_proj": "gated-gelu"}


def main(folder: Path) -> None:
    torch.manual_seed(1)
    tokenizer = _tokenizer()
    size = max(len(tokenizer), 256)
    small = {**_SMALL, "vocab_size": size, "max_position_embeddings": 130, "num_labels": 2}
    roberta = transformers.RobertaForSequenceClassification(transformers.RobertaConfig(**small, pad_token_id=0))
    deberta = transformers.DebertaV2ForSequenceClassification(transformers.DebertaV2Config(**small))
    t5 = transformers.T5ForConditionalGeneration(transformers.T5Config(**_T5, vocab_size=size))
    encoder = transformers.T5ForTokenClassification(transformers.T5Config(**_T5, vocab_size=size, num_labels=2))
    for name, model in (("roberta", roberta), ("deberta", deberta), ("t5", t5), ("hhem", encoder)):
        _widen(model)
        tokenizer.save_pretrained(folder / name)
        if name != "hhem":
            model.save_pretrained(folder / name)
    # As published: a configuration that names code, and the network's weights behind a prefix.
    weights = {f"t5.{name}": tensor.clone().contiguous() for name, tensor in encoder.state_dict().items()}
    save_file(weights, folder / "hhem" / "model.safetensors")
    config = {"model_type": "HHEMv2", "auto_map": {"AutoConfig": "configuration_hhem_v2.HHEMv2Config"}}
    (folder / "hhem" / "config.json").write_text(json.dumps(config))
    (folder / "hhem" / "configuration_hhem_v2.py").write_text("raise SystemExit('code of a model was run')\n")
    claim, text = PAIR
    joined = f"{text}{tokenizer.eos_token}{claim}"
    asked = f"<pad> Determine if the hypothesis is true given the premise?\n\nPremise: {text}\n\nHypothesis: {claim}"
    with torch.no_grad():
        found = {
            "roberta": roberta.eval()(**tokenizer(joined, return_tensors="pt")).logits[0],
            "deberta": deberta.eval()(**tokenizer(joined, return_tensors="pt")).logits[0],
            "t5": _first_word(t5.eval(), tokenizer, f"predict: {joined}"),
            "hhem": encoder.eval()(**tokenizer(asked, return_tensors="pt")).logits[0, 0],
        }
    print(json.dumps({name: float(torch.softmax(logits, dim=-1)[1]) for name, logits in found.items()}))


def _first_word(model: Any, tokenizer: Any, text: str) -> Any:
    given = tokenizer(text, return_tensors="pt")
    return model(**given, decoder_input_ids=torch.zeros((1, 1), dtype=torch.long)).logits[0, 0][[3, 209]]


def _widen(model: Any) -> None:
    """Make random weights large enough that scores differ."""
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.copy_(torch.randn_like(weight) * 0.3)


def _tokenizer() -> Any:
    made = Tokenizer(models.BPE(unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    special = ["<pad>", "</s>", "<unk>"]
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    made.train_from_iterator(_TEXTS, trainer)
    named = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    names = ["input_ids", "attention_mask"]
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, model_input_names=names, **named)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
