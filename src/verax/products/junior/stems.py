"""Words without their regular endings, for looking them up."""

from __future__ import annotations

__all__ = ["stem"]


def stem(word: str) -> str:
    """Return a word without its regular ending: one form for bee and bees, fly and flies, rain, rained and raining."""
    for ending, new in (("ies", "y"), ("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x"), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) > 1 and not word.endswith(("ss", "us", "is")):
            word = word[: -len(ending)] + new
            break
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) > 2:
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "lse":
                word = word[:-1]
            break
    return word.removesuffix("e") if len(word) > 3 else word
