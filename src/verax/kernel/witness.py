"""What a witness is asked and when it signs (C2SP tlog-witness 1.0.0; protocol clause 2).

::

    old <size>
    <base64 hash>               none to 63 of them: the consistency proof

    <signed checkpoint, verbatim>

The answer to a submission, checked in this order:

* 400 when it is malformed, or its old size is larger than the checkpoint's.
* 404 when the witness does not follow the checkpoint's origin.
* 403 when no key of that log signed the checkpoint, or a signature by one is wrong.
* 409 with the size in ``text/x.tlog.size`` when the old size is not the one cosigned last.
* 409 without a size when the sizes are equal and the roots are not: the log signed two histories.
* 422 when the proof does not lead from the old tree to the new one.
* 200 with cosignature lines, after the new tree is durable.

Whoever asked verifies what comes back: lines by unknown keys are ignored, a wrong line by a
known witness spoils the answer, and a time far from now is no statement about now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from verax.kernel import canonical
from verax.kernel.checkpoint import Checkpoint, open_checkpoint
from verax.kernel.cosignature import verify_cosignature
from verax.kernel.errors import CanonicalError, KernelError, NoteError, ProofError
from verax.kernel.merkle import EMPTY_ROOT, HASH_BYTES, MAX_SIZE, check_consistency
from verax.kernel.note import NoteSignature, VerifierKey, parse_note

__all__ = [
    "MAX_ANSWER_BYTES",
    "MAX_HASHES",
    "MAX_SKEW_S",
    "MAX_SUBMISSION_BYTES",
    "SIZE_TYPE",
    "Refusal",
    "SeenTree",
    "Submission",
    "judge_growth",
    "judge_signature",
    "origin_digest",
    "parse_answer",
    "parse_size",
]

MAX_HASHES = 63
MAX_SUBMISSION_BYTES = 65_536
MAX_ANSWER_BYTES = 65_536
SIZE_TYPE = "text/x.tlog.size"
MAX_SKEW_S = 300
"""How far from its own clock an asker lets a fresh cosignature's time be, in seconds."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One ``add-checkpoint`` request.

    Attributes:
        old_size: Size of the tree that the witness is thought to have cosigned last, 0 for none.
        path: Consistency proof from there to the checkpoint.
        note: The signed checkpoint, byte for byte.
    """

    old_size: int
    path: tuple[bytes, ...]
    note: bytes

    def to_bytes(self) -> bytes:
        """Return the request body."""
        lines = [f"old {self.old_size}", *(canonical.b64_encode(item) for item in self.path)]
        return "".join(f"{line}\n" for line in lines).encode("ascii") + b"\n" + self.note

    @classmethod
    def parse(cls, data: bytes) -> Submission:
        """Parse a request body; the checkpoint is not looked into.

        Raises:
            ProofError: malformed, too large, or with more than 63 hashes.
        """
        if len(data) > MAX_SUBMISSION_BYTES:
            raise ProofError(f"submission: expected at most {MAX_SUBMISSION_BYTES} bytes, found {len(data)}")
        head, separator, note = data.partition(b"\n\n")
        try:
            first, *lines = head.decode("ascii").split("\n")
            old_size = canonical.parse_decimal(first.removeprefix("old "), maximum=MAX_SIZE)
            path = tuple(canonical.b64_decode(line) for line in lines)
        except (UnicodeDecodeError, CanonicalError):
            raise ProofError("submission: expected a line with the old size, then hashes in base64") from None
        if not first.startswith("old ") or not separator or not note:
            raise ProofError('submission: expected "old", hashes, an empty line and a checkpoint')
        if len(path) > MAX_HASHES or any(len(item) != HASH_BYTES for item in path):
            raise ProofError(f"submission: expected at most {MAX_HASHES} hashes of {HASH_BYTES} bytes")
        return cls(old_size, path, note)

    def checkpoint(self) -> Checkpoint:
        """Return what the submitted note says, unverified.

        Raises:
            NoteError, CheckpointError: it is no signed checkpoint.
        """
        return Checkpoint.parse(parse_note(self.note).text)


@dataclass(frozen=True, slots=True)
class SeenTree:
    """The tree that a witness cosigned last; the empty one before the first."""

    size: int = 0
    root: bytes = EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a witness does not sign.

    Attributes:
        reason: A sentence for the operator of the log.
        size: Goes with a stale old size only: the size that was cosigned last.
        is_fork: The log signed a tree that does not continue the one that was cosigned.
    """

    status: Literal[400, 403, 404, 409, 422]
    reason: str
    size: int | None = None
    is_fork: bool = False


def judge_signature(submission: Submission, origin: str, keys: Iterable[VerifierKey]) -> Refusal | None:
    """Check that the log `origin` signed the submitted checkpoint by one of `keys`."""
    try:
        open_checkpoint(submission.note, origin, keys)
    except KernelError as error:
        return Refusal(403, error.message)
    return None


def judge_growth(submission: Submission, new: Checkpoint, seen: SeenTree) -> Refusal | None:
    """Check that `new`, whose signature holds, continues the tree that was cosigned last."""
    old = submission.old_size
    if old > new.size:
        return Refusal(400, f"the old size {old} is larger than the checkpoint's, {new.size}")
    if old != seen.size:
        return Refusal(409, f"the tree cosigned last has size {seen.size}, not {old}", size=seen.size)
    if old == new.size and new.root != seen.root:
        return Refusal(409, f"another root was cosigned at size {old}", is_fork=True)
    try:
        check_consistency(old, seen.root, new.size, new.root, submission.path)
    except ProofError as error:
        return Refusal(422, error.message)
    return None


def parse_size(data: bytes) -> int:
    """Parse the body of a 409 in ``text/x.tlog.size``.

    Raises:
        ProofError: anything but a decimal and a newline.
    """
    try:
        text = data[:32].decode("ascii")
        if len(data) > 32 or not text.endswith("\n"):
            raise ProofError("witness: expected a size and a newline")
        return canonical.parse_decimal(text[:-1], maximum=MAX_SIZE)
    except (UnicodeDecodeError, CanonicalError):
        raise ProofError("witness: expected a size and a newline") from None


def parse_answer(
    data: bytes, text: str, witnesses: Mapping[str, VerifierKey], now_s: int
) -> dict[str, tuple[NoteSignature, int]]:
    """Return the verified cosignature and its time, in seconds since 1970, by the witness's name.

    Args:
        data: Body of an answer 200.
        text: The text of the checkpoint that was submitted.
        witnesses: Keys of type 0x04 by name; lines by others are ignored.
        now_s: The asker's time; None of the times may be further from it than `MAX_SKEW_S`.

    Raises:
        NoteError: not signature lines, none by a known witness, one that is wrong, or a time off.
    """
    if len(data) > MAX_ANSWER_BYTES:
        raise NoteError(f"witness: expected an answer of at most {MAX_ANSWER_BYTES} bytes, found {len(data)}")
    lines = parse_note(text.encode("utf-8") + b"\n" + data).signatures
    found: dict[str, tuple[NoteSignature, int]] = {}
    for name, key in witnesses.items():
        for line in (line for line in lines if line.is_by(key)):
            time_s = verify_cosignature(key, text, line).time_s
            if abs(time_s - now_s) > MAX_SKEW_S:
                raise NoteError(f"witness {name}: its time is {time_s - now_s:+d} s from ours")
            if name not in found or time_s > found[name][1]:
                found[name] = (line, time_s)
    if not found:
        raise NoteError("witness: the answer holds no cosignature by the key that was asked")
    return found


def origin_digest(origin: str) -> str:
    """Return what names a log in the address of its newest checkpoint at a witness: hex of ``H(origin)``."""
    return canonical.hex_digest(origin.encode("utf-8"))
