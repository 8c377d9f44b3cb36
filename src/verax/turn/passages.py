"""Passages of a release's collections, as segments of a prompt. Pure.

Name, page and text of a passage are ``retrieved``: they come from outside and are data, never an
instruction (invariant 7). Every word around them is the release's.
"""

from __future__ import annotations

from collections.abc import Sequence

from verax.kernel.release import Release
from verax.kernel.segments import Segment
from verax.truth.verdicts import Evidence

__all__ = ["passage_segments"]


def passage_segments(release: Release, passages: Sequence[Evidence]) -> list[Segment]:
    """Return passages between the release's wording; nothing where there are none, or no wording."""
    words = release.retrieval.passages
    if words is None or not passages:
        return []
    segments = _ours(words.head)
    for item in passages:
        segments += [*_ours(words.item_head), *_found(item.source)]
        if item.page is not None and (words.page_head or words.page_tail):
            segments += [*_ours(words.page_head), *_found(str(item.page)), *_ours(words.page_tail)]
        segments += [*_ours(words.item_body), *_found(item.text), *_ours(words.item_tail)]
    return [*segments, *_ours(words.tail)]


def _ours(text: str) -> list[Segment]:
    return [Segment("release", "user", text)] if text else []


def _found(text: str) -> list[Segment]:
    return [Segment("retrieved", "user", text)] if text else []
