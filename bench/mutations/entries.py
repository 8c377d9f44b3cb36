"""Mutations of governance entries: envelopes, signatures, statements, and entries that an insider adds."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from bench.mutations.case import Case, Mutator, Skip
from bench.mutations.forge import MACHINES, Forgery
from verax.kernel import canonical
from verax.kernel.drafting import (
    draft_admit,
    draft_back,
    draft_change,
    draft_review,
    draft_root,
    draft_step,
    draft_unfreeze,
)
from verax.kernel.dsse import Envelope, Signature, sign_envelope
from verax.kernel.errors import VeraxError
from verax.kernel.fold import State
from verax.kernel.statement import Alarm, Basis, Gate, Statement, payload_of

__all__ = ["ENTRIES"]

_WAYS = ("rows", "rows and tree", "everything")


def _write(case: Case, forgery: Forgery) -> str:
    """Write the forgery back in one of three ways: a row, the tree with it, or all that a server writes."""
    way = case.rng.choice(_WAYS)
    if way == "everything":
        forgery.write_all()
    else:
        forgery.write_rows(moves_tree=way == "rows and tree")
    return way


def _signers(case: Case, forgery: Forgery) -> list[tuple[str, bytes]]:
    """Choose keys: of the server's folder, under their own ids or others', or a new one."""
    seeds = forgery.keys.seeds
    names = case.rng.sample(sorted(seeds), case.rng.choice((1, 1, 2, 3)))
    ids = case.rng.choice((names, ["ann_key", "ben_key", "cai_key"][: len(names)]))
    keys = [(key_id, seeds[name]) for key_id, name in zip(sorted(ids), names, strict=False)]
    return [*keys, ("zoe_key", case.rng.randbytes(32))] if case.rng.random() < 0.2 else keys


def _edit(case: Case, value: Any) -> Any:
    """Return a JSON value with one thing in it changed, as somebody would who knows the fields."""
    rng = case.rng
    if isinstance(value, Mapping) and value:
        changed = dict(value)
        name = rng.choice(sorted(changed))
        how = rng.random()
        if how < 0.1:
            del changed[name]
        elif how < 0.2:
            changed[rng.choice(("extra", name + "_", "share_bp", "threshold", "approvals"))] = rng.choice((0, 1, "x"))
        else:
            changed[name] = _edit(case, changed[name])
        return changed
    if isinstance(value, list):
        if not value:
            return ["x"]
        place = rng.randrange(len(value))
        return rng.choice((
            [*value[:place], _edit(case, value[place]), *value[place + 1 :]],
            value[:place] + value[place + 1 :],
            [*value, value[place]],
            value[::-1],
            [],
        ))  # fmt: skip
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return rng.choice((value + 1, max(0, value - 1), 0, 10_000, 2**53 - 1))
    words = (
        "approve",
        "reject",
        "admit",
        "rollback",
        "freeze",
        "unfreeze",
        "step",
        "none",
        "assistant",
        "junior",
        "ann",
        "gate",
        "0.1",
        "0" * 64,
    )
    return rng.choice((rng.choice(words), f"{value}x", value[:-1], value.swapcase()))


def edit_statement(case: Case) -> str:
    """Change a field of a statement; keep its signatures, or sign it anew with what lies on the disk."""
    forgery = Forgery.of(case)
    index = case.rng.randrange(len(forgery.entries))
    envelope = Envelope.parse(forgery.entries[index])
    value = forgery.payload(index)
    changed = {**value, "predicate": _edit(case, value["predicate"])} if case.rng.random() < 0.9 else _edit(case, value)
    payload = canonical.encode(changed)
    if payload == envelope.payload:
        raise Skip
    signed = case.rng.random() < 0.5
    forgery.entries[index] = (
        sign_envelope(payload, _signers(case, forgery)) if signed else Envelope(payload, envelope.signatures).to_bytes()
    )
    return f"entry {index} edited, {'signed anew' if signed else 'old signatures'}; {_write(case, forgery)}"


def edit_signatures(case: Case) -> str:
    forgery = Forgery.of(case)
    index, other = (case.rng.randrange(len(forgery.entries)) for _ in range(2))
    envelope, source = Envelope.parse(forgery.entries[index]), Envelope.parse(forgery.entries[other])
    one = envelope.signatures[0]
    edits: dict[str, Callable[[], tuple[Signature, ...]]] = {
        "transplanted": lambda: source.signatures,
        "empty": lambda: (Signature(one.key_id, b""), *envelope.signatures[1:]),
        "under another id": lambda: (Signature("ann_key", one.sig), *envelope.signatures[1:]),
        "damaged": lambda: (Signature(one.key_id, bytes([one.sig[0] ^ 1]) + one.sig[1:]), *envelope.signatures[1:]),
        "longer": lambda: (Signature(one.key_id, one.sig + b"\0"), *envelope.signatures[1:]),
        "one more": lambda: (*envelope.signatures, Signature("zzz", bytes(64))),
        "fewer": lambda: envelope.signatures[:-1],
    }
    how = case.rng.choice(sorted(edits))
    try:
        data = Envelope(envelope.payload, edits[how]()).to_bytes()
    except VeraxError:
        raise Skip from None
    if data == forgery.entries[index]:
        raise Skip
    forgery.entries[index] = data
    return f"signatures of entry {index}: {how}; {_write(case, forgery)}"


def spoil_encoding(case: Case) -> str:
    """Keep the meaning of an entry and change its bytes."""
    forgery = Forgery.of(case)
    index = case.rng.randrange(len(forgery.entries))
    data = forgery.entries[index]
    changed = case.rng.choice((
        data.replace(b'":', b'" :', 1),
        data + b"\n",
        b" " + data,
        data.replace(b"{", b'{"a":1,', 1),
        data.replace(b'"payload"', b'"payloaD"', 1),
        data.replace(b"=", b"", 1),
        b"",
        data[:-1],
        b"\xef\xbb\xbf" + data,
    ))  # fmt: skip
    if changed == data:
        raise Skip
    forgery.entries[index] = changed
    return f"bytes of entry {index} changed; {_write(case, forgery)}"


def drop_entries(case: Case) -> str:
    """Shorten the log, or take one entry out of its middle."""
    forgery = Forgery.of(case)
    index = case.rng.randrange(1, len(forgery.entries))
    how = case.rng.choice(("from here on", "this one"))
    forgery.entries = forgery.entries[:index] + ([] if how == "from here on" else forgery.entries[index + 1 :])
    return f"entry {index} dropped, {how}; {_write(case, forgery)}"


def reorder_entries(case: Case) -> str:
    forgery = Forgery.of(case)
    one, other = case.rng.sample(range(len(forgery.entries)), 2)
    entries = forgery.entries
    entries[one], entries[other] = entries[other], entries[one]
    return f"entries {one} and {other} in the other order; {_write(case, forgery)}"


def replay_entry(case: Case) -> str:
    """Append an entry that is in the log already."""
    forgery = Forgery.of(case)
    index = case.rng.randrange(len(forgery.entries))
    forgery.entries.append(forgery.entries[index])
    return f"entry {index} appended again; {_write(case, forgery)}"


def append_junk(case: Case) -> str:
    forgery = Forgery.of(case)
    junk = case.rng.choice((b"", b"{}", case.rng.randbytes(100), b"[" * 5000, bytes(40_000), '{"ü":1}'.encode()))
    forgery.entries.append(junk)
    return f"{len(junk)} bytes that are no statement appended; {_write(case, forgery)}"


def append_statement(case: Case) -> str:
    """Append a statement that the rules would take from the right person, signed with what lies on the disk."""
    forgery = Forgery.of(case)
    state = forgery.state
    basis = Basis(state.root.origin, state.root.version, state.size, state.tree_root.hex(), secrets.token_hex(16), 1)
    what = case.rng.choice(sorted(_WISHES))
    payload, blobs = _WISHES[what](case, state, basis)
    for data in blobs.values():
        forgery.put(data)
    own = case.rng.random() < 0.6
    name = case.rng.choice(MACHINES)
    keys = [(name, forgery.keys.seeds[name])] if own else _signers(case, forgery)
    forgery.entries.append(sign_envelope(payload, keys))
    return f"{what} appended, signed by {', '.join(key_id for key_id, _ in keys)}; {_write(case, forgery)}"


_Wish = Callable[[Case, State, Basis], tuple[bytes, Mapping[str, bytes]]]


def _channel(case: Case) -> str:
    return case.rng.choice(("assistant", "companion", "junior", "news", "runtime"))


def _open_change(state: State, *, finished: bool) -> Any:
    found = [change for change in state.changes.values() if state.status_of(change.id) == "open"]
    return next(change for change in found if bool(change.gates) == finished)


def _back(case: Case, state: State, basis: Basis) -> tuple[bytes, Mapping[str, bytes]]:
    channel = _channel(case)
    act = case.rng.choice(("freeze", "rollback"))
    served = state.channels[channel]
    heads = [str(served.head), *(head.release for head in served.history), *state.banned_releases]
    to_id = str(served.head) if act == "freeze" else case.rng.choice(heads)
    draft = draft_back(state, basis, channel, act, to_id, "forged")
    return draft.payload, draft.blobs


def _step(case: Case, state: State, basis: Basis) -> tuple[bytes, Mapping[str, bytes]]:
    draft = draft_step(state, basis, "assistant", case.rng.choice((4_001, 8_000, 10_000)))
    return draft.payload, draft.blobs


def _admit(case: Case, state: State, basis: Basis) -> tuple[bytes, Mapping[str, bytes]]:
    change = _open_change(state, finished=case.rng.random() < 0.5)
    draft = draft_admit(change, basis, case.rng.choice((10_000, 500)))
    return draft.payload, draft.blobs


def _unfreeze(_: Case, state: State, basis: Basis) -> tuple[bytes, Mapping[str, bytes]]:
    draft = draft_unfreeze(_open_change(state, finished=True), basis)
    return draft.payload, draft.blobs


def _propose(case: Case, state: State, basis: Basis) -> tuple[bytes, Mapping[str, bytes]]:
    channel = _channel(case)
    candidate = Forgery.of(case).state.channels["companion"].head or ""
    data = (case.home / "blobs" / candidate[:2] / candidate).read_bytes().replace(b"briefly", b"gladly")
    draft = draft_change(state, basis, channel, data, "forged")
    return draft.payload, draft.blobs


def _review(_: Case, state: State, basis: Basis) -> tuple[bytes, Mapping[str, bytes]]:
    draft = draft_review(_open_change(state, finished=False), basis, "approve")
    return draft.payload, draft.blobs


def _gate(_: Case, state: State, basis: Basis) -> tuple[bytes, Mapping[str, bytes]]:
    change = _open_change(state, finished=False)
    report = b'{"forged":true}'
    digest = canonical.hex_digest(report)
    gate: Statement = Gate(basis, change.id, "format", change.seed, "0" * 64, 10, is_passed=True, report=digest)
    return payload_of(gate), {digest: report}


def _root(case: Case, state: State, basis: Basis) -> tuple[bytes, Mapping[str, bytes]]:
    document = {**state.root.manifest, "version": state.root.version + 1}
    roles = {name: dict(role) for name, role in document["roles"].items()}
    role = case.rng.choice(("root", "reviewer", "author", "operator"))
    roles[role] = {"keys": sorted({*roles[role]["keys"], "gate", "monitor"}), "threshold": 1}
    draft = draft_root(basis, {**document, "roles": roles})
    return draft.payload, draft.blobs


def _alarm(case: Case, state: State, basis: Basis) -> tuple[bytes, Mapping[str, bytes]]:  # noqa: ARG001 - as every wish
    detail = b'{"forged":1}'
    digest = canonical.hex_digest(detail)
    return payload_of(Alarm(basis, "log/forked", "none", digest, 1, 1, 1)), {digest: detail}


_WISHES: Mapping[str, _Wish] = {
    "a freeze or a rollback": _back,
    "a step": _step,
    "an admission": _admit,
    "an unfreezing": _unfreeze,
    "a change": _propose,
    "a review": _review,
    "a passed gate": _gate,
    "a root": _root,
    "an alarm": _alarm,
}

ENTRIES: dict[Mutator, int] = {
    edit_statement: 12,
    edit_signatures: 6,
    spoil_encoding: 4,
    drop_entries: 4,
    reorder_entries: 3,
    replay_entry: 4,
    append_junk: 3,
    append_statement: 16,
}
"""Mutators with their weights."""
