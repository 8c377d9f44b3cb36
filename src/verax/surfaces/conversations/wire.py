"""Conversations, messages and events as the browser reads them (`verax.surfaces.http.conversation_models`).

How a turn ended is kept in the data of its message: ``turn`` {status, release, mode,
left_out, withheld?, drafts?, refusal?}, ``claims`` are the verdicts on its sentences and, where it failed,
``error`` {code, message, hint}.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from verax.kernel.errors import VeraxError
from verax.store.messages_types import Conversation, Message, SearchHit
from verax.surfaces.verdicts import claim_object, drafts_object
from verax.turn.events import ClaimVerdict, Completed, Failed, Refusal, Started, ToolCallDelta

__all__ = [
    "claim_event",
    "completed_event",
    "conversation_object",
    "ending",
    "error_event",
    "failed_event",
    "failure",
    "message_object",
    "outcome",
    "refusal_event",
    "search_object",
    "started_event",
    "text_event",
    "tool_event",
]

Json = dict[str, Any]

_ROLES = {"developer": "system"}


def conversation_object(conversation: Conversation, running: Sequence[Mapping[str, str]]) -> Json:
    """Return a conversation; `running` are its runs in flight."""
    return {
        "id": conversation.conversation_id,
        "channel": conversation.channel,
        "title": conversation.title,
        "created_ms": conversation.created_ms,
        "updated_ms": conversation.updated_ms,
        "is_pinned": conversation.is_pinned,
        "is_archived": conversation.is_archived,
        "leaf_id": conversation.leaf_id,
        "messages": conversation.messages,
        "running": [dict(run) for run in running],
    }


def message_object(message: Message) -> Json:
    """Return a message with what its data says of its turn."""
    return {
        "id": message.message_id,
        "parent_id": message.parent_id,
        "depth": message.depth,
        "role": _ROLES.get(message.role, message.role),
        "text": message.text,
        "attachments": list(message.data.get("attachments", ())),
        "turn": _turn_object(message),
        "claims": list(message.data.get("claims", ())),
        "error": message.data.get("error"),
        "created_ms": message.created_ms,
        "erased_ms": message.erased_ms,
        "siblings": list(message.siblings),
    }


def search_object(hit: SearchHit) -> Json:
    """Return what a search found."""
    return {
        "conversation_id": hit.conversation_id,
        "title": hit.title,
        "message_id": hit.message_id,
        "role": _ROLES.get(hit.role, hit.role),
        "snippet": hit.snippet,
        "created_ms": hit.created_ms,
    }


def outcome(started: Started, status: str, refusal: Refusal | None, completed: Completed | None = None) -> Json:
    """Return what a message keeps of its turn; the rest is in the record."""
    turn: Json = {
        "status": status,
        "release": started.release,
        "mode": started.mode,
        "left_out": started.left_out,
    }
    if completed is not None and completed.withheld:
        turn["withheld"] = completed.withheld
    if completed is not None and completed.drafts is not None:
        turn["drafts"] = drafts_object(completed.drafts)
    if refusal is not None:
        turn["refusal"] = _refusal_object(refusal)
    return turn


def started_event(event: Started) -> Json:
    """Return the first event of a run."""
    return {
        "type": "started",
        "turn_id": event.turn_id,
        "channel": event.channel,
        "release": event.release,
        "runtime": event.runtime,
        "arm": event.arm,
        "mode": event.mode,
        "created_ms": event.created_ms,
        "left_out": event.left_out,
    }


def text_event(text: str) -> Json:
    """Return a piece of the answer."""
    return {"type": "text", "text": text}


def claim_event(event: ClaimVerdict) -> Json:
    """Return a verdict."""
    return {"type": "claim", **claim_object(event)}


def tool_event(event: ToolCallDelta) -> Json:
    """Return a tool call; the guard lets calls leave whole."""
    return {
        "type": "tool_call",
        "index": event.index,
        "call_id": event.call_id,
        "name": event.name,
        "arguments": event.arguments,
    }


def refusal_event(event: Refusal) -> Json:
    """Return what a policy said."""
    return {
        "type": "refusal",
        **_refusal_object(event),
    }


def ending(event: Completed) -> Json:
    """Return the last event of a turn that is recorded, for its owner."""
    return {
        "type": "completed",
        "status": event.status,
        "record": dict(event.record),
        "promise": event.promise,
        "secret": event.secret,
    }


def failure(event: Failed) -> Json:
    """Return the last event of a turn that failed, or never began."""
    return {
        "type": "failed",
        "code": event.code,
        "message": event.message,
        "hint": event.hint,
        "status": event.http_status,
        "retry_after_s": event.retry_after_s,
    }


def completed_event(event: Completed, message: Message) -> Json:
    """Return the last event of a run whose turn is recorded."""
    return {**ending(event), "message": message_object(message)}


def failed_event(event: Failed, stored: Message | None) -> Json:
    """Return the last event of a run whose turn failed."""
    return {**failure(event), "stored": None if stored is None else message_object(stored)}


def error_event(error: VeraxError) -> Json:
    """Return the last event of a run in which no turn began, or whose message could not be stored."""
    return failed_event(Failed.of(error), None)


def _refusal_object(refusal: Refusal) -> Json:
    crisis = refusal.crisis
    return {
        "category": refusal.category,
        "reason": refusal.reason,
        "next_step": refusal.next_step,
        "crisis": None
        if crisis is None
        else {
            "emergency": crisis.emergency,
            "helplines": [
                {"where": line.where, "name": line.name, "publisher": line.publisher, "number": line.number}
                for line in crisis.helplines
            ],
        },
    }


def _turn_object(message: Message) -> Json | None:
    kept = message.data.get("turn")
    if not message.turn_id or kept is None:
        return None
    return {
        "id": message.turn_id,
        "status": kept["status"],
        "release": kept["release"],
        "mode": kept["mode"],
        "receipt": f"/v1/receipts/{message.turn_id}",
        # A turn from before crises were told apart has none.
        "refusal": {"crisis": None} | kept["refusal"] if "refusal" in kept else None,
        "left_out": kept["left_out"],
        "withheld": kept.get("withheld", 0),
        "drafts": kept.get("drafts"),
    }
