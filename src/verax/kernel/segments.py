"""A prompt as segments with authors (protocol clause 7).

* A prompt is an ordered list of segments; each says who wrote it (`by`) and in which
  role it stands (`role`).
* Only ``release`` and ``clock`` stand in clear; every other segment is committed to under
  a name and a salt of the turn.
* ``prompt = hex(H("verax/prompt/v1\\n" ‖ CJ(segments)))`` over the closed form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from verax.kernel import canonical
from verax.kernel.errors import RecordError
from verax.kernel.record import TurnSecret

__all__ = ["CLEAR_AUTHORS", "Author", "Role", "Segment", "close_segments", "prompt_digest"]

Author = Literal["release", "clock", "app", "user", "assistant", "memory", "retrieved", "tool"]
Role = Literal["system", "user", "assistant", "tool", "tools", "tool_calls", "image"]

CLEAR_AUTHORS: frozenset[str] = frozenset({"release", "clock"})
_AUTHORS = frozenset(get_args(Author))
_ROLES = frozenset(get_args(Role))


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece of a prompt, opened.

    Attributes:
        by: Its true author.
        role: The role of the message it stands in. ``tools`` holds tool definitions as
            JSON text and ``tool_calls`` the calls of the assistant line before it, as a JSON
            array, for models that take tools natively; a ``tool`` segment is then a JSON
            object ``{"content", "tool_call_id"}``. ``image`` holds a picture as a data URL
            and belongs to the user's message that it stands in.
        text: The text itself, Unicode scalar values only.
    """

    by: Author
    role: Role
    text: str

    def __post_init__(self) -> None:
        if self.by not in _AUTHORS or self.role not in _ROLES:
            raise RecordError(f"segment: unknown author or role: {self.by!r}, {self.role!r}")
        try:
            self.text.encode("utf-8")
        except UnicodeEncodeError:
            raise RecordError("segment: the text holds a lone surrogate") from None


def close_segments(segments: Sequence[Segment], secret: TurnSecret) -> list[dict[str, canonical.Json]]:
    """Return the closed form: clear authors keep their text, others become commitments.

    The name of a hidden segment is ``segment_<index>``, its position in the list; `bytes`
    is the length of its UTF-8 text.
    """
    closed: list[dict[str, canonical.Json]] = []
    for index, segment in enumerate(segments):
        if segment.by in CLEAR_AUTHORS:
            closed.append({"by": segment.by, "role": segment.role, "text": segment.text})
            continue
        name, data = f"segment_{index}", segment.text.encode("utf-8")
        commit = secret.commit(name, data)
        closed.append({"by": segment.by, "role": segment.role, "name": name, "commit": commit, "bytes": len(data)})
    return closed


def prompt_digest(closed: Sequence[dict[str, canonical.Json]]) -> str:
    """Return the prompt digest of segments in closed form, 64 hex digits."""
    return canonical.tagged_hash("verax/prompt/v1", canonical.encode(closed)).hex()
