"""Root documents at the command line: shown, compared, drafted, signed by several, submitted.

* A root change carries the thresholds of the old and of the new root (clause 4), so it waits at the
  server as a draft until enough people signed it: here with a key, or with a passkey in the web app.
* What a draft would change is worked out from its own payload against the verified history, on
  this machine; nothing that the server says about it is repeated.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verax.kernel import canonical
from verax.kernel.dsse import Signature
from verax.kernel.errors import IntegrityError, UnknownObject
from verax.kernel.root import RootDocument
from verax.kernel.short_code import short_code
from verax.kernel.statement import RootChange, parse_statement, statement_id
from verax.surfaces.cli.client import Client
from verax.surfaces.cli.history import History
from verax.surfaces.cli.output import say

__all__ = [
    "RootDraft",
    "check_follows",
    "difference_of_roots",
    "fetch_draft",
    "key_rows",
    "post_document",
    "post_signature",
    "public_half",
]


@dataclass(frozen=True, slots=True)
class RootDraft:
    """A root change that waits for signatures, read from its own payload."""

    id: str
    payload: bytes
    document: RootDocument

    @property
    def code(self) -> str:
        """Short code of the statement, for comparing on two machines."""
        return short_code(self.id)


def public_half(seed: bytes) -> bytes:
    """Return the public key of an Ed25519 seed, 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def key_rows(root: RootDocument) -> list[dict[str, Any]]:
    """Return the keys of a root with what they may sign, by person."""
    rows = []
    for key in sorted(root.keys.values(), key=lambda key: (key.person, key.id)):
        roles = sorted(role for role, rule in root.roles.items() if key.id in rule.keys)
        rows.append({"person": key.person, "key": key.id, "kind": key.kind, "roles": roles})
    return rows


def post_document(client: Client, document: Mapping[str, Any]) -> RootDraft:
    """Leave a document at the server to be signed."""
    made = client.post_json("/v1/governance/drafts", {"kind": "root", "document": document})
    return _read(made)


def fetch_draft(client: Client, which: str) -> RootDraft:
    """Return the root change whose id or code begins with `which`.

    Raises:
        UnknownObject: none or several do.
        IntegrityError: the payload is not the one of that id.
    """
    listed = client.get_json("/v1/governance/drafts")["data"]
    fitting = [
        item
        for item in listed
        if item["kind"] == "root" and (item["id"].startswith(which) or item["code"].startswith(which))
    ]
    if len(fitting) != 1 or len(which) < 4:
        raise UnknownObject(
            f"draft {which!r}: expected one root change, found {len(fitting)}", hint='"verax root drafts" lists them'
        )
    return _read(fitting[0])


def post_signature(client: Client, draft: RootDraft, signature: Signature) -> None:
    """Add a signature to a draft, and say what became of it."""
    body = {"key_id": signature.key_id, "sig": base64.b64encode(signature.sig).decode("ascii")}
    answer = client.post_json(f"/v1/governance/drafts/{draft.id}/signatures", body)
    if answer["index"] is not None:
        say(f"root version {draft.document.version} is in force, entry {answer['index']} of the log")
        return
    missing = answer["draft"]["missing"]
    lacking = max(missing["by_old"], missing["by_new"])
    who = ", ".join(missing["may_sign"])
    say(f"signed; {lacking} more must sign: {who}")
    say(f"  in the web app under Settings, Signing, or: verax root sign {draft.id[:12]}   (code {draft.code})")


def difference_of_roots(old: RootDocument, new: RootDocument) -> Iterator[str]:
    """Yield one line for everything in which two documents differ."""
    before, after = dict(_leaves("", old.manifest)), dict(_leaves("", new.manifest))
    for path in sorted(before.keys() | after.keys()):
        if path not in after:
            yield f"- {path}: {before[path]}"
        elif path not in before:
            yield f"+ {path}: {after[path]}"
        elif before[path] != after[path]:
            yield f"  {path}: {before[path]} → {after[path]}"


def check_follows(history: History, draft: RootDraft) -> None:
    """Refuse a draft that was made on another history than the verified one.

    Raises:
        IntegrityError: it relies on another log or root.
    """
    statement = parse_statement(draft.payload)
    root = history.state.root
    if (statement.basis.log, statement.basis.root) != (root.origin, root.version):
        raise IntegrityError("draft: it was made for another log or another root than the one in force")


def _read(item: Mapping[str, Any]) -> RootDraft:
    payload = canonical.b64_decode(item["payload"])
    statement = parse_statement(payload)
    if statement_id(payload) != item["id"] or not isinstance(statement, RootChange):
        raise IntegrityError("draft: what the server sent is not the root change of that id")
    return RootDraft(item["id"], payload, RootDocument.parse(statement.document))


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for name, item in value.items():
            yield from _leaves(f"{path}.{name}" if path else name, item)
    elif isinstance(value, list) and value and all(isinstance(item, Mapping) and "name" in item for item in value):
        for item in value:
            yield from _leaves(f"{path}[{item['name']}]", item)
    elif isinstance(value, list):
        yield path, ", ".join(item if isinstance(item, str) else canonical.encode(item).decode() for item in value)
    else:
        yield path, value if isinstance(value, str) else canonical.encode(value).decode()
