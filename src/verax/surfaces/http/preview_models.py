"""The shapes of replies about previews, for the OpenAPI document and for tests."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel

from verax.kernel.segments import Author, Role
from verax.surfaces.http.conversation_models import Status
from verax.surfaces.http.reply_models import ReplyModel
from verax.surfaces.http.stream_models import ClaimEvent, RefusalEvent, StartedEvent, TextEvent, ToolCallEvent

__all__ = ["ChangePreview", "PreviewEvent", "PromptPair"]

Side = Literal["base", "candidate"]


class PromptPart(ReplyModel):
    """One part of a prompt, with its true author."""

    by: Author
    role: Role
    text: str


class PromptProblem(ReplyModel):
    """Why a release makes no prompt of an input."""

    code: str
    message: str
    hint: str


class RenderedPrompt(ReplyModel):
    """What a model would read; `left_out` counts older lines that the release's context has no room for."""

    parts: list[PromptPart]
    left_out: int
    problem: PromptProblem | None


class PromptPair(ReplyModel):
    """One input under both releases; `base` is null for the first release of a channel."""

    name: str
    title: str
    base: RenderedPrompt | None
    candidate: RenderedPrompt


class FixedQuestion(ReplyModel):
    """One question of the fixed set."""

    name: str
    text: str


class ChangePreview(ReplyModel):
    """The fixed set under both releases of a change; `date` is the one that the prompts were composed for."""

    change: str
    channel: str
    base: str
    candidate: str
    date: str
    questions: list[FixedQuestion]
    prompts: list[PromptPair]


class PreviewStarted(StartedEvent):
    """The turn of one side has an id."""

    side: Side


class PreviewText(TextEvent):
    """More text of one side."""

    side: Side


class PreviewClaim(ClaimEvent):
    """A sentence of one side met its evidence."""

    side: Side


class PreviewToolCall(ToolCallEvent):
    """A tool call of one side."""

    side: Side


class PreviewRefusal(RefusalEvent):
    """A policy of one side's release stopped its turn."""

    side: Side


class PreviewCompleted(ReplyModel):
    """The turn of one side is recorded; nothing of this side follows."""

    type: Literal["completed"]
    side: Side
    status: Status
    record: dict[str, Any]
    promise: str
    secret: str


class PreviewFailed(ReplyModel):
    """The turn of one side failed, or never began; nothing of this side follows."""

    type: Literal["failed"]
    side: Side
    code: str
    message: str
    hint: str
    status: int
    retry_after_s: int | None


class PreviewEnded(ReplyModel):
    """Both sides have ended; nothing follows."""

    type: Literal["ended"]


class PreviewEvent(
    RootModel[
        Annotated[
            PreviewStarted
            | PreviewText
            | PreviewClaim
            | PreviewToolCall
            | PreviewRefusal
            | PreviewCompleted
            | PreviewFailed
            | PreviewEnded,
            Field(discriminator="type"),
        ]
    ]
):
    """One event of ``POST /v1/changes/{id}/preview/replies``."""
