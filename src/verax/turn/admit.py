"""Step 1, admit: who asks, and is the request one that any release could answer?

* The caller was authenticated by the surface; roles open arms, they never move heads.
* Arm ``preview`` is reachable by reviewers, authors and operators only (clause 6).
* Limits are of shape, not of content: content is the guard's.
"""

from __future__ import annotations

from verax.kernel.errors import AccessError, ForbiddenError, RequestError, TooLarge
from verax.turn.request import TurnRequest

__all__ = ["MAX_ITEMS", "MAX_TOOLS", "PREVIEW_ROLES", "admit"]

MAX_ITEMS = 10_000
MAX_TOOLS = 128
PREVIEW_ROLES = frozenset({"owner", "author", "reviewer", "operator", "auditor"})


def admit(request: TurnRequest) -> None:
    """Refuse what no release could answer.

    Raises:
        AccessError: the caller is nobody.
        ForbiddenError: the caller may not run previews.
        TooLarge: more than `MAX_ITEMS` messages or `MAX_TOOLS` tools.
        RequestError: nothing to answer, or text that is not Unicode scalar values.
    """
    if not request.caller.user_id:
        raise AccessError("turn: no caller", hint="sign in, or send an API key")
    if request.arm == "preview" and not request.caller.roles & PREVIEW_ROLES:
        raise ForbiddenError("turn: previews are for reviewers", hint="ask an owner for the role reviewer")
    if len(request.items) > MAX_ITEMS:
        raise TooLarge(f"messages: expected at most {MAX_ITEMS}, found {len(request.items)}", param="messages")
    if len(request.tools) > MAX_TOOLS:
        raise TooLarge(f"tools: expected at most {MAX_TOOLS}, found {len(request.tools)}", param="tools")
    if not any(item.role in ("user", "tool") for item in request.items):
        raise RequestError("messages: expected at least one user message", param="messages")
    for index, item in enumerate(request.items):
        _check_scalar(item.text, f"messages[{index}]")
        for file in item.files:
            for text in (file.name, *file.pages):
                _check_scalar(text, f"messages[{index}].files")
        for call in item.tool_calls:
            _check_scalar(call.arguments, f"messages[{index}].tool_calls")


def _check_scalar(text: str, param: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise RequestError(
            f"{param}: the text holds a lone surrogate, which is not a character",
            hint="send well-formed Unicode",
            param=param,
            code="request/encoding",
        ) from None
