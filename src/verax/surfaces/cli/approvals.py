"""Was the release of a record in force? Step 7 of clause 12, over the verified governance log.

The log is folded up to the tree that the record names; the release must then stand on that channel
and arm, in that mode, and the record's runtime must be one whose portable part was admitted.
"""

from __future__ import annotations

from verax.kernel.bundle import make_bundle
from verax.kernel.errors import KernelError
from verax.kernel.fold import Folder, State
from verax.kernel.merkle import GetNode, leaf_hash, tree_root
from verax.kernel.receipt import Check
from verax.kernel.record import Record
from verax.kernel.root import RUNTIME_CHANNEL
from verax.kernel.runtime import InstanceManifest
from verax.surfaces.cli.history import History
from verax.surfaces.cli.output import shorten
from verax.surfaces.cli.sources import read_blob

__all__ = ["check_governance", "governance_bundle"]

_STEP = 7


def check_governance(history: History, record: Record) -> Check:
    """Return step 7 for `record`, judged from the whole governance log."""
    problem = _problem(history, record)
    if problem:
        return Check(_STEP, "governance", "failed", problem)
    after = f"after entry {record.governance.size - 1}"
    detail = f"release {shorten(record.release)} was {record.arm} of {record.channel} {after}, {record.mode}"
    return Check(_STEP, "governance", "verified", detail)


def governance_bundle(history: History, record: Record) -> bytes:
    """Return the second file beside a receipt: who approved what it names, with proofs.

    Raises:
        ReceiptError: the log is shorter than what the record names, or lacks its manifest.
    """
    note = history.signed.note
    get_node = _nodes(history.entries)
    return make_bundle(
        record, history.entries, note, get_node, lambda digest: read_blob(history.source, digest)
    ).to_bytes()


def _problem(history: History, record: Record) -> str:
    size = record.governance.size
    if size > len(history.entries):
        return f"the record names {size} entries of the governance log, which has {len(history.entries)}"
    folder = Folder(lambda digest: read_blob(history.source, digest))
    for entry in history.entries[:size]:
        folder.apply(entry)
    state = folder.state
    if state.tree_root.hex() != record.governance.root:
        return "the record names another governance log than the one that was verified"
    return _arm_problem(state, record) or _runtime_problem(history, state, record)


def _arm_problem(state: State, record: Record) -> str:
    channel = state.channels.get(record.channel)
    if channel is None:
        return f"the root names no channel {record.channel}"
    if record.arm == "preview":
        known = any(change.candidate == record.release for change in state.changes.values())
        return "" if known else "a preview of a release that nobody proposed"
    serving = channel.serving if record.arm == "head" else channel.canary
    if serving is None or serving.release != record.release:
        return f"release {shorten(record.release)} was not the {record.arm} of {record.channel}"
    if channel.frozen or record.release in channel.withdrawn:
        return f"{record.channel} was frozen, or the release was rolled back"
    return "" if serving.mode == record.mode else f"the record says {record.mode}, the log says {serving.mode}"


def _runtime_problem(history: History, state: State, record: Record) -> str:
    data = read_blob(history.source, record.runtime)
    if data is None:
        return f"the manifest of runtime {shorten(record.runtime)} is not kept"
    try:
        portable = InstanceManifest.parse(data).portable.digest
    except KernelError as error:
        return error.message
    admitted = state.channels[RUNTIME_CHANNEL].head
    return "" if portable == admitted else f"runtime {shorten(portable)} was not admitted"


def _nodes(entries: tuple[bytes, ...]) -> GetNode:
    leaves = [leaf_hash(entry) for entry in entries]

    def get(level: int, index: int) -> bytes:
        return tree_root(leaves[index << level : (index + 1) << level])

    return get
