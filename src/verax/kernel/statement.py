"""The six statements of the governance log, as in-toto Statements (protocol clause 3).

* A payload is CJ of ``{_type, subject: [one], predicateType, predicate}``. Its *statement id*
  is ``hex(H(payload))``; leaf hashes identify nothing else.
* Every predicate holds what the signer relied on (`Basis`): log, root version, newest
  checkpoint seen, a nonce, and a time that is only a claim.
* ``"none"`` stands for "no release yet", "no change" and "no cause".
* The subject is what the statement is about. Of a move that is what it brings in (admit,
  step, unfreeze) or takes out (rollback, freeze).
* Long or personal content is a blob, referred to by digest.

Parsing checks form only; who may say what, and when, is the fold's business.

>>> basis = Basis(log="…/governance", root=1, seen_size=0, seen_root=…, nonce="00" * 16, time_ms=0)
>>> payload = payload_of(Review(basis, change=…, verdict="approve", candidate=…, base="none"))
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import get_args

from verax.kernel import canonical
from verax.kernel.errors import CanonicalError, StatementError
from verax.kernel.fields import Fields
from verax.kernel.root import CHANNEL_NAME, SUITE_NAME
from verax.kernel.statement_kinds import (
    NONE,
    Act,
    Alarm,
    Basis,
    Change,
    Gate,
    Kind,
    Move,
    Review,
    RootChange,
    Statement,
    Verdict,
    describe,
)

__all__ = [
    "FULL_SHARE_BP",
    "NONE",
    "STATEMENT_TYPE",
    "Act",
    "Alarm",
    "Basis",
    "Change",
    "Gate",
    "Kind",
    "Move",
    "Review",
    "RootChange",
    "Statement",
    "Verdict",
    "parse_statement",
    "payload_of",
    "predicate_type",
    "statement_id",
]

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
FULL_SHARE_BP = 10_000

_KINDS: tuple[Kind, ...] = get_args(Kind)
_ACTS: tuple[Act, ...] = get_args(Act)
_VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
_MAX_UNBAN = 256
_ALARM_CODE = re.compile(r"[a-z][a-z0-9-]{0,31}/[a-z][a-z0-9-]{0,63}\Z")
_NONCE = re.compile(r"[0-9a-f]{32}\Z")
_ORIGIN = re.compile(r"[!-~]{1,200}\Z")


def predicate_type(kind: Kind) -> str:
    """Return the in-toto predicate type of a kind."""
    return f"urn:verax:{kind}:v1"


def statement_id(payload: bytes) -> str:
    """Return the statement id of a payload, 64 hex digits."""
    return canonical.hex_digest(payload)


def payload_of(statement: Statement) -> bytes:
    """Return the payload of a statement, to be signed.

    Raises:
        StatementError: the statement breaks a rule of its own form.
    """
    described = describe(statement)
    basis = statement.basis
    predicate = {
        **described.own,
        "log": basis.log,
        "root": basis.root,
        "seen": {"size": basis.seen_size, "root": basis.seen_root},
        "nonce": basis.nonce,
        "time_ms": basis.time_ms,
    }
    try:
        payload = canonical.encode(
            {
                "_type": STATEMENT_TYPE,
                "predicateType": predicate_type(described.kind),
                "subject": [{"name": described.subject_name, "digest": {"sha256": described.subject_digest}}],
                "predicate": predicate,
            }
        )
    except CanonicalError as error:
        raise StatementError(f"statement: {error.message}") from None
    parse_statement(payload)
    return payload


def parse_statement(payload: bytes) -> Statement:
    """Parse a payload strictly.

    Raises:
        StatementError: not canonical, an unknown or missing field, or a contradiction in it.
    """
    try:
        value = canonical.decode(payload)
    except CanonicalError as error:
        raise StatementError(f"statement: {error.message}") from None
    fields = Fields(value, "statement", StatementError)
    fields.choice("_type", (STATEMENT_TYPE,))
    types = {predicate_type(kind): kind for kind in _KINDS}
    kind = types[fields.choice("predicateType", tuple(types))]
    subjects = fields.sections("subject", limit=1)
    predicate = fields.section("predicate")
    fields.close()
    if len(subjects) != 1:
        fields.fail("expected one subject")
    name, digest = _read_subject(subjects[0])
    statement = _READERS[kind](predicate, _read_basis(predicate), digest)
    predicate.close()
    expected = describe(statement)
    if (name, digest) != (expected.subject_name, expected.subject_digest):
        fields.fail(f"the subject is not what this {kind} is about")
    return statement


def _read_subject(fields: Fields) -> tuple[str, str]:
    name, inner = fields.text("name", limit=16), fields.section("digest")
    digest = inner.digest("sha256")
    inner.close()
    fields.close()
    return name, digest


def _read_basis(fields: Fields) -> Basis:
    seen = fields.section("seen")
    basis = Basis(
        log=fields.text("log", pattern=_ORIGIN),
        root=fields.integer("root", 0, canonical.MAX_INTEGER),
        seen_size=seen.integer("size", 0, canonical.MAX_INTEGER),
        seen_root=seen.digest("root"),
        nonce=fields.text("nonce", pattern=_NONCE),
        time_ms=fields.integer("time_ms", 0, canonical.MAX_INTEGER),
    )
    seen.close()
    return basis


def _read_root(fields: Fields, basis: Basis, _subject: str) -> RootChange:
    document = fields.take("document")
    if not isinstance(document, Mapping):
        fields.fail("field 'document': expected an object")
    return RootChange(basis, document)


def _read_change(fields: Fields, basis: Basis, subject: str) -> Change:
    change = Change(
        basis,
        channel=fields.text("channel", pattern=CHANNEL_NAME),
        candidate=subject,
        base=fields.digest("base", words=(NONE,)),
        base_index=fields.integer("base_index", 0, canonical.MAX_INTEGER),
        reason=fields.digest("reason"),
    )
    if (change.base == NONE) != (change.base_index == 0):
        fields.fail('base "none" and base_index 0 go together')
    return change


def _read_review(fields: Fields, basis: Basis, subject: str) -> Review:
    unban = fields.texts("unban", pattern=re.compile(r"[0-9a-f]{64}\Z"), limit=_MAX_UNBAN)
    if list(unban) != sorted(unban):
        fields.fail("field 'unban': ids are in order")
    return Review(
        basis,
        change=subject,
        verdict=fields.choice("verdict", _VERDICTS),
        candidate=fields.digest("candidate"),
        base=fields.digest("base", words=(NONE,)),
        unban=unban,
    )


def _read_gate(fields: Fields, basis: Basis, subject: str) -> Gate:
    return Gate(
        basis,
        change=subject,
        suite=fields.text("suite", pattern=SUITE_NAME),
        seed=fields.digest("seed"),
        runtime=fields.digest("runtime"),
        n=fields.integer("n", 1, canonical.MAX_INTEGER),
        is_passed=fields.flag("passed"),
        report=fields.digest("report"),
    )


def _read_move(fields: Fields, basis: Basis, _subject: str) -> Move:
    move = Move(
        basis,
        channel=fields.text("channel", pattern=CHANNEL_NAME),
        act=fields.choice("act", _ACTS),
        change=fields.digest("change", words=(NONE,)),
        from_id=fields.digest("from", words=(NONE,)),
        to_id=fields.digest("to", words=(NONE,)),
        share_bp=fields.integer("share_bp", 0, FULL_SHARE_BP),
        cause=fields.digest("cause", words=(NONE,)),
    )
    if (move.change == NONE) != (move.act in {"rollback", "freeze"}):
        fields.fail("admit, step and unfreeze name a change; rollback and freeze name none")
    if (move.share_bp == 0) != (move.act not in {"admit", "step"}):
        fields.fail("admit and step have a share of at least 1; other moves have share 0")
    if move.act in {"freeze", "unfreeze"} and move.from_id != move.to_id:
        fields.fail("freeze and unfreeze go from the head to the head")
    return move


def _read_alarm(fields: Fields, basis: Basis, subject: str) -> Alarm:
    alarm = Alarm(
        basis,
        code=fields.text("code", pattern=_ALARM_CODE),
        channel=fields.text("channel", pattern=CHANNEL_NAME),
        detail=subject,
        count=fields.integer("count", 1, canonical.MAX_INTEGER),
        first_ms=fields.integer("first_ms", 0, canonical.MAX_INTEGER),
        last_ms=fields.integer("last_ms", 0, canonical.MAX_INTEGER),
    )
    if alarm.first_ms > alarm.last_ms:
        fields.fail("first_ms is after last_ms")
    return alarm


_READERS: Mapping[Kind, Callable[[Fields, Basis, str], Statement]] = {
    "root": _read_root,
    "change": _read_change,
    "review": _read_review,
    "gate": _read_gate,
    "move": _read_move,
    "alarm": _read_alarm,
}
