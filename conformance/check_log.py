#!/usr/bin/env python3
"""Audit a whole governance log for one channel, with nothing of Verax (clauses 2 to 6 of the protocol).

    python3 check_log.py FOLDER --key KEYFILE --channel NAME [--fingerprint HEX] [--fetch URL]

FOLDER holds ``checkpoint`` and ``tile/entries/...`` as a server serves them below /log; ``--fetch URL`` downloads
them first (http://localhost:8420/log for instance). From the first entry on every hash, signature, review and move is
computed again; the result must be the tree that the log signed, and what it says of the channel is printed: the head,
who proposed and approved it, and whether the witnesses of the root document cosigned. Exit status: 0 when it holds,
3 when not, 2 for bad usage. The other files of this folder must lie beside it.

Not checked, and said so: bans on texts (they need the releases themselves), and whether names are different people.
"""

import argparse
import hashlib
import sys
import urllib.error
import urllib.request
from pathlib import Path

from check_governance import tree_roots
from check_receipt import Failure, check_policy, need, open_checkpoint, parse_key
from governance_fold import Fold, new_channel, persons

WIDTH = 256
MAX_ENTRIES = 10_000_000
MAX_FILE = 20_000_000


def bundle_paths(size):
    """Yield the path of every entry bundle of a tree, and how many entries it holds."""
    for index in range((size + WIDTH - 1) // WIDTH):
        width = min(WIDTH, size - index * WIDTH)
        digits = f"{index:03d}" if index < 1000 else f"{index:0{-(-len(str(index)) // 3) * 3}d}"
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        yield f"tile/entries/{name}" + ("" if width == WIDTH else f".p/{width}"), width


def split_bundle(data, width, path):
    """Return the entries of a bundle; each stands after its length, two bytes."""
    entries = []
    for _ in range(width):
        need(len(data) >= 2 and len(data) - 2 >= int.from_bytes(data[:2], "big"), f"{path} is cut off.")
        end = 2 + int.from_bytes(data[:2], "big")
        entries.append(data[2:end])
        data = data[end:]
    need(not data, f"{path} holds more than {width} entries.")
    return entries


def read(folder, path):
    file = folder / path
    need(file.is_file(), f"{path} is missing.")
    need(file.stat().st_size <= MAX_FILE, f"{path} is too large.")
    return file.read_bytes()


def open_note(data, origin, keys):
    try:
        return open_checkpoint(data.decode(), origin, keys)
    except UnicodeDecodeError:
        raise Failure("The checkpoint is not UTF-8.") from None


def check(folder, key_file, channel, fingerprint=None):
    """Audit a log; return sentences about what holds, or raise `Failure`."""
    keys = [parse_key(line) for line in key_file.decode(errors="replace").removesuffix("\n").split("\n")]
    note = read(folder, "checkpoint")
    origin = note.partition(b"\n")[0].decode(errors="replace")
    need(origin.endswith("/governance"), "This is no governance log.")
    size, root, _, _ = open_note(note, origin, keys)
    need(size <= MAX_ENTRIES, "The log is too long for this script.")
    entries = [entry for path, width in bundle_paths(size) for entry in split_bundle(read(folder, path), width, path)]
    roots = tree_roots([hashlib.sha256(b"\x00" + entry).digest() for entry in entries])
    need(roots[-1] == root.hex(), "The entries do not lead to the root that the log signed.")
    fold = Fold(origin, roots)
    reasons = [fold.apply(index, entry) for index, entry in enumerate(entries)]
    need(fold.root, "The log does not begin with a valid root document.")
    need(fingerprint in (None, fold.fingerprint), f"The fingerprint is {fold.fingerprint}, not the one given.")
    named = [parse_key(line) for line in fold.root["logs"]]
    open_note(note, origin, named)
    effective = reasons.count("")
    anchor = "as given" if fingerprint else "not compared with anything"
    yield f"The log {origin} signed these {size} entries; {effective} take effect, {size - effective} do not."
    yield f"Root version {fold.root['version']} is in force; fingerprint {fold.fingerprint}, {anchor}."
    witnessed, sentence = count_witnesses(folder, note, origin, named, fold.root["witness_policy"], roots)
    yield sentence
    yield from describe(fold, channel, witnessed)


def count_witnesses(folder, note, origin, keys, policy, roots):
    """Return the size of the newest tree with the quorum of the root, and a sentence."""
    if not policy:
        return len(roots) - 1, "The root names no witnesses."
    older = folder / "checkpoint.witnessed"
    problem = ""
    for data in (note, older.read_bytes() if older.is_file() else b""):
        try:
            need(data, "no older checkpoint lies beside it.")
            size, root, _, _ = open_note(data, origin, keys)
            sentence = check_policy(policy.encode(), data.decode(), origin, keys)
        except Failure as failure:
            problem = problem or str(failure)
            continue
        need(size < len(roots) and roots[size] == root.hex(), "Witnesses cosigned another history than this one.")
        return size, f"{sentence[:-1]}, at {size} of {len(roots) - 1} entries."
    raise Failure(f"The witnesses of the root did not cosign this log: {problem}")


def describe(fold, name, witnessed):
    """Yield what the log says of one channel."""
    rules = next((rules for rules in fold.root["channels"] if rules["name"] == name), None)
    need(rules, f"The root names no channel {name}.")
    channel = fold.channels.get(name, new_channel())
    head, canary = channel["head"], channel["canary"]
    reviewers = ", ".join(sorted(persons(fold.root, "reviewer"))) or "nobody"
    yield f"Channel {name} asks for {rules['approvals']} approvals by {reviewers}, and {len(rules['gates'])} suites."
    if not head:
        yield "No release was ever admitted."
        return
    yield f"Its head is {head['release']}{origin_of(fold, head)}"
    if canary:
        yield f"Its canary is {canary['release']} for {canary['share'] / 100:g} % of the users{origin_of(fold, canary)}"
    if channel["frozen"]:
        yield "It is frozen: it answers nobody."
    if fold.is_banned(head):
        yield "Its head was rolled back elsewhere: it answers nobody."
    if rules["witness"] and max(head["admitted"], head["index"], (canary or head)["admitted"]) >= witnessed:
        yield "Its newest move waits for witnesses; whoever obeys the log serves what stood before."
    earlier = [past["release"] for past in channel["history"]]
    yield f"It had {len(earlier)} heads before that it may return to. Bans on texts were not checked."


def origin_of(fold, served):
    """Return where a head or canary came from, as the end of a sentence."""
    change = fold.changes[served["change"]]
    authors = ", ".join(sorted(change["authors"]))
    approved = ", ".join(sorted(served["approved"])) or "nobody else"
    suites = ", ".join(sorted(suite for suite, passed in change["gates"].items() if passed)) or "no suite"
    return (
        f": proposed by {authors}, approved by {approved}, passed {suites}, mode {served['mode']}, "
        f"entry {served.get('index', served['admitted'])}."
    )


def fetch(url, folder):
    """Download what `check` reads; nothing of it is believed."""
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"expected http://... or https://..., found {url}")
    for path in ("checkpoint.witnessed", "checkpoint"):
        download(url, path, folder, is_needed=path == "checkpoint")
    lines = (folder / "checkpoint").read_text(errors="replace").split("\n")
    size = int(lines[1]) if len(lines) > 1 and lines[1].isdigit() and len(lines[1]) < 9 else 0
    for path, _ in bundle_paths(size):
        download(url, path, folder, is_needed=True)


def download(url, path, folder, *, is_needed):
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with urllib.request.urlopen(f"{url.rstrip('/')}/{path}", timeout=60) as answer:  # noqa: S310 - `fetch` looked
            target.write_bytes(answer.read(MAX_FILE + 1))
    except urllib.error.HTTPError as error:
        if is_needed or error.code != 404:
            raise
        target.unlink(missing_ok=True)


def main():
    parser = argparse.ArgumentParser(description="Audit a whole governance log for one channel.")
    parser.add_argument("folder", type=Path, help="the log's files")
    parser.add_argument("--key", type=Path, required=True, help="verifier keys, one a line")
    parser.add_argument("--channel", required=True, help="the channel to describe")
    parser.add_argument("--fingerprint", help="the fingerprint that the installation printed at its first start")
    parser.add_argument("--fetch", metavar="URL", help="download the files from here first")
    chosen = parser.parse_args()
    try:
        if chosen.fetch:
            fetch(chosen.fetch, chosen.folder)
        key_file = chosen.key.read_bytes()
    except (OSError, ValueError) as error:
        parser.error(str(error))
    try:
        for sentence in check(chosen.folder, key_file, chosen.channel, chosen.fingerprint):
            print(f"verified: {sentence}")
    except (Failure, OSError) as failure:
        print(f"failed: {failure}")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
