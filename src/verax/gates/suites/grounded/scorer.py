"""A reply passes when it says what the text says, or that the text does not say it.

* ``present``: the answer stands in the reply, as a word of its own.
* ``absent``: the reply says that it is not known, not given or not in the text, or it declines; a number or anything
  else given as the answer fails.
* An empty reply fails.
"""

from __future__ import annotations

import re

from verax.gates.items import Mark, Sample
from verax.gates.signals.refusal import is_refusal
from verax.gates.signals.text import fold
from verax.gates.suite import each

__all__ = ["score"]

_UNSAID = re.compile(
    r"\b(?:not|never|no|nowhere|doesn't|don't|isn't|without)\b[^.!?\n]{0,60}"
    r"\b(?:say|says|said|mention\w*|state[sd]?|given|give|contain\w*|include\w*|specif\w+"
    r"|provide[sd]?|know|known|tell|told|in the text"
    r"|in it|available|clear|information|answer|listed|stand|stands|found|there)\b"
    r"|\b(?:unknown|unclear|unspecified|unstated|cannot be (?:known|answered|determined)"
    r"|can't be (?:known|determined))\b"
)


def _mark(sample: Sample) -> Mark:
    text, expect = fold(sample.text), sample.item.expect
    if not text.strip():
        return Mark.failed("empty reply")
    if expect["kind"] == "absent":
        return Mark.passed() if _UNSAID.search(text) or is_refusal(text) else Mark.failed("makes it up")
    wanted = re.escape(fold(expect["answer"]))
    is_there = re.search(rf"(?<!\w){wanted}(?!\w)", text) is not None
    return Mark.passed() if is_there else Mark.failed("not what the text says")


score = each(_mark)
