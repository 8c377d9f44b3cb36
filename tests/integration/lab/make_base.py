"""Write a tiny base model with random weights; runs in the environment of the lab: ``make_base.py FOLDER``.

It does without PyTorch, whose start would take longer than everything here.
"""

import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
TEXT = "the town of verden celle uelzen has a bridge that was opened in and is metres long . , not never".split()
LAYERS, HIDDEN, INNER, POSITIONS = 2, 32, 64, 128


def main(folder: Path) -> None:
    tokens = write_tokenizer(folder / "tokenizer.json")
    config = {
        "vocab_size": tokens,
        "hidden_size": HIDDEN,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": 2,
        "intermediate_size": INNER,
        "max_position_embeddings": POSITIONS,
    }
    (folder / "config.json").write_text(json.dumps(config))
    random = np.random.default_rng(7)
    weights = {name: random.normal(0, 0.05, shape).astype(np.float32) for name, shape in shapes(tokens).items()}
    save_file(weights, folder / "model.safetensors")


def write_tokenizer(path: Path) -> int:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    years = [str(year) for year in range(1900, 1960)]
    tokenizer.train_from_iterator([" ".join([*TEXT, *years])], trainers.WordPieceTrainer(special_tokens=SPECIAL))
    ends = [(token, tokenizer.token_to_id(token)) for token in ("[SEP]", "[CLS]")]
    tokenizer.post_processor = processors.BertProcessing(*ends)
    tokenizer.save(str(path))
    return int(tokenizer.get_vocab_size())


def shapes(tokens: int) -> dict[str, tuple[int, ...]]:
    """Return the weights of a BERT of these sizes, as its checkpoints name them."""
    found: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (tokens, HIDDEN),
        "embeddings.position_embeddings.weight": (POSITIONS, HIDDEN),
        "embeddings.token_type_embeddings.weight": (2, HIDDEN),
        "embeddings.LayerNorm.weight": (HIDDEN,),
        "embeddings.LayerNorm.bias": (HIDDEN,),
    }
    for layer in range(LAYERS):
        parts = {
            **{f"attention.self.{name}": (HIDDEN, HIDDEN) for name in ("query", "key", "value")},
            "attention.output.dense": (HIDDEN, HIDDEN),
            "intermediate.dense": (INNER, HIDDEN),
            "output.dense": (HIDDEN, INNER),
        }
        for name, shape in parts.items():
            found[f"encoder.layer.{layer}.{name}.weight"] = shape
            found[f"encoder.layer.{layer}.{name}.bias"] = shape[:1]
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            found |= {f"encoder.layer.{layer}.{name}.{kind}": (HIDDEN,) for kind in ("weight", "bias")}
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
