"""Clause 12: receipts that fail in the proof, the tree or the reply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cases.build import BASE, DATA, LOG, REPLY, SECRET, VALUE, Vector, vector, with_proof
from cases.notes import bad_keys, bad_notes, bad_signatures
from verax.kernel import canonical

__all__ = ["clause_12"]


def clause_12() -> list[Vector]:
    """Receipts that fail in the proof, the note, the tree or the reply."""
    return [*_bad_proofs(), *bad_notes(), *bad_signatures(), *bad_keys(), *_bad_trees(), *_bad_replies()]


def _bad_proofs() -> list[Vector]:
    line = VALUE["proof"].split("\n")[2]
    cases: dict[str, Callable[[str], str]] = {
        "header-other-version": lambda text: text.replace("@v1", "@v2"),
        "header-missing": lambda text: text.partition("\n")[2],
        "index-missing": lambda text: text.replace("index 9\n", ""),
        "index-twice": lambda text: text.replace("index 9\n", "index 9\nindex 9\n"),
        "no-empty-line": lambda text: text.replace("\n\n", "\n", 1),
        "line-ends-crlf": lambda text: text.replace("\n", "\r\n"),
        "hash-of-31-bytes": lambda text: text.replace(line, canonical.b64_encode(bytes(31))),
        "64-hashes": lambda text: text.replace(line, "\n".join([line] * 64)),
        "no-checkpoint": lambda text: text.partition("\n\n")[0] + "\n\n",
        "only-a-header": lambda text: "c2sp.org/tlog-proof@v1\n\n" + text.partition("\n\n")[2],
    }
    return [
        vector(f"proof-{name}", "header, index, at most 63 hashes", with_proof(change), 2)
        for name, change in cases.items()
    ]


def _bad_trees() -> list[Vector]:
    path = BASE.proof.path
    proofs = {
        "index-of-another-leaf": replace(BASE.proof, index=8),
        "index-outside": replace(BASE.proof, index=10),
        "index-far-outside": replace(BASE.proof, index=2**62),
        "path-too-short": replace(BASE.proof, path=path[:-1]),
        "path-empty": replace(BASE.proof, path=()),
        "path-too-long": replace(BASE.proof, path=(*path, path[0])),
        "path-reversed": replace(BASE.proof, path=path[::-1]),
        "path-changed": replace(BASE.proof, path=(bytes(32), *path[1:])),
        "path-of-another-leaf": replace(BASE.proof, path=LOG.prove(8).path),
        "path-of-a-smaller-tree": replace(BASE.proof, checkpoint=LOG.checkpoint(9)),
        "path-of-an-empty-tree": replace(BASE.proof, checkpoint=LOG.checkpoint(0)),
    }
    vectors = [
        vector(f"tree-{name}", "index < size, path exact, root equal", replace(BASE, proof=proof).to_bytes(), 4)
        for name, proof in proofs.items()
    ]
    for field in ("release", "runtime", "prompt", "sent", "request", "reply"):
        record = replace(BASE.record, **{field: "99" * 32})  # type: ignore[arg-type]  # one digest for another
        changed = replace(BASE, record=record).to_bytes()
        vectors.append(vector(f"tree-changed-{field}", "the record is the one that was logged", changed, 4))
    for field, value in (("mode", "quorum"), ("status", "length"), ("channel", "junior"), ("time_ms", 1), ("seed", 8)):
        record = replace(BASE.record, **{field: value})  # type: ignore[arg-type]  # as above
        changed = replace(BASE, record=record).to_bytes()
        vectors.append(vector(f"tree-changed-{field}", "the record is the one that was logged", changed, 4))
    return vectors


def _bad_replies() -> list[Vector]:
    closed = replace(BASE, open={"request": SECRET.salt("request")}).to_bytes()
    other_salt = replace(BASE, open={"reply": SECRET.salt("request")}).to_bytes()
    texts = {
        "empty": b"",
        "line-end-added": REPLY + b"\n",
        "crlf-added": REPLY + b"\r\n",
        "trimmed": REPLY[:-1],
        "other-name": REPLY.replace(b"William Shakespeare", b"Francis Bacon"),
        "one-bit": bytes([REPLY[0] ^ 1]) + REPLY[1:],
        "not-utf-8": b"\xff" + REPLY,
    }
    vectors = [vector(f"reply-{name}", "the commitment is equal", DATA, 5, reply=text) for name, text in texts.items()]
    rule = "the salt must be there to compare"
    return [*vectors, vector("reply-not-opened", rule, closed, 5), vector("reply-other-salt", rule, other_salt, 5)]
