"""Checkpoint texts: what a log signs about its tree (C2SP tlog-checkpoint 1.0.0).

Three lines, each ending in a newline: origin, size as a strict decimal, root as strict
base64; then extension lines, none of them empty. Verax writes no extensions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from verax.kernel import canonical
from verax.kernel.errors import CanonicalError, CheckpointError
from verax.kernel.merkle import EMPTY_ROOT, HASH_BYTES, MAX_SIZE
from verax.kernel.note import VerifierKey, open_note

__all__ = ["Checkpoint", "open_checkpoint"]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head.

    Attributes:
        origin: The log's name.
        size: Leaves in the tree.
        root: Root hash, 32 bytes.
        extensions: Further lines, opaque, without their line ends.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in (self.origin, *self.extensions):
            if not line or any(char < " " for char in line):
                raise CheckpointError("checkpoint: expected lines that are not empty and hold no control character")
        if not 0 <= self.size <= MAX_SIZE:
            raise CheckpointError(f"checkpoint of {self.origin}: size {self.size} is out of range")
        if len(self.root) != HASH_BYTES:
            raise CheckpointError(f"checkpoint of {self.origin}: expected a root of 32 bytes, found {len(self.root)}")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise CheckpointError(f"checkpoint of {self.origin}: the root of size 0 is not the hash of nothing")

    def to_text(self) -> str:
        """Return the text that is signed."""
        lines = (self.origin, str(self.size), canonical.b64_encode(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Parse a note's text; a text that would be written differently is refused.

        Raises:
            CheckpointError: malformed.
        """
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] != "":
            raise CheckpointError("checkpoint: expected three lines or more, each ending in a newline")
        try:
            size = canonical.parse_decimal(lines[1], maximum=MAX_SIZE)
            root = canonical.b64_decode(lines[2])
        except CanonicalError as error:
            raise CheckpointError(f"checkpoint: size or root: {error.message}") from None
        return cls(lines[0], size, root, tuple(lines[3:-1]))


def open_checkpoint(data: bytes, origin: str, keys: Iterable[VerifierKey]) -> Checkpoint:
    """Verify a signed checkpoint of the log `origin` and return it.

    Only keys whose name equals the origin count (clause 2).

    Raises:
        NoteError: not signed by such a key, or a signature is wrong.
        CheckpointError: malformed, or of another log.
    """
    opened = open_note(data, [key for key in keys if key.name == origin])
    checkpoint = Checkpoint.parse(opened.text)
    if checkpoint.origin != origin:
        raise CheckpointError(f"checkpoint: expected origin {origin}, found another log's")
    return checkpoint
