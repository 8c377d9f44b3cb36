"""Write a tiny language model with random weights as GGUF; runs in the environment of the lab.

Usage: ``make_decoder.py FILE``.
"""

import json
import sys

import numpy as np
from gguf import GGUFWriter, TokenType
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

TEXT = "Evidence: Verden Celle Uelzen has a bridge that was opened in and is metres long. Claim: The of Answer: Yes No"
HIDDEN, INNER, LAYERS, HEADS, GROUPS, POSITIONS = 32, 64, 3, 4, 2, 256
SPECIAL = ["<|unk|>", "<|end|>"]


def main(path: str) -> None:
    vocabulary, merges = words()
    writer = GGUFWriter(path, "llama")
    writer.add_vocab_size(len(vocabulary))
    writer.add_context_length(POSITIONS)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(GROUPS)
    writer.add_rope_dimension_count(HIDDEN // HEADS)
    writer.add_rope_freq_base(10_000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(vocabulary)
    writer.add_token_types([TokenType.CONTROL if word in SPECIAL else TokenType.NORMAL for word in vocabulary])
    writer.add_token_merges(merges)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(1)
    random = np.random.default_rng(5)
    for name, shape in shapes(len(vocabulary)).items():
        value = np.ones(shape) if "norm" in name else random.normal(0, 0.1, shape)
        writer.add_tensor(name, value.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def words() -> tuple[list[str], list[str]]:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=600, special_tokens=SPECIAL, initial_alphabet=alphabet)
    tokenizer.train_from_iterator([f"{TEXT} {year}" for year in range(1900, 1960)], trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return sorted(model["vocab"], key=model["vocab"].get), [" ".join(pair) for pair in model["merges"]]


def shapes(tokens: int) -> dict[str, tuple[int, ...]]:
    """Return the weights of a Llama of these sizes, as GGUF names them."""
    grouped = HIDDEN * GROUPS // HEADS
    found: dict[str, tuple[int, ...]] = {"token_embd.weight": (tokens, HIDDEN), "output_norm.weight": (HIDDEN,)}
    for layer in range(LAYERS):
        parts = {
            "attn_norm": (HIDDEN,),
            "attn_q": (HIDDEN, HIDDEN),
            "attn_k": (grouped, HIDDEN),
            "attn_v": (grouped, HIDDEN),
            "attn_output": (HIDDEN, HIDDEN),
            "ffn_norm": (HIDDEN,),
            "ffn_gate": (INNER, HIDDEN),
            "ffn_up": (INNER, HIDDEN),
            "ffn_down": (HIDDEN, INNER),
        }
        found |= {f"blk.{layer}.{name}.weight": shape for name, shape in parts.items()}
    return found


if __name__ == "__main__":
    main(sys.argv[1])
