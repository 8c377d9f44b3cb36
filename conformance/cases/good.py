"""Receipts that hold."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from cases.build import (
    BASE,
    DATA,
    KEY,
    LOG,
    NAME,
    ORIGIN,
    REPLY,
    SECRET,
    Vector,
    key_line,
    new_log,
    vector,
    with_note,
    with_record,
)
from verax.kernel.checkpoint import Checkpoint
from verax.kernel.note import NoteSigner, sign_note
from verax.testing.simulated_log import issue_receipt, sample_record

__all__ = ["good"]


def good() -> list[Vector]:
    """Receipts that hold."""
    vectors = [vector("plain", "a plain receipt with its reply", DATA, None)]
    vectors.append({**vector("without-reply", "no reply to compare", DATA, None), "reply": None})
    for before, after in ((0, 0), (1, 0), (2, 0), (255, 0), (256, 0), (4, 3), (7, 300), (0, 1)):
        log = new_log(before)
        receipt = issue_receipt(log, sample_record(SECRET, REPLY, ORIGIN), SECRET)
        for number in range(after):
            log.append(hashlib.sha256(b"later %d" % number).digest())
        receipt = replace(receipt, proof=log.prove(before))
        vectors.append(vector(f"leaf-{before}-of-{log.size}", "any place in any tree", receipt.to_bytes(), None))
    for name, reply in (("empty", b""), ("unicode", "Bücher, 書物, 📚\n".encode()), ("line-end", REPLY + b"\n")):
        receipt = issue_receipt(new_log(3), sample_record(SECRET, reply, ORIGIN), SECRET)
        vectors.append(vector(f"reply-{name}", "the reply counts to the byte", receipt.to_bytes(), None, reply=reply))
    vectors += [
        vector(f"record-{name}", "fields that may vary", with_record(**changes), None)
        for name, changes in (
            ("all-optional-fields", {"params": {"a": "0.5", "b": 3, "c": True, "d": -1}, "evidence": "66" * 32}),
            ("attestation", {"attestation": "77" * 32}),
            ("canary-quorum", {"arm": "canary", "mode": "quorum", "status": "rewritten", "reply_form": "items"}),
            ("remote-unknown-weights", {"backend": {"kind": "remote", "weights": "unknown"}}),
            (
                "largest-numbers",
                {"seed": 2**53 - 1, "time_ms": 2**53 - 1, "governance": {"root": "33" * 32, "size": 0}},
            ),
            ("channel-with-slash", {"channel": "companion/iris"}),
        )
    ]
    both = replace(BASE, open={"reply": SECRET.salt("reply"), "request": SECRET.salt("request")})
    vectors.append(vector("opens-both", "reply and request may be opened", both.to_bytes(), None))
    judged = issue_receipt(
        new_log(3), sample_record(SECRET, REPLY, ORIGIN, evidence=SECRET.commit("evidence", b"{}")), SECRET
    )
    for name, parts, reply in (("evidence", ["evidence"], None), ("all", ["evidence", "reply", "request"], REPLY)):
        opened = replace(judged, open={part: SECRET.salt(part) for part in parts})
        vectors.append(
            vector(f"opens-{name}", "evidence may be opened beside the others", opened.to_bytes(), None, reply=reply)
        )
    vectors.append(
        {**vector("opens-nothing", "nothing need be opened", replace(BASE, open={}).to_bytes(), None), "reply": None}
    )
    return vectors + _good_notes()


def _good_notes() -> list[Vector]:
    old, new = LOG.signer, NoteSigner(ORIGIN, b"n" * 32)
    governance = NoteSigner(f"{NAME}/governance", b"g" * 32)
    text = Checkpoint(ORIGIN, LOG.size, LOG.root()).to_text()
    rotated = with_note(sign_note(text, old, new))
    extended = sign_note(replace(Checkpoint.parse(text), extensions=("one", "two words")).to_text(), old)
    crowd = sign_note(text, *[NoteSigner(f"w{number}", bytes([number]) * 32) for number in range(15)], old)
    most = sign_note(text, *[NoteSigner(f"w{number}", bytes([number]) * 32) for number in range(99)], old)
    return [
        vector("sixteen-signatures", "16 signatures and more are taken", with_note(crowd), None),
        vector("hundred-signatures", "100 signatures are taken", with_note(most), None),
        vector("extension-lines", "a checkpoint may have extension lines", with_note(extended), None),
        vector("rotated-old-key", "both keys sign while a key is replaced", rotated, None),
        vector("rotated-new-key", "both keys sign while a key is replaced", rotated, None, key=key_line(new.verifier)),
        vector(
            "rotated-both-keys", "all known keys are checked", rotated, None, key=key_line(old.verifier, new.verifier)
        ),
        vector(
            "key-file-of-many",
            "the key is chosen by the log's name",
            DATA,
            None,
            key=key_line(governance.verifier) + KEY,
        ),
        vector("key-file-without-line-end", "the last line end is optional", DATA, None, key=KEY[:-1]),
        vector(
            "same-name-other-id",
            "a key that shares only the name is unknown",
            DATA,
            None,
            key=key_line(new.verifier) + KEY,
        ),
    ]
