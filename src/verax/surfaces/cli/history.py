"""The governance log as this machine reads it: verified, folded, compared with what it saw before.

Order, and nothing is believed before its step:

1. The checkpoint, under a log key that is pinned in the keyring.
2. Every entry and tile against the root that it signs.
3. The tree that this machine saw last must be the beginning of this one.
4. The fold over all entries; the first root document must have the known fingerprint.
5. The new mark is kept, and the log keys that the root in force names are pinned.

What a server says of its own state is never asked for: heads come from here (invariant 2).

Blobs of channels that are not public take an account. Without one the fold stops at the first
entry that needs such a blob; what stands before it is verified, the rest is not guessed.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from verax.kernel.checkpoint import Checkpoint, open_checkpoint
from verax.kernel.dsse import Envelope
from verax.kernel.errors import (
    AccessError,
    CorruptStore,
    IntegrityError,
    KernelError,
    RolledBack,
    UnknownObject,
    VeraxError,
)
from verax.kernel.fold import Folder, State
from verax.kernel.forward_hold import ForwardHold
from verax.kernel.history import content_of
from verax.kernel.note import VerifierKey, parse_verifier_keys
from verax.kernel.release import Release
from verax.kernel.split_view import find_split_view
from verax.kernel.statement import parse_statement
from verax.surfaces.cli.keyring import Identity, Mark
from verax.surfaces.cli.sources import BLOB_NOT_PUBLIC, LogSource, is_not_public, read_blob
from verax.surfaces.cli.treeaudit import TreeAudit, Visit, audit_tree
from verax.surfaces.cli.treereader import TreeReader

__all__ = ["History", "SignedTree", "audit_since", "open_log", "read_history"]

_GOVERNANCE = "log"


@dataclass(frozen=True, slots=True)
class History:
    """The governance log, verified and folded; `entries` holds every entry in order.

    Attributes:
        state: After every entry; where `unread` is not empty only after those before the stop.
        unread: Digests of blobs that are not public and that this machine has no account for.
        hold: What a process obeys of that state, for whoever counts witnesses.
    """

    source: LogSource
    signed: SignedTree
    entries: tuple[bytes, ...]
    audit: TreeAudit
    state: State
    unread: tuple[str, ...] = ()
    hold: ForwardHold = field(default_factory=ForwardHold)

    @property
    def checkpoint(self) -> Checkpoint:
        """The verified checkpoint that all of this stands under."""
        return self.signed.checkpoint

    def blob(self, digest: str) -> bytes:
        """Return the blob of that digest.

        Raises:
            UnknownObject: the source does not hold it.
            CorruptStore: its bytes have another digest.
        """
        data = read_blob(self.source, digest)
        if data is None:
            raise UnknownObject(f"blob {digest[:12]}: {self.source.name} does not hold it")
        return data

    def text(self, digest: str) -> str:
        """Return a blob as text, empty where it is gone; for reasons, which people may have erased."""
        data = read_blob(self.source, digest)
        return "" if data is None else data.decode("utf-8", "replace")

    def release(self, release_id: str) -> Release:
        """Return a release by its whole id."""
        return Release.from_bytes(self.blob(release_id))


@dataclass(frozen=True, slots=True)
class SignedTree:
    """A verified checkpoint, and the note that signs it to the byte.

    Attributes:
        witnessed: The note that its log showed as the newest with the witness quorum, unverified; read
            before the newest, so that a log which grows meanwhile shows no larger one there.
    """

    checkpoint: Checkpoint
    note: bytes
    witnessed: bytes | None = None


def open_log(source: LogSource, prefix: str, origin: str, keys: tuple[VerifierKey, ...]) -> SignedTree:
    """Return the verified checkpoint of one log.

    Raises:
        CorruptStore: there is none.
        NoteError: no pinned key signed it.
    """
    witnessed = source.read(f"{prefix}/checkpoint.witnessed")
    note = source.read(f"{prefix}/checkpoint")
    if note is None:
        raise CorruptStore(f"log {origin}: {source.name} has no checkpoint", hint='"verax doctor" looks around')
    return SignedTree(open_checkpoint(note, origin, keys), note, witnessed)


def read_history(source: LogSource, identity: Identity, *, may_stop: bool = False) -> History:
    """Read, verify and fold the whole governance log.

    Args:
        may_stop: Return what could be folded where blobs are not public.

    Raises:
        AccessError: blobs are not public, and `may_stop` was not given.
        IntegrityError: any of the steps in the module's docstring failed.
        KernelError: bytes that are not what the protocol demands.
    """
    name = identity.credentials.name
    keys = parse_verifier_keys("\n".join(identity.log_keys()))
    signed = open_log(source, _GOVERNANCE, f"{name}/governance", keys)
    entries: list[bytes] = []
    audit = audit_since(source, _GOVERNANCE, signed, identity, visit=lambda _, bundle: entries.extend(bundle))
    hold = ForwardHold()
    state, unread = _fold(source, entries, hold)
    if unread and not may_stop:
        raise AccessError(
            f"governance log: incomplete: {len(unread)} blobs are not public at {source.name}",
            hint="set VERAX_API_KEY to a key of an account there",
            code=BLOB_NOT_PUBLIC,
        )
    history = History(source, signed, tuple(entries), audit, state, unread, hold)
    _check_anchor(identity, history.state.fingerprint)
    if not unread:
        _remember(identity, history)
    return history


def _fold(source: LogSource, entries: list[bytes], hold: ForwardHold) -> tuple[State, tuple[str, ...]]:
    """Fold as far as blobs may be read; return also the digests of those that may not."""
    folder = Folder(lambda digest: read_blob(source, digest))
    try:
        for entry in entries:
            hold.follow(folder, entry, folder.apply(entry))
    except AccessError as error:
        if not is_not_public(error):
            raise
        return folder.state, _closed_blobs(source, entries)
    return folder.state, ()


def _closed_blobs(source: LogSource, entries: list[bytes]) -> tuple[str, ...]:
    """Return the blobs that entries name and this machine may not read, in order of their digests."""
    named: set[str] = set()
    for entry in entries:
        with contextlib.suppress(KernelError):
            named |= content_of(parse_statement(Envelope.parse(entry).payload))
    return tuple(digest for digest in sorted(named) if _is_closed(source, digest))


def _is_closed(source: LogSource, digest: str) -> bool:
    try:
        source.read(f"log/blob/{digest}")
    except AccessError as error:
        if not is_not_public(error):
            raise
        return True
    return False


def audit_since(
    source: LogSource,
    prefix: str,
    signed: SignedTree,
    identity: Identity,
    *,
    sizes: frozenset[int] = frozenset(),
    may_prune: bool = False,
    visit: Visit | None = None,
) -> TreeAudit:
    """Audit a whole log, and check that what this machine saw last is the beginning of it.

    Where it is not, both signed checkpoints are kept as evidence.

    Args:
        sizes: Smaller trees whose roots are wanted.

    Raises:
        RolledBack: the log is shorter than it was (``log/rolled-back``), or another one (``log/forked``).
        CorruptStore: its files do not lead to the signed root.
    """
    checkpoint = signed.checkpoint
    mark = identity.mark(checkpoint.origin)
    if mark.size > checkpoint.size:
        raise RolledBack(
            f"log {checkpoint.origin}: this machine saw {mark.size} entries, {source.name} shows {checkpoint.size}",
            hint="its operator must explain; keep marks.json of the keyring as evidence",
        )
    audit = audit_tree(source, prefix, checkpoint, sizes=sizes | {mark.size}, may_prune=may_prune, visit=visit)
    if audit.roots[mark.size].hex() != mark.root:
        raise RolledBack(
            f"log {checkpoint.origin}: its first {mark.size} entries are not those that this machine saw",
            hint=f"its operator shows different histories; {_keep_evidence(source, prefix, signed, identity)}",
            code="log/forked",
        )
    identity.keep_mark(checkpoint.origin, Mark(checkpoint.size, checkpoint.root.hex(), signed.note.decode("utf-8")))
    return audit


def _keep_evidence(source: LogSource, prefix: str, signed: SignedTree, identity: Identity) -> str:
    """Keep the two checkpoints as proof for anybody, and say where; in words where there is none to keep."""
    origin = signed.checkpoint.origin
    keys = [key for key in parse_verifier_keys("\n".join(identity.log_keys())) if key.name == origin]
    notes = [identity.mark(origin).note.encode("utf-8"), signed.note]
    try:
        found = find_split_view(notes, origin, keys, TreeReader(source, prefix, signed.checkpoint).open)
    except VeraxError as error:
        return f"no evidence could be made: {error.message}"
    return "" if found is None else f"the evidence is in {identity.keep_evidence(found.to_bytes())}"


def _check_anchor(identity: Identity, fingerprint: str) -> None:
    known = identity.credentials.fingerprint
    if known and known != fingerprint:
        raise IntegrityError(
            f"installation {identity.credentials.name}: expected the root {known[:12]}, found {fingerprint[:12]}",
            hint="this is another installation under the same name; trust nothing it says",
            code="log/other-root",
        )


def _remember(identity: Identity, history: History) -> None:
    if not identity.credentials.fingerprint:
        identity.update(fingerprint=history.state.fingerprint)
    named = list(history.state.root.logs)
    if named != identity.log_keys():
        identity.pin_log_keys(named)
