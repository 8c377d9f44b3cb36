"""Larger guards behind a URL: a moderation API, Llama Guard, Granite Guardian.

* ``moderation``: an endpoint in the shape of OpenAI's ``/v1/moderations``; its scores are taken as
  they are.
* ``llama-guard``: a chat model that answers ``safe``, or ``unsafe`` and in the next line the codes of
  its hazards (the 14 of MLCommons' taxonomy, as Llama Guard 3 and 4 name them). A score is 0 or 1.
* ``granite-guardian``: a chat model that is asked for one risk at a time and answers ``Yes`` or
  ``No``; the risk is named in ``guardian_config`` of its chat template. A score is 0 or 1.

An answer that has none of these forms is an error, and the text stays unread: what a guard does not
say in its own form is not guessed at.

Sources: https://platform.openai.com/docs/api-reference/moderations, the model cards of
meta-llama/Llama-Guard-3-8B and ibm-granite/granite-guardian-3.1-2b.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import aiohttp

from verax.guard.categories import ABOUT, Category
from verax.guard.judges import Judge
from verax.guard.policy import Scores
from verax.kernel.errors import ModelError, ModelUnavailable
from verax.kernel.release_parts import GuardForm
from verax.models.plain_chat import ChatAddress, ask_once

__all__ = ["GraniteGuardian", "LlamaGuard", "ModerationGuard", "open_guard"]

_TIMEOUT_S = 30.0
_MAX_TEXTS = 32
_REPLY_TOKENS = 32
_AT_ONCE = 8
_CODE = re.compile(r"S(\d{1,2})\Z")

_HAZARDS: Mapping[str, tuple[Category, ...]] = MappingProxyType(
    {
        "S1": (Category.VIOLENCE, Category.CRIME),
        "S2": (Category.CRIME,),
        "S3": (Category.SEXUAL, Category.CRIME),
        "S4": (Category.SEXUAL_MINORS,),
        "S5": (Category.HARASSMENT,),
        "S6": (Category.OVERREACH,),
        "S7": (Category.PERSONAL_DATA,),
        "S8": (),  # intellectual property: no category of ours
        "S9": (Category.DANGEROUS_ACTS,),
        "S10": (Category.HATE,),
        "S11": (Category.SELF_HARM,),
        "S12": (Category.SEXUAL,),
        "S13": (),  # elections: what is false there is the verifier's
        "S14": (Category.INJECTION,),
    }
)
_LLAMA_CATEGORIES = frozenset(category for found in _HAZARDS.values() for category in found)

_RISKS: Mapping[str, tuple[Category, ...]] = MappingProxyType(
    {
        "social_bias": (Category.HATE, Category.HARASSMENT),
        "jailbreak": (Category.INJECTION,),
        "violence": (Category.VIOLENCE, Category.DANGEROUS_ACTS),
        "profanity": (Category.PROFANITY,),
        "sexual_content": (Category.SEXUAL, Category.SEXUAL_MINORS),
        "unethical_behavior": (Category.CRIME,),
        "harm": (Category.SELF_HARM,),
    }
)


class ModerationGuard:
    """An endpoint in the shape of OpenAI's moderations."""

    def __init__(self, session: aiohttp.ClientSession, address: ChatAddress) -> None:
        self._session = session
        self._address = address

    @property
    def identity(self) -> str:
        """The form and the model's name."""
        return f"moderation {self._address.model}"

    async def scores(self, texts: Sequence[str]) -> Sequence[Scores]:
        """Return the scores of each text.

        Raises:
            ModelUnavailable, ModelError: no answer, or none in that shape.
        """
        found: list[Scores] = []
        for start in range(0, len(texts), _MAX_TEXTS):
            part = list(texts[start : start + _MAX_TEXTS])
            results = await self._post(part)
            if len(results) != len(part):
                raise ModelError(f"guard: expected {len(part)} results, found {len(results)}")
            found += [_moderation_scores(result) for result in results]
        return found

    async def _post(self, texts: list[str]) -> list[Any]:
        address = self._address
        headers = {"Authorization": f"Bearer {address.key}"} if address.key else {}
        try:
            async with self._session.post(
                f"{address.url.rstrip('/')}/moderations",
                json={"model": address.model, "input": texts},
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S),
                allow_redirects=False,
            ) as answer:
                if answer.status != 200:
                    raise ModelError(f"guard: expected scores, found HTTP {answer.status}", hint="check name and key")
                results = (await answer.json(content_type=None))["results"]
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ModelUnavailable(f"guard: it could not be reached: {type(error).__name__}") from None
        except (ValueError, LookupError, TypeError):
            raise _no_form("moderation") from None
        if not isinstance(results, list):
            raise _no_form("moderation")
        return results


class LlamaGuard:
    """A chat model that answers ``safe`` or ``unsafe`` with the codes of its hazards."""

    def __init__(self, session: aiohttp.ClientSession, address: ChatAddress) -> None:
        self._session = session
        self._address = address

    @property
    def identity(self) -> str:
        """The form and the model's name."""
        return f"llama-guard {self._address.model}"

    async def scores(self, texts: Sequence[str]) -> Sequence[Scores]:
        """Return the scores of each text, 0 or 1; raises as `ModerationGuard.scores`."""
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(text: str) -> Scores:
            async with gate:
                return _llama_scores(await ask_once(self._session, self._address, text, _REPLY_TOKENS, _wait_s))

        return await asyncio.gather(*(one(text) for text in texts))


class GraniteGuardian:
    """A chat model that answers ``Yes`` or ``No`` to one risk at a time."""

    def __init__(self, session: aiohttp.ClientSession, address: ChatAddress) -> None:
        self._session = session
        self._address = address

    @property
    def identity(self) -> str:
        """The form and the model's name."""
        return f"granite-guardian {self._address.model}"

    async def scores(self, texts: Sequence[str]) -> Sequence[Scores]:
        """Return the scores of each text, 0 or 1; raises as `ModerationGuard.scores`."""
        gate = asyncio.Semaphore(_AT_ONCE)

        async def ask(text: str, risk: str) -> float:
            extra = {"chat_template_kwargs": {"guardian_config": {"risk_name": risk}}}
            async with gate:
                return _yes_or_no(
                    await ask_once(self._session, self._address, text, _REPLY_TOKENS, _wait_s, extra=extra)
                )

        async def one(text: str) -> Scores:
            answers = await asyncio.gather(*(ask(text, risk) for risk in _RISKS))
            return {
                category: answer
                for categories, answer in zip(_RISKS.values(), answers, strict=True)
                for category in categories
            }

        return await asyncio.gather(*(one(text) for text in texts))


def open_guard(form: GuardForm, session: aiohttp.ClientSession, address: ChatAddress) -> Judge:
    """Return the judge that speaks to a guard of that form."""
    forms: Mapping[GuardForm, Callable[[aiohttp.ClientSession, ChatAddress], Judge]] = {
        "moderation": ModerationGuard,
        "llama-guard": LlamaGuard,
        "granite-guardian": GraniteGuardian,
    }
    return forms[form](session, address)


def _wait_s(tried: int) -> float:
    return 0.25 * float(2**tried)


def _moderation_scores(result: Any) -> Scores:
    try:
        given = {str(name): float(score) for name, score in result["category_scores"].items() if score is not None}
    except (LookupError, TypeError, ValueError, AttributeError):
        raise _no_form("moderation") from None
    scores: dict[Category, float] = {}
    for category, about in ABOUT.items():
        filled = [given[name] for name in about.openai if name in given]
        if filled:
            scores[category] = max(filled)
    return scores


def _llama_scores(answer: str) -> Scores:
    verdict, _, rest = answer.strip().partition("\n")
    scores: dict[Category, float] = dict.fromkeys(_LLAMA_CATEGORIES, 0.0)
    if verdict.strip().lower() == "safe":
        return scores
    codes = [code.strip() for code in rest.replace("\n", ",").split(",") if code.strip()]
    if verdict.strip().lower() != "unsafe" or not codes or not all(_CODE.match(code) for code in codes):
        raise _no_form("llama-guard")
    for code in codes:
        # A hazard that this file does not know is some hazard all the same.
        for category in _HAZARDS.get(code, tuple(_LLAMA_CATEGORIES)):
            scores[category] = 1.0
    return scores


def _yes_or_no(answer: str) -> float:
    words = re.findall(r"[a-z]+", re.sub(r"<[^>]*>", " ", answer).lower())
    if not words or words[0] not in ("yes", "no"):
        raise _no_form("granite-guardian")
    return float(words[0] == "yes")


def _no_form(form: str) -> ModelError:
    return ModelError(f"guard: its answer has not the form of {form}", hint="check which form that model answers in")
