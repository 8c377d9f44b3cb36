"""Reply records, their salts and commitments (protocol clauses 9 and 14).

* Each turn has a secret of 32 random bytes; ``salt(n) = HMAC-SHA256(secret,
  "verax/salt/v1\\n" ‖ n)``, first 16 bytes.
* ``commit(n, bytes) = hex(HMAC-SHA256(salt(n), "verax/part/v1\\n" ‖ n ‖ "\\n" ‖ bytes))``.
* The entry of a record is ``H("verax/record/v1\\n" ‖ CJ(record))``, 32 bytes; of an erase
  receipt ``H("verax/erase/v1\\n" ‖ CJ({v, log, count, time_ms, salt}))``.
* A record has exactly the fields of clause 9. Two of them are optional everywhere:
  ``evidence`` and ``attestation``; ``params`` is left out when nothing differs.

The record never holds text that a person wrote: `request` and `reply` are commitments.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

from verax.kernel import canonical
from verax.kernel.errors import RecordError

__all__ = [
    "SALT_BYTES",
    "SECRET_BYTES",
    "Arm",
    "BackendRef",
    "GovernanceRef",
    "Mode",
    "Record",
    "ReplyForm",
    "Status",
    "TurnSecret",
    "commit_with_salt",
    "entry_of",
    "entry_of_bytes",
    "erase_entry",
]

SECRET_BYTES = 32
SALT_BYTES = 16
MAX_PARAMS = 32

Arm = Literal["head", "canary", "preview"]
Mode = Literal["solo", "quorum"]
ReplyForm = Literal["text", "items"]
Status = Literal["complete", "length", "refused", "rewritten", "cancelled", "withdrawn", "failed"]
Param = str | int | bool

_PART_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
_LOG = re.compile(r"[!#-*,-\[\]-~]+/replies/(?:0|[1-9][0-9]{0,8})\Z")
_ID = re.compile(r"[0-9a-f]{32}\Z")
_CHANNEL = re.compile(r"[a-z][a-z0-9-]{0,31}(?:/[a-z0-9][a-z0-9-]{0,31})?\Z")
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,31}\Z")
_PARAM_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
_PARAM_TEXT = re.compile(r"[ !#-\[\]-~]{0,64}\Z")


@dataclass(frozen=True, slots=True)
class TurnSecret:
    """The 32 random bytes of one turn, from which all its salts come.

    The caller draws them; the secret goes to the owner of the turn and to nobody else.
    """

    data: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.data) != SECRET_BYTES:
            raise RecordError(f"turn secret: expected {SECRET_BYTES} bytes, found {len(self.data)}")

    def salt(self, name: str) -> bytes:
        """Return the salt of part `name`, 16 bytes."""
        _check_part_name(name)
        return hmac.digest(self.data, b"verax/salt/v1\n" + name.encode("ascii"), "sha256")[:SALT_BYTES]

    def commit(self, name: str, data: bytes) -> str:
        """Return the commitment to `data` as part `name`, 64 hex digits."""
        return commit_with_salt(self.salt(name), name, data)


def commit_with_salt(salt: bytes, name: str, data: bytes) -> str:
    """Return the commitment to `data` as part `name` under an opened salt, 64 hex digits.

    Raises:
        RecordError: `salt` is not 16 bytes, or `name` is not ``[a-z][a-z0-9_]*``.
    """
    if len(salt) != SALT_BYTES:
        raise RecordError(f"salt of {name}: expected {SALT_BYTES} bytes, found {len(salt)}")
    _check_part_name(name)
    return hmac.digest(salt, b"verax/part/v1\n" + name.encode("ascii") + b"\n" + data, "sha256").hex()


@dataclass(frozen=True, slots=True)
class GovernanceRef:
    """The governance tree that a turn was resolved from: leaves, and root as 64 hex digits."""

    size: int
    root: str


@dataclass(frozen=True, slots=True)
class BackendRef:
    """The model behind a turn: kind of backend, and SHA-256 of the weights or ``unknown``."""

    kind: str
    weights: str


@dataclass(frozen=True, slots=True)
class Record:
    """What one turn commits its operator to; one per turn, always (clause 9).

    Attributes:
        log: Origin of the reply log, ``<name>/replies/<k>``.
        id: The turn's 128-bit id, 32 hex digits.
        release: Release id, 64 hex digits.
        runtime: Digest of the instance manifest (clause 13), 64 hex digits.
        prompt: Digest of the segments (clause 7), 64 hex digits.
        sent: Commitment to the exact bytes handed to the model.
        request: Commitment to CJ of the parsed input items.
        reply: Commitment to what was delivered after the guard.
        seed: Sampler seed, 0 to 2^53-1.
        time_ms: Milliseconds since 1970, as the server's clock claims.
        salt: ``salt("record")``, 32 hex digits; keeps the entry unlinkable after erasure.
        params: Effective sampling values that differ from the release; decimals are strings.
        evidence: Commitment to the evidence of the reply's claims.
        attestation: Digest of a hardware attestation.
    """

    log: str
    id: str
    channel: str
    arm: Arm
    mode: Mode
    release: str
    runtime: str
    governance: GovernanceRef
    backend: BackendRef
    prompt: str
    sent: str
    request: str
    reply: str
    reply_form: ReplyForm
    status: Status
    seed: int
    time_ms: int
    salt: str
    params: Mapping[str, Param] | None = None
    evidence: str | None = None
    attestation: str | None = None
    v: Literal[1] = 1

    def __post_init__(self) -> None:
        _check_record(self)

    def to_dict(self) -> dict[str, canonical.Json]:
        """Return the record as canonical JSON values; optional fields that are None are left out."""
        result: dict[str, canonical.Json] = {
            "v": self.v,
            "log": self.log,
            "id": self.id,
            "channel": self.channel,
            "arm": self.arm,
            "mode": self.mode,
            "release": self.release,
            "runtime": self.runtime,
            "governance": {"size": self.governance.size, "root": self.governance.root},
            "backend": {"kind": self.backend.kind, "weights": self.backend.weights},
            "prompt": self.prompt,
            "sent": self.sent,
            "request": self.request,
            "reply": self.reply,
            "reply_form": self.reply_form,
            "status": self.status,
            "seed": self.seed,
            "time_ms": self.time_ms,
            "salt": self.salt,
        }
        if self.params is not None:
            result["params"] = dict(self.params)
        if self.evidence is not None:
            result["evidence"] = self.evidence
        if self.attestation is not None:
            result["attestation"] = self.attestation
        return result

    def to_bytes(self) -> bytes:
        """Return the canonical bytes of the record: what its entry hashes, after the tag."""
        return canonical.encode_checked(self.to_dict())

    def ended(self, status: Status, reply: str, reply_form: ReplyForm, evidence: str | None = None) -> Record:
        """Return this record as it is when the turn has ended; everything else stays as it was checked.

        Raises:
            RecordError: one of the four is not what clause 9 allows.
        """
        _require(status in _CHOICES["status"], "record.status", "a status of clause 9")
        _require(reply_form in _CHOICES["reply_form"], "record.reply_form", "text or items")
        _require(canonical.is_digest(reply), "record.reply", "64 lower-case hex digits")
        _require(evidence is None or canonical.is_digest(evidence), "record.evidence", "64 lower-case hex digits")
        ended = object.__new__(Record)
        changed = {"status": status, "reply": reply, "reply_form": reply_form, "evidence": evidence}
        for name in _FIELD_NAMES:
            object.__setattr__(ended, name, changed[name] if name in changed else getattr(self, name))
        return ended

    @classmethod
    def from_dict(cls, value: Any) -> Record:
        """Take a record from decoded canonical JSON; unknown, missing or ill-typed fields fail.

        Raises:
            RecordError: `value` is not exactly a record of clause 9.
        """
        required = {item.name for item in fields(cls)} - _OPTIONAL
        given = _exact_keys(value, required, _OPTIONAL, "record")
        governance = _exact_keys(given["governance"], {"size", "root"}, frozenset(), "record.governance")
        backend = _exact_keys(given["backend"], {"kind", "weights"}, frozenset(), "record.backend")
        parts = dict(given, governance=GovernanceRef(**governance), backend=BackendRef(**backend))
        return cls(**parts)


_OPTIONAL = frozenset({"params", "evidence", "attestation"})
_FIELD_NAMES = tuple(item.name for item in fields(Record))


def entry_of(record: Record) -> bytes:
    """Return the log entry of a record, 32 bytes; the leaf hash is ``H(0x00 ‖ entry)``."""
    return entry_of_bytes(record.to_bytes())


def entry_of_bytes(data: bytes) -> bytes:
    """Return the log entry of a record given as its canonical bytes."""
    return canonical.tagged_hash("verax/record/v1", data)


def erase_entry(log: str, count: int, time_ms: int, salt: bytes) -> bytes:
    """Return the log entry of an erase receipt, 32 bytes (clause 14).

    It says that the operator declared the erasure of `count` turns; it cannot prove it.

    Raises:
        RecordError: a field is out of range.
    """
    return _declared("verax/erase/v1", log, count, time_ms, salt)


def erase_profile_entry(log: str, count: int, time_ms: int, salt: bytes) -> bytes:
    """Return the log entry of the erase receipt of a child's profile, 32 bytes.

    As `erase_entry`, under a tag of its own: `count` are rows, not turns (ADR 0145).

    Raises:
        RecordError: a field is out of range.
    """
    return _declared("verax/erase-profile/v1", log, count, time_ms, salt)


def _declared(tag: str, log: str, count: int, time_ms: int, salt: bytes) -> bytes:
    if len(salt) != SALT_BYTES:
        raise RecordError(f"erase receipt: expected a salt of {SALT_BYTES} bytes, found {len(salt)}")
    _require(_matches(_LOG, log), "erase receipt.log", "<name>/replies/<number>")
    _require(_is_count(count) and count, "erase receipt.count", "an integer over 0")
    _require(_is_count(time_ms), "erase receipt.time_ms", "milliseconds since 1970")
    body: dict[str, canonical.Json] = {"v": 1, "log": log, "count": count, "time_ms": time_ms, "salt": salt.hex()}
    return canonical.tagged_hash(tag, canonical.encode(body))


def _check_record(record: Record) -> None:
    for name in ("release", "runtime", "prompt", "sent", "request", "reply"):
        _require(canonical.is_digest(getattr(record, name)), f"record.{name}", "64 lower-case hex digits")
    for name in ("evidence", "attestation"):
        value = getattr(record, name)
        _require(value is None or canonical.is_digest(value), f"record.{name}", "64 lower-case hex digits")
    for name, choices in _CHOICES.items():
        value = getattr(record, name)
        _require(isinstance(value, str) and value in choices, f"record.{name}", f"one of {', '.join(sorted(choices))}")
    for name, pattern in _PATTERNS.items():
        _require(_matches(pattern, getattr(record, name)), f"record.{name}", f"text like {pattern.pattern}")
    for name in ("seed", "time_ms"):
        _require(_is_count(getattr(record, name)), f"record.{name}", "an integer from 0 to 2^53-1")
    _require(type(record.v) is int and record.v == 1, "record.v", "1")
    _check_references(record)
    _check_params(record.params)


def _check_references(record: Record) -> None:
    governance, backend = record.governance, record.backend
    _require(_is_count(governance.size), "record.governance.size", "an integer from 0 to 2^53-1")
    _require(canonical.is_digest(governance.root), "record.governance.root", "64 lower-case hex digits")
    _require(_matches(_KIND, backend.kind), "record.backend.kind", "a short name")
    weights = backend.weights == "unknown" or canonical.is_digest(backend.weights)
    _require(weights, "record.backend.weights", "64 lower-case hex digits or unknown")


def _check_params(params: object) -> None:
    if params is None:
        return
    if not isinstance(params, Mapping) or not 0 < len(params) <= MAX_PARAMS:
        raise RecordError(f"record.params: expected 1 to {MAX_PARAMS} values; with none the field is left out")
    for name, value in params.items():
        _require(_matches(_PARAM_NAME, name), "record.params", "names like top_p")
        is_number = isinstance(value, int) and abs(value) <= canonical.MAX_INTEGER
        _require(
            is_number or _matches(_PARAM_TEXT, value), f"record.params.{name}", "short text, an integer or a boolean"
        )


_CHOICES: Mapping[str, frozenset[str]] = {
    "arm": frozenset(get_args(Arm)),
    "mode": frozenset(get_args(Mode)),
    "reply_form": frozenset(get_args(ReplyForm)),
    "status": frozenset(get_args(Status)),
}
_PATTERNS: Mapping[str, re.Pattern[str]] = {
    "log": _LOG,
    "id": _ID,
    "channel": _CHANNEL,
    "salt": re.compile(r"[0-9a-f]{32}\Z"),
}


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.match(value) is not None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= canonical.MAX_INTEGER


def _check_part_name(name: str) -> None:
    _require(_PART_NAME.match(name), "part name", "lower-case letters, digits and underscores")


def _require(condition: object, what: str, expected: str) -> None:
    if not condition:
        raise RecordError(f"{what}: expected {expected}")


def _exact_keys(value: object, required: set[str], optional: frozenset[str], what: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise RecordError(f"{what}: expected an object, found {type(value).__name__}")
    missing = sorted(required - set(value))
    unknown = sorted(set(value) - required - optional)
    if missing or unknown:
        raise RecordError(f"{what}: missing fields {missing}, unknown fields {unknown}")
    return dict(value)
