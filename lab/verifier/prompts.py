"""Pairs as prompts for a decoder; where a prompt is too long, the end of the evidence goes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from lab.verifier.batches import Encoded
from lab.verifier.rows import Row

EVIDENCE, CLAIM = "{evidence}", "{claim}"


class Prompt:
    """A recipe's prompt, which names the evidence and then the claim, on a tokenizer."""

    def __init__(self, text: str, tokenizer: Path, max_tokens: int) -> None:
        """Read the tokenizer.

        Raises:
            ValueError: the text does not name the evidence and after it the claim.
        """
        before, has_evidence, rest = text.partition(EVIDENCE)
        between, has_claim, after = rest.partition(CLAIM)
        if not has_evidence or not has_claim:
            raise ValueError(f"prompt {text!r}: expected {EVIDENCE} and after it {CLAIM}")
        self._before, self._between, self._after = before, between, after
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._max_tokens = max_tokens

    def encode(self, rows: Sequence[Row]) -> list[Encoded]:
        """Return the rows as ids, in order, each at most `max_tokens` long."""
        heads = self._ids([self._before + row.evidence for row in rows])
        tails = self._ids([self._between + row.claim + self._after for row in rows])
        return [
            Encoded([*head[: max(0, self._max_tokens - len(tail))], *tail[-self._max_tokens :]], 0, int(row.label))
            for head, tail, row in zip(heads, tails, rows, strict=True)
        ]

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        found = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [text.ids for text in found]
