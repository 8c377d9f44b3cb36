"""The guard by itself: any text, judged by the ready-made policy of an audience.

What it decides is what a turn of a release with that policy would do; there is no turn, no record and
no receipt. Beside that it says which categories the text belongs to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from verax.guard.audience import Audience
from verax.guard.categories import OPENAI_CATEGORIES, Category
from verax.guard.classifiers.reading import Language, language_of, readable
from verax.guard.exact import Direction, exact_detectors
from verax.guard.flags import flags_of
from verax.guard.judges import ScoreBook
from verax.guard.level import hardness
from verax.guard.policy import EXACT_ONLY, SCORED, Decision, Found, Policy, has_words, texts_to_score
from verax.guard.ready import ready_policies
from verax.guard.sentences import cut

__all__ = ["MAX_CHARS", "MAX_TEXTS", "Moderated", "moderate", "openai_scores", "policy_for"]

MAX_CHARS = 100_000
"""Longest text that is judged at once."""

MAX_TEXTS = 64
"""Most texts of one request."""


@dataclass(frozen=True, slots=True)
class Moderated:
    """What the policy says of one text.

    Attributes:
        scores: The highest probability of each category over the sentences; exact findings give 1, and
            ``readability`` is a share of words (`hardness`).
        unavailable: Categories that nothing could judge, which is not the same as a score of 0.
        whole: The probabilities of a Chinese text as a whole, which stand in place of those of its sentences.
    """

    decision: Decision
    scores: Mapping[Category, float] = field(default_factory=dict)
    unavailable: tuple[Category, ...] = ()
    whole: Mapping[Category, float] = field(default_factory=dict)

    @property
    def flags(self) -> Sequence[Category]:
        """The categories that the text belongs to: what the policy found, also what it only counts, and what is likely
        enough to be called so (`FLAG_SCORES`); what could not be read is none."""
        scores = {category: score for category, score in self.scores.items() if category not in self.whole}
        return flags_of({item.category for item in self.decision.found}, scores, self.whole)

    @property
    def is_refused(self) -> bool:
        """Whether the policy would stop a turn."""
        return self.decision.is_stop

    @property
    def findings(self) -> Sequence[Found]:
        """Every finding in the order of the text."""
        return sorted(self.decision.found, key=lambda item: (item.start, item.end, item.category))


@cache
def policy_for(audience: Audience, direction: Direction) -> Policy:
    """Return the ready-made policy of an audience."""
    rules = [_Rule(**rule) for rule in ready_policies()[str(audience)][direction]]
    return Policy.from_rules(rules, exact_detectors(audience, direction))


async def moderate(
    texts: Sequence[str], audience: Audience, direction: Direction, book: ScoreBook
) -> Sequence[Moderated]:
    """Judge each text for itself.

    Args:
        direction: Whether they are what a person of the audience says, or what is said to one.
        book: Asks what judges sentences.
    """
    policy = policy_for(audience, direction)
    wanted = await asyncio.to_thread(texts_to_score, policy, texts)
    await book.learn([*wanted, *filter(_is_read_whole, texts)] if wanted else ())
    return await asyncio.to_thread(lambda: [_moderated(policy, text, book, audience) for text in texts])


def openai_scores(moderated: Moderated) -> Mapping[str, float]:
    """Return a score for each category of OpenAI's moderation API, in its order.

    A category of ours fills the general name. The finer ones, ``self-harm/intent`` for instance, are filled by
    findings that name them, and are 0 otherwise; so is what nothing could judge.
    """
    scores = dict.fromkeys(OPENAI_CATEGORIES, 0.0)
    for category, score in moderated.scores.items():
        for name in category.about.openai[:1]:
            scores[name] = max(scores[name], score)
    for item in moderated.decision.found:
        for name in item.category.about.openai:
            if item.kind and name.endswith(f"/{item.kind}"):
                scores[name] = max(scores[name], item.score)
    return scores


_MOST_CHARS = 4_000  # as many as the classifier that ships reads at once
_BY_RULES = EXACT_ONLY - {Category.PROMPT_LEAK} | {Category.PROFANITY}
"""Categories that exact rules alone judge, in any text."""

_NEVER = frozenset({Category.OFF_TOPIC, Category.PROMPT_LEAK, Category.READABILITY})
"""Categories that need more than a text: a conversation, a release's prompt, a reader with a level."""


@dataclass(frozen=True, slots=True)
class _Rule:
    detector: str
    action: str
    threshold: float | None = None

    def __post_init__(self) -> None:
        if self.threshold is not None:
            object.__setattr__(self, "threshold", float(self.threshold))


def _moderated(policy: Policy, text: str, book: ScoreBook, audience: Audience) -> Moderated:
    decision = policy.judge(text, book.scores)
    read = [book.scores(sentence.read) for sentence in cut(text) if has_words(sentence.text)]
    scores: dict[Category, float] = {}
    for found in read:
        for category, score in found.items():
            scores[category] = max(score, scores.get(category, 0.0))
    whole = _hate_alone(book.scores(text)) if _is_read_whole(text) else {}
    scores |= whole
    hard = hardness(text, audience)
    if hard is not None:
        scores[Category.READABILITY] = hard
    judged = {category for category in Category if all(category in found for found in read)} if read else set(SCORED)
    for item in decision.found:
        if item.category is not Category.UNREAD:
            scores[item.category] = max(item.score, scores.get(item.category, 0.0))
    known = (judged - _NEVER) | _BY_RULES | set(scores)
    unavailable = tuple(category for category in Category if category not in known)
    return Moderated(decision, scores, unavailable, whole)


def _hate_alone(scores: Mapping[Category, float]) -> Mapping[Category, float]:
    return {Category.HATE: scores[Category.HATE]} if Category.HATE in scores else {}


def _is_read_whole(text: str) -> bool:
    """Say whether a text is Chinese, whose model learnt from whole comments, and short enough for it."""
    return len(text) <= _MOST_CHARS and language_of(readable(text)) is Language.CHINESE
