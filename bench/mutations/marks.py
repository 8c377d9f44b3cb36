"""Mutations of checkpoints, witnessed checkpoints, adopted marks, tiles, blobs and keys, by who knows their form."""

from __future__ import annotations

import json
from pathlib import Path

from bench.mutations.case import Case, Mutator, Skip
from bench.mutations.forge import Forgery
from verax.kernel import canonical
from verax.kernel.checkpoint import Checkpoint
from verax.kernel.note import NoteSigner, sign_note
from verax.kernel.tiles import encode_bundle

__all__ = ["MARKS"]

_NOTES = (
    "governance.seen", "log/governance/checkpoint", "log/governance/checkpoint.witnessed", "log/replies/0/checkpoint",
    "log/replies/0/checkpoint.witnessed",
)  # fmt: skip


def _note(case: Case) -> Path:
    return case.choose([path for path in (case.home / name for name in _NOTES) if path.is_file()])


def edit_note(case: Case) -> str:
    path = _note(case)
    text = path.read_text()
    body, _, signatures = text.rpartition("\n\n")
    lines, signed = body.split("\n"), signatures.removesuffix("\n").split("\n")
    edits = {
        "size up": "\n".join([lines[0], str(int(lines[1]) + 1), *lines[2:]]) + f"\n\n{signatures}",
        "size down": "\n".join([lines[0], str(int(lines[1]) - 1), *lines[2:]]) + f"\n\n{signatures}",
        "size with a zero": "\n".join([lines[0], "0" + lines[1], *lines[2:]]) + f"\n\n{signatures}",
        "other origin": "\n".join(["x" + lines[0], *lines[1:]]) + f"\n\n{signatures}",
        "one more line": f"{body}\nextension\n\n{signatures}",
        "no signature": f"{body}\n\n",
        "signature twice": f"{body}\n\n{signatures}{signed[0]}\n",
        "witness dropped": f"{body}\n\n{signed[0]}\n",
        "only the last signature": f"{body}\n\n{signed[-1]}\n",
        "signatures turned round": f"{body}\n\n" + "\n".join(signed[::-1]) + "\n",
        "signature damaged": text.replace("A", "B", 1) if "A" in signatures else text[:-3] + "AA\n",
        "carriage returns": text.replace("\n", "\r\n"),
        "no last newline": text.removesuffix("\n"),
        "unknown signature": f"{text}— somebody/else AAAAAAAA\n",
    }
    how = case.rng.choice(sorted(edits))
    if edits[how] == text:
        raise Skip
    path.write_bytes(edits[how].encode())
    return f"{case.name(path)}: {how}"


def sign_note_anew(case: Case) -> str:
    """Sign another tree with the log's own key, or the true one with another key."""
    path = _note(case)
    keys = case.keys()
    signer = keys.replies_signer() if "replies" in case.name(path) else keys.governance_signer()
    now = Checkpoint.parse(path.read_text().rpartition("\n\n")[0] + "\n")
    size, root, name = now.size, now.root, signer.verifier.name
    how = case.rng.choice(("larger", "smaller", "other root", "empty", "other key", "other origin", "the same"))
    if how in ("larger", "smaller"):
        size += 1 if how == "larger" else -1
    if how in ("larger", "smaller", "other root"):
        root = case.rng.randbytes(32)
    if how == "empty":
        size, root = 0, bytes.fromhex(canonical.hex_digest(b""))
    if how == "other key":
        signer = NoteSigner(name, case.rng.randbytes(32))
    if how == "other origin":
        name = keys.replies_origin if name != keys.replies_origin else keys.governance_origin
        signer = NoteSigner(name, keys.seeds["governance"])
    path.write_bytes(sign_note(Checkpoint(name, size, root).to_text(), signer))
    return f"{case.name(path)} signed anew: {how}"


def older_tree(case: Case) -> str:
    """Sign the true tree of an earlier size, in one place or in several."""
    forgery = Forgery.of(case)
    size = case.rng.randrange(1, len(forgery.entries))
    forgery.entries = forgery.entries[:size]
    note = forgery.checkpoint()
    names = [name for name in _NOTES[:3] if case.rng.random() < 0.6] or [_NOTES[0]]
    for name in names:
        (case.home / name).write_bytes(note)
    return f"{', '.join(names)}: the tree of {size} entries, signed"


def drop_witnesses(case: Case) -> str:
    """Take away what the witness signed, with the witness in reach or cut off."""
    case.is_cut_off = case.rng.random() < 0.5
    path = case.governance / "checkpoint"
    body, _, signatures = path.read_text().rpartition("\n\n")
    kind = case.rng.choice(("bare", "bare and no witnessed one", "an older witnessed one"))
    path.write_text(f"{body}\n\n{signatures.splitlines()[0]}\n")
    witnessed = case.governance / "checkpoint.witnessed"
    if kind == "bare and no witnessed one":
        witnessed.unlink(missing_ok=True)
    if kind == "an older witnessed one":
        older = case.choose(case.world.older) / "log" / "governance" / "checkpoint.witnessed"
        if not older.is_file():
            raise Skip
        witnessed.write_bytes(older.read_bytes())
    return f"cosignatures taken away: {kind}{', the witness cut off' if case.is_cut_off else ''}"


def edit_tile(case: Case) -> str:
    """Change a tile of hashes or a bundle of entries, keeping its form."""
    log = case.rng.choice(("governance", "replies/0"))
    tiles = [path for path in case.files(f"log/{log}/tile") if path.parent.name.endswith(".p")]
    newest = max((int(path.name) for path in tiles), default=0)
    path = case.choose([path for path in tiles if int(path.name) == newest or case.rng.random() < 0.1])
    data = path.read_bytes()
    if "entries" in path.parts:
        entries, rest = [], data
        while rest:
            size = int.from_bytes(rest[:2], "big")
            entries.append(rest[2 : 2 + size])
            rest = rest[2 + size :]
        place = case.rng.randrange(len(entries))
        entries[place] = case.rng.choice((entries[0], b"x", entries[place][::-1], b""))
        data = encode_bundle(entries)
    else:
        hashes = [data[start : start + 32] for start in range(0, len(data), 32)]
        one, other = case.rng.randrange(len(hashes)), case.rng.randrange(len(hashes))
        hashes[one], hashes[other] = hashes[other], hashes[one]
        data = b"".join(hashes)
    if data == path.read_bytes():
        raise Skip
    path.write_bytes(data)
    return f"{case.name(path)}: one of its items changed"


def edit_blob(case: Case) -> str:
    """Edit a blob's JSON under its old name, or under its new one."""
    path = case.choose(case.files("blobs"))
    data = path.read_bytes()
    words = (
        (b"briefly", b"rudely"),
        (b"kindly", b"never"),
        (b'"max_tokens":256', b'"max_tokens":9'),
        (b"edition", b"version"),
    )
    changed = data
    for old, new in case.rng.sample(words, len(words)):
        if old in data:
            changed = data.replace(old, new)
            break
    if changed == data:
        changed = data + b" "
    digest = canonical.hex_digest(changed)
    renamed = case.rng.random() < 0.3
    target = case.home / "blobs" / digest[:2] / digest if renamed else path
    target.parent.mkdir(exist_ok=True)
    if renamed:
        path.unlink()
    target.write_bytes(changed)
    return f"blob {path.name[:8]} edited, {'under its new name' if renamed else 'under its old name'}"


def exchange_blobs(case: Case) -> str:
    """Put the manifest of one release under the name of another."""
    one, other = case.choose(case.files("blobs")), case.choose(case.files("blobs"))
    if one == other:
        raise Skip
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    if case.rng.random() < 0.5:
        other.write_bytes(first)
    return f"blob {one.name[:8]} holds what is in {other.name[:8]}"


def edit_keys(case: Case) -> str:
    """Change the file of the server's own keys."""
    path = case.home / "keys" / "server.json"
    value = json.loads(path.read_text())
    names = sorted(value["seeds"])
    one, other = case.rng.sample(names, 2)
    how = case.rng.choice(("swapped", "new", "missing", "short", "name", "extra", "upper case", "not JSON"))
    if how == "swapped":
        value["seeds"][one], value["seeds"][other] = value["seeds"][other], value["seeds"][one]
    elif how == "new":
        value["seeds"][one] = case.rng.randbytes(32).hex()
    elif how == "missing":
        del value["seeds"][one]
    elif how == "short":
        value["seeds"][one] = value["seeds"][one][:-2]
    elif how == "name":
        value["name"] = case.rng.choice(("", "x", value["name"][::-1], f"other.test/{value['name']}", 7))
    elif how == "extra":
        value["seeds"]["root"] = "00" * 32
    elif how == "upper case":
        value["seeds"][one] = value["seeds"][one].upper()
    text = "{" if how == "not JSON" else json.dumps(value)
    path.write_text(text)
    return f"server keys: {one} {how}"


def wait_with_alarms(case: Case) -> str:
    """Plant or spoil the file of alarms that wait, and the one of refused starts."""
    name = case.rng.choice(("alarms.waiting", "refused-starts"))
    alarm = {
        "code": "log/forked",
        "channel": "none",
        "detail": "{}",
        "count": 1,
        "first_ms": 1,
        "last_ms": 1,
        "is_single": False,
    }
    junk = case.rng.choice((
        b"", b"[]", b"{}", b"[1]", b"[[]]", canonical.encode([alarm]), canonical.encode([alarm] * 300), b"\xff" * 50,
        canonical.encode([{**alarm, "code": "x"}]), canonical.encode([{**alarm, "count": "many"}]),
        canonical.encode([{**alarm, "detail": "words from outside"}]),
        canonical.encode([{**alarm, "channel": "no such"}]),
        canonical.encode([{**alarm, "count": 0}]), canonical.encode([{**alarm, "last_ms": 0}]),
        b"1 log/rolled-back\n" * 9,
        canonical.encode([{**alarm, "channel": 5}]), canonical.encode([{**alarm, "is_single": 1}]),
    ))  # fmt: skip
    (case.home / name).write_bytes(junk)
    return f"{name} of {len(junk)} bytes planted"


MARKS: dict[Mutator, int] = {
    edit_note: 14,
    sign_note_anew: 10,
    older_tree: 6,
    drop_witnesses: 4,
    edit_tile: 6,
    edit_blob: 8,
    exchange_blobs: 4,
    edit_keys: 6,
    wait_with_alarms: 5,
}
"""Mutators with their weights."""
