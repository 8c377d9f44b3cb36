"""No text from outside can form a special token of the model (protocol clause 7, invariant 7).

A chat template marks who speaks with special tokens, ``<|im_end|>`` for instance. Text that
anyone but the release or the clock wrote must never contain one, nor complete one together
with its neighbours. Each such place gets U+200B, an invisible character, after its first
character:

* inside one text, wherever a token stands;
* across the segments of one message, wherever a token overlaps text from outside;
* at the edges of a message, wherever the text there could be continued into a token by what
  the chat template puts beside it, judged by the template's own literals.

Everything else stays as it was written, to the byte.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_args

from verax.kernel.chat_template import chat_template_texts
from verax.kernel.release_parts import ModelSpec
from verax.kernel.segments import CLEAR_AUTHORS, Role, Segment

__all__ = ["BREAK", "TokenGuard", "neutralise"]

BREAK = "\u200b"


def neutralise(text: str, special_tokens: Iterable[str]) -> str:
    """Return `text` with every special token in it broken by U+200B after its first character."""
    return _broken(text, {start + 1 for start, _ in _occurrences(text, _pattern(tuple(special_tokens)))})


@dataclass(frozen=True, slots=True)
class TokenGuard:
    """Makes texts harmless for one model.

    Attributes:
        tokens: The special tokens.
        heads: Texts that, at the start of a message, would end a token begun by the template.
        tails: Texts that, at the end of a message, would begin a token ended by the template.
    """

    tokens: tuple[str, ...]
    heads: frozenset[str]
    tails: frozenset[str]

    @classmethod
    def for_model(cls, model: ModelSpec) -> TokenGuard:
        """Build the guard of a release's model."""
        return _guard(model.special_tokens, model.chat_template)

    def message(self, segments: Sequence[Segment]) -> str:
        """Join the segments of one message and break every token that text from outside touches."""
        text = "".join(segment.text for segment in segments)
        outside = [segment.by not in CLEAR_AUTHORS for segment in segments for _ in segment.text]
        breaks = {start + 1 for start, end in _occurrences(text, _pattern(self.tokens)) if any(outside[start:end])}
        if outside and outside[0] and any(text.startswith(head) for head in self.heads):
            breaks.add(0)
        if outside and outside[-1] and any(text.endswith(tail) for tail in self.tails):
            breaks.add(len(text))
        return _broken(text, breaks)

    def json(self, value: Any) -> Any:
        """Make every string of a JSON value harmless, object keys included."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self.json(item) for item in value]
        if isinstance(value, dict):
            return {self._text(key): self.json(item) for key, item in value.items()}
        return value

    def _text(self, text: str) -> str:
        return self.message([Segment("tool", "tool", text)])


@lru_cache(maxsize=64)
def _guard(tokens: tuple[str, ...], chat_template: str) -> TokenGuard:
    # What may stand beside a message: the template's literals, or the name of a role that it prints.
    beside = {text for text in (*chat_template_texts(chat_template), *get_args(Role)) if text}
    heads = {token[cut:] for token in tokens for cut in range(1, len(token)) if _can_end(token[:cut], beside)}
    tails = {token[:cut] for token in tokens for cut in range(1, len(token)) if _can_start(token[cut:], beside)}
    return TokenGuard(tokens, frozenset(heads), frozenset(tails))


def _can_end(part: str, texts: Iterable[str]) -> bool:
    return any(text.endswith(part) or part.endswith(text) for text in texts)


def _can_start(part: str, texts: Iterable[str]) -> bool:
    return any(text.startswith(part) or part.startswith(text) for text in texts)


@lru_cache(maxsize=64)
def _pattern(tokens: tuple[str, ...]) -> re.Pattern[str] | None:
    if not tokens:
        return None
    longest_first = sorted(tokens, key=len, reverse=True)
    return re.compile(f"(?=({'|'.join(map(re.escape, longest_first))}))")


def _occurrences(text: str, pattern: re.Pattern[str] | None) -> list[tuple[int, int]]:
    """Return start and end of every token in `text`, overlapping ones included."""
    return [] if pattern is None else [match.span(1) for match in pattern.finditer(text)]


def _broken(text: str, breaks: set[int]) -> str:
    if not breaks:
        return text
    cuts = [0, *sorted(breaks), len(text)]
    return BREAK.join(text[start:end] for start, end in itertools.pairwise(cuts))
