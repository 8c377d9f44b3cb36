"""Write conformance/vectors/: receipts that must be accepted, one that must be refused for each rule, and folds.

    .venv/bin/python conformance/make_vectors.py [--check]

Every seed is fixed, so the files come out the same each time; `--check` writes nothing and exits 1
when a file differs. This script uses Verax's kernel; the checker that the vectors test does not.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
from pathlib import Path
from typing import Any

from cases.bundles import bundles
from cases.ed25519 import ed25519
from cases.encoding import clause_1
from cases.folds import folds
from cases.good import good
from cases.passkeys import passkeys
from cases.proofs import clause_12
from cases.receipts import clause_11
from cases.records import clause_9
from cases.splits import splits
from cases.submissions import submissions
from cases.turns import turns
from cases.witnesses import witnesses
from cases.wording import banned_texts, chat_literals, templates

FOLDER = Path(__file__).parent / "vectors"
FILES = {
    "good": (good, "receipts that hold"),
    "clause_1": (clause_1, "canonical JSON and strict encodings"),
    "clause_9": (clause_9, "records, salts, commitments, entries"),
    "clause_11": (clause_11, "the form of a receipt"),
    "clause_12": (clause_12, "proofs, notes, signatures, inclusion, reply"),
    "witnesses": (witnesses, "cosignatures and policies"),
    "bundles": (bundles, "receipts with governance bundles"),
    "folds": (folds, "governance logs, in base64, with the state that they fold to after each entry"),
    "passkeys": (passkeys, "WebAuthn assertions: digest, assertion and signature in base64"),
    "templates": (templates, "prompt templates with the wording of every way through them"),
    "chats": (chat_literals, "chat templates with the literal texts in them"),
    "texts": (banned_texts, "texts as bans see them"),
    "turns": (turns, "opened turns: are the segments the recorded, the published and the sent ones?"),
    "add_checkpoint": (submissions, "requests to a witness: the body, what it saw before, and the status"),
    "split_views": (splits, "evidence of two histories, and whether it proves them"),
    "ed25519": (ed25519, "single Ed25519 signatures: public, message and signature in hex"),
}


def main() -> int:
    """Write or compare every file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare with the files that are there")
    is_check = parser.parse_args().check
    FOLDER.mkdir(exist_ok=True)
    different = []
    for name, (cases, about) in FILES.items():
        path, text = FOLDER / f"{name}.json", to_text(about, cases())
        if is_check and (not path.exists() or path.read_text(encoding="utf-8") != text):
            different.append(path.name)
        elif not is_check:
            path.write_text(text, encoding="utf-8")
    for item in different:
        print(f"{item}: differs from what this script makes", file=sys.stderr)
    return 1 if different else 0


def to_text(about: str, vectors: list[dict[str, Any]]) -> str:
    """Return the file: bytes as base64, so that broken text survives; one vector a line."""
    names = [vector["name"] for vector in vectors]
    if len(set(names)) != len(names):
        raise ValueError(f"{about}: two vectors share a name")
    lines = []
    for vector in vectors:
        plain = {
            key: base64.b64encode(value).decode() if isinstance(value, bytes) else value
            for key, value in vector.items()
            if value is not None or key == "fails"
        }
        lines.append("  " + json.dumps(plain, ensure_ascii=True))
    head = f'{{\n "about": {json.dumps(about)},\n "vectors": [\n'
    return head + ",\n".join(lines) + "\n ]\n}\n"


if __name__ == "__main__":
    sys.exit(main())
