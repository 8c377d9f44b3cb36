"""The shapes of conversations, runs and attachments on the wire.

Bodies of requests are validated through these models. Replies are written directly; tests
hold what is written against the models, as for `verax.surfaces.http.reply_models`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from verax.surfaces.http.reply_models import ClaimBody, DraftsBody, ReplyModel
from verax.surfaces.http.validation import WireModel

__all__ = [
    "Attachment",
    "AttachmentDeleted",
    "AttachmentRef",
    "BranchShown",
    "Conversation",
    "ConversationChange",
    "ConversationDeleted",
    "ConversationList",
    "ConversationRequest",
    "Message",
    "MessageError",
    "MessagePage",
    "Run",
    "RunRef",
    "RunRequest",
    "RunStarted",
    "SearchHit",
    "SearchHits",
    "ShowRequest",
    "TurnRef",
    "TurnRefusal",
]

MAX_ATTACHMENTS = 8

Status = Literal["complete", "length", "refused", "rewritten", "cancelled", "withdrawn", "failed"]
Kind = Literal["text", "pdf", "image"]

_Id = Annotated[str, Field(max_length=64)]
_Title = Annotated[str, Field(max_length=200)]


class ConversationRequest(WireModel):
    """Body of ``POST /v1/conversations``."""

    channel: Annotated[str, Field(min_length=1, max_length=128)]
    title: _Title | None = None


class ConversationChange(WireModel):
    """Body of ``PATCH /v1/conversations/{id}``: what is left out stays."""

    title: _Title | None = None
    is_pinned: bool | None = None
    is_archived: bool | None = None


class ShowRequest(WireModel):
    """Body of ``POST /v1/conversations/{id}/show``."""

    message_id: _Id


class RunRequest(WireModel):
    """Body of ``POST /v1/conversations/{id}/runs``: send, edit or retry."""

    parent_id: _Id = Field(
        description="Send: the leaf seen last, empty at the start. Edit: the parent of the message. "
        "Retry: the user's message, without `text`."
    )
    text: str | None = None
    attachments: Annotated[list[_Id], Field(max_length=MAX_ATTACHMENTS)] | None = None
    client_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")] | None = Field(
        default=None, description="Drawn by the client: a repeated request returns the same run."
    )


class RunRef(ReplyModel):
    """A run in flight; `parent_id` is the user's message that it answers."""

    id: str
    parent_id: str


class Run(ReplyModel):
    """A turn that goes on whoever watches."""

    id: str
    conversation_id: str
    parent_id: str
    state: Literal["running", "ended"]
    created_ms: int


class Conversation(ReplyModel):
    """A conversation without its messages; `leaf_id` ends the path that is shown."""

    id: str
    channel: str
    title: str
    created_ms: int
    updated_ms: int
    is_pinned: bool
    is_archived: bool
    leaf_id: str
    messages: int
    running: list[RunRef]


class ConversationList(ReplyModel):
    """Conversations, pinned ones first, then the latest."""

    object: Literal["list"]
    data: list[Conversation]
    has_more: bool


class ConversationDeleted(ReplyModel):
    """Text, records and secrets are gone; `erasures` names the erase receipts."""

    id: str
    deleted: Literal[True]
    erasures: list[str]


class CrisisLine(ReplyModel):
    """A number to call, where it works, and who publishes it."""

    where: str
    name: str
    publisher: str
    number: str


class Crisis(ReplyModel):
    """Whom to call: what to do about danger right now, and lines where somebody listens."""

    emergency: str
    helplines: list[CrisisLine]


class TurnRefusal(ReplyModel):
    """A policy stopped the turn; `next_step` is something useful to do instead, with the numbers of `crisis` in it."""

    category: str
    reason: str
    next_step: str
    crisis: Crisis | None


class TurnRef(ReplyModel):
    """The turn that gave a message.

    `receipt` is the path of its receipt; `left_out` counts older messages that the model did
    not read, `withheld` sentences that a strict release held back; `drafts` says which of several was given.
    """

    id: str
    status: Status
    release: str
    mode: str
    receipt: str
    refusal: TurnRefusal | None
    left_out: int
    withheld: int
    drafts: DraftsBody | None


class MessageError(ReplyModel):
    """Why a turn failed."""

    code: str
    message: str
    hint: str


class AttachmentRef(ReplyModel):
    """A file that a message holds."""

    id: str
    name: str
    media_type: str
    kind: Kind
    size_bytes: int
    pages: int | None
    characters: int | None


class AttachmentNotice(ReplyModel):
    """What will not be read of a file, and why."""

    code: str
    message: str
    hint: str


class Attachment(AttachmentRef):
    """An uploaded file."""

    notice: AttachmentNotice | None


class AttachmentDeleted(ReplyModel):
    """The file is gone."""

    id: str
    deleted: Literal[True]


class Message(ReplyModel):
    """One message; an answer holds exactly what was delivered, however its turn ended."""

    id: str
    parent_id: str
    depth: int
    role: Literal["user", "assistant", "system", "tool"]
    text: str
    attachments: list[AttachmentRef]
    turn: TurnRef | None
    claims: list[ClaimBody]
    error: MessageError | None
    created_ms: int
    erased_ms: int | None
    siblings: list[str]


class MessagePage(ReplyModel):
    """A window of one path, oldest message first; `length` counts the whole path."""

    conversation: Conversation
    data: list[Message]
    length: int
    has_older: bool


class BranchShown(ReplyModel):
    """The end of the path that is shown now."""

    leaf_id: str


class RunStarted(ReplyModel):
    """A run began; `message` is what was stored for it, null for a retry."""

    run: Run
    message: Message | None


class SearchHit(ReplyModel):
    """A message or title that holds all words; `message_id` is empty for a title."""

    conversation_id: str
    title: str
    message_id: str
    role: str
    snippet: str
    created_ms: int


class SearchHits(ReplyModel):
    """What was found, titles first, then messages, newest first."""

    data: list[SearchHit]
