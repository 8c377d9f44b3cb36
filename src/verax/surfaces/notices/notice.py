"""One notice: codes, a channel, counts and the place in the log; never a word of a user or a reply."""

from __future__ import annotations

import json
from dataclasses import dataclass

from verax.kernel.chronicle import statement_at
from verax.kernel.fold import State
from verax.kernel.statement import Alarm, Move
from verax.surfaces.alarm_meanings import meaning_of

__all__ = ["Notice", "notices_of", "urgent_notice"]

_ACTS = {
    "admit": "A change was admitted.",
    "step": "The share of a canary was raised.",
    "rollback": "A release was taken back.",
    "freeze": "A channel was frozen: it answers nobody.",
    "unfreeze": "A frozen channel answers again.",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told.

    Attributes:
        installation: Name of the installation.
        index: Entry of the governance log; None where the log could not take the alarm.
        code: Code of the alarm, or ``move/<act>``.
        channel: Channel, or ``none``.
        count: How many times it happened.
        meaning: One sentence of ours about the code.
        next_step: What to do; empty for a move.
    """

    installation: str
    index: int | None
    code: str
    channel: str
    count: int
    first_ms: int
    last_ms: int
    meaning: str
    next_step: str

    def to_bytes(self) -> bytes:
        """Return the body of a webhook call: JSON, keys in a fixed order."""
        body = {
            "v": 1,
            "installation": self.installation,
            "index": self.index,
            "code": self.code,
            "channel": self.channel,
            "count": self.count,
            "first_ms": self.first_ms,
            "last_ms": self.last_ms,
            "meaning": self.meaning,
            "next_step": self.next_step,
        }
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")

    @property
    def id(self) -> str:
        """The same for every attempt to deliver it, so that a receiver can drop doubles."""
        return f"{self.installation}/{self.index}" if self.index is not None else f"{self.installation}/{self.first_ms}"

    def to_text(self) -> str:
        """Return a few lines for people."""
        where = "not in the log yet" if self.index is None else f"entry {self.index} of the governance log"
        times = "" if self.count == 1 else f", {self.count} times"
        channel = "" if self.channel == "none" else f" on {self.channel}"
        return "\n".join(part for part in (f"{self.code}{channel}{times}", self.meaning, self.next_step, where) if part)


def notices_of(entries: list[bytes], state: State, first: int) -> list[Notice]:
    """Return what is to be told of the entries from `first` on: effective alarms and moves."""
    found = []
    for outcome in state.outcomes[first:]:
        if not outcome.effective or outcome.kind not in ("alarm", "move"):
            continue
        statement = statement_at(entries, outcome.index)
        if isinstance(statement, Alarm):
            found.append(_of_alarm(statement, state, outcome.index))
        elif isinstance(statement, Move):
            found.append(_of_move(statement, state, outcome.index))
    return found


def urgent_notice(state: State, code: str, channel: str, now_ms: int) -> Notice:
    """Return the notice of an alarm that the log cannot take now."""
    told = meaning_of(code)
    return Notice(state.root.name, None, code, channel, 1, now_ms, now_ms, told.meaning, told.next_step)


def _of_alarm(alarm: Alarm, state: State, index: int) -> Notice:
    told = meaning_of(alarm.code)
    return Notice(
        installation=state.root.name,
        index=index,
        code=alarm.code,
        channel=alarm.channel,
        count=alarm.count,
        first_ms=alarm.first_ms,
        last_ms=alarm.last_ms,
        meaning=told.meaning,
        next_step=told.next_step,
    )


def _of_move(move: Move, state: State, index: int) -> Notice:
    time_ms = move.basis.time_ms
    return Notice(state.root.name, index, f"move/{move.act}", move.channel, 1, time_ms, time_ms, _ACTS[move.act], "")
