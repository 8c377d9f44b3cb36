"""Evidence of two histories: files that prove it, and files that prove nothing.

A vector holds `evidence` and `key` (bytes) and `proves`.
"""

from __future__ import annotations

import json
from dataclasses import replace

from cases.build import KEY, LOG, LOG_SEED, Vector, key_line, loose
from verax.kernel.cosignature import CosignatureSigner
from verax.kernel.note import NoteSigner, add_signature
from verax.kernel.split_view import Prefix, SplitView, find_split_view
from verax.testing.histories import Histories

__all__ = ["splits"]

OWN = Histories(LOG.origin, LOG_SEED, common=2)
KEYS = [LOG.signer.verifier]


def splits() -> list[Vector]:
    """Proofs of every shape, and what must not pass for one."""
    return [*_proofs(), *_nothing(), *_malformed()]


def _vector(name: str, rule: str, evidence: bytes, *, proves: bool, key: bytes = KEY) -> Vector:
    return {"name": name, "rule": rule, "evidence": evidence, "key": key, "proves": proves}


def _found(old: int, new: int) -> SplitView:
    forked = OWN.branch("b", new)
    found = find_split_view(
        [OWN.note("a", old), OWN.note("b", new)], LOG.origin, KEYS, lambda size: _opened("b", size, new)
    )
    if found is None or forked.size < new:
        raise ValueError(f"{old} and {new} show one history")
    return found


def _opened(branch: str, size: int, of: int) -> Prefix:
    log = OWN.branch(branch, of)
    return Prefix(log.root(size), tuple(log.consistency(size, of)))


def _proofs() -> list[Vector]:
    pairs = [(3, 3), (3, 4), (3, 7), (4, 7), (5, 8), (8, 9), (7, 300), (256, 257), (255, 512)]
    vectors = [
        _vector(f"sizes-{old}-{new}", "two histories are proved", _found(old, new).to_bytes(), proves=True)
        for old, new in pairs
    ]
    base = _found(3, 7)
    cosigner = CosignatureSigner("w.example", b"w" * 32, 1_700_000_000)
    noisy = replace(base, second=add_signature(base.second, cosigner))
    others = key_line(NoteSigner("other", b"o" * 32).verifier, *KEYS)
    vectors.append(_vector("cosigned", "other signatures are no hindrance", noisy.to_bytes(), proves=True))
    vectors.append(_vector("more-keys", "other keys are no hindrance", base.to_bytes(), proves=True, key=others))
    return vectors


def _nothing() -> list[Vector]:
    honest = _opened("a", 3, 7)
    grown = SplitView(OWN.note("a", 3), OWN.note("a", 7), honest)
    base, same = _found(3, 7), _found(3, 3)
    prefix = base.prefix or honest
    cases = {
        "growth": grown,
        "growth-with-another-root": replace(grown, prefix=Prefix(bytes(32), honest.path)),
        "common-beginning": SplitView(OWN.note("a", 2), OWN.note("b", 7), _opened("b", 2, 7)),
        "one-tree": SplitView(OWN.note("a", 3), OWN.note("a", 3)),
        "without-prefix": replace(base, prefix=None),
        "with-prefix": replace(same, prefix=prefix),
        "order": SplitView(base.second, base.first, prefix),
        "path-cut": replace(base, prefix=Prefix(prefix.root, prefix.path[:-1])),
        "path-too-long": replace(base, prefix=Prefix(prefix.root, (*prefix.path, bytes(32)))),
        "path-of-another-tree": replace(base, prefix=honest),
        "unsigned": replace(base, second=base.second.replace(b"\n7\n", b"\n8\n")),
    }
    vectors = [
        _vector(name, "one history, or nobody knows", view.to_bytes(), proves=False) for name, view in cases.items()
    ]
    stranger = Histories(LOG.origin, b"a key that nobody has any use of")
    forged = SplitView(OWN.note("a", 3), stranger.note("b", 3))
    other = SplitView(OWN.note("a", 3), Histories("other/log", LOG_SEED).note("b", 3))
    wrong_key = key_line(NoteSigner(LOG.origin, b"x" * 32).verifier)
    vectors += [
        _vector("stranger", "both are signed by the log", forged.to_bytes(), proves=False),
        _vector("two-logs", "both are of one log", other.to_bytes(), proves=False),
        _vector("wrong-key", "the key is the reader's", base.to_bytes(), proves=False, key=wrong_key),
        _vector("no-key", "the key is the reader's", base.to_bytes(), proves=False, key=b""),
    ]
    return vectors


def _malformed() -> list[Vector]:
    value = json.loads(_found(3, 7).to_bytes())
    changes = {
        "version": {"v": 2},
        "more-fields": {"more": 1},
        "first-no-text": {"first": 1},
        "prefix-no-object": {"prefix": []},
        "prefix-root": {"prefix": {**value["prefix"], "root": "00"}},
        "path-no-list": {"prefix": {**value["prefix"], "path": "AA=="}},
        "path-no-text": {"prefix": {**value["prefix"], "path": [1]}},
        "path-short-hash": {"prefix": {**value["prefix"], "path": ["AAAA"]}},
        "path-64-hashes": {"prefix": {**value["prefix"], "path": value["prefix"]["path"] * 64}},
    }
    vectors = [
        _vector(name, "the form of evidence", loose({**value, **change}), proves=False)
        for name, change in changes.items()
    ]
    bodies = {"empty": b"", "no-json": b"two histories", "a-list": b"[]", "spaces": b" " + loose(value)}
    return vectors + [_vector(name, "the form of evidence", body, proves=False) for name, body in bodies.items()]
