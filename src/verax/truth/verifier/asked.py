"""Any OpenAI-compatible model as a verifier: asked in English, believed only as far as its answer can be checked.

* The prompt is data with a version in its name and a digest in the judge's identity. Claim, context and passages go in
  as one JSON object: material, never instructions.
* The answer is one JSON object with ``verdict``, ``passage`` and ``quote``, and nothing else. A verdict of *supported*
  or *contradicted* needs a quote that stands in that passage, letter for letter; it is the deciding span. Any other
  answer, and any failure to get one, is *not checked* (``judge_answer``, ``judge_unreachable``), never a verdict.
* A judge gives no probability: a judgement has none, and a span's is 1 or 0, for the side that it is on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from verax.kernel import canonical
from verax.kernel.errors import ModelError
from verax.models.plain_chat import ChatAddress, ask_once
from verax.models.remote import open_session
from verax.truth.claims import leans, plain
from verax.truth.verdicts import DecidingSpan, Evidence, Judgement, Verdict

__all__ = ["ModelJudge", "read_answer"]

_PROMPT = Path(__file__).with_name("judge-1.txt")
_MAX_TOKENS = 400
_FIELDS = {"verdict", "passage", "quote"}
_VERDICTS = {"supported": Verdict.SUPPORTED, "contradicted": Verdict.CONTRADICTED, "not_found": Verdict.NOT_FOUND}


class ModelJudge:
    """Implements `verax.truth.verdicts.Verifier`."""

    def __init__(self, address: ChatAddress) -> None:
        self._address = address
        self._prompt = _PROMPT.read_text(encoding="utf-8")

    @property
    def identity(self) -> str:
        """``model:``, its name and host, and the digest of the prompt; what answers under that name is not proved."""
        host = urlsplit(self._address.url).hostname
        return f"model:{self._address.model}@{host}:{canonical.hex_digest(self._prompt.encode())}"

    def close(self) -> None:
        """Nothing is held open between two claims."""

    async def judge(self, claim: str, context: str, evidence: Sequence[Evidence]) -> Judgement:
        """Judge a claim; `context` counts only where the claim leans on it."""
        if not evidence:
            return Judgement(Verdict.NOT_FOUND, None)
        shown = plain(claim)
        material = {
            "claim": shown,
            "context": context if leans(shown) else "",
            "passages": [{"number": number, "text": item.text} for number, item in enumerate(evidence, start=1)],
        }
        prompt = f"{self._prompt}\n{json.dumps(material, ensure_ascii=False)}\n"
        try:
            async with open_session() as session:
                words = await ask_once(session, self._address, prompt, _MAX_TOKENS)
        except ModelError:
            return Judgement(Verdict.NOT_CHECKED, None, reason="judge_unreachable")
        return read_answer(words, evidence)


def read_answer(words: str, evidence: Sequence[Evidence]) -> Judgement:
    """Return what a judge's answer says, *not checked* where it says nothing that can be checked."""
    refused = Judgement(Verdict.NOT_CHECKED, None, reason="judge_answer")
    try:
        answer: Any = json.loads(words)
    except (ValueError, RecursionError):
        return refused
    if not isinstance(answer, dict) or answer.keys() != _FIELDS or not isinstance(answer["verdict"], str):
        return refused
    verdict = _VERDICTS.get(answer["verdict"])
    if verdict is Verdict.NOT_FOUND and answer["passage"] is None and answer["quote"] is None:
        return Judgement(verdict, None)
    number, quote = answer["passage"], answer["quote"]
    if (
        verdict not in (Verdict.SUPPORTED, Verdict.CONTRADICTED)
        or type(number) is not int
        or not isinstance(quote, str)
    ):
        return refused
    if not 1 <= number <= len(evidence) or not quote.strip():
        return refused
    start = evidence[number - 1].text.find(quote)
    if start < 0:
        return refused
    side = 1.0 if verdict is Verdict.SUPPORTED else 0.0
    return Judgement(verdict, None, (DecidingSpan(number - 1, start, start + len(quote), side),))
