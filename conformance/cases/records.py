"""Clause 9: records of another form, entries of another domain, commitments of another part."""

from __future__ import annotations

import hashlib
from typing import Any

from cases.build import NAME, RECORD, REPLY, SECRET, VALUE, Vector, logged, vector, with_record
from verax.kernel import canonical

__all__ = ["clause_9"]


BAD_FIELDS: tuple[tuple[str, str, Any], ...] = (
    ("v", "version", 2),
    ("v", "version-is-true", True),
    ("v", "version-is-text", "1"),
    ("log", "governance-log", f"{NAME}/governance"),
    ("log", "log-number-leading-zero", f"{NAME}/replies/00"),
    ("log", "log-with-space", "a b/replies/0"),
    ("log", "log-with-quote", 'a"b/replies/0'),
    ("log", "log-with-backslash", "a\\b/replies/0"),
    ("log", "log-with-plus", "a+b/replies/0"),
    ("id", "id-too-short", "00" * 15),
    ("id", "id-not-hex", "zz" * 16),
    ("channel", "channel-empty", ""),
    ("channel", "channel-upper-case", "Assistant"),
    ("arm", "arm-unknown", "tail"),
    ("arm", "arm-not-text", ["head"]),
    ("mode", "mode-unknown", "none"),
    ("release", "release-too-short", "11" * 31),
    ("release", "release-unknown", "unknown"),
    ("runtime", "runtime-not-hex", "gg" * 32),
    ("governance", "governance-without-root", {"size": 5}),
    ("governance", "governance-with-more", {"size": 5, "root": "33" * 32, "x": 1}),
    ("governance", "governance-size-negative", {"size": -1, "root": "33" * 32}),
    ("governance", "governance-size-true", {"size": True, "root": "33" * 32}),
    ("governance", "governance-not-an-object", 5),
    ("backend", "backend-without-weights", {"kind": "embedded"}),
    ("backend", "backend-kind-not-text", {"kind": 5, "weights": "unknown"}),
    ("backend", "backend-weights-free-text", {"kind": "embedded", "weights": "some"}),
    ("prompt", "prompt-is-a-number", 1),
    ("sent", "sent-empty", ""),
    ("request", "request-too-long", "55" * 33),
    ("reply", "reply-with-line-end", "55" * 32 + "\n"),
    ("reply_form", "reply-form-unknown", "html"),
    ("status", "status-unknown", "done"),
    ("seed", "seed-negative", -1),
    ("seed", "seed-is-text", "7"),
    ("seed", "seed-is-true", True),
    ("time_ms", "time-negative", -1),
    ("time_ms", "time-is-text", "1795392000000"),
    ("salt", "salt-too-short", "00" * 15),
    ("salt", "salt-too-long", "00" * 17),
    ("params", "params-empty", {}),
    ("params", "params-not-an-object", ["top_k"]),
    ("params", "params-upper-case-name", {"Top": 1}),
    ("params", "params-long-text", {"a": "x" * 65}),
    ("params", "params-quote", {"a": 'quo"te'}),
    ("params", "params-not-ascii", {"a": "ümlaut"}),
    ("params", "params-nested", {"a": {"b": 1}}),
    ("params", "params-33", {f"p{number:02}": 1 for number in range(33)}),
    ("evidence", "evidence-empty", ""),
    ("attestation", "attestation-free-text", "yes"),
)


def clause_9() -> list[Vector]:
    """Records of another form, entries of another domain, commitments of another part."""
    vectors = [
        vector(f"field-{name}", f"the form of {field}", with_record(**{field: value}), 1)
        for field, name, value in BAD_FIELDS
    ]
    vectors += [
        vector(f"missing-{field}", "every field is there", with_record(**{field: None}), 1) for field in sorted(RECORD)
    ]
    vectors.append(vector("unknown-field", "no other field is there", with_record(note="x"), 1))
    body = canonical.encode(RECORD)
    entries = {
        "untagged": hashlib.sha256(body).digest(),
        "other-tag": hashlib.sha256(b"verax/record/v2\n" + body).digest(),
        "erase-tag": hashlib.sha256(b"verax/erase/v1\n" + body).digest(),
        "not-hashed": b"verax/record/v1\n" + body,
    }
    vectors += [
        vector(f"entry-{name}", "the entry is the tagged hash", logged(entry, VALUE), 4)
        for name, entry in entries.items()
    ]
    entry = hashlib.sha256(b"verax/record/v1\n" + body).digest()
    for name, leaf in (("unprefixed", hashlib.sha256(entry).digest()), ("not-hashed", entry)):
        vectors.append(vector(f"leaf-{name}", "the leaf hash has the prefix 0x00", logged(leaf, VALUE, True), 4))
    for name, commitment in (
        ("other-part", SECRET.commit("request", REPLY)),
        ("untagged", hashlib.sha256(REPLY).hexdigest()),
        ("trimmed", SECRET.commit("reply", REPLY.strip(b"."))),
    ):
        vectors.append(vector(f"commitment-{name}", "the commitment to the reply", with_record(reply=commitment), 5))
    return vectors
