"""Pairs as token ids: ``[CLS] claim [SEP] evidence [SEP]``; where a pair is too long, the end of the evidence goes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from lab.verifier.batches import Encoded
from lab.verifier.rows import Row


def load_tokenizer(path: Path, max_tokens: int) -> Tokenizer:
    """Read a ``tokenizer.json`` and set it to pairs of at most `max_tokens` tokens, without padding."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens, strategy="only_second")
    return tokenizer


def encode(tokenizer: Tokenizer, rows: Sequence[Row]) -> list[Encoded]:
    """Return the rows as ids, in order."""
    found = tokenizer.encode_batch([(row.claim, row.evidence) for row in rows])
    return [
        Encoded(pair.ids, pair.type_ids.index(1) if 1 in pair.type_ids else len(pair.ids), int(row.label))
        for pair, row in zip(found, rows, strict=True)
    ]
