"""The calls of conversations, runs and attachments, as the OpenAPI document describes them."""

from __future__ import annotations

from verax.surfaces.http import conversation_models as talks
from verax.surfaces.http.operations import BYTES, JSON, SSE, Operation, json_reply

__all__ = ["OPERATIONS"]

_NUMBER = {"type": "integer", "minimum": 0}
_LIMIT = {"type": "integer", "minimum": 1}

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "GET",
        "/v1/conversations",
        "listConversations",
        "List conversations, pinned ones first, then the latest",
        json_reply(talks.ConversationList),
        needs_key=True,
        query={"archived": {"type": "boolean"}, "after": {"type": "string"}, "limit": _LIMIT},
    ),
    Operation(
        "POST",
        "/v1/conversations",
        "createConversation",
        "Begin a conversation on a channel",
        json_reply(talks.Conversation, 201),
        body=talks.ConversationRequest,
        needs_key=True,
    ),
    Operation(
        "GET",
        "/v1/conversations/{id}",
        "getConversation",
        "Return a conversation without its messages",
        json_reply(talks.Conversation),
        needs_key=True,
    ),
    Operation(
        "PATCH",
        "/v1/conversations/{id}",
        "changeConversation",
        "Rename, pin or archive a conversation",
        json_reply(talks.Conversation),
        body=talks.ConversationChange,
        needs_key=True,
    ),
    Operation(
        "DELETE",
        "/v1/conversations/{id}",
        "eraseConversation",
        "Erase a conversation with its turns, their records and secrets",
        json_reply(talks.ConversationDeleted),
        needs_key=True,
    ),
    Operation(
        "GET",
        "/v1/conversations/{id}/messages",
        "listMessages",
        "Return a window of the path that is shown, or of the one that ends in `leaf`",
        json_reply(talks.MessagePage),
        needs_key=True,
        query={"leaf": {"type": "string"}, "before": _NUMBER, "limit": _LIMIT},
    ),
    Operation(
        "GET",
        "/v1/conversations/{id}/export",
        "exportConversation",
        "Download a conversation: JSON with everything, or Markdown",
        {200: {JSON: None, "text/markdown": None}},
        needs_key=True,
        query={"format": {"type": "string", "enum": ["json", "markdown"]}},
    ),
    Operation(
        "POST",
        "/v1/conversations/{id}/show",
        "showBranch",
        "Show the path through a message",
        json_reply(talks.BranchShown),
        body=talks.ShowRequest,
        needs_key=True,
    ),
    Operation(
        "POST",
        "/v1/conversations/{id}/runs",
        "startRun",
        "Say something, edit it, or ask again; the turn goes on whoever watches",
        json_reply(talks.RunStarted, 202),
        body=talks.RunRequest,
        needs_key=True,
    ),
    Operation(
        "GET",
        "/v1/conversations/{id}/runs/{run}/events",
        "watchRun",
        "Stream the events of a run after a number (`StreamEvent`)",
        {200: {SSE: None}},
        needs_key=True,
        query={"after": _NUMBER},
    ),
    Operation(
        "POST",
        "/v1/conversations/{id}/runs/{run}/stop",
        "stopRun",
        "End a run; what was delivered is kept",
        {204: {}},
        needs_key=True,
    ),
    Operation(
        "POST",
        "/v1/attachments",
        "uploadAttachment",
        "Keep a file: the body is the file itself",
        json_reply(talks.Attachment, 201),
        needs_key=True,
        query={"name": {"type": "string"}},
        takes_bytes=True,
    ),
    Operation(
        "GET",
        "/v1/attachments/{id}",
        "downloadAttachment",
        "Return a file to its owner",
        {200: {BYTES: None}},
        needs_key=True,
    ),
    Operation(
        "DELETE",
        "/v1/attachments/{id}",
        "deleteAttachment",
        "Remove a file that no message holds",
        json_reply(talks.AttachmentDeleted),
        needs_key=True,
    ),
    Operation(
        "GET",
        "/v1/search",
        "searchMessages",
        "Find titles and messages that hold all words",
        json_reply(talks.SearchHits),
        needs_key=True,
        query={"q": {"type": "string"}, "limit": _LIMIT},
    ),
)
