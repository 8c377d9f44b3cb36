"""Bans: sentences that were rolled back, kept as digests and found again (protocol clause 8).

* `normalise` is NFKC, casefold, confusables map, letters and digits only. Accents and other
  marks fall away with what is not a letter or digit.
* A rollback takes the sentences that the bad release added against its base, drops those
  under 6 words, and keeps ``hex(H("verax/ban/v1\\n" ‖ norm))`` and the length of norm.
* Sentences are taken from each text for itself, and from all of them joined, so that neither
  moving one nor spreading it over two texts lets it back in (`verax.kernel.release.ban_sources`).
* A sentence whose norm stands in the base was not added; banning it would ban the base.
* `find_hits` matches every window of a ban's length, wherever sentences begin or end.

Not caught: paraphrase, translation, encodings, weights.

A `Ban` also carries an *anchor*, a checksum of its first characters, so that one pass over
a text finds candidates for any number of bans; only those are hashed.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from verax.kernel import canonical
from verax.kernel.confusables import CONFUSABLES

__all__ = ["MIN_WORDS", "Ban", "find_hits", "fragments", "normalise"]

MIN_WORDS = 6
_ANCHOR_CHARS = 6  # six words have at least six letters
_CHAR_BYTES = 4  # of UTF-32, so that windows are slices of equal width

_NOT_LETTER_OR_DIGIT = re.compile(r"[\W_]+")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|[\n\r\u2028\u2029]+|(?<=[。！？])")
# Scripts without spaces between words: each character counts as a word.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])[^\W_])+")


@dataclass(frozen=True, slots=True)
class Ban:
    """One banned sentence.

    Attributes:
        digest: The fragment id that a review names to let it back in, 64 hex digits.
        length: Characters of the normalised sentence.
        anchor: CRC-32 of its first characters.
    """

    digest: str
    length: int
    anchor: int


def normalise(text: str) -> str:
    """Return `text` as bans see it: letters and digits, case and look-alikes folded."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    # Marks are neither letters nor digits, so decomposing first lets an accented letter meet its plain form.
    plain = unicodedata.normalize("NFD", folded).translate(CONFUSABLES)
    return unicodedata.normalize("NFC", _NOT_LETTER_OR_DIGIT.sub("", plain))


def fragments(bad_texts: Iterable[str], base_texts: Iterable[str]) -> tuple[Ban, ...]:
    """Return the bans of a rollback: sentences of the bad release that its base did not hold."""
    base = [normalise(text) for text in base_texts]
    bans: dict[str, Ban] = {}
    for text in bad_texts:
        for sentence in _SENTENCE_END.split(text):
            if len(_WORD.findall(sentence)) < MIN_WORDS:
                continue
            norm = normalise(sentence)
            # Marks of some scripts count as words above and fall away in norm.
            if len(norm) < _ANCHOR_CHARS or any(norm in known for known in base):
                continue
            ban = _ban(norm)
            bans[ban.digest] = ban
    return tuple(bans[digest] for digest in sorted(bans))


def find_hits(texts: Iterable[str], bans: Iterable[Ban]) -> frozenset[str]:
    """Return the digests of the bans that stand in any of `texts`, each text for itself."""
    by_anchor: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for ban in bans:
        by_anchor[ban.anchor][ban.length].add(ban.digest)
    if not by_anchor:
        return frozenset()
    hits: set[str] = set()
    for norm in {normalise(text) for text in texts}:
        hits |= _hits_in(norm, by_anchor)
    return frozenset(hits)


def _hits_in(norm: str, by_anchor: dict[int, dict[int, set[str]]]) -> set[str]:
    hits: set[str] = set()
    wide = memoryview(norm.encode("utf-32-le"))
    width = _ANCHOR_CHARS * _CHAR_BYTES
    for start in range(0, len(wide) - width + 1, _CHAR_BYTES):
        anchor = zlib.crc32(wide[start : start + width])
        if anchor in by_anchor:
            begin = start // _CHAR_BYTES
            for length, digests in by_anchor[anchor].items():
                digest = _digest(norm[begin : begin + length])
                if digest in digests:
                    hits.add(digest)
    return hits


def _ban(norm: str) -> Ban:
    anchor = zlib.crc32(norm[:_ANCHOR_CHARS].encode("utf-32-le"))
    return Ban(_digest(norm), len(norm), anchor)


def _digest(norm: str) -> str:
    return canonical.tagged_hash("verax/ban/v1", norm.encode("utf-8")).hex()
