"""From segments to what a model reads: the one place that joins text (protocol clause 7).

* Consecutive segments of one role are one message, joined with nothing: separators are
  segments by ``release``.
* Text that the release or the clock did not write can never form a special token of the
  model; `verax.kernel.special_tokens` breaks it with U+200B.
* The joined prompt is the release's chat template over those messages and nothing else: no
  clock, no randomness. Opened segments joined again give the bytes that were sent.
* With tool style ``native`` the segments ``tools``, ``tool_calls`` and ``tool`` hold JSON, each
  whole, and unfold into what chat templates expect; separators between them say nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from verax.kernel import canonical
from verax.kernel.chat_template import render_chat
from verax.kernel.errors import ReleaseError, RequestError
from verax.kernel.release import Release
from verax.kernel.segments import Segment
from verax.kernel.special_tokens import TokenGuard, neutralise

__all__ = ["join_chat", "messages_of", "neutralise", "rejoin"]


def messages_of(segments: Sequence[Segment]) -> list[dict[str, str]]:
    """Return the messages that the segments form: ``{"role", "content"}`` each, text unchanged."""
    messages: list[dict[str, str]] = []
    for segment in segments:
        if messages and messages[-1]["role"] == segment.role:
            messages[-1]["content"] += segment.text
        else:
            messages.append({"role": segment.role, "content": segment.text})
    return messages


def join_chat(release: Release, segments: Sequence[Segment]) -> str:
    """Return the prompt text that an embedded model reads.

    Raises:
        RequestError: the chat template refuses these messages, or a native tool segment does
            not hold its JSON.
        ReleaseError: the release has no chat template, or it failed or spent its budget.
    """
    model = release.model
    if not model.chat_template:
        raise ReleaseError(f"release {release.short_id}: it has no chat template to join a prompt with")
    guard = TokenGuard.for_model(model)
    variables: dict[str, Any] = {
        "messages": [],
        "add_generation_prompt": True,
        "bos_token": model.bos_token,
        "eos_token": model.eos_token,
    }
    for role, group in _groups(segments):
        if role == "image":
            raise RequestError("attachments: this model reads text only", param="attachments")
        if role == "tools" or (role in {"tool", "tool_calls"} and release.tools.style == "native"):
            for segment in group:
                if segment.by != "release" or segment.text != release.prompt.separator:
                    _unfold(role, segment.text, guard, variables)
        else:
            variables["messages"].append({"role": role, "content": guard.message(group)})
    return render_chat(model.chat_template, variables)


def rejoin(release: Release, segments: Sequence[Segment]) -> bytes:
    """Return the exact bytes that these opened segments stand for; they must equal what was sent.

    For backends in this process: the joined prompt where the release has a chat template,
    else the canonical bytes of the messages. The body sent to a remote server holds options
    of the call too, so its adapter rebuilds that.
    """
    if release.model.backend == "remote":
        raise ReleaseError(f"release {release.short_id}: the adapter of its remote server rebuilds what was sent")
    if release.model.chat_template:
        return join_chat(release, segments).encode("utf-8")
    return canonical.encode(messages_of(segments))


def _groups(segments: Sequence[Segment]) -> list[tuple[str, list[Segment]]]:
    groups: list[tuple[str, list[Segment]]] = []
    for segment in segments:
        if groups and groups[-1][0] == segment.role:
            groups[-1][1].append(segment)
        else:
            groups.append((segment.role, [segment]))
    return groups


def _unfold(role: str, text: str, guard: TokenGuard, variables: dict[str, Any]) -> None:
    """Add native tool JSON to the template's variables, every string in it made harmless."""
    try:
        value = guard.json(json.loads(text))
    except (json.JSONDecodeError, RecursionError) as error:
        raise RequestError(f"tools: expected JSON in a {role!r} segment: {type(error).__name__}") from None
    messages: list[dict[str, Any]] = variables["messages"]
    if role == "tools" and isinstance(value, list):
        variables["tools"] = value
    elif role == "tool" and isinstance(value, dict):
        messages.append({**value, "role": "tool"})
    elif role == "tool_calls" and isinstance(value, list):
        if not messages or messages[-1]["role"] != "assistant":
            messages.append({"role": "assistant", "content": ""})
        messages[-1]["tool_calls"] = value
    else:
        raise RequestError(f"tools: a {role!r} segment holds JSON of the wrong shape")
