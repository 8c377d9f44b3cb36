"""Asking a witness from here: does it know the very history that this machine was shown?

The checkpoint that a server showed is submitted to the witness as its log would (C2SP tlog-witness). A
witness that signs it saw nothing else; one that saw more, or something else, says so. So a server that
shows one history to its witnesses and another one to this person is found out.
"""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit

from verax.kernel.errors import ConfigError, KernelError, NoteError, VeraxError, WitnessError
from verax.kernel.merkle import check_consistency
from verax.kernel.note import VerifierKey, parse_note
from verax.kernel.split_view import SplitView, find_split_view
from verax.kernel.witness import (
    MAX_ANSWER_BYTES,
    SIZE_TYPE,
    Submission,
    origin_digest,
    parse_answer,
    parse_size,
)
from verax.surfaces.cli.history import SignedTree, open_log
from verax.surfaces.cli.sources import LogSource
from verax.surfaces.cli.treereader import TreeReader

__all__ = ["AskedWitness", "ShownLog", "WitnessWord", "ask_witness"]

_TIMEOUT_S = 15.0
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class AskedWitness:
    """A witness to ask; `key` is None where the root does not name it, so that its line proves nothing."""

    name: str
    address: str
    key: VerifierKey | None


@dataclass(frozen=True, slots=True)
class ShownLog:
    """One log as a server shows it: where its files are, what it signed, and the keys that count.

    Attributes:
        prefix: ``log`` or ``replies/<k>``.
        signed: The checkpoint that was verified.
    """

    source: LogSource
    prefix: str
    signed: SignedTree
    keys: tuple[VerifierKey, ...]

    @property
    def reader(self) -> TreeReader:
        """Its tree."""
        return TreeReader(self.source, self.prefix, self.signed.checkpoint)

    def look_again(self) -> ShownLog:
        """Return the log as it is shown now, which must have grown from what it was.

        Raises:
            ProofError, CorruptStore: it did not.
        """
        before = self.signed.checkpoint
        newer = replace(self, signed=open_log(self.source, self.prefix, before.origin, self.keys))
        begins_with = newer.reader.open(before.size)
        after = newer.signed.checkpoint
        check_consistency(before.size, before.root, after.size, after.root, begins_with.path)
        return newer


@dataclass(frozen=True, slots=True)
class WitnessWord:
    """What a witness says of a tree that this machine was shown."""

    state: Literal["verified", "incomplete", "failed"]
    detail: str
    evidence: SplitView | None = None


def ask_witness(witness: AskedWitness, shown: ShownLog) -> WitnessWord:
    """Submit the checkpoint that was shown to a witness."""
    try:
        return _converse(witness, shown)
    except (VeraxError, OSError, http.client.HTTPException) as error:
        reason = error.message if isinstance(error, VeraxError) else type(error).__name__
        return WitnessWord("incomplete", f"{witness.name} cannot be asked: {reason}")


def _converse(witness: AskedWitness, shown: ShownLog) -> WitnessWord:
    old = 0
    for _ in range(_ATTEMPTS):
        path = shown.reader.open(old).path if old else ()
        status, kind, body = _exchange(witness, "add-checkpoint", Submission(old, path, shown.signed.note).to_bytes())
        if status == 200:
            return _read(witness, shown.signed, body)
        if status == 409 and kind == SIZE_TYPE:
            old = parse_size(body)
            if old > shown.signed.checkpoint.size:
                shown = shown.look_again()  # a log that grew meanwhile is no older one
            if old > shown.signed.checkpoint.size:
                size = shown.signed.checkpoint.size
                return WitnessWord(
                    "failed", f"{witness.name} cosigned {old} entries, and {size} are shown: an older state"
                )
        elif status in (409, 422):
            detail = f"{witness.name} cosigned another history of {old} entries"
            return WitnessWord("failed", detail, _find_evidence(witness, shown))
        else:
            reasons = {403: "it does not know the log's key", 404: "it does not follow this log"}
            raise WitnessError(reasons.get(status, f"HTTP {status}"))
    raise WitnessError("it names another size each time")


def _read(witness: AskedWitness, signed: SignedTree, body: bytes) -> WitnessWord:
    size = signed.checkpoint.size
    if witness.key is None:
        return WitnessWord(
            "incomplete", f"{witness.name} signs the tree of {size} entries; the root names no key of it"
        )
    try:
        parse_answer(body, parse_note(signed.note).text, {witness.name: witness.key}, int(time.time()))
    except NoteError as error:
        return WitnessWord("failed", f"what {witness.name} answers proves nothing: {error.message}")
    return WitnessWord("verified", f"{witness.name} knows this very history of {size} entries")


def _find_evidence(witness: AskedWitness, shown: ShownLog) -> SplitView | None:
    origin = shown.signed.checkpoint.origin
    status, _, note = _exchange(witness, f"{origin_digest(origin)}/checkpoint", None)
    if status != 200:
        return None
    try:
        return find_split_view([note, shown.signed.note], origin, shown.keys, shown.reader.open)
    except KernelError:
        return None  # it shows what this log never signed, or a larger tree that cannot be opened here


def _exchange(witness: AskedWitness, path: str, body: bytes | None) -> tuple[int, str, bytes]:
    parts = urlsplit(witness.address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(
            f"witness {witness.name}: {witness.address!r} is no address", hint="name http://… or https://…"
        )
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET" if body is None else "POST", f"{parts.path.rstrip('/')}/{path}", body=body)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("content-type", ""), answer.read(MAX_ANSWER_BYTES + 1)
    finally:
        connection.close()
