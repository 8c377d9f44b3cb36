"""Every error Verax raises, in one tree.

::

    VeraxError
    ├── RequestError            the caller must change the request (400 and relatives)
    │   ├── UnsupportedParameter    a parameter that this server does not honour
    │   ├── UnknownObject           no such channel, reply, file or conversation (404)
    │   ├── TooLarge                body, prompt or list beyond a stated limit (413)
    │   └── ConflictError           the object moved since the caller looked (409)
    ├── AccessError             the caller must present something else (401)
    │   └── ForbiddenError          known caller, role too small (403)
    ├── BusyError               the caller must come back later (429, has retry_after_s)
    ├── RefusedError            the rules say no: no head, frozen, not admitted (503 or 409)
    │   ├── StaleError              governance was not checked recently enough
    │   └── WithdrawnError          the release was rolled back in mid-turn
    ├── ModelError              the model, or the server behind it, failed (502)
    │   ├── ModelUnavailable        could not be reached or loaded (503)
    │   └── ModelTimeout            did not answer in time (504)
    ├── WitnessError            a witness could not be reached, or its answer proves nothing (502)
    ├── FetchError              a page of the web could not be fetched, or a search of it failed (502)
    ├── KernelError             bytes that are not what the protocol demands
    │   ├── CanonicalError          clause 1
    │   ├── NoteError               signed notes, keys, signatures
    │   ├── CheckpointError         tlog-checkpoint bodies
    │   ├── ProofError              Merkle proofs and tlog-proof files
    │   ├── ReleaseError            manifests and templates
    │   ├── RootError               root documents
    │   ├── StatementError          DSSE envelopes and in-toto statements
    │   ├── RecordError             reply records and commitments
    │   ├── ReceiptError            receipts
    │   └── FoldError               only the two things that stop a fold, clause 5
    ├── IntegrityError          the operator must look: what is stored is not what was signed
    │   ├── RolledBack              a mark is ahead of the store
    │   ├── CorruptStore            a tile, row or blob fails its digest
    │   ├── DigestMismatch          a weights file or package differs from its pin
    │   └── RuntimeChanged          the running code is not the admitted runtime
    ├── StorageError            the operator must act: disk, database, lock
    │   ├── StoreFull               no room: new turns are refused
    │   └── StoreLocked             another server holds this data folder
    └── ConfigError             the operator must mend a setting

Each class has one permanent ``code``; codes appear in HTTP bodies, logs and documents
and are never reused. ``status`` is the HTTP status of the class. Messages carry no
secret and no text that a user wrote.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "AccessError",
    "BusyError",
    "CanonicalError",
    "CheckpointError",
    "ConfigError",
    "ConflictError",
    "CorruptStore",
    "DigestMismatch",
    "FetchError",
    "FoldError",
    "ForbiddenError",
    "IntegrityError",
    "KernelError",
    "ModelError",
    "ModelTimeout",
    "ModelUnavailable",
    "NoteError",
    "ProofError",
    "ReceiptError",
    "RecordError",
    "RefusedError",
    "ReleaseError",
    "RequestError",
    "RolledBack",
    "RootError",
    "RuntimeChanged",
    "StaleError",
    "StatementError",
    "StorageError",
    "StoreFull",
    "StoreLocked",
    "TooLarge",
    "UnknownObject",
    "UnsupportedParameter",
    "VeraxError",
    "WithdrawnError",
    "WitnessError",
]


class VeraxError(Exception):
    """Base of the tree.

    Args:
        message: What was expected, what was found, in which object.
        hint: One thing to do about it; empty where there is nothing to do.
        param: Name of the offending request parameter, where there is one.
        code: A narrower permanent code, ``family/detail``; the class's own when omitted.
    """

    code: ClassVar[str] = "verax/error"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, hint: str = "", param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.param = param
        self.reason_code = code or self.code

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message


class RequestError(VeraxError):
    """The caller must change the request."""

    code = "request/invalid"
    status = 400


class UnsupportedParameter(RequestError):
    """A parameter that this server does not honour; never silently ignored."""

    code = "request/unsupported-parameter"


class UnknownObject(RequestError):
    """No such channel, reply, file or conversation for this caller."""

    code = "request/not-found"
    status = 404


class TooLarge(RequestError):
    """A body, prompt or list beyond a stated limit."""

    code = "request/too-large"
    status = 413


class ConflictError(RequestError):
    """The object moved since the caller looked."""

    code = "request/conflict"
    status = 409


class AccessError(VeraxError):
    """No credential, or one that is wrong or has expired."""

    code = "access/unauthenticated"
    status = 401


class ForbiddenError(AccessError):
    """A known caller whose role does not open this call."""

    code = "access/forbidden"
    status = 403


class BusyError(VeraxError):
    """A queue or a rate limit is full; come back after ``retry_after_s`` seconds."""

    code = "busy/queue-full"
    status = 429

    def __init__(self, message: str, *, retry_after_s: int, hint: str = "", code: str | None = None) -> None:
        super().__init__(message, hint=hint, code=code)
        self.retry_after_s = retry_after_s


class RefusedError(VeraxError):
    """The rules of governance say no: no head, a frozen channel, a runtime not admitted."""

    code = "governance/refused"
    status = 503


class StaleError(RefusedError):
    """Governance was not checked within the channel's ``max_head_age_s``."""

    code = "governance/stale"


class WithdrawnError(RefusedError):
    """The release was rolled back, banned or frozen while this turn ran."""

    code = "governance/withdrawn"


class ModelError(VeraxError):
    """The model, or the server behind it, failed."""

    code = "model/failed"
    status = 502


class ModelUnavailable(ModelError):
    """The model could not be reached or loaded."""

    code = "model/unavailable"
    status = 503


class ModelTimeout(ModelError):
    """The model did not answer in time."""

    code = "model/timeout"
    status = 504


class WitnessError(VeraxError):
    """A witness could not be reached, or what it answered proves nothing."""

    code = "witness/failed"
    status = 502


class FetchError(VeraxError):
    """A page of the web could not be fetched, or a search of the web failed; its server must be looked at."""

    code = "fetch/failed"
    status = 502


class KernelError(VeraxError):
    """Bytes that are not what the protocol demands."""

    code = "kernel/invalid"
    status = 400


class CanonicalError(KernelError):
    """Not canonical JSON, strict base64, strict hex or a strict decimal (clause 1)."""

    code = "kernel/not-canonical"


class NoteError(KernelError):
    """A signed note, verifier key or signature is malformed or wrong."""

    code = "kernel/note"


class CheckpointError(KernelError):
    """A tlog-checkpoint body is malformed."""

    code = "kernel/checkpoint"


class ProofError(KernelError):
    """A Merkle proof or tlog-proof file is malformed or does not verify."""

    code = "kernel/proof"


class ReleaseError(KernelError):
    """A release manifest or a template in it is invalid."""

    code = "kernel/release"


class RootError(KernelError):
    """A root document is invalid."""

    code = "kernel/root"


class StatementError(KernelError):
    """A DSSE envelope or in-toto statement is invalid."""

    code = "kernel/statement"


class RecordError(KernelError):
    """A reply record, salt or commitment is invalid."""

    code = "kernel/record"


class ReceiptError(KernelError):
    """A receipt is malformed or does not verify."""

    code = "kernel/receipt"


class FoldError(KernelError):
    """The fold cannot go on: unsupported rules, or a blob that a rule needs is missing."""

    code = "kernel/fold"


class IntegrityError(VeraxError):
    """What is stored is not what was signed; the operator must look."""

    code = "integrity/broken"
    status = 503


class RolledBack(IntegrityError):
    """A mark (checkpoint file, row, witness) is ahead of the store, or inconsistent with it."""

    code = "log/rolled-back"


class CorruptStore(IntegrityError):
    """A tile, row or blob fails its digest."""

    code = "store/corrupt"


class DigestMismatch(IntegrityError):
    """A weights file or package differs from its pinned digest."""

    code = "weights/digest-mismatch"


class RuntimeChanged(IntegrityError):
    """The running code is not an admitted runtime, or it changed after it was measured."""

    code = "runtime/changed"


class StorageError(VeraxError):
    """Disk, database or lock: the operator must act."""

    code = "store/failed"
    status = 503


class StoreFull(StorageError):
    """No room on the disk or in the queue: new turns are refused, the log is still served."""

    code = "store/full"


class StoreLocked(StorageError):
    """Another server holds this data folder."""

    code = "store/locked"


class ConfigError(VeraxError):
    """A setting is unknown, malformed or contradicts another."""

    code = "config/invalid"
