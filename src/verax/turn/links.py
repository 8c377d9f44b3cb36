"""Addresses in a reply: one that was not retrieved for it does not leave.

* Taken for an address is what a reader or a renderer of Markdown could follow: anything with a scheme and
  ``://``, what begins with ``www.``, and the target of a Markdown link, whatever it is.
* It stays if it is, to the character, the address of a document or page that was found in this turn; marks of
  punctuation may follow. Anything else is replaced by the guard's `MASK`; the words of a link stay.
* Text waits for the end of the word that could be an address, and no longer.
* Log probabilities wait with their text; those of text in which something was replaced never leave.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection
from dataclasses import dataclass, field

from verax.guard.policy import MASK
from verax.models.base import Delta, Finish, ModelEvent, TokenLogprob

__all__ = ["LinkFilter", "without_strange_links"]

_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://|(?<![a-z0-9])www\.)[^\s<>\"]*|(?<=\]\()[^\s<>)]+|(?<=\]\(<)[^\s<>]+|(?<=\]: )\S+",
    re.IGNORECASE,
)
_BEHIND = ")]}.,;:!?'\"*_|`"
_ASCII = re.compile(r"[!-~]*")
# What a word ends in that the next piece of text could make an address.
_BEGUN = re.compile(r"(?:[a-z0-9+./:-]+|\](?:\(|:)?)\Z", re.IGNORECASE)
_TELLING = re.compile(r"://|www\.|\]\(", re.IGNORECASE)
_CONTEXT_CHARS = 3  # of the longest thing that stands before an address and says that it is one


def without_strange_links(text: str, known: Collection[str], context: str = "") -> str:
    """Return a text in which each address that is not among the known ones is replaced.

    Args:
        context: What stood before it; not returned.
    """

    def said(match: re.Match[str]) -> str:
        address = match[0]
        least = len(address.rstrip(_BEHIND))
        if any(address[:end] in known for end in range(len(address), least - 1, -1)):
            return address
        # Signs of other scripts do not belong to what a person takes for the address.
        head = _ASCII.match(address)
        strange = address[: head.end()].rstrip(_BEHIND) if head else ""
        return MASK + address[len(strange) :] if strange else address

    before = context[-_CONTEXT_CHARS:]
    return _ADDRESS.sub(said, before + text)[len(before) :]


@dataclass
class _Held:
    text: str = ""
    context: str = ""
    logprobs: list[TokenLogprob] = field(default_factory=list)
    is_clean: bool = True


class LinkFilter:
    """Takes addresses that were not retrieved out of a model's text.

    Args:
        known: Returns the addresses that were.

    Attributes:
        is_rewritten: Whether anything was taken out.
    """

    def __init__(self, known: Callable[[], Collection[str]]) -> None:
        self.is_rewritten = False
        self._known = known
        self._choices: dict[int, _Held] = {}

    async def pass_on(self, events: AsyncIterator[ModelEvent]) -> AsyncGenerator[ModelEvent, None]:
        """Yield the model's events with the text that may leave."""
        async for event in events:
            if isinstance(event, Delta):
                held = self._choices.setdefault(event.choice, _Held())
                held.text += event.text
                held.logprobs += event.logprobs
                if ready := self._ready(held, event.choice, _end_of_ready(held.text)):
                    yield ready
            elif isinstance(event, Finish):
                for rest in self._rest(event.choice):
                    yield rest
                yield event
            else:
                yield event
        for choice in list(self._choices):
            for rest in self._rest(choice):
                yield rest

    def _rest(self, choice: int) -> list[Delta]:
        held = self._choices.pop(choice, None)
        ready = None if held is None else self._ready(held, choice, len(held.text))
        return [] if ready is None else [ready]

    def _ready(self, held: _Held, choice: int, end: int) -> Delta | None:
        if end == 0:
            return None
        text, held.text = held.text[:end], held.text[end:]
        said = without_strange_links(text, self._known(), held.context)
        held.context = (held.context + text)[-_CONTEXT_CHARS:]
        if said != text:
            self.is_rewritten, held.is_clean = True, False
        logprobs: tuple[TokenLogprob, ...] = ()
        if not held.text:
            logprobs = tuple(held.logprobs) if held.is_clean else ()
            held.logprobs, held.is_clean = [], True
        return Delta(said, choice, logprobs)


def _end_of_ready(text: str) -> int:
    """Return how much of a text no further text can make part of an address."""
    word = 1 + max((index for index, sign in enumerate(text) if sign.isspace()), default=-1)
    if text[:word].endswith("]: "):
        return word - _CONTEXT_CHARS
    telling = _TELLING.search(text, word)
    # The scheme before it is part of the address.
    end = len(text) if telling is None else telling.start()
    return end - len(_tail(text[word:end]))


def _tail(word: str) -> str:
    found = _BEGUN.search(word)
    return found[0] if found else ""
