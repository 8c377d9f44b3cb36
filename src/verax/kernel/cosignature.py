"""Witness cosignatures and the policy that counts them (C2SP tlog-cosignature 1.0.1, tlog-policy).

* A cosignature is a note signature of type 0x04 on a checkpoint: 8 bytes of time (seconds
  since 1970, big-endian, at most 2^63-1), then Ed25519 over ``cosignature/v1``, a line with
  the time, and the checkpoint's text.
* A policy lists logs, witnesses, groups and one quorum. Names mean nothing outside of it.
  Anything this module does not know fails: a policy is never half applied.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verax.kernel import canonical
from verax.kernel.checkpoint import Checkpoint
from verax.kernel.errors import CanonicalError, NoteError
from verax.kernel.note import COSIGNATURE_V1, NoteSignature, VerifierKey, open_note, parse_note, verify_ed25519

__all__ = [
    "MAX_TIME_S",
    "Cosignature",
    "CosignatureSigner",
    "Group",
    "Policy",
    "PolicyResult",
    "check_policy",
    "cosignature_text",
    "verify_cosignature",
    "with_cosignatures",
]

MAX_TIME_S = 2**63 - 1
MAX_POLICY_LINES = 1_000
_TIME_BYTES = 8
_BLANK = re.compile(r"[ \t]+")


@dataclass(frozen=True, slots=True)
class Cosignature:
    """One witness's verified word: the checkpoint is consistent with all it saw until `time_s`."""

    key: VerifierKey
    time_s: int


def cosignature_text(text: str, time_s: int) -> bytes:
    """Return the message a witness signs for the checkpoint text `text` at `time_s`.

    Raises:
        NoteError: the time is out of range.
    """
    if not 0 <= time_s <= MAX_TIME_S:
        raise NoteError(f"cosignature: time {time_s} is out of range")
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


class CosignatureSigner:
    """A witness's key at one moment; `add_signature` and `sign_note` take it.

    Args:
        name: The witness's key name.
        seed: Ed25519 seed, 32 bytes, of a key that signs nothing else.
        time_s: The time it states, seconds since 1970.
    """

    __slots__ = ("_key", "_time_s", "_verifier")

    def __init__(self, name: str, seed: bytes, time_s: int) -> None:
        if len(seed) != 32:
            raise NoteError(f"cosigner {name}: expected a seed of 32 bytes, found {len(seed)}")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._verifier = VerifierKey(name, self._key.public_key().public_bytes_raw(), COSIGNATURE_V1)
        self._time_s = time_s

    @property
    def verifier(self) -> VerifierKey:
        """The public half, of type 0x04."""
        return self._verifier

    def sign(self, text: bytes) -> bytes:
        """Return time and signature over a checkpoint's text, 72 bytes."""
        message = cosignature_text(text.decode("utf-8"), self._time_s)
        return self._time_s.to_bytes(_TIME_BYTES, "big") + self._key.sign(message)


def verify_cosignature(key: VerifierKey, text: str, signature: NoteSignature) -> Cosignature:
    """Check a signature line that claims to be by `key`, a key of type 0x04.

    Raises:
        NoteError: of another key, malformed, or wrong.
    """
    data = signature.signature
    if key.kind != COSIGNATURE_V1 or not signature.is_by(key):
        raise NoteError(f"cosignature: expected one by {key.name}+{key.key_id.hex()}")
    time_s = int.from_bytes(data[:_TIME_BYTES], "big")
    message = cosignature_text(text, time_s)
    if not verify_ed25519(key.public_bytes, message, data[_TIME_BYTES:]):
        raise NoteError(f"cosignature: the one by {key.name}+{key.key_id.hex()} is wrong")
    return Cosignature(key, time_s)


def with_cosignatures(note: bytes, log_keys: Iterable[VerifierKey], lines: Iterable[NoteSignature]) -> bytes:
    """Return `note` with its lines by `log_keys` first, then `lines` in their order, and no others."""
    parsed, keys = parse_note(note), tuple(log_keys)
    own = [line for line in parsed.signatures if any(line.is_by(key) for key in keys)]
    return (parsed.text + "\n" + "".join(line.to_line() for line in (*own, *lines))).encode("utf-8")


@dataclass(frozen=True, slots=True)
class Group:
    """A group of witnesses or groups; `threshold` of its members make it count."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed tlog-policy.

    Attributes:
        logs: Keys of logs that are accepted; empty leaves the choice to the caller.
        witnesses: Keys of type 0x04 by the policy's own names.
        groups: Groups by name; members were defined before the group.
        quorum: A witness, a group, or ``none``.
        addresses: Where witnesses take checkpoints, by name, for those that the text gives one;
            by the standard their *submission prefix*, which nothing here looks into.
    """

    logs: tuple[VerifierKey, ...] = ()
    witnesses: Mapping[str, VerifierKey] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str = "none"
    addresses: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Policy:
        """Parse a policy text.

        Raises:
            NoteError: an unknown line, a name used twice or before it is defined, a key used
                twice, a threshold out of range, or not exactly one quorum.
        """
        return _PolicyParser().parse(text)

    def is_met_by(self, witnesses: Iterable[str]) -> bool:
        """Say whether these witnesses, by the policy's names, make the quorum."""
        if self.quorum == "none":
            return True
        met = {name for name in witnesses if name in self.witnesses}
        for name, group in self.groups.items():
            if sum(member in met for member in group.members) >= group.threshold:
                met.add(name)
        return self.quorum in met


@dataclass(frozen=True, slots=True)
class PolicyResult:
    """What a policy says of one checkpoint; `times_s` holds the witnesses that counted."""

    checkpoint: Checkpoint
    times_s: Mapping[str, int]
    is_met: bool


def check_policy(note: bytes, policy: Policy, log_keys: Iterable[VerifierKey] = ()) -> PolicyResult:
    """Verify a checkpoint's signature by the log and its cosignatures, and count the quorum.

    Args:
        note: The signed checkpoint.
        policy: The policy; where it lists logs, only those are accepted.
        log_keys: The log's keys, for a policy that lists none.

    Raises:
        NoteError: no good signature by a log, or a cosignature by a known witness is wrong.
        CheckpointError: not a checkpoint, or signed under a name that is not its origin.
    """
    text = parse_note(note).text
    checkpoint = Checkpoint.parse(text)
    keys = policy.logs or tuple(log_keys)
    opened = open_note(note, [key for key in keys if key.name == checkpoint.origin])
    times_s: dict[str, int] = {}
    for name, key in policy.witnesses.items():
        for line in (line for line in opened.unverified if line.is_by(key)):
            time_s = verify_cosignature(key, text, line).time_s
            times_s[name] = max(time_s, times_s.get(name, 0))
    return PolicyResult(checkpoint, times_s, policy.is_met_by(times_s))


class _PolicyParser:
    def __init__(self) -> None:
        self._logs: list[VerifierKey] = []
        self._witnesses: dict[str, VerifierKey] = {}
        self._groups: dict[str, Group] = {}
        self._addresses: dict[str, str] = {}
        self._members: set[str] = set()
        self._quorum: str | None = None

    def parse(self, text: str) -> Policy:
        if any((char < " " and char not in "\t\n") or char == "\x7f" for char in text):
            raise NoteError("policy: holds a control character")
        lines = text.split("\n")
        if len(lines) > MAX_POLICY_LINES:
            raise NoteError(f"policy: expected at most {MAX_POLICY_LINES} lines, found {len(lines)}")
        for number, line in enumerate(lines, start=1):
            items = _BLANK.split(line.strip(" \t"))
            if items[0] and not items[0].startswith("#"):
                self._take(number, items)
        if self._quorum is None:
            raise NoteError("policy: expected one quorum line, found none")
        return Policy(tuple(self._logs), self._witnesses, self._groups, self._quorum, self._addresses)

    def _take(self, number: int, items: list[str]) -> None:
        match items:
            case ["log", key, *urls] if len(urls) <= 1:
                self._logs.append(self._new_key(number, key, 1, self._logs))
            case ["witness", name, key, *urls] if len(urls) <= 1:
                self._define(number, name)
                self._witnesses[name] = self._new_key(number, key, COSIGNATURE_V1, self._witnesses.values())
                if urls:
                    self._addresses[name] = urls[0]
            case ["group", name, threshold, first, *rest]:
                self._groups[name] = self._new_group(number, name, threshold, (first, *rest))
            case ["quorum", name] if self._quorum is None:
                if name != "none" and not self._is_defined(name):
                    raise NoteError(f"policy line {number}: the quorum is not defined above")
                self._quorum = name
            case _:
                raise NoteError(f"policy line {number}: expected a log, witness, group or the one quorum")

    def _new_key(self, number: int, text: str, kind: int, others: Iterable[VerifierKey]) -> VerifierKey:
        try:
            key = VerifierKey.parse(text, kind)
        except NoteError as error:
            raise NoteError(f"policy line {number}: {error.message}") from None
        if any(other.public_bytes == key.public_bytes for other in others):
            raise NoteError(f"policy line {number}: the key stands there twice")
        return key

    def _new_group(self, number: int, name: str, threshold: str, members: tuple[str, ...]) -> Group:
        for member in members:
            if not self._is_defined(member) or member in self._members:
                raise NoteError(f"policy line {number}: a member is not defined above, or is a member already")
            self._members.add(member)
        self._define(number, name)
        counts = {"any": 1, "all": len(members)}
        try:
            count = counts[threshold] if threshold in counts else canonical.parse_decimal(threshold)
        except CanonicalError as error:
            raise NoteError(f"policy line {number}: threshold: {error.message}") from None
        if not 1 <= count <= len(members):
            raise NoteError(f"policy line {number}: expected a threshold of 1 to {len(members)}")
        return Group(count, members)

    def _define(self, number: int, name: str) -> None:
        if name == "none" or self._is_defined(name):
            raise NoteError(f"policy line {number}: the name is taken")

    def _is_defined(self, name: str) -> bool:
        return name in self._witnesses or name in self._groups
