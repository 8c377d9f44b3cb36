"""Trimming: what of a long conversation a model reads (protocol clause 7). Pure.

Only a request that asks for it is trimmed (`TurnRequest.trim`); any other one that is too long
is refused.

* A text is taken to be ``(characters + 2 * digits + 2) // 3`` tokens and one more for each
  byte of its UTF-8 beyond one a character: a little more than models need for most prose and
  code, less than it for tables of numbers and random strings (docs/adr/0051). A line costs
  `LINE_TOKENS` besides, an image `IMAGE_TOKENS`, a passage that the release may show `PASSAGE_TOKENS`.
* Files of earlier lines that this release does not take are left out, each such line counted:
  a channel whose release changed goes on with what its new one can read.
* The budget is the release's context less the reply's ``max_tokens``, but at least half of it,
  times three quarters for each time that the model refused the prompt as too long.
* What always stays: the system message, the release's examples, and everything from the last
  line by the user on. Of the lines above, the newest that fit together stay, without a gap,
  and the first of them is a user's: an answer without its question, or a tool's result without
  its call, would be misread.

So what is left out follows from release, lines and the number of refusals alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from verax.kernel.release import Release
from verax.turn.files import takes_file
from verax.turn.request import InputFile, InputItem, TurnRequest

__all__ = [
    "IMAGE_TOKENS",
    "LINE_TOKENS",
    "MAX_STEPS",
    "PASSAGE_TOKENS",
    "cost_of",
    "estimate_tokens",
    "last_question",
    "trim",
]

LINE_TOKENS = 8
IMAGE_TOKENS = 1024
PASSAGE_TOKENS = 350
"""Of a passage of at most 1,000 characters with its name, taken before it is known what will be found."""
MAX_STEPS = 16
"""Three quarters so many times leave a hundredth: what is refused then is not too long because of its past."""

_DIGITS = "0123456789"


def estimate_tokens(text: str) -> int:
    """Return how many tokens a text is taken to be."""
    digits = sum(map(text.count, _DIGITS)) if text else 0
    return (len(text) + 2 * digits + 2) // 3 + len(text.encode("utf-8")) - len(text)


def cost_of(item: InputItem) -> int:
    """Return how many tokens a line of the conversation is taken to be."""
    calls = sum(estimate_tokens(call.name) + estimate_tokens(call.arguments) for call in item.tool_calls)
    return LINE_TOKENS + estimate_tokens(item.text) + calls + sum(map(_cost_of_file, item.files))


def trim(request: TurnRequest, release: Release, step: int = 0) -> TurnRequest:
    """Return the request with the lines that the model reads; `older` counts all that it does not.

    Args:
        step: How often the model refused, 0 to `MAX_STEPS`.
    """
    if not request.trim:
        return request
    fixed = last_question(request.items)
    items = [_readable(item, release) if index < fixed else item for index, item in enumerate(request.items)]
    left = _budget(request, release, step) - LINE_TOKENS - sum(map(estimate_tokens, _frame(release, request)))
    left -= sum(map(cost_of, items[fixed:])) + _cost_of_passages(release)
    first = fixed
    for index in range(fixed - 1, -1, -1):
        left -= cost_of(items[index])
        if left < 0:
            break
        if items[index].role == "user":
            first = index
    # The caller's own system texts are part of the frame wherever they stand.
    kept = [index for index, item in enumerate(items) if index >= first or item.role in ("system", "developer")]
    partly = [index for index in kept if items[index] is not request.items[index]]
    read = tuple(items[index] for index in kept if index not in partly or items[index].text or items[index].files)
    return replace(request, items=read, older=request.older + len(items) - len(kept) + len(partly))


def _cost_of_file(file: InputFile) -> int:
    if file.image:
        return IMAGE_TOKENS
    return estimate_tokens(file.name) + sum(LINE_TOKENS + estimate_tokens(page) for page in file.pages)


def _cost_of_passages(release: Release) -> int:
    words = release.retrieval.passages
    return 0 if words is None else (words.limit + (words.dispute_head != "")) * PASSAGE_TOKENS


def _readable(item: InputItem, release: Release) -> InputItem:
    """Return the item itself, or a copy without the files that the release does not take."""
    if all(takes_file(release, file.kind) for file in item.files):
        return item
    return replace(item, files=tuple(file for file in item.files if takes_file(release, file.kind)))


def _budget(request: TurnRequest, release: Release, step: int) -> int:
    context = release.model.context_tokens
    reply = request.sampling.max_tokens or release.sampling.max_tokens
    return (context - min(reply, context // 2)) * int(3**step) // int(4**step)


def _frame(release: Release, request: TurnRequest) -> Iterator[str]:
    """Yield the texts around the conversation: the release's, tool definitions, the caller's own system texts."""
    yield release.prompt.system
    for example in release.prompt.examples:
        yield example.text
    if request.tools:
        yield json.dumps(list(request.tools), ensure_ascii=False)
    for item in request.items:
        if item.role in ("system", "developer"):
            yield item.text


def last_question(items: tuple[InputItem, ...]) -> int:
    """Return the index of the last line by the user, 0 where there is none."""
    return max((index for index, item in enumerate(items) if item.role == "user"), default=0)
