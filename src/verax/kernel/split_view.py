"""A split view: two checkpoints that one log signed, and that no single history has (clauses 2 and 15).

* Two trees of one size with different roots speak for themselves.
* Of two sizes, the larger tree is opened: a consistency proof leads from another root at the
  smaller size to the larger one's, so the smaller checkpoint is no beginning of it.
* Either way the log's own signatures prove it, to anyone, offline and for good. Nothing else
  does: two sizes without a proof say nothing, since the log may only have grown.

The file is CJ of ``{v: 1, first, second, prefix? {root, path}}``: `first` and `second` are the
notes, the smaller tree first; `prefix` is what the tree of `second` began with at the size of
`first`. Which keys are the log's is for the reader to know; a file cannot say it.
`conformance/check_split_view.py` checks it with nothing of Verax.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from verax.kernel import canonical
from verax.kernel.checkpoint import Checkpoint, open_checkpoint
from verax.kernel.cosignature import with_cosignatures
from verax.kernel.errors import CheckpointError, ProofError
from verax.kernel.fields import Fields
from verax.kernel.merkle import check_consistency
from verax.kernel.note import VerifierKey, parse_note
from verax.kernel.proof import MAX_HASHES

__all__ = ["MAX_EVIDENCE_BYTES", "Misbehaviour", "OpenTree", "Prefix", "SplitView", "find_split_view"]

MAX_EVIDENCE_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class Prefix:
    """What a larger tree began with at a smaller size: that root, and the proof from there."""

    root: bytes
    path: tuple[bytes, ...]


OpenTree = Callable[[int], Prefix]
"""Returns the beginning of a tree at a size; the tree is the one whose checkpoint it goes with."""


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """What a split view proves of a log."""

    origin: str
    first: Checkpoint
    second: Checkpoint


@dataclass(frozen=True, slots=True)
class SplitView:
    """The evidence; `verify` says whether it is any.

    Attributes:
        first: The signed checkpoint of the smaller tree, or of either where the sizes are equal.
        second: The other one.
        prefix: The beginning of the second tree; None where the sizes are equal.
    """

    first: bytes
    second: bytes
    prefix: Prefix | None = None

    def to_bytes(self) -> bytes:
        """Return the evidence file."""
        value: dict[str, canonical.Json] = {"v": 1, "first": self.first.decode(), "second": self.second.decode()}
        if self.prefix is not None:
            path: list[canonical.Json] = [canonical.b64_encode(item) for item in self.prefix.path]
            value["prefix"] = {"root": self.prefix.root.hex(), "path": path}
        return canonical.encode(value)

    @classmethod
    def parse(cls, data: bytes) -> SplitView:
        """Parse an evidence file; nothing is verified.

        Raises:
            CanonicalError, ProofError: malformed.
        """
        if len(data) > MAX_EVIDENCE_BYTES:
            raise ProofError(f"split view: expected at most {MAX_EVIDENCE_BYTES} bytes, found {len(data)}")
        fields = Fields(canonical.decode(data), "split view", ProofError)
        fields.integer("v", 1, 1)
        first, second = (fields.text(name, limit=MAX_EVIDENCE_BYTES).encode() for name in ("first", "second"))
        prefix = None
        if fields.has("prefix"):
            inner = fields.section("prefix")
            root, path = canonical.hex_decode(inner.digest("root")), inner.items("path", limit=MAX_HASHES)
            if not all(isinstance(item, str) for item in path):
                inner.fail("field 'path': expected a list of strings")
            prefix = Prefix(root, tuple(canonical.b64_decode(item) for item in path))
            inner.close()
        fields.close()
        return cls(first, second, prefix)

    def verify(self, keys: Iterable[VerifierKey]) -> Misbehaviour:
        """Say what this proves against the log that holds `keys`.

        Raises:
            NoteError: a checkpoint is not signed by the log it names, with one of `keys`.
            CheckpointError: malformed, or of two logs.
            ProofError: the two trees may well be one history's.
        """
        known = tuple(keys)
        origin = Checkpoint.parse(parse_note(self.first).text).origin
        first, second = (open_checkpoint(note, origin, known) for note in (self.first, self.second))
        if first.size == second.size:
            if self.prefix is not None or first.root == second.root:
                raise ProofError(f"split view: both checkpoints show one tree of size {first.size}")
            return Misbehaviour(origin, first, second)
        if first.size > second.size or self.prefix is None:
            raise ProofError("split view: expected the smaller tree first, and what the larger one began with")
        check_consistency(first.size, self.prefix.root, second.size, second.root, self.prefix.path)
        if self.prefix.root == first.root:
            raise ProofError(f"split view: the larger tree begins with the smaller one, of size {first.size}")
        return Misbehaviour(origin, first, second)


def find_split_view(
    notes: Sequence[bytes], origin: str, keys: Iterable[VerifierKey], open_larger: OpenTree | None = None
) -> SplitView | None:
    """Return the evidence that two signed checkpoints of `origin` contradict each other; None where they do not.

    Args:
        notes: The two, in any order.
        keys: Keys of the log.
        open_larger: Opens the larger tree; without it nothing can be said of two sizes.

    Raises:
        NoteError, CheckpointError: one is not signed by the log.
        ProofError: the larger tree could not be opened at the smaller size.
    """
    known = tuple(keys)
    pairs = ((open_checkpoint(note, origin, known), note) for note in notes)
    # By the root too, so that whoever compares the two makes the same evidence.
    opened = sorted(pairs, key=lambda item: (item[0].size, item[0].root))
    if len(opened) != 2:
        raise CheckpointError(f"split view: expected two checkpoints, found {len(opened)}")
    (first, first_note), (second, second_note) = opened
    evidence = SplitView(with_cosignatures(first_note, known, []), with_cosignatures(second_note, known, []))
    if first.size == second.size:
        return None if first.root == second.root else evidence
    if open_larger is None or first.size == 0:
        return None
    prefix = open_larger(first.size)
    check_consistency(first.size, prefix.root, second.size, second.root, prefix.path)
    return None if prefix.root == first.root else replace(evidence, prefix=prefix)
