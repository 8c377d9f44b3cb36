"""What a model backend is: one call in, typed events out.

The adapter is the only place that joins segments into what the model reads (protocol
clause 7). Its first event is always `Sent`: the segments it used and the exact bytes it
is about to hand over. It yields `Sent` *before* it sends, so a caller that finds a
difference stops the call by closing the generator.

Rules for every backend:

* `generate` validates before it yields `Sent`; errors of the request are `RequestError`,
  errors of the model are `ModelError` and its children.
* Closing the generator cancels the work and frees the slot at once.
* With ``options.seed`` and a deterministic backend, the same input gives the same bytes.
* After the first `Delta` nothing is ever retried.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from verax.kernel.release import Release
from verax.kernel.segments import Segment

__all__ = [
    "Backend",
    "BackendIdentity",
    "Delta",
    "Finish",
    "FinishReason",
    "ModelCall",
    "ModelEvent",
    "Options",
    "Sent",
    "TokenLogprob",
    "ToolDelta",
    "Usage",
]

FinishReason = Literal["stop", "length", "tool_calls"]


@dataclass(frozen=True, slots=True)
class Options:
    """Effective sampling of one call: the release's values as narrowed by the caller.

    Attributes:
        temperature: 0.0 to 2.0.
        top_p: Over 0.0, up to 1.0.
        top_k: 0 means off.
        repeat_penalty: 1.0 means off.
        presence_penalty: -2.0 to 2.0.
        frequency_penalty: -2.0 to 2.0.
        max_tokens: Upper limit of generated tokens for one choice.
        seed: Sampler seed, 0 to 2^31-1; choice i uses ``seed + i``.
        stop: At most 4 strings that end the text and are not part of it.
        n: Number of choices, 1 to 8.
        top_logprobs: None for no log probabilities, else 0 to 20 alternatives a token.
        schema: JSON schema that the output must satisfy, None for free text.
        tools: Tool definitions in OpenAI's shape, for backends that take them natively.
        tool_choice: OpenAI's value, for backends that take tools natively.
    """

    temperature: float = 0.7
    top_p: float = 1.0
    top_k: int = 0
    repeat_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    max_tokens: int = 512
    seed: int = 0
    stop: tuple[str, ...] = ()
    n: int = 1
    top_logprobs: int | None = None
    schema: Mapping[str, Any] | None = None
    tools: tuple[Mapping[str, Any], ...] = ()
    tool_choice: str | Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One call of a model: the release, the opened segments, the effective options.

    Attributes:
        stream: Whether pieces are wanted as they come; without it a backend may answer with
            one `Delta` a choice, which costs a remote call less.
    """

    release: Release
    segments: tuple[Segment, ...]
    options: Options
    stream: bool = True


@dataclass(frozen=True, slots=True)
class Sent:
    """First event of every call: what is about to be handed over, to the byte.

    Attributes:
        segments: The segments that were joined.
        data: The exact bytes: the joined prompt (embedded), the request body (remote).
    """

    segments: tuple[Segment, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """Log probability of one token and of its alternatives (natural logarithm)."""

    token: str
    logprob: float
    bytes: tuple[int, ...] | None = None
    top: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Delta:
    """More text of one choice."""

    text: str
    choice: int = 0
    logprobs: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolDelta:
    """More of one tool call; `name` and `call_id` come with its first event only."""

    index: int
    arguments: str
    choice: int = 0
    call_id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of one choice."""

    reason: FinishReason
    choice: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of the whole call; the last event of every call that completed."""

    prompt_tokens: int
    completion_tokens: int


ModelEvent = Sent | Delta | ToolDelta | Finish | Usage


@dataclass(frozen=True, slots=True)
class BackendIdentity:
    """What a record says of the backend (clause 9).

    Attributes:
        kind: ``embedded``, ``remote`` or ``scripted``.
        weights: SHA-256 of the weights, or ``unknown``.
        details: Plain strings for `verax model list`; never a secret.
    """

    kind: str
    weights: str
    details: Mapping[str, str] = field(default_factory=dict)


class Backend(Protocol):
    """A connected model."""

    @property
    def identity(self) -> BackendIdentity:
        """What this backend is."""
        ...

    def generate(self, call: ModelCall) -> AsyncIterator[ModelEvent]:
        """Run one call; see the rules in the module's docstring."""
        ...

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector a text, in order.

        Raises:
            RequestError: this backend has no embeddings.
        """
        ...

    async def close(self) -> None:
        """Free everything; safe to call twice."""
        ...
