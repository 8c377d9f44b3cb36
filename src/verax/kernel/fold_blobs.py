"""What the fold reads from blobs: candidates, and the wording of releases (protocol clauses 5 and 8).

A blob that a rule needs and that is not there stops the fold, "incomplete", never a guess.
A blob whose bytes do not hash to its name is not there. A blob that is there and is no
well-formed release or runtime is a reason, not a stop.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from verax.kernel import canonical
from verax.kernel.bans import Ban, find_hits, fragments
from verax.kernel.errors import FoldError, KernelError, StatementError
from verax.kernel.fold_state import Ledger
from verax.kernel.release import Release, ban_sources, ban_texts
from verax.kernel.root import RUNTIME_CHANNEL
from verax.kernel.runtime import PortableRuntime
from verax.kernel.statement import NONE

__all__ = ["added_fragments", "ban_hits"]


def ban_hits(candidate: str, channel: str, ledger: Ledger, new: Sequence[Ban] = ()) -> frozenset[str]:
    """Return the ids of all bans that `candidate` meets: itself, and fragments in force or `new`.

    Raises:
        FoldError: its blob is missing.
        StatementError: its blob is no release, or on the runtime channel no runtime.
    """
    hits = frozenset({candidate} & ledger.banned_releases.keys())
    if channel == RUNTIME_CHANNEL:
        _check_runtime(_blob(candidate, ledger))
        return hits
    texts = _texts(_blob(candidate, ledger))
    return hits | find_hits(texts, [*(record.ban for record in ledger.bans.values()), *new])


def added_fragments(bad: str, base: str, channel: str, ledger: Ledger) -> tuple[Ban, ...]:
    """Return the fragments that `bad` added against `base` (or ``none``); a runtime has none.

    Raises:
        FoldError: a blob is missing.
        StatementError: one is no release.
    """
    if channel == RUNTIME_CHANNEL:
        return ()
    base_texts = () if base == NONE else _texts(_blob(base, ledger))
    return fragments(ban_sources(_release(_blob(bad, ledger))), base_texts)


def _blob(digest: str, ledger: Ledger) -> bytes:
    data = ledger.blobs(digest)
    if data is None or canonical.hex_digest(data) != digest:
        raise FoldError(
            f"entry {ledger.index}: incomplete: the blob {digest[:12]} that it needs is missing",
            hint="fetch /log/blob/ of that digest from this log or a copy of it",
        )
    return data


@lru_cache(maxsize=32)
def _texts(data: bytes) -> tuple[str, ...]:
    return ban_texts(_release(data))


def _release(data: bytes) -> Release:
    try:
        return Release.from_bytes(data)
    except KernelError as error:
        raise StatementError(f"the candidate is no valid release: {error.message}") from None


def _check_runtime(data: bytes) -> None:
    try:
        PortableRuntime.parse(data)
    except KernelError as error:
        raise StatementError(f"the candidate is no valid runtime: {error.message}") from None
