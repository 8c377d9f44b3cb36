"""Embeddings: vectors by the model of a channel's head.

An embedding is not a reply: nothing is said to anybody, so there is no record and no receipt.
The same rules decide who may answer (`admit`'s caller, `resolve`, `screen`), and the answer
names release and runtime.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verax.guard.guarding import Guarding
from verax.kernel.errors import RequestError, TooLarge
from verax.turn.admit import admit
from verax.turn.ports import BackendSource, Governance, RuntimeIdentity
from verax.turn.request import Caller, InputItem, TurnRequest
from verax.turn.resolve import resolve
from verax.turn.screen import screen, texts_to_read

__all__ = ["MAX_TEXTS", "Embedded", "embed"]

MAX_TEXTS = 2048


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors in the order of their texts, and what gave them."""

    vectors: list[list[float]]
    release: str
    runtime: str
    mode: str


async def embed(
    request: tuple[str, Caller, Sequence[str]],
    governance: Governance,
    runtime: RuntimeIdentity,
    backends: BackendSource,
    guarding: Guarding,
) -> Embedded:
    """Embed texts for ``(channel, caller, texts)``.

    Raises:
        RequestError: no text, an empty one, or one that the input policy refuses.
        TooLarge: more than `MAX_TEXTS` texts.
        RefusedError, ModelError: as for a turn.
    """
    channel, caller, texts = request
    if len(texts) > MAX_TEXTS:
        raise TooLarge(f"input: expected at most {MAX_TEXTS} texts, found {len(texts)}", param="input")
    if not texts or not all(texts):
        raise RequestError("input: expected at least one text, none of them empty", param="input")
    turn = TurnRequest(channel, caller, tuple(InputItem("user", text) for text in texts))
    admit(turn)
    resolution = resolve(turn, governance, runtime)
    book = guarding.book(resolution.release)
    await book.learn(texts_to_read(turn, resolution.release))
    screening = screen(turn, resolution.release, book.scores)
    if screening.category:
        raise RequestError(screening.reason, hint=screening.next_step, param="input", code="guard/refused")
    backend = await backends.resolve(resolution.release)
    vectors = await backend.embed(texts)
    return Embedded(vectors, resolution.release.id, resolution.runtime, resolution.mode)
