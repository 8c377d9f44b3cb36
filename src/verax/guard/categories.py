"""What a guard looks for: the closed list of categories, and what each is called elsewhere.

* A policy names categories of this list and nothing else; an unknown name is an error.
* A finding may name a subcategory, ``hate/antisemitism`` for instance. Subcategories tell people
  and reports more; thresholds and actions belong to the category.
* ``openai`` names the fields of OpenAI's moderation API that a category fills
  (https://platform.openai.com/docs/guides/moderation). Categories without one are Verax's own.

>>> Category("self_harm").about.openai
('self-harm', 'self-harm/intent', 'self-harm/instructions')
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["ABOUT", "OPENAI_CATEGORIES", "About", "Category"]


class Category(StrEnum):
    """One kind of content that a policy can act on."""

    HATE = "hate"
    HARASSMENT = "harassment"
    SEXUAL = "sexual"
    SEXUAL_MINORS = "sexual_minors"
    SELF_HARM = "self_harm"
    DISCLOSURE = "disclosure"
    VIOLENCE = "violence"
    DANGEROUS_ACTS = "dangerous_acts"
    CRIME = "crime"
    PERSONAL_DATA = "personal_data"
    SECRETS = "secrets"
    HIDDEN_TEXT = "hidden_text"
    LINKS = "links"
    INJECTION = "injection"
    PROMPT_LEAK = "prompt_leak"
    OFF_TOPIC = "off_topic"
    MANIPULATION = "manipulation"
    OVERREACH = "overreach"
    PROFANITY = "profanity"
    READABILITY = "readability"
    UNREAD = "unread"

    @property
    def about(self) -> About:
        """What is known of this category."""
        return ABOUT[self]


@dataclass(frozen=True, slots=True)
class About:
    """One category in words.

    Attributes:
        plain: Its name in plain words, as a person who was refused reads it.
        meaning: One line that says what belongs to it.
        openai: Fields of OpenAI's moderation API that it fills, the general one first.
        parts: Names of its subcategories, without the category's own.
    """

    plain: str
    meaning: str
    openai: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


ABOUT: Mapping[Category, About] = {
    Category.HATE: About(
        "hate against a group of people",
        "Attacks, dehumanises, threatens or denies rights to people for what they are or believe.",
        ("hate", "hate/threatening"),
        ("antisemitism", "islamophobia", "racism", "xenophobia", "misogyny", "homophobia", "transphobia", "ableism"),
    ),
    Category.HARASSMENT: About(
        "insults or threats against a person",
        "Insults, bullies, stalks or threatens a person.",
        ("harassment", "harassment/threatening"),
        ("threatening",),
    ),
    Category.SEXUAL: About("sexual content", "Describes sexual acts, or is meant to arouse.", ("sexual",)),
    Category.SEXUAL_MINORS: About(
        "sexual content about minors", "Sexual content with anyone under 18, and what prepares it.", ("sexual/minors",)
    ),
    Category.SELF_HARM: About(
        "self-harm",
        "Speaks of hurting or killing oneself, encourages it, or says how.",
        ("self-harm", "self-harm/intent", "self-harm/instructions"),
        ("intent", "instructions"),
    ),
    Category.DISCLOSURE: About("being hurt or in danger", "Tells of being hurt, abused, threatened or in danger now."),
    Category.VIOLENCE: About(
        "violence",
        "Threatens, praises or vividly describes violence against people or animals.",
        ("violence", "violence/graphic"),
        ("graphic",),
    ),
    Category.DANGEROUS_ACTS: About(
        "dangerous acts", "Says how to do what maims or kills: weapons, poisons, fire, dares.", ("illicit/violent",)
    ),
    Category.CRIME: About(
        "help with a crime", "Helps to break the law: theft, fraud, drugs, break-ins, malware.", ("illicit",)
    ),
    Category.PERSONAL_DATA: About(
        "personal data",
        "Says who or where a person is: addresses, numbers of accounts and documents, a child's name or school.",
        parts=("email", "phone", "iban", "card", "national_id", "address", "ip", "name", "school", "age", "place"),
    ),
    Category.SECRETS: About(
        "passwords or keys",
        "Credentials of a fixed shape: API keys and private keys.",
        parts=("api_key", "private_key"),
    ),
    Category.HIDDEN_TEXT: About("hidden characters", "Characters that a reader cannot see and a model can."),
    Category.LINKS: About("links", "Addresses on the web, written out or hidden behind words."),
    Category.INJECTION: About(
        "attempts to override the assistant's instructions",
        "Tells the model to drop, reveal or replace its instructions, or to play someone without limits.",
        parts=("override", "jailbreak"),
    ),
    Category.PROMPT_LEAK: About(
        "the assistant's own instructions", "Quotes the instructions of the release that answers, word for word."
    ),
    Category.OFF_TOPIC: About("a change of subject", "Steers to a subject that nobody asked about."),
    Category.MANIPULATION: About(
        "pressure on the reader",
        "Presses instead of convincing: guilt, flattery, urgency, isolation from other people.",
        parts=("guilt", "flattery", "urgency", "isolation"),
    ),
    Category.OVERREACH: About(
        "orders where a professional should advise",
        "Directs a person in medical, legal or financial matters as only a professional may.",
        parts=("medical", "legal", "financial"),
    ),
    Category.PROFANITY: About(
        "swear words or slurs", "Swear words and slurs, however they are spelt.", parts=("slur",)
    ),
    Category.READABILITY: About("hard words or long sentences", "Is harder to read than the audience can."),
    Category.UNREAD: About(
        "text that could not be checked", "A policy asks for a judgement that no detector at hand can give."
    ),
}
"""Every category; a test holds that none is missing."""

OPENAI_CATEGORIES: tuple[str, ...] = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
"""The categories of OpenAI's moderation API, in the order of its reference."""
