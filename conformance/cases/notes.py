"""Clause 12, step 3: notes, checkpoints, signatures and key files that are wrong."""

from __future__ import annotations

import hashlib

import check_receipt as curve

from cases.build import BASE, DATA, KEY, LOG, LOG_SEED, NAME, ORIGIN, Vector, key_line, vector, with_note
from verax.kernel import canonical
from verax.kernel.checkpoint import Checkpoint
from verax.kernel.note import NoteSigner, add_signature, sign_note

__all__ = ["bad_keys", "bad_notes", "bad_signatures"]


def bad_notes() -> list[Vector]:
    note = BASE.proof.checkpoint.decode()
    text = Checkpoint(ORIGIN, LOG.size, LOG.root()).to_text()
    root = text.split("\n")[2]
    signed = {
        "origin-of-another-log": text.replace("/replies/0", "/replies/1"),
        "size-leading-zero": text.replace("\n10\n", "\n010\n"),
        "size-negative": text.replace("\n10\n", "\n-10\n"),
        "size-beyond-the-limit": text.replace("\n10\n", "\n9223372036854775808\n"),
        "size-0-with-a-root": text.replace("\n10\n", "\n0\n"),
        "root-slack-bits": text.replace(root, root[:-2] + chr(ord(root[-2]) + 1) + "="),
        "root-of-31-bytes": text.replace(root, canonical.b64_encode(bytes(31))),
        "no-root": text.replace(root + "\n", ""),
        "empty-extension": text + "one\n\ntwo\n",
        "not-a-checkpoint": "hello\n",
    }
    vectors = [
        vector(f"checkpoint-{name}", "origin, size, root", with_note(sign_note(body, LOG.signer)), 3)
        for name, body in signed.items()
    ]
    framed = {
        "no-signature": note.split("\n\n")[0] + "\n\n",
        "no-final-line-end": note[:-1],
        "text-after-signatures": note + "more\n",
        "empty-line-at-end": note + "\n",
        "hyphen-for-em-dash": note.replace("— ", "- "),
        "two-spaces": note.replace("— ", "—  "),
        "space-at-end": note[:-1] + " \n",
        "tab-in-text": note.replace("\n10\n", "\n10\t\n"),
        "signature-not-base64": note[:-3] + "*=\n",
        "signature-of-4-bytes": note + "— w AAAAAA==\n",
        "name-empty": note + "—  AAAAAAAA\n",
        "name-with-plus": note + "— a+b AAAAAAAA\n",
        "name-with-wide-space": note + "— a\u2003b AAAAAAAA\n",
    }
    vectors += [
        vector(f"note-{name}", "a note is framed in one way", with_note(data.encode()), 3)
        for name, data in framed.items()
    ]
    line = "— w AAAAAAAA\n"
    vectors.append(vector("note-101-signatures", "at most 100 signatures", with_note((note + line * 100).encode()), 3))
    return vectors


def bad_signatures() -> list[Vector]:
    note, signer = BASE.proof.checkpoint, LOG.signer
    text = Checkpoint(ORIGIN, LOG.size, LOG.root()).to_text()
    right = signer.sign(text.encode())
    s = int.from_bytes(right[32:], "little")
    wrong = {
        "flipped-bit": bytes([right[0] ^ 1]) + right[1:],
        "s-plus-order": right[:32] + (s + curve.L).to_bytes(32, "little"),
        "s-plus-15-orders": right[:32] + (s + 15 * curve.L).to_bytes(32, "little"),
        "r-not-canonical": (curve.P + 1).to_bytes(32, "little") + right[32:],
        "too-short": right[:-1],
        "too-long": right + b"\x00",
        "of-other-text": signer.sign(b"other\n"),
        "all-zero": bytes(64),
    }

    def line(signature: bytes) -> bytes:
        return f"— {ORIGIN} {canonical.b64_encode(signer.verifier.key_id + signature)}\n".encode()

    vectors = [
        vector(
            f"signature-{name}",
            "RFC 8032, S below L, canonical points",
            with_note(text.encode() + b"\n" + line(bad)),
            3,
        )
        for name, bad in wrong.items()
    ]
    stranger = NoteSigner(ORIGIN, b"x" * 32)
    renamed = NoteSigner(f"{NAME}/governance", LOG_SEED)
    return [
        *vectors,
        vector("signature-second-one-wrong", "none invalid by the key", with_note(note + line(bytes(64))), 3),
        vector("signature-twice", "one signature by the key", with_note(add_signature(note, signer)), 3),
        vector("signature-by-unknown-key", "one valid by the given key", with_note(sign_note(text, stranger)), 3),
        vector(
            "signature-under-another-name",
            "key name = origin",
            with_note(sign_note(text, renamed)),
            3,
            key=KEY + key_line(renamed.verifier),
        ),
        vector(
            "signature-wrong-by-second-known-key",
            "none invalid by a given key",
            with_note(note + sign_note("other\n", stranger).partition(b"\n\n")[2]),
            3,
            key=KEY + key_line(stranger.verifier),
        ),
    ]


def bad_keys() -> list[Vector]:
    line = KEY.decode()[:-1]
    name, key_id, encoded = line.split("+", 2)

    def of(data: bytes, own_name: str = ORIGIN) -> bytes:
        own_id = hashlib.sha256(own_name.encode() + b"\n" + data).hexdigest()[:8]
        return f"{own_name}+{own_id}+{canonical.b64_encode(data)}\n".encode()

    public = LOG.signer.verifier.public_bytes
    keys = {
        "empty": b"",
        "of-another-log": key_line(NoteSigner(f"{NAME}/replies/1", LOG_SEED).verifier),
        "of-another-seed": key_line(NoteSigner(ORIGIN, b"x" * 32).verifier),
        "wrong-key-id": f"{name}+00000000+{encoded}\n".encode(),
        "upper-case-key-id": f"{name}+{'ABCDEF01'}+{encoded}\n".encode(),
        "no-padding-needed": f"{name}+{key_id}+{encoded}=\n".encode(),
        "without-key-id": f"{name}+{encoded}\n".encode(),
        "crlf": KEY[:-1] + b"\r\n",
        "comment": b"# keys\n" + KEY,
        "empty-line": KEY + b"\n",
        "space": b" " + KEY,
        "not-utf-8": KEY.replace(b"verax", b"v\xffrax"),
        "type-4": of(b"\x04" + public),
        "of-31-bytes": of(b"\x01" + public[:31]),
        "not-on-the-curve": of(b"\x01" + (2).to_bytes(32, "little")),
        "not-canonical": of(b"\x01" + (curve.P + 3).to_bytes(32, "little")),
        "zero-x-with-sign": of(b"\x01" + (1 | 1 << 255).to_bytes(32, "little")),
        "small-order": of(b"\x01" + (1).to_bytes(32, "little")),
        "second-not-on-the-curve": KEY + of(b"\x01" + (2).to_bytes(32, "little"), "another-log"),
        "second-line-broken": KEY + b"nonsense\n",
    }
    vectors = [vector(f"key-{case}", "a key file is strict", DATA, 3, key=data) for case, data in keys.items()]
    # A signature that verifies for every message under the key of order 1.
    text = Checkpoint(ORIGIN, LOG.size, LOG.root()).to_text()
    own_id = hashlib.sha256(ORIGIN.encode() + b"\n\x01" + (1).to_bytes(32, "little")).digest()[:4]
    forged = canonical.b64_encode(own_id + (1).to_bytes(32, "little") + bytes(32))
    note = f"{text}\n— {ORIGIN} {forged}\n".encode()
    rule = "a key of small order signs for nobody"
    return [*vectors, vector("key-small-order-forgery", rule, with_note(note), 3, key=keys["small-order"])]
