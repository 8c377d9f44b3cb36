"""Pairs as token ids: ``[CLS] claim [SEP] evidence [SEP]``; where a pair is too long, the end of the evidence goes.

A claim that leaves no token to its evidence is an error: nothing of a claim is ever cut.
"""

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


def check_claims(path: Path, max_tokens: int, rows: Sequence[Row]) -> None:
    """See that every claim leaves at least one token to its evidence.

    Raises:
        ValueError: one does not.
    """
    tokenizer = load_tokenizer(path, max_tokens)
    marks = tokenizer.num_special_tokens_to_add(is_pair=True)
    tokenizer.no_truncation()
    claims = tokenizer.encode_batch([row.claim for row in rows], add_special_tokens=False)
    longest = max((len(claim.ids) for claim in claims), default=0)
    if longest + marks >= max_tokens:
        raise ValueError(
            f"max_tokens {max_tokens}: the longest claim has {longest} tokens, and a pair {marks} marks\n"
            f"hint: a recipe for these rows has a max_tokens of at least {longest + marks + 1}"
        )


def encode(tokenizer: Tokenizer, rows: Sequence[Row]) -> list[Encoded]:
    """Return the rows as ids, in order."""
    found = tokenizer.encode_batch([(row.claim, row.evidence) for row in rows])
    return [
        Encoded(pair.ids, pair.type_ids.index(1) if 1 in pair.type_ids else len(pair.ids), int(row.label))
        for pair, row in zip(found, rows, strict=True)
    ]
