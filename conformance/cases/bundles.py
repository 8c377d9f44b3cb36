"""Receipts with governance bundles: who approved the release that answered (clause 12, step 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from cases.build import Vector
from verax.kernel import canonical
from verax.kernel.bundle import GovernanceBundle, make_bundle
from verax.kernel.note import NoteSigner
from verax.kernel.record import GovernanceRef, TurnSecret
from verax.kernel.runtime import InstanceManifest, PortableRuntime
from verax.testing.governance import NAME, SimulatedHistory, root_document
from verax.testing.releases import make_release
from verax.testing.simulated_log import SimulatedLog, issue_receipt, sample_record

__all__ = ["bundles"]

_SECRET = TurnSecret(bytes(32))
_RUNTIME = PortableRuntime("aa" * 32, "bb" * 32)
_MANIFEST = InstanceManifest(_RUNTIME, "cpython 3.11.7", "linux x86_64", "cc" * 32)
_REPLIES = f"{NAME}/replies/0"
_GOVERNANCE = NoteSigner(f"{NAME}/governance", bytes(range(32)))
_KEYS = "".join(f"{signer.verifier}\n" for signer in (_GOVERNANCE, NoteSigner(_REPLIES, bytes(32)))).encode()


def bundles() -> list[Vector]:
    """Bundles that hold, and one for each way in which one fails at step 7."""
    return [*_worlds(), *_broken()]


def _worlds() -> Iterator[Vector]:
    """Histories that allowed the reply, or did not."""
    log = _solo()
    yield _vector("solo", log)
    yield _vector("preview", log, arm="preview", release="99" * 32)
    yield _vector("other-mode", log, fails=7, mode="quorum")
    yield _vector("other-release", log, fails=7, release="99" * 32)
    yield _vector("other-channel", log, fails=7, channel="junior")
    yield _vector("no-canary", log, fails=7, arm="canary")
    yield _vector("earlier", log, fails=7, governance=GovernanceRef(3, _tree(log).root(3).hex()))
    log.release_now(make_release("Answer at length."))
    log.move("ann", "rollback", to_id=log.channel().history[0].release)
    yield _vector("rolled-back", log, fails=7, release=make_release("Answer at length.").id)
    yield _vector("after-rollback", log)
    log.move("ann", "freeze")
    yield _vector("frozen", log, fails=7)
    log = _solo()
    log.release_now(PortableRuntime("cc" * 32, "bb" * 32), "runtime")
    yield _vector("another-runtime", log, fails=7)
    log = SimulatedHistory()
    log.release_now(_RUNTIME, "runtime")
    log.release_now(make_release("Answer briefly."))
    yield _vector("team", log)


def _broken() -> Iterator[Vector]:
    """A good bundle with something changed."""
    log = _solo()
    whole = _bundle(log)
    entries = whole.entries
    yield _vector("without-first-root", log, replace(whole, entries=entries[1:]), fails=7)
    yield _vector("without-move", log, replace(whole, entries=entries[:-1]), fails=7)
    yield _vector("without-runtime", log, replace(whole, blobs={}), fails=7)
    yield _vector("swapped", log, replace(whole, entries=(*entries[1:], entries[0])), fails=7)
    yield _vector("twice", log, replace(whole, entries=(*entries, entries[-1])), fails=7)
    other = replace(entries[1], envelope=entries[2].envelope)
    yield _vector("moved", log, replace(whole, entries=(entries[0], other, *entries[2:])), fails=7)
    yield _vector("older-tree", log, replace(whole, checkpoint=_tree(log).checkpoint(2)), fails=7)
    yield _vector("needless-consistency", log, replace(whole, consistency=(bytes(32),)), fails=7)
    grown = _solo()
    grown.alarm("recorder", "log/rolled-back")
    path = tuple(_tree(grown).consistency(log.state.size))
    now = replace(whole, checkpoint=_tree(grown).checkpoint(), consistency=path)
    yield _vector("grown", log, now)
    yield _vector("grown-without-proof", log, replace(now, consistency=()), fails=7)
    yield _vector("grown-with-half", log, replace(now, consistency=path[:-1]), fails=7)
    for name, change in _FORMS.items():
        value: Any = canonical.decode(whole.to_bytes())
        change(value)
        yield {**_vector(name, log, fails=7), "bundle": canonical.encode(value)}
    yield {**_vector("not-canonical", log, fails=7), "bundle": whole.to_bytes() + b"\n"}


_FORMS: dict[str, Callable[[dict[str, Any]], object]] = {
    "version": lambda value: value.update(v=2),
    "unknown-field": lambda value: value.update(more=1),
    "entries-object": lambda value: value.update(entries={}),
    "blobs-number": lambda value: value.update(blobs=[5]),
    "path-number": lambda value: value["entries"][0].update(path=[5]),
    "index-text": lambda value: value["entries"][0].update(index="0"),
    "checkpoint-text": lambda value: value.update(checkpoint="text"),
    "signature": lambda value: value["entries"][-1]["envelope"]["signatures"][0].update(keyid="other"),
}


def _solo() -> SimulatedHistory:
    log = SimulatedHistory(root_document(solo=True))
    log.release_now(_RUNTIME, "runtime")
    log.release_now(make_release("Answer briefly."))
    return log


def _tree(log: SimulatedHistory) -> SimulatedLog:
    tree = SimulatedLog(f"{NAME}/governance", bytes(range(32)))
    for entry in log.entries:
        tree.append(entry)
    return tree


def _record(log: SimulatedHistory, **changes: Any) -> Any:
    state = log.state
    head = state.channels["assistant"].serving
    assert head is not None
    fields = {
        "release": head.release,
        "mode": head.mode,
        "runtime": _MANIFEST.digest,
        "governance": GovernanceRef(state.size, state.tree_root.hex()),
        **changes,
    }
    return sample_record(_SECRET, b"reply", _REPLIES, **fields)


def _bundle(log: SimulatedHistory, **changes: Any) -> GovernanceBundle:
    tree, blobs = _tree(log), {_MANIFEST.digest: _MANIFEST.data}
    return make_bundle(_record(log, **changes), log.entries, tree.checkpoint(), tree.node, blobs.get)


def _vector(
    name: str,
    log: SimulatedHistory,
    bundle: GovernanceBundle | None = None,
    *,
    fails: int | None = None,
    **changes: Any,
) -> Vector:
    record = _record(log, **changes)
    receipt = issue_receipt(SimulatedLog(_REPLIES, bytes(32)), record, _SECRET)
    data = (bundle or _bundle(log, **changes)).to_bytes()
    return {"name": name, "rule": "step 7", "receipt": receipt.to_bytes(), "key": _KEYS, "bundle": data, "fails": fails}
