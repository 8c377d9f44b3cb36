"""Clause 11: receipts of another form."""

from __future__ import annotations

from typing import Any

from cases.build import BASE, RECORD, VALUE, Vector, loose, vector, with_note, with_proof
from verax.kernel import canonical

__all__ = ["clause_11"]


def clause_11() -> list[Vector]:
    """Receipts of another form."""
    salt = VALUE["open"]["reply"]
    forms: dict[str, dict[str, Any]] = {
        "version-2": {"v": 2},
        "version-true": {"v": True},
        "version-text": {"v": "1"},
        "unknown-field": {"more": 1},
        "opens-the-secret": {"open": {"secret": "00" * 32}},
        "opens-another-part": {"open": {"reply": salt, "sent": salt}},
        "salt-too-short": {"open": {"reply": salt[:-2]}},
        "salt-too-long": {"open": {"reply": salt + "00"}},
        "salt-not-text": {"open": {"reply": 5}},
        "open-is-a-list": {"open": [salt]},
        "proof-is-an-object": {"proof": {"index": 9}},
        "record-is-text": {"record": canonical.encode(RECORD).decode()},
        "record-is-a-list": {"record": [1]},
    }
    vectors = [vector(name, "the form of a receipt", loose({**VALUE, **changes}), 1) for name, changes in forms.items()]
    for field in sorted(VALUE):
        kept = {key: value for key, value in VALUE.items() if key != field}
        vectors.append(vector(f"missing-{field}", "v, record, proof and open", loose(kept), 1))
    extra = with_proof(lambda text: text.replace("index", "extra YW55dGhpbmc=\nindex"))
    vectors.append(vector("extra", "the proof has no extra data", extra, 2))
    large = with_note(BASE.proof.checkpoint + "— w {}\n".format("A" * 60_000).encode() * 1)
    vectors.append(vector("over-64-kb", "at most 64 KB", large + b" " * (65_537 - len(large)), 1))
    return vectors
