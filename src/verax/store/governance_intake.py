"""What may enter the governance log: statements with an effect, and the blobs they name.

* A blob is taken only if the statement names it, so nobody can fill the disk with others.
* Every blob that a statement names is durable before its entry is written (clause 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from verax.kernel import canonical
from verax.kernel.dsse import Envelope
from verax.kernel.errors import ConflictError, RequestError
from verax.kernel.fold import Folder
from verax.kernel.history import content_of
from verax.kernel.statement import Alarm, Change, Gate, Move, Review, RootChange, Statement, parse_statement
from verax.store.blobs import Blobs

__all__ = ["Intake"]


class Intake:
    """Previews statements against a fold; used by one thread at a time.

    Args:
        blobs: Where named content is kept.
    """

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._offered: Mapping[str, bytes] = {}

    def find(self, digest: str) -> bytes | None:
        """Return a blob that is stored, or offered with the statement under preview."""
        offered = self._offered.get(digest)
        return self._blobs.get(digest) if offered is None else offered

    def accept(self, envelope: bytes, blobs: Mapping[str, bytes], folder: Folder) -> None:
        """Refuse a statement without effect, then make its blobs durable.

        Raises:
            ConflictError: the fold's reason why it would have no effect.
            RequestError: a blob is missing, is not needed, or has another digest.
            KernelError: not a statement.
        """
        for digest, data in blobs.items():
            if canonical.hex_digest(data) != digest:
                raise RequestError("blobs: a blob does not have the digest it is filed under", param="blobs")
        named = _named_blobs(parse_statement(Envelope.parse(envelope).payload))
        if not blobs.keys() <= named.required | named.optional:
            raise RequestError("blobs: expected only what the statement names", param="blobs")
        self._offered = blobs
        try:
            missing = sorted(digest for digest in named.required if self.find(digest) is None)
            if missing:
                raise RequestError(f"blobs: the statement names {missing[0][:12]}, and nobody sent it", param="blobs")
            outcome = folder.preview(envelope)
        finally:
            self._offered = {}
        if not outcome.effective:
            raise _no_effect(outcome.reason)
        for data in blobs.values():
            self._blobs.put(data)

    def keep_first(self, entries: Sequence[bytes], blobs: Sequence[bytes]) -> None:
        """Refuse first entries that would not all have an effect, then make their blobs durable.

        Raises:
            ConflictError: the fold's reason for the first that has none.
        """
        held = {canonical.hex_digest(data): data for data in blobs}
        folder = Folder(held.get)
        for entry in entries:
            outcome = folder.apply(entry)
            if not outcome.effective:
                raise _no_effect(outcome.reason)
        for data in blobs:
            self._blobs.put(data)


@dataclass(frozen=True, slots=True)
class _Named:
    """Digests a statement must have blobs for, and others it may bring."""

    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()


def _named_blobs(statement: Statement) -> _Named:
    match statement:
        case Change():
            return _Named(content_of(statement), frozenset({statement.base}))
        case Review():
            return _Named(optional=frozenset({statement.candidate, statement.base}))
        case Gate():
            return _Named(content_of(statement), frozenset({statement.runtime}))
        case Move():
            return _Named(content_of(statement), frozenset({statement.from_id, statement.to_id}))
        case Alarm():
            return _Named(content_of(statement))
        case RootChange():
            return _Named()


def _no_effect(reason: str) -> ConflictError:
    return ConflictError(
        f"statement: it would have no effect: {reason}",
        hint="mend what the reason names, then sign a new statement",
        code="governance/no-effect",
    )
