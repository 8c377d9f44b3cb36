"""A judgement as JSON: the result of ``POST /v1/moderations`` and of ``verax guard --json``.

The fields beside ``verax`` are those of OpenAI's moderation API.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verax.guard.audience import Audience
from verax.guard.categories import OPENAI_CATEGORIES
from verax.guard.exact import Direction
from verax.guard.moderation import Moderated, openai_scores

__all__ = ["moderation_object"]

_MODEL = "verax-guard"


def moderation_object(
    answer_id: str,
    results: Sequence[Moderated],
    audience: Audience,
    direction: Direction,
    judges: Sequence[str],
) -> dict[str, Any]:
    """Return the whole answer.

    Args:
        judges: Identities of what judged beside the exact rules.
    """
    return {
        "id": answer_id,
        "model": _MODEL,
        "results": [_result(result) for result in results],
        "verax": {"audience": str(audience), "direction": direction, "judges": list(judges)},
    }


def _result(result: Moderated) -> dict[str, Any]:
    scores = openai_scores(result)
    flags = result.flags
    found = {name for category in flags for name in category.about.openai[:1]}
    found |= {
        name
        for item in result.decision.found
        for name in item.category.about.openai
        if item.kind and name.endswith(f"/{item.kind}")
    }
    return {
        "flagged": bool(flags),
        "categories": {name: name in found for name in OPENAI_CATEGORIES},
        "category_scores": dict(scores),
        "category_applied_input_types": {name: ["text"] for name in OPENAI_CATEGORIES},
        "verax": {
            "action": result.decision.action,
            "category": result.decision.category,
            "flags": sorted(map(str, flags)),
            "scores": {str(category): score for category, score in sorted(result.scores.items())},
            "unavailable": sorted(map(str, result.unavailable)),
            "findings": [
                {
                    "category": str(item.category),
                    "kind": item.kind,
                    "start": item.start,
                    "end": item.end,
                    "score": item.score,
                    "action": item.action,
                }
                for item in result.findings
            ],
            "text": result.decision.text,
        },
    }
