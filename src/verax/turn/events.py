"""The one typed event union of a turn; every surface translates it and adds nothing.

The TypeScript type of the web app is generated from this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from verax.guard.refusals import Crisis
from verax.kernel.errors import BusyError, VeraxError
from verax.models.base import TokenLogprob
from verax.truth.verdicts import SUPPORTED_FROM, Evidence, Verdict, is_contested

__all__ = [
    "Agreement",
    "Choice",
    "ClaimVerdict",
    "Completed",
    "Decided",
    "DraftsDrawn",
    "Failed",
    "Refusal",
    "Started",
    "TextDelta",
    "ToolCall",
    "ToolCallDelta",
    "TurnEvent",
]

Status = Literal["complete", "length", "refused", "rewritten", "cancelled", "withdrawn", "failed"]


@dataclass(frozen=True, slots=True)
class Started:
    """The turn has an id and a release; sent before any text.

    Attributes:
        created_ms: When it began.
        left_out: Older lines that the model does not read, because its context ends.
    """

    turn_id: str
    channel: str
    release: str
    runtime: str
    arm: str
    mode: str
    created_ms: int
    left_out: int = 0

    @property
    def created_s(self) -> int:
        """When it began, in whole seconds since 1970."""
        return self.created_ms // 1000


@dataclass(frozen=True, slots=True)
class TextDelta:
    """Text that passed the guard and may be shown."""

    text: str
    choice: int = 0
    logprobs: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """More of one tool call; `name` and `call_id` come with its first event only."""

    index: int
    arguments: str
    choice: int = 0
    call_id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """A passage that decided a claim: ``evidence.text[start:end]``, and what it alone gives for *supported*."""

    evidence: Evidence
    start: int
    end: int
    probability: float

    @property
    def supports(self) -> bool:
        """Whether it speaks for the claim; what decided and does not, contradicts it."""
        return self.probability >= SUPPORTED_FROM


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many of `samples` further replies to the same prompt say what a sentence says; never a verdict."""

    agreeing: int
    samples: int

    @property
    def uncertainty(self) -> float:
        """The share of samples that do not say it, 0 to 1."""
        return 1 - self.agreeing / self.samples


@dataclass(frozen=True, slots=True)
class ClaimVerdict:
    """A sentence met its evidence; `start` and `end` are character offsets in the reply.

    Attributes:
        text: The sentence.
        probability: That it is supported, 0 to 1; None where it was not checked.
        reason: Why it was not checked, a short code (``language``, ``no_evidence``); empty otherwise.
        evidence: What decided, the strongest first.
        agreement: Of independent samples, where no evidence was considered and the release asks for them.
    """

    start: int
    end: int
    text: str
    verdict: Verdict
    probability: float | None
    choice: int = 0
    reason: str = ""
    evidence: tuple[Decided, ...] = ()
    agreement: Agreement | None = None

    @property
    def is_contested(self) -> bool:
        """Whether one source supports it and another contradicts it."""
        return is_contested((decided.evidence.document, decided.supports) for decided in self.evidence)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A policy stopped the turn; `next_step` is something useful to do instead.

    Attributes:
        crisis: Whom to call, where the policy handed over to a crisis script; `next_step` names them too.
    """

    category: str
    reason: str
    next_step: str
    choice: int = 0
    crisis: Crisis | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One whole tool call of a reply; `arguments` is JSON text."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One whole choice of a reply, after the guard."""

    text: str
    finish_reason: str
    tool_calls: tuple[ToolCall, ...] = ()
    logprobs: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftsDrawn:
    """How many drafts were drawn, and the place of the one that was given, from 0."""

    drawn: int
    kept: int


@dataclass(frozen=True, slots=True)
class Completed:
    """The turn is recorded: record durable, entry queued, promise signed (clause 10).

    Attributes:
        status: How the turn ended.
        choices: The whole reply.
        record: The reply record as it was hashed.
        secret: The turn's secret, hex; surfaces hand it to the owner of the turn only.
        promise: The signed note that promises the leaf.
        withheld: Sentences that a strict release held back, because nothing supports them.
        drafts: None where the reply was given as it came.
    """

    turn_id: str
    status: Status
    choices: tuple[Choice, ...]
    prompt_tokens: int
    completion_tokens: int
    record: Mapping[str, Any]
    secret: str
    promise: str
    withheld: int = 0
    drafts: DraftsDrawn | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The turn ended in an error; it was recorded with status ``failed`` all the same."""

    turn_id: str
    code: str
    message: str
    hint: str
    http_status: int
    retry_after_s: int | None = None
    param: str | None = None

    @classmethod
    def of(cls, error: VeraxError, turn_id: str = "") -> Self:
        """Return what an error says; `turn_id` stays empty where no turn began."""
        return cls(
            turn_id=turn_id,
            code=error.reason_code,
            message=error.message,
            hint=error.hint,
            http_status=error.status,
            retry_after_s=error.retry_after_s if isinstance(error, BusyError) else None,
            param=error.param,
        )


TurnEvent = Started | TextDelta | ToolCallDelta | ClaimVerdict | Refusal | Completed | Failed
