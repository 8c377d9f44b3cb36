"""Offline proofs that a leaf is in a log (C2SP tlog-proof).

::

    c2sp.org/tlog-proof@v1
    extra <base64>              only where there is extra data, which nothing authenticates
    index <decimal>
    <base64 hash>               none to 63 of them, lowest level first

    <signed checkpoint, verbatim>
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from verax.kernel import canonical
from verax.kernel.checkpoint import Checkpoint, open_checkpoint
from verax.kernel.errors import CanonicalError, ProofError
from verax.kernel.merkle import HASH_BYTES, MAX_SIZE, root_from_proof
from verax.kernel.note import VerifierKey

__all__ = ["HEADER", "MAX_HASHES", "MAX_PROOF_BYTES", "LogProof", "verify_proof"]

HEADER = "c2sp.org/tlog-proof@v1"
MAX_HASHES = 63
MAX_PROOF_BYTES = 1_100_000
"""A note of the largest size, 63 hashes, and room for extra data."""


@dataclass(frozen=True, slots=True)
class LogProof:
    """A leaf's index and path, with the checkpoint they lead to.

    Attributes:
        index: Position of the leaf.
        path: Sibling hashes, lowest level first, 32 bytes each.
        checkpoint: The signed note, byte for byte as the log published it.
        extra: Opaque bytes that nothing authenticates; empty for none.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes = b""

    def __post_init__(self) -> None:
        if not 0 <= self.index < MAX_SIZE:
            raise ProofError(f"proof: index {self.index} is out of range")
        if len(self.path) > MAX_HASHES:
            raise ProofError(f"proof: expected at most {MAX_HASHES} hashes, found {len(self.path)}")
        if any(len(item) != HASH_BYTES for item in self.path):
            raise ProofError(f"proof: expected hashes of {HASH_BYTES} bytes")
        if not self.checkpoint:
            raise ProofError("proof: expected a checkpoint after the first empty line, found nothing")

    def to_bytes(self) -> bytes:
        """Return the ``.tlog-proof`` file."""
        lines = [HEADER]
        if self.extra:
            lines.append(f"extra {canonical.b64_encode(self.extra)}")
        lines.append(f"index {self.index}")
        lines.extend(canonical.b64_encode(item) for item in self.path)
        return "".join(f"{line}\n" for line in lines).encode("ascii") + b"\n" + self.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> LogProof:
        """Parse a ``.tlog-proof`` file, split at its first empty line (clause 12 step 2).

        The checkpoint is not looked into; `verify_proof` does that.

        Raises:
            ProofError: malformed, or written in any other than the one canonical way.
        """
        if len(data) > MAX_PROOF_BYTES:
            raise ProofError(f"proof: expected at most {MAX_PROOF_BYTES} bytes, found {len(data)}")
        head, separator, checkpoint = data.partition(b"\n\n")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise ProofError("proof: the part before the first empty line is not ASCII") from None
        if not separator or lines[0] != HEADER:
            raise ProofError(f"proof: expected the line {HEADER!r} first, and an empty line before the checkpoint")
        try:
            extra, index, path = _parse_lines(lines[1:])
        except CanonicalError as error:
            raise ProofError(f"proof: {error.message}") from None
        return cls(index, path, checkpoint, extra)


def verify_proof(proof: LogProof, leaf: bytes, origin: str, keys: Iterable[VerifierKey]) -> Checkpoint:
    """Check that the log `origin`, by one of `keys`, commits to `leaf` (a leaf hash).

    Raises:
        NoteError: the checkpoint carries no good signature of the log.
        CheckpointError: the checkpoint is malformed or of another log.
        ProofError: index, path and root do not agree.
    """
    checkpoint = open_checkpoint(proof.checkpoint, origin, keys)
    if root_from_proof(leaf, proof.index, checkpoint.size, proof.path) != checkpoint.root:
        raise ProofError(f"proof: the path of leaf {proof.index} does not lead to the root of size {checkpoint.size}")
    return checkpoint


def _parse_lines(lines: list[str]) -> tuple[bytes, int, tuple[bytes, ...]]:
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = canonical.b64_decode(lines[0].removeprefix("extra "))
        if not extra:
            raise ProofError("proof: an empty extra line is left out")
        lines = lines[1:]
    if not lines or not lines[0].startswith("index "):
        raise ProofError("proof: expected a line with the index")
    index = canonical.parse_decimal(lines[0].removeprefix("index "), maximum=MAX_SIZE)
    return extra, index, tuple(canonical.b64_decode(line) for line in lines[1:])
