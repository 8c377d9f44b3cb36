"""Write a tiny base model with random weights; runs in the environment of the lab: ``make_base.py FOLDER``."""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertModel

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
TEXT = "the town of verden celle uelzen has a bridge that was opened in and is metres long . , not never".split()


def main(folder: Path) -> None:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    digits = [str(number) for number in range(1900, 1960)]
    tokenizer.train_from_iterator([" ".join([*TEXT, *digits])], trainers.WordPieceTrainer(special_tokens=SPECIAL))
    ends = [(token, tokenizer.token_to_id(token)) for token in ("[SEP]", "[CLS]")]
    tokenizer.post_processor = processors.BertProcessing(*ends)
    tokenizer.save(str(folder / "tokenizer.json"))

    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
    )
    (folder / "config.json").write_text(json.dumps(config.to_dict()))
    weights = BertModel(config, add_pooling_layer=False).state_dict()
    save_file({name: weight.contiguous() for name, weight in weights.items()}, folder / "model.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
