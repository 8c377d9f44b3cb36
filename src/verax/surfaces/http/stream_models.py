"""The events of a run as the browser reads them: one union, told apart by `type`.

They are the events of `verax.turn.events` with what a run adds: the stored message.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel

from verax.surfaces.http.conversation_models import Crisis, Message, Status
from verax.surfaces.http.reply_models import ClaimBody, ReplyModel

__all__ = [
    "ClaimEvent",
    "CompletedEvent",
    "FailedEvent",
    "RefusalEvent",
    "StartedEvent",
    "StreamEvent",
    "TextEvent",
    "ToolCallEvent",
]


class StartedEvent(ReplyModel):
    """The turn has an id and a release; `left_out` counts older messages that the model does not read."""

    type: Literal["started"]
    turn_id: str
    channel: str
    release: str
    runtime: str
    arm: Literal["head", "canary", "preview"]
    mode: Literal["solo", "quorum"]
    created_ms: int
    left_out: int


class TextEvent(ReplyModel):
    """More text of the answer."""

    type: Literal["text"]
    text: str


class ClaimEvent(ClaimBody):
    """A sentence met its evidence."""

    type: Literal["claim"]


class ToolCallEvent(ReplyModel):
    """One tool call of the answer; `arguments` is JSON text."""

    type: Literal["tool_call"]
    index: int
    call_id: str
    name: str
    arguments: str


class RefusalEvent(ReplyModel):
    """A policy stopped the turn; `next_step` has the numbers of `crisis` in it."""

    type: Literal["refusal"]
    category: str
    reason: str
    next_step: str
    crisis: Crisis | None


class CompletedEvent(ReplyModel):
    """The turn is recorded and its message stored; nothing follows."""

    type: Literal["completed"]
    status: Status
    message: Message
    record: dict[str, Any]
    promise: str
    secret: str


class FailedEvent(ReplyModel):
    """The turn ended in an error; nothing follows.

    `stored` is the message that keeps what was delivered; null where no turn began.
    """

    type: Literal["failed"]
    code: str
    message: str
    hint: str
    status: int
    retry_after_s: int | None
    stored: Message | None


class StreamEvent(
    RootModel[
        Annotated[
            StartedEvent | TextEvent | ClaimEvent | ToolCallEvent | RefusalEvent | CompletedEvent | FailedEvent,
            Field(discriminator="type"),
        ]
    ]
):
    """One event of ``GET /v1/conversations/{id}/runs/{run}/events``."""
