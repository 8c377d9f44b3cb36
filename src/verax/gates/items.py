"""What a suite asks and what came back: items of calls, answers, marks.

* An *item* is one thing that is scored. It has one or more calls: a mirrored pair has two, a thread in which the
  user insists has two that follow each other.
* A *call* is one turn that is asked of an arm. A line of it may stand for the reply to an earlier call.
* An *answer* is one recorded turn, read from its record and its reply; for a suite that looks at prompts, with the
  prompt opened.
* A *sample* is an item under one arm, answered whole.
* A *mark* is what a scorer gave a sample: 1 passed, 0 failed, a fraction between where an item has parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

from verax.kernel import canonical
from verax.kernel.errors import RecordError
from verax.kernel.record import Record, TurnSecret
from verax.kernel.release import Release
from verax.kernel.segments import Segment
from verax.turn.events import ToolCall
from verax.turn.request import InputItem

__all__ = ["Answer", "Arm", "Call", "Item", "Line", "Mark", "OpenedPrompt", "Sample", "answer_of", "lines_of"]

Arm = Literal["candidate", "head"]
LineRole = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a call.

    Attributes:
        reply_to: Number of an earlier call of the item whose reply stands here; None for a line with its own text.
        tool_calls: Calls that an assistant line made.
        tool_call_id: The call that a tool line answers.
    """

    role: LineRole
    text: str = ""
    reply_to: int | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One turn to ask; `tools` are definitions in OpenAI's shape."""

    lines: tuple[Line, ...]
    tools: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is scored.

    Attributes:
        id: Unique in the run, ``geography-007`` for instance.
        group: Group of items within the suite.
        expect: What the scorer needs to know; texts, or lists of them, by name.
    """

    id: str
    group: str
    calls: tuple[Call, ...]
    expect: Mapping[str, Any] = field(default_factory=dict)

    @property
    def question(self) -> str:
        """All text that users wrote in this item."""
        return "\n".join(line.text for call in self.calls for line in call.lines if line.role == "user")


@dataclass(frozen=True, slots=True)
class OpenedPrompt:
    """The prompt of a turn, opened: its record, the secret that opens it, and its segments."""

    record: Record
    secret: TurnSecret
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One recorded turn.

    Attributes:
        status: How the turn ended, as its record says.
        text: What was delivered after the guard.
        tool_calls: Tool calls of the reply.
        prompt: The opened prompt, for suites that look at it.
    """

    status: str
    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    prompt: OpenedPrompt | None = None

    @property
    def is_refused(self) -> bool:
        """Whether a policy of the release stopped the turn."""
        return self.status == "refused"


@dataclass(frozen=True, slots=True)
class Sample:
    """An item under one arm, with an answer to each of its calls; `release` is the one that was asked."""

    item: Item
    answers: tuple[Answer, ...]
    release: Release | None = None

    @property
    def text(self) -> str:
        """The reply to the last call."""
        return self.answers[-1].text


@dataclass(frozen=True, slots=True)
class Mark:
    """What a scorer gave: 0 to 1, and why in a few words."""

    value: Fraction
    reason: str = ""

    @classmethod
    def passed(cls) -> Mark:
        """Return a full mark."""
        return cls(Fraction(1))

    @classmethod
    def failed(cls, reason: str) -> Mark:
        """Return no mark at all."""
        return cls(Fraction(0), reason)


def lines_of(call: Call, answers: Sequence[Answer]) -> tuple[InputItem, ...]:
    """Return the lines of a call as the turn path takes them.

    Args:
        answers: Answers to the earlier calls of the item.
    """
    return tuple(
        InputItem(
            line.role,
            line.text if line.reply_to is None else answers[line.reply_to].text,
            line.tool_calls,
            line.tool_call_id,
        )
        for line in call.lines
    )


def answer_of(record: Record, reply: bytes) -> Answer:
    """Return what a record and the bytes of its reply say; the caller compared the two.

    Raises:
        RecordError: the bytes are not a reply of that form.
    """
    try:
        if record.reply_form == "text":
            return Answer(record.status, reply.decode("utf-8"))
        first = canonical.decode(reply)[0]
        calls = tuple(ToolCall(call["id"], call["name"], call["arguments"]) for call in first.get("calls", ()))
        return Answer(record.status, first["text"], calls)
    except (UnicodeDecodeError, LookupError, TypeError, AttributeError):
        raise RecordError(f"turn {record.id}: its reply is not of the form that its record names") from None
