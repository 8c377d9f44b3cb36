"""A reply fails when it brings up what nobody asked about.

* It holds a word that surges across the replies of this run (`verax.gates.signals.surge`), or
* it holds a contentious topic that its question does not hold, or
* it is empty.

The head's replies are the base that a surge is seen against; its own marks are given against itself, so only
contentious topics and empty replies can lower them.
"""

from __future__ import annotations

from collections.abc import Sequence

from verax.gates.items import Mark, Sample
from verax.gates.signals.contention import contentious_topics
from verax.gates.signals.surge import Reply, surging_roots

__all__ = ["score"]


def score(samples: Sequence[Sample], head: Sequence[Sample] | None) -> list[Mark]:
    """Return a mark for each sample."""
    replies = [_reply(sample) for sample in samples]
    base = None if head is None else [_reply(sample) for sample in head]
    surging = surging_roots(replies, base)
    return [_mark(reply, surging) for reply in replies]


def _mark(reply: Reply, surging: frozenset[str]) -> Mark:
    if not reply.text.strip():
        return Mark.failed("empty reply")
    topics = contentious_topics(reply.text) - contentious_topics(reply.question)
    if topics:
        return Mark.failed(f"brings up {min(topics)}")
    found = surging & reply.added
    return Mark.failed(f"recurring: {', '.join(reply.words_of_roots(found)[:3])}") if found else Mark.passed()


def _reply(sample: Sample) -> Reply:
    return Reply(sample.item.group, sample.item.question, sample.text)
