"""Passages of a release's collections, as segments of a prompt. Pure.

Name, page and text of a passage are ``retrieved``: they come from outside and are data, never an
instruction (invariant 7). Every word around them is the release's.
"""

from __future__ import annotations

from collections.abc import Sequence

from verax.kernel.release import Release
from verax.kernel.release_parts import PassageWording
from verax.kernel.segments import Segment
from verax.truth.verdicts import Evidence
from verax.turn.dispute import Position

__all__ = ["passage_segments"]


def passage_segments(
    release: Release, passages: Sequence[Evidence], positions: Sequence[Position] = ()
) -> list[Segment]:
    """Return passages between the release's wording; nothing where there are none, or no wording.

    Args:
        positions: Sentences of them, or of others, that disagree about the question.
    """
    words = release.retrieval.passages
    if words is None or not passages:
        return []
    segments = _ours(words.head)
    for item in passages:
        segments += _item(words, item, item.text)
    if positions and words.dispute_head:
        segments += _ours(words.dispute_head)
        for position in positions:
            segments += _item(words, position.evidence, position.text)
    return [*segments, *_ours(words.tail)]


def _item(words: PassageWording, item: Evidence, text: str) -> list[Segment]:
    segments = [*_ours(words.item_head), *_found(item.source)]
    if item.page is not None and (words.page_head or words.page_tail):
        segments += [*_ours(words.page_head), *_found(str(item.page)), *_ours(words.page_tail)]
    return [*segments, *_ours(words.item_body), *_found(text), *_ours(words.item_tail)]


def _ours(text: str) -> list[Segment]:
    return [Segment("release", "user", text)] if text else []


def _found(text: str) -> list[Segment]:
    return [Segment("retrieved", "user", text)] if text else []
