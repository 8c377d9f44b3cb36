"""A witness's state: which logs it follows, and the newest tree of each that it may have signed.

::

    <folder>/
      lock                     held while a server owns the folder
      key.json                 the witness's name and Ed25519 seed
      logs/<H(origin) in hex>/
        log                    the origin, then its verifier keys, one a line
        seen                   the newest checkpoint that was judged good, with the log's signatures
        refused/<digest>.json  split views: what the log signed and this witness did not
        refused/<digest>.note  signed checkpoints whose proof did not lead there

*Life of a cosignature*, under one lock a log:

1. The submission is judged against `seen` (`verax.kernel.witness`).
2. The new checkpoint replaces ``seen``: temporary file, sync, rename, folder sync.
3. Only then is it signed, and the signature leaves.

A crash before 2 leaves the old tree, one after it the new tree unsigned: whoever asked asks
again. Whatever was signed stood durably in ``seen`` before, and ``seen`` only grows, so no two
histories are ever signed. What this cannot see is its own folder put back to an earlier day.

Everything here blocks and may be called from any thread.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from verax.kernel.canonical import is_digest
from verax.kernel.checkpoint import Checkpoint, open_checkpoint
from verax.kernel.cosignature import CosignatureSigner, with_cosignatures
from verax.kernel.errors import (
    ConfigError,
    ConflictError,
    CorruptStore,
    KernelError,
    NoteError,
    StorageError,
    UnknownObject,
)
from verax.kernel.note import VerifierKey, add_signature, parse_note
from verax.kernel.split_view import SplitView
from verax.kernel.witness import (
    SIZE_TYPE,
    Refusal,
    SeenTree,
    Submission,
    judge_growth,
    judge_signature,
    origin_digest,
)
from verax.store.clock import Clock
from verax.store.disk import Disk, LocalDisk, publish

__all__ = ["MAX_REFUSED", "FollowedLog", "Witness", "WitnessAnswer", "WitnessFolder", "WitnessKey"]

MAX_REFUSED = 16
"""Files of each kind that are kept for one log; one proves as much as a thousand."""

_logger = logging.getLogger(__name__)
_SEED_BYTES = 32
_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """A witness's name and Ed25519 seed; never printed."""

    name: str
    seed: bytes = field(repr=False)

    def signer(self, time_s: int) -> CosignatureSigner:
        """Return the signer that states `time_s`."""
        return CosignatureSigner(self.name, self.seed, time_s)

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return self.signer(0).verifier


@dataclass(frozen=True, slots=True)
class FollowedLog:
    """A log that a witness follows.

    Attributes:
        keys: Keys whose signature on a checkpoint counts.
        seen: The newest checkpoint that was judged good; None before the first.
        refused: Signed checkpoints that were refused and kept.
    """

    origin: str
    keys: tuple[VerifierKey, ...]
    seen: Checkpoint | None = None
    refused: int = 0


@dataclass(frozen=True, slots=True)
class WitnessAnswer:
    """An HTTP answer, without a connection to send it on."""

    status: int
    body: bytes
    content_type: str = _TEXT


class WitnessFolder:
    """The files of a witness.

    Args:
        path: The data folder.
        disk: How files are read and written.
    """

    def __init__(self, path: Path, disk: Disk | None = None) -> None:
        self.path = path
        self._disk = disk or LocalDisk()

    @property
    def lock_path(self) -> Path:
        """The file whose lock means owning the folder."""
        return self.path / "lock"

    def make(self) -> None:
        """Make the folder where it is missing, readable by its owner only."""
        self._disk.make_folder(self.path)

    def load_key(self) -> WitnessKey | None:
        """Return the key; None where there is none yet.

        Raises:
            ConfigError: damaged, or others can read it.
        """
        path = self.path / "key.json"
        data = self._disk.read(path)
        if data is None:
            return None
        if path.stat().st_mode & 0o077:
            raise ConfigError(f"{path}: other users can read the witness's key", hint=f"chmod 600 {path}")
        try:
            value = json.loads(data)
            key = WitnessKey(str(value["name"]), bytes.fromhex(value["seed"]))
            key.signer(0)
        except (ValueError, KeyError, TypeError, NoteError):
            raise ConfigError(f"{path}: not the key of a witness", hint="restore it from a backup") from None
        return key

    def make_key(self, name: str, random_bytes: Callable[[int], bytes]) -> WitnessKey:
        """Draw a key and keep it.

        Raises:
            ConflictError: there is one already; a witness that loses its key is another witness.
            NoteError: the name may not stand in a note.
        """
        if self.load_key() is not None:
            raise ConflictError(f"{self.path}: this witness has a key already")
        key = WitnessKey(name, random_bytes(_SEED_BYTES))
        key.signer(0)
        value = {"name": key.name, "seed": key.seed.hex()}
        publish(self._disk, {self.path / "key.json": json.dumps(value, indent=1).encode() + b"\n"})
        return key

    def follow(self, keys: Sequence[VerifierKey]) -> FollowedLog:
        """Follow the log that these keys are named after, or take more keys of one that is followed.

        Raises:
            NoteError: no key, or keys of several logs.
        """
        origins = {key.name for key in keys}
        if len(origins) != 1:
            raise NoteError(f"log: expected verifier keys of one log, found {len(origins)}")
        origin = origins.pop()
        known = self.find(origin_digest(origin))
        merged = tuple(dict.fromkeys((*(() if known is None else known.keys), *keys)))
        text = "".join(f"{line}\n" for line in (origin, *merged))
        publish(self._disk, {self._place(origin_digest(origin)) / "log": text.encode()})
        return FollowedLog(origin, merged)

    def find(self, digest: str) -> FollowedLog | None:
        """Return a followed log by the hash of its origin, with what was seen of it.

        Raises:
            CorruptStore: its files are not what this program wrote.
        """
        place = self._place(digest)
        data = self._disk.read(place / "log")
        if data is None:
            return None
        try:
            origin, *lines = data.decode().removesuffix("\n").split("\n")
            keys = tuple(VerifierKey.parse(line) for line in lines)
            if origin_digest(origin) != digest or {key.name for key in keys} != {origin}:
                raise NoteError("another log's file")
            note = self.read_seen(digest)
            seen = None if note is None else open_checkpoint(note, origin, keys)
        except (KernelError, UnicodeDecodeError) as error:
            raise CorruptStore(
                f"{place}: not what this witness wrote: {error}", hint="restore the newest backup of this folder"
            ) from error
        return FollowedLog(origin, keys, seen, len(self._disk.list_sizes(place / "refused")))

    def logs(self) -> list[FollowedLog]:
        """Return every followed log, by origin."""
        found = [self.find(name) for name in self._disk.list_sizes(self.path / "logs")]
        return sorted((log for log in found if log is not None), key=lambda log: log.origin)

    def read_seen(self, digest: str) -> bytes | None:
        """Return the newest checkpoint that was judged good, as a note."""
        return self._disk.read(self._place(digest) / "seen")

    def write_seen(self, digest: str, note: bytes) -> None:
        """Replace it, durably."""
        publish(self._disk, {self._place(digest) / "seen": note})

    def keep_refused(self, digest: str, data: bytes, suffix: str) -> None:
        """Keep what a log signed and this witness refused, up to `MAX_REFUSED` files."""
        place = self._place(digest) / "refused"
        name = f"{sha256(data).hexdigest()[:32]}.{suffix}"
        held = [other for other in self._disk.list_sizes(place) if other.endswith(suffix)]
        if name not in held and len(held) < MAX_REFUSED:
            publish(self._disk, {place / name: data})

    def _place(self, digest: str) -> Path:
        return self.path / "logs" / digest


class Witness:
    """Answers submissions; one object for each folder, whoever opens it holds the folder's lock.

    Args:
        folder: Where the state lies.
        key: What signs.
        clock: For the times that are stated.
    """

    def __init__(self, folder: WitnessFolder, key: WitnessKey, clock: Clock) -> None:
        self._folder = folder
        self._key = key
        self._clock = clock
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    @property
    def verifier(self) -> VerifierKey:
        """The key that checks this witness's cosignatures."""
        return self._key.verifier

    def add_checkpoint(self, body: bytes) -> WitnessAnswer:
        """Judge a submission and sign it where it is good; see *Life of a cosignature*.

        Raises:
            StoreFull, StorageError, CorruptStore: nothing was signed.
        """
        try:
            submission = Submission.parse(body)
            new = submission.checkpoint()
        except KernelError as error:
            return _refused(Refusal(400, error.message))
        digest = origin_digest(new.origin)
        log = self._folder.find(digest)
        if log is None:
            return _refused(Refusal(404, "this witness does not follow that log"))
        refusal = judge_signature(submission, new.origin, log.keys)
        if refusal is not None:
            return _refused(refusal)
        with self._lock(digest):
            return self._grow(digest, submission, new)

    def newest(self, digest: str) -> bytes:
        """Return the newest checkpoint of a followed log with a fresh cosignature.

        Args:
            digest: The hash of its origin, hex.

        Raises:
            UnknownObject: not followed, or nothing was seen yet.
            CorruptStore: the state is damaged.
        """
        is_followed = is_digest(digest) and self._folder.find(digest) is not None
        with self._lock(digest if is_followed else ""):
            note = self._folder.read_seen(digest) if is_followed else None
            if note is None:
                raise UnknownObject("witness: no checkpoint of that log was seen", code="witness/unknown-log")
            return add_signature(note, self._signer())

    def _grow(self, digest: str, submission: Submission, new: Checkpoint) -> WitnessAnswer:
        log, held = self._folder.find(digest), self._folder.read_seen(digest)
        if log is None:
            return _refused(Refusal(404, "this witness does not follow that log any more"))
        note = with_cosignatures(submission.note, log.keys, [])
        seen = SeenTree() if log.seen is None else SeenTree(log.seen.size, log.seen.root)
        refusal = judge_growth(submission, new, seen)
        if refusal is not None:
            self._keep_evidence(digest, held, note, refusal)
            return _refused(refusal)
        if log.seen is None or seen.size != new.size:
            self._folder.write_seen(digest, note)
        lines = parse_note(add_signature(note, self._signer())).signatures
        return WitnessAnswer(200, lines[-1].to_line().encode())

    def _keep_evidence(self, digest: str, held: bytes | None, note: bytes, refusal: Refusal) -> None:
        try:
            if refusal.is_fork and held is not None:
                _logger.error("a log signed two histories, the evidence is kept: %s", refusal.reason)
                self._folder.keep_refused(digest, SplitView(held, note).to_bytes(), "json")
            elif refusal.status == 422:
                # Anybody can send a bad proof, so this accuses nobody; with the log's tiles it may.
                self._folder.keep_refused(digest, note, "note")
        except StorageError as error:
            _logger.error("what was refused could not be kept: %s", error)

    def _signer(self) -> CosignatureSigner:
        return self._key.signer(self._clock.now_ms() // 1000)

    def _lock(self, digest: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(digest, threading.Lock())


def _refused(refusal: Refusal) -> WitnessAnswer:
    if refusal.size is not None:
        return WitnessAnswer(refusal.status, b"%d\n" % refusal.size, SIZE_TYPE)
    return WitnessAnswer(refusal.status, f"{refusal.reason}\n".encode())
