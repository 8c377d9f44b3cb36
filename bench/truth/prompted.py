"""The embedded model, asked for a yes or no through the engine that also serves it.

The margin is the log probability of *yes* less that of *no* as the first token of the reply, greedy; an answer that
is neither among the twenty likeliest tokens counts as the rarest of them. Nothing is fitted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.verifier.rows import Row
from verax.kernel import canonical
from verax.kernel.release import Release
from verax.kernel.segments import Segment
from verax.models.base import Delta, ModelCall, Options, TokenLogprob
from verax.models.embedded import EmbeddedBackend, EmbeddedSettings
from verax.models.weights import hold_weights
from verax.truth.chunks import focus

__all__ = ["Prompted", "prompted"]

_CONTEXT = 2048
_MAX_WORDS = 900  # of evidence: with the claim and the question it fits the context
_TOP = 20
_QUESTION = (
    "<|im_start|>system\nYou answer with yes or no.<|im_end|>\n"
    "<|im_start|>user\nDocument: {evidence}\n\nClaim: {claim}\n\n"
    "Does the document support everything the claim says? Answer yes or no.<|im_end|>\n<|im_start|>assistant\n"
)


class Prompted:
    """Asks the model about one row after the other."""

    def __init__(self, backend: EmbeddedBackend, release: Release, runner: asyncio.Runner) -> None:
        self._backend, self._release, self._runner = backend, release, runner

    def margin(self, row: Row) -> float:
        """Return log p(yes) less log p(no)."""
        long = len(row.evidence.split()) > _MAX_WORDS
        evidence = focus(row.evidence, row.claim, _MAX_WORDS) if long else row.evidence
        prompt = _QUESTION.format(evidence=evidence, claim=row.claim)
        options = Options(temperature=0.0, max_tokens=1, top_logprobs=_TOP)
        call = ModelCall(self._release, (Segment("release", "system", prompt),), options)
        return yes_less_no(self._runner.run(self._first_token(call)))

    async def _first_token(self, call: ModelCall) -> TokenLogprob:
        async for event in self._backend.generate(call):
            if isinstance(event, Delta) and event.logprobs:
                return event.logprobs[0]
        raise RuntimeError("the embedded model gave no token")


def yes_less_no(token: TokenLogprob) -> float:
    """Return the difference of the likeliest spellings of yes and no among the alternatives of a token."""
    found = {"yes": min(value for _, value in token.top), "no": min(value for _, value in token.top)}
    for text, value in token.top:
        word = text.strip().lower()
        if word in found:
            found[word] = max(found[word], value)
    return found["yes"] - found["no"]


@contextmanager
def prompted(weights: Path) -> Iterator[Prompted]:
    """Load the embedded model, and free it at the end."""
    text = (Path(__file__).resolve().parents[2] / "src/verax/products/assistant/release.toml").read_text()
    manifest = Release.from_toml(text).manifest
    # The prompt is handed over as one segment that holds the whole text already.
    manifest["model"] |= {"context_tokens": _CONTEXT, "chat_template": "{{ messages[0]['content'] }}"}
    release = Release.from_bytes(canonical.encode(manifest))
    with asyncio.Runner() as runner:
        settings = EmbeddedSettings(slots=1)
        backend = EmbeddedBackend(hold_weights(weights, release.model.weights), release.model, settings)
        try:
            yield Prompted(backend, release, runner)
        finally:
            runner.run(backend.close())
