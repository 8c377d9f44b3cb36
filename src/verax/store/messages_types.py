"""Conversations, messages and pages of them, as the store hands them out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

__all__ = ["ROLES", "Appended", "Conversation", "Line", "Message", "Page", "Role", "SearchHit", "StoredResponse"]

Role = Literal["system", "developer", "user", "assistant", "tool"]
ROLES: frozenset[str] = frozenset(get_args(Role))


@dataclass(frozen=True, slots=True)
class Line:
    """A message before it is stored.

    Attributes:
        data: What the text does not say: tool calls, the call a tool line answers, status.
            JSON values only.
        turn_id: The turn that gave this reply, empty for lines of people and programs.
    """

    role: Role
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)
    turn_id: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A stored message.

    Attributes:
        parent_id: The message it answers or continues, empty for the first.
        depth: Messages above it on its path.
        erased_ms: When its content was erased; the message keeps its place.
        siblings: Ids of all messages with the same parent, oldest first, this one included;
            only pages know them.
    """

    message_id: str
    conversation_id: str
    parent_id: str
    depth: int
    role: Role
    text: str
    data: Mapping[str, Any]
    turn_id: str
    created_ms: int
    erased_ms: int | None = None
    siblings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Appended:
    """A message that was added, or that was there already."""

    message_id: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation without its messages.

    Attributes:
        leaf_id: Last message of the path that is shown, empty while there is none.
        messages: Messages on all branches together.
    """

    conversation_id: str
    user_id: str
    channel: str
    title: str
    created_ms: int
    updated_ms: int
    is_pinned: bool
    is_archived: bool
    leaf_id: str
    messages: int


@dataclass(frozen=True, slots=True)
class Page:
    """A window of one path, oldest message first.

    Attributes:
        length: Messages on the whole path.
        has_older: Whether the path has messages above the window: ask for those with
            ``before=page.messages[0].depth``.
    """

    conversation: Conversation
    messages: tuple[Message, ...]
    length: int
    has_older: bool


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A message or title that holds all words of a search.

    Attributes:
        message_id: Empty when the title matched.
        snippet: At most 160 characters around the first word.
    """

    conversation_id: str
    title: str
    message_id: str
    role: str
    snippet: str
    created_ms: int


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """A response as `/v1/responses` keeps it.

    Attributes:
        previous_id: The response it continues, empty for the first.
        lines: What it added: its input lines, then its own reply.
        turn_id: The turn that gave the reply.
        body: The response object as it was sent.
    """

    response_id: str
    user_id: str
    previous_id: str
    lines: tuple[Line, ...]
    turn_id: str
    body: Mapping[str, Any]
