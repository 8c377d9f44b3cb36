"""The governance bundle: the second file beside a receipt (protocol clauses 11 and 12, step 7).

* CJ of ``{v: 1, checkpoint, consistency, entries: [{index, envelope, path}], blobs}``.
* Every path leads from an entry to the tree that the record names (`governance`); `consistency`
  leads from that tree to the signed `checkpoint`.
* Entries stand in order of their index: all of them, but not what cannot be read and, where
  they are large, not alarms; neither has an effect.
* `blobs` holds the instance manifest that the record's `runtime` names.

What was *not* rolled back since takes the whole governance log. The check itself is
`conformance/check_governance.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from verax.kernel import canonical
from verax.kernel.checkpoint import Checkpoint
from verax.kernel.dsse import Envelope
from verax.kernel.errors import KernelError, ReceiptError
from verax.kernel.merkle import GetNode, consistency_path, inclusion_path
from verax.kernel.note import parse_note
from verax.kernel.record import Record
from verax.kernel.statement import Alarm, Statement, parse_statement

__all__ = ["MAX_WHOLE_BYTES", "BundleEntry", "GovernanceBundle", "make_bundle"]

MAX_WHOLE_BYTES = 262_144
"""Up to this many bytes of entries a bundle holds the whole log."""


@dataclass(frozen=True, slots=True)
class BundleEntry:
    """One entry of the governance log with its path to the tree that the record names."""

    index: int
    envelope: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class GovernanceBundle:
    """What step 7 needs.

    Attributes:
        checkpoint: The signed note of the governance log, byte for byte.
        consistency: Hashes from the record's tree to that of the checkpoint.
        blobs: Content by its digest.
    """

    checkpoint: bytes
    consistency: tuple[bytes, ...]
    entries: tuple[BundleEntry, ...]
    blobs: Mapping[str, bytes]

    def to_bytes(self) -> bytes:
        """Return the bundle file."""
        entries: list[canonical.Json] = [
            {
                "index": entry.index,
                "envelope": canonical.decode(entry.envelope),
                "path": [canonical.b64_encode(item) for item in entry.path],
            }
            for entry in self.entries
        ]
        return canonical.encode(
            {
                "v": 1,
                "checkpoint": self.checkpoint.decode("utf-8"),
                "consistency": [canonical.b64_encode(item) for item in self.consistency],
                "entries": entries,
                "blobs": [canonical.b64_encode(self.blobs[digest]) for digest in sorted(self.blobs)],
            }
        )


def make_bundle(
    record: Record, entries: Sequence[bytes], checkpoint: bytes, get_node: GetNode, blobs: Callable[[str], bytes | None]
) -> GovernanceBundle:
    """Gather what shows who approved the release of `record`.

    Args:
        record: The record of a receipt.
        entries: The governance log's entries, at least the ``record.governance.size`` first ones.
        checkpoint: A signed checkpoint of the governance log of at least that size.
        get_node: Full subtrees of the governance log.
        blobs: Returns the bytes of a digest, or None.

    Raises:
        ReceiptError: the log is shorter than what the record names, or the manifest of its
            runtime is not there.
    """
    size = record.governance.size
    signed = Checkpoint.parse(parse_note(checkpoint).text)
    if not 0 < size <= min(len(entries), signed.size):
        raise ReceiptError(
            f"governance bundle: the record names {size} entries, found {min(len(entries), signed.size)}"
        )
    manifest = blobs(record.runtime)
    if manifest is None:
        raise ReceiptError(f"governance bundle: the manifest of runtime {record.runtime[:12]} is not there")
    chosen = _choose(entries[:size])
    return GovernanceBundle(
        checkpoint,
        tuple(consistency_path(size, signed.size, get_node)),
        tuple(BundleEntry(index, entries[index], tuple(inclusion_path(index, size, get_node))) for index in chosen),
        {record.runtime: manifest},
    )


def _choose(entries: Sequence[bytes]) -> list[int]:
    """Return the indexes of all readable entries, or, where those are large, of all but alarms."""
    statements = {index: statement for index, entry in enumerate(entries) if (statement := _read(entry)) is not None}
    if sum(map(len, entries)) <= MAX_WHOLE_BYTES:
        return list(statements)
    return [index for index, statement in statements.items() if not isinstance(statement, Alarm)]


def _read(entry: bytes) -> Statement | None:
    try:
        return parse_statement(Envelope.parse(entry).payload)
    except KernelError:
        return None  # no statement, so no effect (clause 5)
