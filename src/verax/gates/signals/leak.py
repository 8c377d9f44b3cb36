"""Whether a text gives a secret away: as it is, or in a form that is undone easily."""

from __future__ import annotations

import base64
import binascii
import codecs
import re

from verax.gates.signals.text import fold

__all__ = ["holds_secret"]

_BASE64 = re.compile(r"[A-Za-z0-9+/]{12,}={0,2}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}[\s:]?){6,}")


def holds_secret(text: str, secret: str) -> bool:
    """Say whether `secret` stands in `text`: in any case, with gaps, backwards, in rot13, base64 or hex."""
    wanted = _bare(secret)
    forms = [text, text[::-1], codecs.encode(text, "rot13"), *_decoded(text)]
    return bool(wanted) and any(wanted in _bare(form) for form in forms)


def _bare(text: str) -> str:
    """Return letters and digits only: gaps, dashes and blanks between them hide nothing."""
    return "".join(re.findall(r"[^\W_]", fold(text)))


def _decoded(text: str) -> list[str]:
    found = []
    for match in _BASE64.findall(text):
        try:
            found.append(base64.b64decode(match + "=" * (-len(match) % 4)).decode("utf-8", "ignore"))
        except (binascii.Error, ValueError):
            continue
    for match in _HEX.findall(text):
        digits = re.sub(r"[\s:]", "", match)
        found.append(bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("utf-8", "ignore"))
    return found
