"""Every exact detector by the category that it finds.

>>> sorted(exact_detectors(Audience.ADULT, "output"))[:3]
['disclosure', 'hidden_text', 'injection']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from verax.guard.audience import Audience
from verax.guard.detectors import Detector, HiddenText, Secrets
from verax.guard.leak import PromptLeak
from verax.guard.level import LEVELS, HardWords
from verax.guard.links import Links
from verax.guard.personal import PersonalData
from verax.guard.words import ASKED_PHRASE_CATEGORIES, CHILD_PHRASE_CATEGORIES, PHRASE_CATEGORIES, Phrases, Profanity

__all__ = ["Direction", "exact_detectors"]

Direction = Literal["input", "output"]


def exact_detectors(audience: Audience, direction: Direction, prompts: Iterable[str] = ()) -> Mapping[str, Detector]:
    """Return the detectors for one side of a conversation.

    Args:
        prompts: Texts whose quotation is a prompt leak.
    """
    is_child = audience.is_child
    grown_up = ASKED_PHRASE_CATEGORIES if direction == "input" else PHRASE_CATEGORIES
    found: list[Detector] = [
        Secrets(),
        HiddenText(),
        PersonalData(is_child=is_child, asks=direction == "output"),
        Links(),
        PromptLeak(prompts),
        Profanity(is_child=is_child),
        *(Phrases(category, is_child=is_child) for category in (CHILD_PHRASE_CATEGORIES if is_child else grown_up)),
    ]
    if audience in LEVELS:
        found.append(HardWords(LEVELS[audience]))
    return {detector.name: detector for detector in found}
