#!/usr/bin/env python3
"""Check evidence that a log showed two histories, offline.

    python3 check_split_view.py EVIDENCE.json --key KEYFILE

KEYFILE holds the keys of the log, one a line, from somebody you trust: evidence cannot say whose keys they are.
The file holds two checkpoints that the log signed. Either they are of one size with different roots, or the
larger tree is opened: what it began with, at the size of the smaller one, is not the tree that was signed then.
Exit status: 0 when the file proves it, 3 when it proves nothing, 2 for bad usage. The other files of this folder
must lie beside it.
"""

import argparse
import sys
from pathlib import Path

from check_governance import check_consistency
from check_receipt import Failure, need, open_checkpoint, parse_canonical, parse_key, unbase64
from governance_fold import DIGEST, matches

MAX_EVIDENCE = 262_144


def check(data, keys):
    """Return a sentence about what the evidence proves, or raise `Failure`."""
    need(len(data) <= MAX_EVIDENCE, "The file is larger than 256 KB.")
    evidence = parse_canonical(data)
    need(isinstance(evidence, dict), "The file is no evidence.")
    fields = {"v": "1", "first": '".*"', "second": '".*"'}
    prefix = {"prefix": r"\{.*\}"} if "prefix" in evidence else {}
    need(matches(evidence, fields | prefix), "The file is no evidence.")
    origin = evidence["first"].partition("\n")[0]
    size, root, _, _ = open_checkpoint(evidence["first"], origin, keys)
    larger, larger_root, _, _ = open_checkpoint(evidence["second"], origin, keys)
    if size == larger:
        need(not prefix and root != larger_root, "Both checkpoints show one tree.")
        return f"The log {origin} signed two different trees of {size} entries."
    need(size < larger and prefix, "The larger tree must come second, and be opened at the smaller size.")
    opened = evidence["prefix"]
    need(matches(opened, {"root": DIGEST, "path": r"\[.*\]"}), "What the larger tree began with is malformed.")
    need(all(isinstance(item, str) for item in opened["path"]), "A hash is malformed.")
    path = [unbase64(item) for item in opened["path"]]
    need(len(path) <= 63 and all(len(item) == 32 for item in path), "A hash is malformed.")
    before = bytes.fromhex(opened["root"])
    need(before != root, "The larger tree begins with the smaller one: the log only grew.")
    check_consistency(size, before, larger, larger_root, path)
    return f"The log {origin} signed a tree of {size} entries, and a tree of {larger} that does not begin with it."


def run(data, key_file):
    """Return whether the evidence holds, and a sentence."""
    try:
        keys = [parse_key(line) for line in key_file.decode(errors="replace").removesuffix("\n").split("\n")]
        return True, check(data, keys)
    except Failure as failure:
        return False, str(failure)


def main():
    parser = argparse.ArgumentParser(description="Check evidence that a log showed two histories.")
    parser.add_argument("evidence", type=Path, help="the evidence file")
    parser.add_argument("--key", type=Path, required=True, help="verifier keys of the log, one a line")
    chosen = parser.parse_args()
    try:
        data, key_file = chosen.evidence.read_bytes(), chosen.key.read_bytes()
    except OSError as error:
        parser.error(f"{error.filename}: {error.strerror}")
    holds, sentence = run(data, key_file)
    print(("verified: " if holds else "failed: ") + sentence)
    return 0 if holds else 3


if __name__ == "__main__":
    sys.exit(main())
