"""From turn ids to samples: each turn is read from its own record, whoever named it.

A turn counts for a call of the plan when its record says: arm ``preview``, the arm's release, the plan's channel, the
runtime under test, governance no older than the change, and that it ended (a turn that failed counts as an empty
answer); when `request` commits to exactly the lines that the plan asks; and when `reply` commits to the reply. So
neither a worker nor an edited file can pass one turn off as another. One turn counts once.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from verax.gates.items import Answer, Arm, Item, OpenedPrompt, Sample, answer_of
from verax.gates.plan import Plan, task_key
from verax.gates.running import Taken
from verax.kernel import canonical
from verax.kernel.errors import KernelError, UnknownObject
from verax.kernel.record import Record, TurnSecret, commit_with_salt
from verax.kernel.segments import Segment, close_segments, prompt_digest
from verax.store.turns import OpenedTurn, StoredTurn
from verax.turn.record import request_bytes
from verax.turn.request import Caller

__all__ = [
    "Basis",
    "CallLog",
    "Collected",
    "OpenedLog",
    "SampleLog",
    "TurnSource",
    "collect",
    "find_problem",
    "sample_of",
]

_ANSWERED = frozenset({"complete", "length", "refused", "rewritten"})


class TurnSource(Protocol):
    """Where recorded turns are."""

    async def get(self, turn_id: str) -> StoredTurn:
        """Return a recorded turn; raises `UnknownObject`."""
        ...

    async def opened(self, turn_id: str) -> OpenedTurn:
        """Return the opened prompt of a recorded turn; raises `UnknownObject`."""
        ...


@dataclass(frozen=True, slots=True)
class Basis:
    """What every turn of a run must have been made under.

    Attributes:
        runtime: Digest of the instance manifest.
        governance_size: Entries of the governance log that must have been seen: those up to the change.
    """

    runtime: str
    governance_size: int


@dataclass(frozen=True, slots=True)
class OpenedLog:
    """The prompt of a turn: its secret, 64 hex digits, and its segments."""

    secret: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class CallLog:
    """One recorded turn, opened: what anyone needs to check it against the reply log.

    Attributes:
        reply: The bytes that `record.reply` commits to, as text.
        reply_salt: 32 hex digits.
        request_salt: 32 hex digits.
        opened: The prompt, for suites that look at it.
    """

    record: Record
    reply: str
    reply_salt: str
    request_salt: str
    opened: OpenedLog | None = None

    @property
    def answer(self) -> Answer:
        """What the turn answered."""
        answer = answer_of(self.record, self.reply.encode("utf-8"))
        if self.opened is None:
            return answer
        secret = TurnSecret(canonical.hex_decode(self.opened.secret))
        return replace(answer, prompt=OpenedPrompt(self.record, secret, self.opened.segments))


@dataclass(frozen=True, slots=True)
class SampleLog:
    """An item under one arm, with its turns in the order of its calls."""

    arm: Arm
    item_id: str
    calls: tuple[CallLog, ...]

    @property
    def key(self) -> str:
        """Name of the sample, as the plan has it."""
        return f"{self.item_id}@{self.arm}"


@dataclass(frozen=True, slots=True)
class Collected:
    """What could be read back.

    Attributes:
        samples: By key, in the order of the plan.
        lost: Why each other sample of the plan is not among them, by key.
    """

    samples: Mapping[str, SampleLog]
    lost: Mapping[str, str]


async def collect(plan: Plan, taken: Taken, basis: Basis, turns: TurnSource) -> Collected:
    """Read every sample of a plan back."""
    samples: dict[str, SampleLog] = {}
    lost: dict[str, str] = {}
    used: set[str] = set()
    for arm, item in plan.tasks:
        key = task_key(arm, item)
        found = await _sample(plan, arm, item, taken.get(key, ()), turns)
        problem = found if isinstance(found, str) else find_problem(plan, found, basis, used)
        if isinstance(found, SampleLog) and not problem:
            samples[key] = found
        else:
            lost[key] = str(problem)
    return Collected(samples, lost)


def find_problem(plan: Plan, sample: SampleLog, basis: Basis, used: set[str]) -> str:
    """Return why a sample does not count, empty when it does.

    Args:
        used: Turns that counted already; those of the sample are added.
    """
    items = {item.id: item for item in plan.items}
    item = items.get(sample.item_id)
    if item is None or sample.arm not in plan.releases:
        return "the plan asks no such item"
    if len(sample.calls) != len(item.calls):
        return f"expected {len(item.calls)} turns, found {len(sample.calls)}"
    answers: list[Answer] = []
    for log in sample.calls:
        problem = _problem_of(plan, sample.arm, item, answers, log, basis)
        if problem or log.record.id in used:
            return problem or "the turn counted for another call"
        used.add(log.record.id)
        answers.append(log.answer)
    return ""


def sample_of(plan: Plan, log: SampleLog) -> Sample:
    """Return what a scorer looks at."""
    item = next(item for item in plan.items if item.id == log.item_id)
    return Sample(item, tuple(call.answer for call in log.calls), plan.manifests.get(log.arm))


def _problem_of(plan: Plan, arm: Arm, item: Item, answers: list[Answer], log: CallLog, basis: Basis) -> str:
    record = log.record
    expected: dict[str, Any] = {
        "arm": "preview",
        "release": plan.releases[arm],
        "channel": plan.channel,
        "runtime": basis.runtime,
    }
    for name, value in expected.items():
        if getattr(record, name) != value:
            return f"the turn's {name} is another one"
    if record.governance.size < basis.governance_size:
        return "the turn is older than the change"
    if record.status not in _ANSWERED and not (record.status == "failed" and not log.reply):
        return f"the turn ended as {record.status}"
    request = request_bytes(plan.request(arm, item, answers, Caller("")))
    try:
        asked = commit_with_salt(canonical.hex_decode(log.request_salt), "request", request)
        said = commit_with_salt(canonical.hex_decode(log.reply_salt), "reply", log.reply.encode("utf-8"))
        log.answer  # noqa: B018 - read once, so that a reply of another form is found here
    except KernelError as error:
        return error.message
    if plan.suite.opens_prompts and not _opens(log):
        return "its prompt does not open"
    if not hmac.compare_digest(asked, record.request):
        return "the turn was asked something else"
    return "" if hmac.compare_digest(said, record.reply) else "the reply is not the one that was recorded"


def _opens(log: CallLog) -> bool:
    """Say whether secret and segments of a prompt are those of its record."""
    if log.opened is None:
        return False
    secret = TurnSecret(canonical.hex_decode(log.opened.secret))
    digest = prompt_digest(close_segments(log.opened.segments, secret))
    return secret.salt("record").hex() == log.record.salt and digest == log.record.prompt


async def _sample(plan: Plan, arm: Arm, item: Item, ids: tuple[str, ...], turns: TurnSource) -> SampleLog | str:
    if len(ids) != len(item.calls):
        return "it was not taken"
    calls: list[CallLog] = []
    for turn_id in ids:
        try:
            stored = await turns.get(turn_id)
            opened = await _open(turn_id, stored, turns) if plan.suite.opens_prompts else None
        except UnknownObject:
            return "its turn is not recorded here"
        if stored.reply is None:
            return "its turn never ended"
        try:
            reply = stored.reply.decode("utf-8")
        except UnicodeDecodeError:
            return "its reply is not text"
        salts = (stored.secret.salt("reply").hex(), stored.secret.salt("request").hex())
        calls.append(CallLog(stored.record, reply, *salts, opened))
    return SampleLog(arm, item.id, tuple(calls))


async def _open(turn_id: str, stored: StoredTurn, turns: TurnSource) -> OpenedLog:
    parts = (await turns.opened(turn_id)).segments
    segments = tuple(Segment(part["by"], part["role"], part["text"]) for part in parts)
    return OpenedLog(stored.secret.data.hex(), segments)
