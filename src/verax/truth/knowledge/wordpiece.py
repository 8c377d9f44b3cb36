"""Text as the word pieces of an uncased BERT.

Control characters go, blanks divide, every sign of punctuation and every Chinese character is a
word, letters are lower case without accents. A word is cut from its start into the longest pieces
that the vocabulary has; one that cannot be is ``[UNK]``.

Marks such as ``[SEP]`` in a text are text, so that no document can end its own passage.

Source: `tokenization.py` of google-research/bert, as described there; `tests/integration/lab/test_pieces.py`
holds it against the package `tokenizers`, whose tables of characters are of an older Unicode.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

__all__ = ["MAX_PIECES", "WordPieces"]

MAX_PIECES = 256
"""Word pieces that the encoder was trained to read, its two marks included; the rest of a text is left out."""

_MAX_WORD = 100
_CHINESE = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


class WordPieces:
    """A vocabulary, one piece a line."""

    def __init__(self, vocabulary: Path) -> None:
        pieces = vocabulary.read_text(encoding="utf-8").splitlines()
        self._ids = {piece: number for number, piece in enumerate(pieces)}
        self._unknown, self._start, self._end = (self._ids[mark] for mark in ("[UNK]", "[CLS]", "[SEP]"))

    def encode(self, text: str) -> list[int]:
        """Return the numbers of a text's pieces between the marks of start and end, at most `MAX_PIECES`."""
        return [self._start, *self._all_pieces(text, MAX_PIECES - 2), self._end]

    def encode_pair(self, first: str, second: str, limit: int) -> tuple[list[int], int]:
        """Return the numbers of ``[CLS] first [SEP] second [SEP]``, at most `limit`, and where the second text begins.

        The end of `second` goes where there is no room.

        Raises:
            ValueError: `first` alone leaves no room for a piece of `second`.
        """
        head = [self._start, *self._all_pieces(first, limit), self._end]
        room = limit - len(head) - 1
        if room < 1:
            raise ValueError(f"expected at most {limit - 4} pieces in the first text")
        return [*head, *self._all_pieces(second, room), self._end], len(head)

    def _all_pieces(self, text: str, limit: int) -> list[int]:
        found: list[int] = []
        for word in _words(text):
            found += self._pieces(word)
            if len(found) >= limit:
                break
        return found[:limit]

    def _pieces(self, word: str) -> list[int]:
        if len(word) > _MAX_WORD:
            return [self._unknown]
        found, start = [], 0
        while start < len(word):
            end = len(word)
            while end > start:
                number = self._ids.get(word[start:end] if start == 0 else f"##{word[start:end]}")
                if number is not None:
                    break
                end -= 1
            else:
                return [self._unknown]
            found.append(number)
            start = end
        return found


def _words(text: str) -> Iterator[str]:
    spaced = "".join(_spaced(letter) for letter in text)
    for word in spaced.split():
        yield from "".join(_plain(letter) for letter in unicodedata.normalize("NFD", word)).split()


@cache
def _spaced(letter: str) -> str:
    if letter in "\t\n\r" or unicodedata.category(letter) == "Zs":
        return " "
    if letter in "\0\ufffd" or unicodedata.category(letter) in ("Cc", "Cf", "Co", "Cs"):
        return ""
    return f" {letter} " if any(low <= ord(letter) <= high for low, high in _CHINESE) else letter


@cache
def _plain(letter: str) -> str:
    if unicodedata.category(letter) == "Mn":
        return ""
    code = ord(letter)
    is_sign = 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126
    return f" {letter} " if is_sign or unicodedata.category(letter).startswith("P") else letter.lower()
