"""What a person reads whom a policy stopped: a reason in plain words, and something useful to do.

* No lecture and no blame: one sentence says why, one what to do instead.
* Children are spoken to as children, and are never told what exactly was found.
* A crisis is no refusal to help: `crisis.toml` holds the script, `verax.guard.helplines` whom to call. Which
  country a person is in is not known; the list names the country of each number.
* English, and Chinese for whoever writes Chinese.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from verax.guard.audience import Audience
from verax.guard.categories import Category
from verax.guard.exact import Direction
from verax.guard.helplines import Helpline, emergency_words, helplines

__all__ = ["Crisis", "Words", "crisis_words", "refusal_words"]

_HAN = re.compile(r"[\u4e00-\u9fff]")
_TOPICS = frozenset({Category.SELF_HARM, Category.DISCLOSURE})

_NEXT: Mapping[Category, str] = {
    Category.SECRETS: "Take the password or key out of the message and send it again.",
    Category.HIDDEN_TEXT: "The message holds characters that cannot be seen. Paste it as plain text and send it again.",
    Category.PERSONAL_DATA: "Leave out names, numbers and addresses, and send it again.",
    Category.LINKS: "Write what the page says in your own words, without its address.",
    Category.INJECTION: "Ask for what you need in your own words.",
    Category.PROMPT_LEAK: "The instructions of this assistant are published with its release; read them there.",
    Category.PROFANITY: "Say it in other words.",
    Category.UNREAD: "Try it in English or Chinese, in short sentences.",
    Category.OVERREACH: "Ask how such a decision is made, and take the answer to a professional.",
    Category.DANGEROUS_ACTS: "Ask how to stay safe, or how such things are prevented.",
    Category.CRIME: "Ask how to protect yourself from it, or what the law says.",
    Category.HATE: "Ask about the subject without speaking of a group as lesser.",
}
_CHILD_NEXT = (
    "Let's do something else: ask me about animals, space or a story. A grown-up you trust can help with the rest."
)
_CHILD_PERSONAL = "Keep your name, school and address to yourself here. Ask me again without them!"
_CHILD_ZH = ("这个我不能聊。", "我们换个话题吧：问我动物、太空，或者听个故事。其他的可以问你信任的大人。")


@dataclass(frozen=True, slots=True)
class Crisis:
    """Whom to call, apart from the words of a script, for whoever shows it as a list.

    Attributes:
        emergency: What to do about danger right now.
    """

    emergency: str
    helplines: tuple[Helpline, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """What is said: why, and what to do now.

    Attributes:
        next_step: With every number of `crisis`, for whoever shows text alone.
        crisis: None where the policy refuses and there is no crisis.
    """

    reason: str
    next_step: str
    crisis: Crisis | None = None


def refusal_words(category: str, audience: Audience, direction: Direction, said: str = "") -> Words:
    """Return the words of a refusal.

    Args:
        said: What the person wrote last, for the language.
    """
    found = Category(category)
    if audience.is_child:
        if _is_chinese(said):
            return Words(*_CHILD_ZH)
        next_step = _CHILD_PERSONAL if found is Category.PERSONAL_DATA and direction == "input" else _CHILD_NEXT
        return Words("I can't talk about that here.", next_step)
    if direction == "output":
        next_step = _NEXT[found] if found in (Category.UNREAD, Category.OVERREACH) else "Ask again in other words."
        return Words(f"The output policy of this release does not let {found.about.plain} through.", next_step)
    reason = f"The input policy of this release does not let {found.about.plain} through."
    return Words(reason, _NEXT.get(found, "Change the message and send it again."))


def crisis_words(category: str, audience: Audience, said: str = "") -> Words:
    """Return the crisis script: of self-harm, or of being hurt by others; that of self-harm for any other category."""
    topic = category if category in _TOPICS else str(Category.SELF_HARM)
    language: Literal["en", "zh"] = "zh" if _is_chinese(said) else "en"
    reader = "child" if audience.is_minor else "adult"
    crisis = Crisis(emergency_words(language), tuple(helplines(topic, audience)))
    next_step = "\n".join([crisis.emergency, *(helpline.line for helpline in crisis.helplines)])
    return Words(_crisis()[topic][reader][language], next_step, crisis)


def _is_chinese(text: str) -> bool:
    return _HAN.search(text) is not None


@cache
def _crisis() -> Mapping[str, Any]:
    text = resources.files("verax.guard.lists").joinpath("crisis.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
