"""What a surface hands over: typed parts, no prose (invariant 6).

A surface translates its wire format into a `TurnRequest` and decides nothing else.
Who wrote a line is decided by `compose`, never by the surface.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from verax.turn.events import ToolCall

__all__ = ["Caller", "InputFile", "InputItem", "ResponseFormat", "SamplingRequest", "TurnRequest"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks; established by `admit` from a credential, never from the body.

    Attributes:
        user_id: Stable id of the account.
        roles: Roles of the account; they open calls and carry no weight in governance.
        key_id: The API key used, empty for a session.
    """

    user_id: str
    roles: frozenset[str] = frozenset()
    key_id: str = ""


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that stands in a user's line.

    Attributes:
        name: As the user's system calls it; data like the rest of the file.
        digest: SHA-256 of the file's bytes, hex: what the request commits to.
        pages: Its text, one item a page; files without pages have one item.
        image: A picture as a data URL, empty for documents.
    """

    name: str
    kind: Literal["text", "pdf", "image"]
    digest: str
    pages: tuple[str, ...] = ()
    image: str = ""


@dataclass(frozen=True, slots=True)
class InputItem:
    """One line of the conversation as the surface received it.

    Attributes:
        role: The role that the wire format claims.
        text: The text, all text parts joined by a newline.
        tool_calls: Calls that an assistant line claims to have made.
        tool_call_id: The call that a tool line answers.
        reply_id: Turn id of an assistant line that this installation stored itself; the
            turn path checks it against the reply commitment before it believes it.
        files: What a user's line brings along; it stands before the text.
    """

    role: Literal["system", "developer", "user", "assistant", "tool"]
    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    reply_id: str = ""
    files: tuple[InputFile, ...] = ()


@dataclass(frozen=True, slots=True)
class SamplingRequest:
    """Sampling values that the caller asks for; None keeps the release's value."""

    temperature: float | None = None
    top_p: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    n: int = 1
    top_logprobs: int | None = None


@dataclass(frozen=True, slots=True)
class ResponseFormat:
    """Demanded shape of the reply; `schema` is set for ``json_schema`` only."""

    kind: Literal["text", "json_object", "json_schema"] = "text"
    schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """One turn to run.

    Attributes:
        channel: Name of the channel, ``assistant`` for instance.
        items: The conversation, oldest first, ending with what is to be answered.
        tools: Tool definitions in OpenAI's shape (``{"type": "function", ...}``).
        tool_choice: ``auto``, ``none``, ``required`` or the name of one function.
        arm: ``preview`` is reachable by reviewers and gates only.
        release: Release to preview; empty for the channel's head.
        stream: Whether the surface shows pieces as they come; a remote model is then asked
            for pieces too.
        trim: Whether the oldest lines may be left out where the conversation is longer than
            the release's context (`verax.turn.trim`); otherwise such a request is refused.
        older: Lines above `items` that the model does not read: those that the caller did not
            even hand over, and from then on those that were left out.
    """

    channel: str
    caller: Caller
    items: tuple[InputItem, ...]
    sampling: SamplingRequest = field(default_factory=SamplingRequest)
    tools: tuple[Mapping[str, Any], ...] = ()
    tool_choice: Literal["auto", "none", "required"] | tuple[Literal["function"], str] = "auto"
    response_format: ResponseFormat = field(default_factory=ResponseFormat)
    arm: Literal["head", "preview"] = "head"
    release: str = ""
    stream: bool = True
    trim: bool = False
    older: int = 0
    keeps_words: bool = True
