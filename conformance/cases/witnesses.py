"""Clause 12, step 6: cosignatures, and policies that are met, not met, or malformed."""

from __future__ import annotations

from cases.build import BASE, LOG, ORIGIN, Vector, vector, with_note
from verax.kernel import canonical
from verax.kernel.checkpoint import Checkpoint
from verax.kernel.cosignature import CosignatureSigner
from verax.kernel.note import NoteSigner, add_signature

__all__ = ["witnesses"]


WITNESSES = [
    CosignatureSigner(f"w{number}.example", bytes([number]) * 32, 1_700_000_000 + number) for number in range(4)
]
LISTED = "".join(f"witness w{number} {witness.verifier}\n" for number, witness in enumerate(WITNESSES))


def witnesses() -> list[Vector]:
    """Receipts with cosignatures, and policies that are met, not met, or malformed."""
    plain = BASE.proof.checkpoint
    two = add_signature(add_signature(plain, WITNESSES[0]), WITNESSES[1])
    log_line = f"log {LOG.signer.verifier}\n"
    other_log = f"log {NoteSigner('other', b'o' * 32).verifier}\n"
    met = {
        "none": "quorum none\n",
        "one": LISTED + "quorum w0\n",
        "any": LISTED + "group g any w1 w2\nquorum g\n",
        "all": LISTED + "group g all w0 w1\nquorum g\n",
        "two-of-four": LISTED + "group g 2 w0 w1 w2 w3\nquorum g\n",
        "nested": LISTED + "group a any w0 w2\ngroup b 2 a w1 w3\nquorum b\n",
        "lists-the-log": log_line + LISTED + "# a comment\n\n \tquorum\tw1 \n",
    }
    vectors = [
        vector(f"met-{name}", "the quorum is met", with_note(two), None, policy=text.encode())
        for name, text in met.items()
    ]
    unmet = {
        "one": LISTED + "quorum w2\n",
        "all": LISTED + "group g all w0 w1 w2\nquorum g\n",
        "three-of-four": LISTED + "group g 3 w0 w1 w2 w3\nquorum g\n",
        "other-log": other_log + LISTED + "quorum w0\n",
        "no-quorum-line": LISTED,
        "two-quorum-lines": LISTED + "quorum w0\nquorum w0\n",
        "quorum-not-defined": LISTED + "quorum w9\n",
        "quorum-before-definition": "quorum w0\n" + LISTED,
        "unknown-line": LISTED + "require w0\nquorum w0\n",
        "key-twice": LISTED + f"witness w9 {WITNESSES[0].verifier}\nquorum w0\n",
        "name-twice": LISTED + "group w0 any w1\nquorum w0\n",
        "member-twice": LISTED + "group g any w0\ngroup h any w0 g\nquorum h\n",
        "member-not-defined": LISTED + "group g any w0 w9\nquorum g\n",
        "member-none": LISTED + "group g any w0 none\nquorum g\n",
        "threshold-0": LISTED + "group g 0 w0\nquorum g\n",
        "threshold-too-large": LISTED + "group g 2 w0\nquorum g\n",
        "threshold-leading-zero": LISTED + "group g 01 w0\nquorum g\n",
        "witness-key-of-type-1": f"witness w {LOG.signer.verifier}\nquorum none\n",
        "log-key-of-type-4": f"log {WITNESSES[0].verifier}\nquorum none\n",
        "control-character": LISTED + "quorum w0\r\n",
        "empty": "",
    }
    vectors += [
        vector(f"refused-{name}", "the policy in full", with_note(two), 6, policy=text.encode())
        for name, text in unmet.items()
    ]
    witness = WITNESSES[0]
    body = Checkpoint(ORIGIN, LOG.size, LOG.root()).to_text().encode()
    right = witness.sign(body)
    lines = {
        "other-time": (5).to_bytes(8, "big") + right[8:],
        "time-over-the-limit": b"\xff" * 8 + right[8:],
        "flipped-bit": right[:-1] + bytes([right[-1] ^ 1]),
        "without-time": right[8:],
        "signature-of-a-note": bytes(8) + NoteSigner("w0.example", bytes(32)).sign(body),
    }
    for name, signature in lines.items():
        line = f"— w0.example {canonical.b64_encode(witness.verifier.key_id + signature)}\n".encode()
        data = with_note(add_signature(plain, WITNESSES[1]) + line)
        vectors.append(
            vector(
                f"cosignature-{name}", "none invalid by a witness", data, 6, policy=(LISTED + "quorum w1\n").encode()
            )
        )
    return vectors
