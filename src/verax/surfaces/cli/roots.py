"""``verax root``: the document that says who may do what, and how it changes (protocol clause 4)."""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path
from typing import Any

import click

from verax.kernel import canonical
from verax.kernel.dsse import signature_by
from verax.kernel.errors import ConfigError, RefusedError, RequestError
from verax.kernel.root import RootDocument
from verax.kernel.root_drafts import key_id_of, replace_key
from verax.kernel.short_code import short_code
from verax.surfaces.cli.govern import open_author
from verax.surfaces.cli.history import History, read_history
from verax.surfaces.cli.keyring import Identity, decode_recovery_key
from verax.surfaces.cli.output import confirm, print_json, print_rows, print_text, say
from verax.surfaces.cli.rootdocs import (
    RootDraft,
    check_follows,
    difference_of_roots,
    fetch_draft,
    key_rows,
    post_document,
    post_signature,
    public_half,
)
from verax.surfaces.cli.session import Session, pass_session
from verax.surfaces.cli.sources import ServerSource

__all__ = ["key_line", "offer_root", "root", "sign_root"]

_yes = click.option("--yes", is_flag=True, help="Do not ask before signing.")
_SEED_BYTES = 32


@click.group()
def root() -> None:
    """Show and change the root document: people, keys, thresholds, gates."""


@root.command("show")
@click.option("--json", "as_json", is_flag=True, help="Print the whole document in force, with its fingerprint.")
@pass_session
def show(session: Session, as_json: bool) -> None:
    """Show the root document in force."""
    document = read_history(*session.open_logs()).state.root
    if as_json:
        print_json({"fingerprint": document.fingerprint, "document": document.manifest})
        return
    say(f"version {document.version}, {'solo' if document.is_solo else 'a team'}, {document.fingerprint}")
    print_rows(["person", "key", "kind", "roles"], key_rows(document))
    print_rows(
        ["channel", "approvals", "gates", "witness", "public"],
        [
            {
                "channel": rules.name,
                "approvals": rules.approvals,
                "gates": [gate.suite for gate in rules.gates],
                "witness": rules.needs_witness,
                "public": rules.is_public,
            }
            for rules in document.channels.values()
        ],
    )
    thresholds = ", ".join(f"{role} {rule.threshold}" for role, rule in document.roles.items())
    say(f"persons who must sign: {thresholds}")


@root.command("key")
@pass_session
def key(session: Session) -> None:
    """Make a signing key for yourself on this machine, and print its public half.

    Give the printed line to whoever writes the next root document. The key itself stays in your
    keyring; a key that is there already is not replaced.
    """
    identity = session.met_identity(session.client())
    if not identity.has_daily_key():
        seed = secrets.token_bytes(_SEED_BYTES)
        identity.keep_daily_seed(seed)
        identity.update(key_id=key_id_of(_record(seed)))
    line = key_line(identity.daily_seed())
    print_text(line)
    say(f"code of this key: {_code_of(line)}; compare it by voice with whoever enters it")


@root.command("draft")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--sign/--no-sign", default=True, help="Sign it with your own key too.")
@_yes
@pass_session
def draft(session: Session, file: Path, sign: bool, yes: bool) -> None:
    """Propose FILE, JSON as "verax root show --json" prints it, as the next root document."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RequestError(f"{file}: expected a root document as JSON: {error}") from None
    document = value.get("document", value) if isinstance(value, dict) else {}
    offer_root(session, document, is_given=yes, signs=sign)


@root.command("drafts")
@click.option("--json", "as_json", is_flag=True, help='Print {"drafts": [{id, code, signed_by, may_sign, …}]}.')
@pass_session
def drafts(session: Session, as_json: bool) -> None:
    """List the root changes that wait for signatures."""
    listed = session.signed_in_client().get_json("/v1/governance/drafts")["data"]
    rows = [
        {"id": item["id"], "code": item["code"], "signed_by": item["signed_by"], **item["missing"]}
        for item in listed
        if item["kind"] == "root"
    ]
    if as_json:
        print_json({"drafts": rows})
        return
    print_rows(["id", "code", "signed_by", "may_sign"], [row | {"id": row["id"][:12]} for row in rows])


@root.command("sign")
@click.argument("which", metavar="ID|CODE")
@click.option("--recovery", is_flag=True, help="Sign with the recovery key, which is read from stdin.")
@_yes
@pass_session
def sign(session: Session, which: str, recovery: bool, yes: bool) -> None:
    """Sign a root change that waits: shows what it changes, and its code, before anything is signed."""
    client = session.signed_in_client()
    found = fetch_draft(client, which)
    history = read_history(ServerSource(client), session.met_identity(client))
    sign_root(session, history, found, with_recovery=recovery, is_given=yes)


@root.command("recover")
@_yes
@pass_session
def recover(session: Session, yes: bool) -> None:
    """Put a new signing key in the place of a lost one, with the recovery key, which is read from stdin.

    On an installation of several people the others must sign as well.
    """
    client = session.signed_in_client()
    identity = session.met_identity(client)
    history = read_history(ServerSource(client), identity)
    seed = _recovery_seed()
    document = history.state.root
    lost = _lost_key(document, identity, seed)
    if identity.has_daily_key():
        raise ConfigError(
            f"{identity.folder / 'daily.key'}: a signing key is there", hint="move the file away if it is the lost one"
        )
    fresh = secrets.token_bytes(_SEED_BYTES)
    found = post_document(client, replace_key(document, lost, _record(fresh)))
    identity.keep_daily_seed(fresh)
    identity.update(key_id=key_id_of(_record(fresh)), person=document.keys[lost].person)
    sign_root(session, history, found, with_recovery=True, is_given=yes, recovery_seed=seed)


def offer_root(session: Session, document: dict[str, Any], *, is_given: bool, signs: bool = True) -> RootDraft:
    """Show what a document would change, leave it at the server for signatures, and sign it."""
    author = open_author(session)
    parsed = RootDocument.parse(document)
    for line in difference_of_roots(author.history.state.root, parsed):
        say(f"  {line}")
    confirm("propose this root document?", is_given=is_given)
    found = post_document(author.client, document)
    print_text(found.id)
    say(f"code: {found.code}; whoever signs sees the same code, here and in the web app")
    if signs:
        post_signature(author.client, found, author.sign(found.payload))
    return found


def sign_root(
    session: Session,
    history: History,
    found: RootDraft,
    *,
    with_recovery: bool,
    is_given: bool,
    recovery_seed: bytes | None = None,
) -> None:
    """Show a root change, ask, sign, and hand the signature to the server."""
    check_follows(history, found)
    for line in difference_of_roots(history.state.root, found.document):
        say(f"  {line}")
    say(f"code: {found.code}")
    confirm(f"sign root version {found.document.version}?", is_given=is_given)
    if with_recovery:
        seed = recovery_seed or _recovery_seed()
        key_id = _id_in(history.state.root, seed) or _id_in(found.document, seed)
        if key_id is None:
            raise RefusedError("recovery key: neither root names it", code="governance/unknown-key")
        signature = signature_by(key_id, seed, found.payload)
    else:
        identity = session.require_identity()
        seed = identity.daily_seed()
        key_id = _id_in(history.state.root, seed) or _id_in(found.document, seed)
        if key_id is None:
            raise RefusedError(
                "keyring: neither the root in force nor the new one names your key", code="governance/unknown-key"
            )
        identity.update(
            key_id=key_id, person=(found.document.keys.get(key_id) or history.state.root.keys[key_id]).person
        )
        signature = signature_by(key_id, seed, found.payload)
    post_signature(session.signed_in_client(), found, signature)


def key_line(seed: bytes) -> str:
    """Return the public half of a key as people hand it on: ``ed25519:<base64>``."""
    return f"ed25519:{canonical.b64_encode(public_half(seed))}"


def _code_of(line: str) -> str:
    return short_code(canonical.hex_digest(canonical.b64_decode(line.partition(":")[2])))


def _record(seed: bytes) -> dict[str, Any]:
    return {"kind": "ed25519", "material": canonical.b64_encode(public_half(seed))}


def _id_in(document: RootDocument, seed: bytes) -> str | None:
    material = public_half(seed)
    return next((key.id for key in document.keys.values() if key.material == material), None)


def _lost_key(document: RootDocument, identity: Identity, recovery_seed: bytes) -> str:
    """Return the key to replace: the keyring's own, else the one other key of the recovery key's person."""
    recovery_id = _id_in(document, recovery_seed)
    if recovery_id is None or recovery_id not in document.roles["root"].keys:
        raise RefusedError("recovery key: the root in force does not name it", code="governance/unknown-key")
    person = document.keys[recovery_id].person
    held = [key.id for key in document.keys.values() if key.person == person and key.id != recovery_id]
    if identity.credentials.key_id in held:
        return identity.credentials.key_id
    signing = [key_id for key_id in held if document.keys[key_id].kind == "ed25519"]
    if len(signing) != 1:
        raise RefusedError(
            f"recovery key: {person} holds {len(signing)} other signing keys", hint='write it with "verax root draft"'
        )
    return signing[0]


def _recovery_seed() -> bytes:
    if sys.stdin.isatty():
        return decode_recovery_key(click.prompt("recovery key", hide_input=True, err=True))
    return decode_recovery_key(sys.stdin.readline())
