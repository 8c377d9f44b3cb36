"""An exported model on onnxruntime: one pair a call, the same bits each time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from lab.verifier.encoding import load_tokenizer
from lab.verifier.scoring import Scorer


def load_scorer(model: Path, tokenizer: Path, max_tokens: int, threads: int = 1) -> Scorer:
    """Return a function from claim and evidence to three logits."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    encoder = load_tokenizer(tokenizer, max_tokens)

    def scorer(claim: str, evidence: str) -> Sequence[float]:
        pair = encoder.encode(claim, evidence)
        given = {
            "ids": np.array([pair.ids], dtype=np.int64),
            "types": np.array([pair.type_ids], dtype=np.int64),
        }
        [logits] = session.run(None, given)
        return [float(value) for value in logits[0]]

    return scorer
