"""C2SP tlog-witness: add-checkpoint requests, what the witness saw before, and the status they must get.

A vector holds `body` and `key` (bytes), `seen` (the checkpoint that the witness cosigned last, bytes, left out
where there is none), `status`, and for a 409 in text/x.tlog.size the `size` that it must name. `key` is what the
witness follows. A witness is brought to `seen` by the request ``old 0``, an empty line, and that checkpoint.
"""

from __future__ import annotations

from cases.build import KEY, LOG, LOG_SEED, Vector, key_line, new_log
from verax.kernel import canonical
from verax.kernel.checkpoint import Checkpoint
from verax.kernel.cosignature import CosignatureSigner
from verax.kernel.note import NoteSigner, add_signature, sign_note
from verax.kernel.witness import Submission
from verax.testing.histories import Histories

__all__ = ["submissions"]

OWN = Histories(LOG.origin, LOG_SEED)
STRANGER = NoteSigner(LOG.origin, b"a key that the witness knows not")


def submissions() -> list[Vector]:
    """Requests that are signed, and one for each reason not to."""
    return [*_good(), *_stale(), *_forked(), *_strangers(), *_malformed()]


def _vector(name: str, rule: str, body: bytes, seen: int, status: int, **given: object) -> Vector:
    known = {"seen": OWN.note("a", seen)} if seen else {}
    size = {"size": seen} if given.pop("is_stale", False) else {}
    return {"name": name, "rule": rule, "body": body, "key": KEY, **known, "status": status, **size, **given}


def _asked(old: int, new: int, branch: str = "a") -> Submission:
    return OWN.submission(branch, old, new)


def _good() -> list[Vector]:
    pairs = [(0, 1), (0, 7), (1, 2), (3, 7), (4, 8), (6, 6), (7, 300), (255, 256), (256, 257)]
    vectors = [
        _vector(f"grows-{old}-{new}", "the tree grew", _asked(old, new).to_bytes(), old, 200) for old, new in pairs
    ]
    note = OWN.note("a", 5)
    many = note
    for number in range(20):
        many = add_signature(many, NoteSigner(f"other-{number}", bytes([number]) * 32))
    cosigned = add_signature(note, CosignatureSigner("w.example", b"w" * 32, 1_700_000_000))
    extended = sign_note(
        Checkpoint(LOG.origin, 5, OWN.checkpoint("a", 5).root, ("more", "lines")).to_text(), LOG.signer
    )
    for name, data in (("many-signatures", many), ("cosigned-already", cosigned), ("extension-lines", extended)):
        vectors.append(_vector(name, "other signatures and lines are no hindrance", b"old 0\n\n" + data, 0, 200))
    both = key_line(STRANGER.verifier, LOG.signer.verifier)
    vectors.append(_vector("second-key", "any key of the log will do", _asked(0, 3).to_bytes(), 0, 200, key=both))
    return vectors


def _stale() -> list[Vector]:
    pairs = [(0, 7, 3), (2, 7, 3), (4, 7, 3), (7, 7, 3), (0, 0, 3), (0, 3, 7)]
    return [
        _vector(
            f"stale-{old}-{new}", "another size was cosigned", _asked(old, new).to_bytes(), seen, 409, is_stale=True
        )
        for old, new, seen in pairs
    ]


def _forked() -> list[Vector]:
    good = _asked(3, 7)
    wrong = {
        "proof-of-another-branch": Submission(3, _asked(3, 7, "b").path, good.note),
        "proof-cut": Submission(3, good.path[:-1], good.note),
        "proof-too-long": Submission(3, (*good.path, bytes(32)), good.note),
        "proof-reversed": Submission(3, good.path[::-1], good.note),
        "proof-missing": Submission(3, (), good.note),
        "another-history": _asked(3, 7, "b"),
        "proof-for-equal-sizes": Submission(3, (bytes(32),), OWN.note("a", 3)),
    }
    vectors = [_vector(name, "the proof leads there", asked.to_bytes(), 3, 422) for name, asked in wrong.items()]
    first = Submission(0, (bytes(32),), OWN.note("a", 3))
    vectors.append(_vector("proof-from-nothing", "no proof from the empty tree", first.to_bytes(), 0, 422))
    vectors.append(_vector("two-roots", "one root for one size", _asked(3, 3, "b").to_bytes(), 3, 409))
    smaller = Submission(7, (), OWN.note("a", 3))
    vectors.append(_vector("old-size-larger", "the old size is not larger", smaller.to_bytes(), 7, 400))
    return vectors


def _strangers() -> list[Vector]:
    text = OWN.checkpoint("a", 3).to_text()
    by_stranger = b"old 0\n\n" + sign_note(text, STRANGER)
    good = _asked(0, 3).to_bytes()
    flipped = good.replace(b"\n3\n", b"\n4\n", 1)
    renamed = good.replace(b"old 0\n\n" + LOG.origin.encode(), b"old 0\n\nanother-log", 1)
    unknown = Histories("unknown/log", LOG_SEED).submission("a", 0, 3).to_bytes()
    other = new_log(3, "unknown/log").checkpoint()
    return [
        _vector("stranger", "a key of the log signed it", by_stranger, 0, 403),
        _vector("other-size", "the signature covers the size", flipped, 0, 403),
        _vector("signed-twice", "one signature by one key", good + good.rpartition(b"\n\n")[2], 0, 403),
        _vector("renamed", "the origin is followed", renamed, 0, 404),
        _vector("unknown-log", "the origin is followed", unknown, 0, 404),
        _vector("unknown-log-stale", "the origin comes before the size", b"old 9\n\n" + other, 0, 404),
    ]


def _malformed() -> list[Vector]:
    note = OWN.note("a", 3)
    hash_line = canonical.b64_encode(bytes(32)).encode() + b"\n"
    bodies = {
        "empty": b"",
        "no-checkpoint": b"old 0\n\n",
        "no-empty-line": b"old 0\n" + note,
        "no-old-line": b"\n" + note,
        "leading-zero": b"old 00\n\n" + note,
        "sign": b"old +0\n\n" + note,
        "negative": b"old -1\n\n" + note,
        "two-spaces": b"old  0\n\n" + note,
        "fraction": b"old 0.0\n\n" + note,
        "out-of-range": b"old 9223372036854775808\n\n" + note,
        "carriage-returns": b"old 0\r\n\r\n" + note,
        "64-hashes": b"old 0\n" + hash_line * 64 + b"\n" + note,
        "short-hash": b"old 1\n" + canonical.b64_encode(bytes(31)).encode() + b"\n\n" + note,
        "loose-base64": b"old 1\n" + hash_line.replace(b"A=", b"B=") + b"\n" + note,
        "url-base64": b"old 1\n" + hash_line.replace(b"A", b"-", 1) + b"\n" + note,
        "not-utf-8": b"old 0\n\n\xff" + note,
        "no-signatures": b"old 0\n\n" + note.partition(b"\n\n")[0] + b"\n",
        "size-with-zero": b"old 0\n\n" + sign_note(f"{LOG.origin}\n03\n{_root(3)}\n", LOG.signer),
        "short-root": b"old 0\n\n" + sign_note(f"{LOG.origin}\n3\nAAAA\n", LOG.signer),
        "two-lines": b"old 0\n\n" + sign_note(f"{LOG.origin}\n3\n", LOG.signer),
    }
    return [_vector(name, "the form of a request", body, 0, 400) for name, body in bodies.items()]


def _root(size: int) -> str:
    return canonical.b64_encode(OWN.checkpoint("a", size).root)
