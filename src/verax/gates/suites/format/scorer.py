"""A reply passes when a program finds the form that was asked for, and nothing that no reply should have.

No reply may be empty, show control tokens (``<|im_end|>``), or repeat itself without end (one run of words four times).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from verax.gates.items import Mark, Sample
from verax.gates.signals.text import fold, plain, sentences
from verax.gates.suite import each

__all__ = ["score"]

_CONTROL = re.compile(r"<\|[a-z_]{2,30}\|>|</?s>|\[/?INST\]")
_LOOP = re.compile(r"(\b.{8,80}?\b)(?:\W+\1){3,}", re.DOTALL)
_FENCE = re.compile(r"^```(?:json)?\s*\n(.*?)\n?```$", re.DOTALL)


def _mark(sample: Sample) -> Mark:
    text, expect = sample.text.strip(), sample.item.expect
    if not text:
        return Mark.failed("empty reply")
    if _CONTROL.search(text):
        return Mark.failed("control tokens")
    if _LOOP.search(text):
        return Mark.failed("repeats itself")
    return Mark.passed() if _CHECKS[expect["kind"]](text, expect) else Mark.failed(f"not as asked: {expect['kind']}")


def _json(text: str, expect: Mapping[str, Any]) -> bool:
    value = _parsed(text)
    return isinstance(value, dict) and set(value) == set(expect["keys"])


def _json_list(text: str, expect: Mapping[str, Any]) -> bool:
    value = _parsed(text)
    return isinstance(value, list) and len(value) == int(expect["count"])


def _parsed(text: str) -> object:
    fenced = _FENCE.match(text)
    try:
        return json.loads(fenced[1] if fenced else text)
    except ValueError:
        return None


def _lines(text: str, expect: Mapping[str, Any]) -> bool:
    marked = [line for line in text.splitlines() if line.strip()]
    return len(marked) == int(expect["count"]) and all(line.lstrip().startswith(expect["mark"]) for line in marked)


def _commas(text: str, expect: Mapping[str, Any]) -> bool:
    parts = [part for part in re.split(r",\s*(?:and\s+)?|\s+and\s+", text) if part.strip()]
    return "\n" not in text and len(parts) == int(expect["count"])


def _words(text: str, expect: Mapping[str, Any]) -> bool:
    return 0 < len(plain(text).split()) <= int(expect["most"])


def _sentences(text: str, expect: Mapping[str, Any]) -> bool:
    return len(sentences(text)) == int(expect["count"])


def _starts(text: str, expect: Mapping[str, Any]) -> bool:
    return plain(text).startswith(plain(expect["text"])) and len(plain(text).split()) > len(
        plain(expect["text"]).split()
    )


def _ends(text: str, expect: Mapping[str, Any]) -> bool:
    return plain(text).endswith(plain(expect["text"]))


def _is_upper(text: str, _: Mapping[str, Any]) -> bool:
    return text.isupper()


def _is_lower(text: str, _: Mapping[str, Any]) -> bool:
    return text.islower()


def _is_yes_no(text: str, _: Mapping[str, Any]) -> bool:
    return plain(text) in ("yes", "no") and len(fold(text)) < 6


_CHECKS: dict[str, Callable[[str, Mapping[str, Any]], bool]] = {
    "json": _json,
    "json_list": _json_list,
    "lines": _lines,
    "commas": _commas,
    "words": _words,
    "sentences": _sentences,
    "starts": _starts,
    "ends": _ends,
    "upper": _is_upper,
    "lower": _is_lower,
    "yes_no": _is_yes_no,
}

score = each(_mark)
