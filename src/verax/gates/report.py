"""The report of a gate: everything that somebody else needs to judge it again.

* Canonical bytes (clause 1), the blob that a gate statement names. Numbers that are no integers are decimal strings.
* It holds every turn's record with the salts of request and reply, so each reply is checkable against the reply
  log, and the marks are checkable against the replies. Questions are not repeated: they follow from suite and seed.
* Reading is strict: an unknown field, a wrong type or a sample twice is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from verax.gates.evidence import CallLog, OpenedLog, SampleLog
from verax.gates.items import Arm
from verax.gates.verdict import Shortfall
from verax.kernel import canonical
from verax.kernel.errors import CanonicalError, KernelError, RecordError
from verax.kernel.fields import Fields
from verax.kernel.record import Record
from verax.kernel.segments import Author, Role, Segment
from verax.kernel.statement import NONE

__all__ = ["GateReport", "JudgedMark", "Marked", "ReportError"]

_TEXT = re.compile(r"[^\n]{0,400}\Z")
_SALT = re.compile(r"[0-9a-f]{32}\Z")
_KEY = re.compile(r"[a-z0-9_-]{1,96}\Z")
_NAME = re.compile(r"[a-z0-9_@-]{1,160}\Z")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_MAX_SAMPLES = 20_000
_MAX_CALLS = 16
_MAX_WORDS = 4000
_MAX_SEGMENTS = 1000
_ARMS: tuple[Arm, ...] = get_args(Arm)
_AUTHORS: tuple[Author, ...] = get_args(Author)
_ROLES: tuple[Role, ...] = get_args(Role)


class ReportError(KernelError):
    """A gate's report is malformed."""

    code = "gates/report"


@dataclass(frozen=True, slots=True)
class Marked:
    """The mark of one item under the candidate, as a decimal string, and why."""

    mark: str
    reason: str


@dataclass(frozen=True, slots=True)
class JudgedMark:
    """What a judge said of one item: a mark, and its words to the character."""

    mark: str
    words: str


@dataclass(frozen=True, slots=True)
class GateReport:
    """One run of one suite on one change.

    Attributes:
        digest: Digest of the suite.
        candidate: The change's candidate, a release or a runtime.
        asked_channel: Where previews were asked; the change's channel, unless that is the runtime's.
        asked: The release that was asked: the candidate, or for a runtime the head of that channel.
        head: Release beside the candidate; ``none`` where it was not asked.
        runtime: Digest of the instance manifest that ran it.
        root: Version of the root document whose floors were used.
        attempts: Runs that were begun until this one ended.
        engine: What took the samples.
        confinement: What held its process back.
        earlier: Other changes with this candidate that this suite judged before.
        judge: Model and prompt of the judge, empty without one.
        metrics: Decimal strings; see `verax.gates.verdict`.
        marks: By item id, the candidate's.
        judged: By item id, where a judge was asked.
        lost: Why samples are missing, by key; a report with any never passes.
    """

    suite: str
    digest: str
    change: str
    channel: str
    candidate: str
    asked_channel: str
    asked: str
    head: str
    seed: str
    runtime: str
    root: int
    attempts: int
    engine: str
    confinement: tuple[str, ...]
    started_ms: int
    ended_ms: int
    floors: Mapping[str, str]
    metrics: Mapping[str, str]
    shortfalls: tuple[Shortfall, ...]
    passed: bool
    samples: tuple[SampleLog, ...] = field(repr=False)
    marks: Mapping[str, Marked] = field(repr=False, default_factory=dict)
    judged: Mapping[str, JudgedMark] = field(repr=False, default_factory=dict)
    judge: str = ""
    lost: Mapping[str, str] = field(default_factory=dict)
    earlier: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Samples that were taken."""
        return len(self.samples)

    def to_bytes(self) -> bytes:
        """Return the canonical bytes."""
        value: dict[str, canonical.Json] = {
            "v": 1,
            "suite": self.suite,
            "digest": self.digest,
            "change": self.change,
            "channel": self.channel,
            "candidate": self.candidate,
            "asked_channel": self.asked_channel,
            "asked": self.asked,
            "head": self.head,
            "seed": self.seed,
            "runtime": self.runtime,
            "root": self.root,
            "attempts": self.attempts,
            "engine": self.engine,
            "confinement": list(self.confinement),
            "started_ms": self.started_ms,
            "ended_ms": self.ended_ms,
            "floors": dict(self.floors),
            "metrics": dict(self.metrics),
            "shortfalls": [{"metric": s.metric, "floor": s.floor, "found": s.found} for s in self.shortfalls],
            "passed": self.passed,
            "earlier": list(self.earlier),
            "judge": self.judge,
            "samples": [_sample_object(sample) for sample in self.samples],
            "marks": [{"item": key, "mark": m.mark, "reason": m.reason} for key, m in self.marks.items()],
            "judged": [{"item": key, "mark": m.mark, "words": m.words} for key, m in self.judged.items()],
            "lost": [{"sample": key, "reason": reason} for key, reason in self.lost.items()],
        }
        return canonical.encode(value)

    @classmethod
    def parse(cls, data: bytes) -> GateReport:
        """Read a report strictly.

        Raises:
            ReportError: not canonical, or not of this form.
        """
        try:
            fields = Fields(canonical.decode(data), "gate report", ReportError)
        except CanonicalError as error:
            raise ReportError(f"gate report: {error.message}") from None
        if fields.integer("v", 1, 1) != 1:
            fields.fail("expected version 1")
        report = _read(fields)
        fields.close()
        return report


def _read(fields: Fields) -> GateReport:
    samples = tuple(_read_sample(inner) for inner in fields.sections("samples", limit=_MAX_SAMPLES))
    if len({sample.key for sample in samples}) != len(samples):
        fields.fail("a sample stands twice")
    marks = _table(fields, "marks", "item", "mark", "reason")
    judged = _table(fields, "judged", "item", "mark", "words")
    short = _table(fields, "shortfalls", "metric", "floor", "found")
    return GateReport(
        suite=fields.text("suite", pattern=_KEY),
        digest=fields.digest("digest"),
        change=fields.digest("change"),
        channel=fields.text("channel", limit=65),
        candidate=fields.digest("candidate"),
        asked_channel=fields.text("asked_channel", limit=65),
        asked=fields.digest("asked"),
        head=fields.digest("head", words={NONE}),
        seed=fields.digest("seed"),
        runtime=fields.digest("runtime"),
        root=fields.integer("root", 1, canonical.MAX_INTEGER),
        attempts=fields.integer("attempts", 1, 1000),
        engine=fields.text("engine", pattern=_TEXT),
        confinement=fields.texts("confinement", pattern=_KEY, limit=32),
        started_ms=fields.integer("started_ms", 0, canonical.MAX_INTEGER),
        ended_ms=fields.integer("ended_ms", 0, canonical.MAX_INTEGER),
        floors=_decimals(fields.section("floors")),
        metrics=_decimals(fields.section("metrics")),
        shortfalls=tuple(Shortfall(metric, row[0], row[1]) for metric, row in short.items()),
        passed=fields.flag("passed"),
        samples=samples,
        marks={item: Marked(row[0], row[1]) for item, row in marks.items()},
        judged={item: JudgedMark(row[0], row[1]) for item, row in judged.items()},
        judge=fields.text("judge", limit=_MAX_WORDS),
        lost={key: row[0] for key, row in _table(fields, "lost", "sample", "reason").items()},
        earlier=fields.texts("earlier", pattern=_DIGEST, limit=256),
    )


def _table(fields: Fields, name: str, key: str, *columns: str) -> dict[str, tuple[str, ...]]:
    """Take a list of objects of short texts, by the first of them; a key may not stand twice."""
    rows: dict[str, tuple[str, ...]] = {}
    for inner in fields.sections(name, limit=_MAX_SAMPLES):
        found = inner.text(key, pattern=_NAME)
        if found in rows:
            inner.fail(f"{key} stands twice")
        rows[found] = tuple(inner.text(column, limit=_MAX_WORDS) for column in columns)
        inner.close()
    return rows


def _decimals(fields: Fields) -> dict[str, str]:
    found = {}
    for name in fields.names():
        fields.decimal(name, "-999999999", "999999999")
        found[name] = str(fields.filled[name])
    return found


def _sample_object(sample: SampleLog) -> dict[str, canonical.Json]:
    return {"item": sample.item_id, "arm": sample.arm, "calls": [_call_object(call) for call in sample.calls]}


def _call_object(call: CallLog) -> dict[str, canonical.Json]:
    value: dict[str, canonical.Json] = {
        "record": call.record.to_dict(),
        "reply": call.reply,
        "reply_salt": call.reply_salt,
        "request_salt": call.request_salt,
    }
    if call.opened is not None:
        segments = [{"by": part.by, "role": part.role, "text": part.text} for part in call.opened.segments]
        value["opened"] = {"secret": call.opened.secret, "segments": segments}
    return value


def _read_sample(fields: Fields) -> SampleLog:
    calls = tuple(_read_call(inner) for inner in fields.sections("calls", limit=_MAX_CALLS))
    sample = SampleLog(fields.choice("arm", _ARMS), fields.text("item", pattern=_KEY), calls)
    fields.close()
    return sample


def _read_call(fields: Fields) -> CallLog:
    record: Any = fields.take("record")
    try:
        parsed = Record.from_dict(record)
    except RecordError as error:
        fields.fail(error.message)
    call = CallLog(
        parsed,
        fields.text("reply"),
        fields.text("reply_salt", pattern=_SALT),
        fields.text("request_salt", pattern=_SALT),
        _read_opened(fields.section("opened")) if fields.has("opened") else None,
    )
    fields.close()
    return call


def _read_opened(fields: Fields) -> OpenedLog:
    parts = []
    for part in fields.sections("segments", limit=_MAX_SEGMENTS):
        parts.append(Segment(part.choice("by", _AUTHORS), part.choice("role", _ROLES), part.text("text")))
        part.close()
    opened = OpenedLog(fields.digest("secret"), tuple(parts))
    fields.close()
    return opened
