"""What `verax gate verify` reads from the logs: the root of that time, and the entries of the reply logs."""

from __future__ import annotations

from collections.abc import Sequence

from verax.gates.verify import Logged
from verax.kernel.fold import ChangeState, Folder
from verax.kernel.note import parse_verifier_keys
from verax.kernel.runtime import InstanceManifest
from verax.surfaces.cli.history import History, audit_since, open_log
from verax.surfaces.cli.keyring import Identity
from verax.surfaces.cli.sources import LogSource, read_blob

__all__ = ["log_of_result", "reply_entries"]


def log_of_result(history: History, change: ChangeState, suite: str, entries: frozenset[bytes] | None) -> Logged:
    """Return what the governance log says of one result, with the state that it was appended to."""
    result = change.gates[suite]
    folder = Folder(lambda digest: read_blob(history.source, digest))
    for entry in history.entries[: result.index]:
        folder.apply(entry)
    has_entry = None if entries is None else entries.__contains__

    def portable(digest: str) -> str:
        data = read_blob(history.source, digest)
        return "" if data is None else InstanceManifest.parse(data).portable.digest

    return Logged(change, suite, result, folder.state, portable, history.release, has_entry)


def reply_entries(source: LogSource, identity: Identity, history: History) -> frozenset[bytes] | None:
    """Return every entry of the reply logs, audited; None where some were pruned.

    Raises:
        IntegrityError: a reply log is not what its key signed.
    """
    name = identity.credentials.name
    keys = parse_verifier_keys("\n".join(history.state.root.logs))
    numbers = sorted({key.name.rpartition("/")[2] for key in keys if "/replies/" in key.name})
    found: set[bytes] = set()

    def keep(_: int, bundle: Sequence[bytes]) -> None:
        found.update(bundle)

    for number in numbers:
        prefix = f"replies/{number}"
        signed = open_log(source, prefix, f"{name}/{prefix}", keys)
        audit = audit_since(source, prefix, signed, identity, may_prune=True, visit=keep)
        if audit.pruned:
            return None
    return frozenset(found)
