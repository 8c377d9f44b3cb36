#!/usr/bin/env python3
"""Check who approved the release behind a Verax receipt, offline (step 7 of clause 12).

    python3 check_governance.py RECEIPT.json BUNDLE.json --key KEYFILE [--fingerprint HEX]

KEYFILE holds the keys of the reply log and of the governance log. The bundle holds entries of the
governance log with their proofs. This script checks that they are in the tree that the receipt
names, folds them by the rules of clause 5, and compares the outcome with the record: the release
stood on that channel and arm, in that mode, under that admitted runtime. Exit status: 0 when it
holds, 3 when not, 2 for bad usage. The other files of this folder must lie beside it.

Not checked, and said so: entries that the bundle leaves out; bans on texts (they need the releases
themselves); and whether names are different people.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import check_receipt as receipts
from check_receipt import COUNT, Failure, canonical, need, parse_canonical, parse_key, unbase64
from governance_fold import EMPTY_ROOT, Fold, digest, new_channel
from governance_passkeys import matches

MAX_BUNDLE, MAX_ENTRY = 8_000_000, 32_768


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_roots(leaves):
    """Return the tree root at every size from 0 on, in hex."""
    roots, stack = [EMPTY_ROOT], []
    for size, leaf in enumerate(leaves):
        while size & 1:
            leaf, size = node(stack.pop(), leaf), size >> 1
        stack.append(leaf)
        root = stack[-1]
        for left in stack[-2::-1]:
            root = node(left, root)
        roots.append(root.hex())
    return roots


def check_consistency(old, old_root, new, new_root, path):
    """Refuse a tree that does not begin with the old one (RFC 9162 section 2.1.4.2)."""
    need(0 < old <= new, "The signed tree is older than the one the receipt names.")
    if old == new:
        need(not path and old_root == new_root, "The signed tree is another than the one the receipt names.")
        return
    path = [old_root, *path] if old & (old - 1) == 0 else path
    need(path, "The consistency proof is too short.")
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    before = after = path[0]
    for sibling in path[1:]:
        need(last, "The consistency proof is too long.")
        right = first & 1 or first == last
        before = node(sibling, before) if right else before
        after = node(sibling, after) if right else node(after, sibling)
        while right and first and not first & 1:
            first, last = first >> 1, last >> 1
        first, last = first >> 1, last >> 1
    need(last == 0 and (before, after) == (old_root, new_root), "The log was not only appended to.")


def open_bundle(record, data, keys):
    """Return the bundle's entries as (index, bytes) after checking that they are in the receipt's tree."""
    need(len(data) <= MAX_BUNDLE, "The bundle is larger than 8 MB.")
    bundle = parse_canonical(data)
    fields = {"v": "1", "checkpoint": '".*"', "consistency": r"\[.*\]", "entries": r"\[.*\]", "blobs": r"\[.*\]"}
    need(matches(bundle, fields), "The file is no governance bundle.")
    origin = record["log"].rpartition("/replies/")[0] + "/governance"
    size, root = record["governance"]["size"], bytes.fromhex(record["governance"]["root"])
    signed_size, signed_root, _, _ = receipts.open_checkpoint(bundle["checkpoint"], origin, keys)
    path = [unbase64(text) for text in bundle["consistency"]]
    check_consistency(size, root, signed_size, signed_root, path)
    entries = []
    for item in bundle["entries"]:
        need(matches(item, {"index": COUNT, "envelope": r"\{.*\}", "path": r"\[.*\]"}), "An entry is malformed.")
        entry, proof = canonical(item["envelope"]).encode(), [unbase64(text) for text in item["path"]]
        need(len(entry) <= MAX_ENTRY, "An entry is too long.")
        leaf = hashlib.sha256(b"\x00" + entry).digest()
        need(receipts.root_of(leaf, item["index"], size, proof) == root, f"Entry {item['index']} is not in the log.")
        need(not entries or entries[-1][0] < item["index"], "The entries are not in order.")
        entries.append((item["index"], entry))
    return origin, entries, {digest(blob): blob for blob in map(unbase64, bundle["blobs"])}


def portable_part(runtime, blobs):
    """Return the digest of the part of a runtime that people admit."""
    need(runtime in blobs, "The bundle lacks the description of the runtime that answered.")
    manifest = parse_canonical(blobs[runtime])
    need(
        isinstance(manifest, dict) and {"source", "lock"} <= manifest.keys(), "The runtime's description is malformed."
    )
    return digest(canonical({"source": manifest["source"], "lock": manifest["lock"]}).encode())


def check(record, data, keys, fingerprint=None):
    """Check a record against a bundle; return a sentence, or raise `Failure`."""
    try:
        origin, entries, blobs = open_bundle(record, data, keys)
        size, is_complete = record["governance"]["size"], len(entries) == record["governance"]["size"]
        roots = tree_roots([hashlib.sha256(b"\x00" + entry).digest() for _, entry in entries]) if is_complete else None
        fold = Fold(origin, roots)
        for index, entry in entries:
            fold.apply(index, entry)
        return _compare(record, fold, portable_part(record["runtime"], blobs), fingerprint) + (
            f" All {size} entries were read." if is_complete else f" {len(entries)} of {size} entries were read."
        )
    except (KeyError, TypeError, AttributeError, RecursionError):
        raise Failure("The bundle is malformed.") from None


def _compare(record, fold, portable, fingerprint):
    need(fold.root, "The bundle does not begin with a valid root document.")
    need(
        fingerprint in (None, fold.fingerprint),
        f"The installation's fingerprint is {fold.fingerprint}, not the one given.",
    )
    runtime = fold.channels.get("runtime", new_channel())
    need(
        runtime["head"] and runtime["head"]["release"] == portable,
        "The runtime that answered was not the admitted one.",
    )
    need(not runtime["frozen"], "The runtime was frozen.")
    anchor = f" Installation {fold.fingerprint[:16]}…" + (
        " as given." if fingerprint else ", not compared with anything."
    )
    if record["arm"] == "preview":
        return "A preview needs no admission; the runtime was admitted. Bans on texts were not checked." + anchor
    channel = fold.channels.get(record["channel"], new_channel())
    served = channel[record["arm"]]
    need(not channel["frozen"], "The channel was frozen.")
    need(served and served["release"] == record["release"], f"The release was not the {record['arm']} of the channel.")
    need(not fold.is_banned(served), "The release was rolled back elsewhere.")
    need(served["mode"] == record["mode"], "The record states another mode than the log gives.")
    approved = ", ".join(sorted(served["approved"])) or "nobody else"
    authors = ", ".join(sorted(fold.changes[served["change"]]["authors"]))
    return (
        f"The release was the {record['arm']} of the channel: proposed by {authors}, approved by {approved}, "
        f"mode {served['mode']}; the runtime was admitted. Bans on texts were not checked." + anchor
    )


def main():
    parser = argparse.ArgumentParser(description="Check who approved the release behind a Verax receipt.")
    parser.add_argument("receipt", type=Path, help="the receipt file")
    parser.add_argument("bundle", type=Path, help="the governance bundle")
    parser.add_argument("--key", type=Path, required=True, help="verifier keys, one a line")
    parser.add_argument("--fingerprint", help="the fingerprint that the installation printed at its first start")
    chosen = parser.parse_args()
    try:
        receipt, bundle, key = (path.read_bytes() for path in (chosen.receipt, chosen.bundle, chosen.key))
    except OSError as error:
        parser.error(f"{error.filename}: {error.strerror}")
    results, record = receipts.run(receipt, key)
    failed = [sentence for state, sentence in results if state == "failed"]
    try:
        need(record is not None, f"The receipt itself does not hold: {failed[0] if failed else ''}")
        keys = [parse_key(line) for line in key.decode().removesuffix("\n").split("\n")]
        print("verified: " + check(record, bundle, keys, chosen.fingerprint))
    except Failure as failure:
        print(f"failed: {failure}")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
