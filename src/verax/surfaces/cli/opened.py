"""``verax receipt open``: what was published is what was served, shown to the owner of a turn (clause 7).

Nothing that the server says of itself is believed. The record comes from a receipt under pinned
keys, the release from a blob with the digest that the record names, and the segments count only
where the record commits to them. Then they are joined again, here, and compared with what the
record says was handed to the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from verax.kernel import canonical
from verax.kernel.errors import RecordError, VeraxError
from verax.kernel.note import VerifierKey
from verax.kernel.receipt import CheckState, Receipt, verify_receipt
from verax.kernel.record import Record, TurnSecret
from verax.kernel.release import Release
from verax.kernel.segments import Segment, close_segments, prompt_digest
from verax.surfaces.cli.client import Client
from verax.surfaces.cli.keyring import write_private
from verax.surfaces.cli.output import DONE, REFUSED, print_json, print_text, shorten
from verax.surfaces.cli.proofs import fetch_receipt, pinned_keys, require_receipt
from verax.surfaces.cli.session import Session, pass_session
from verax.surfaces.cli.sources import ServerSource, read_blob
from verax.surfaces.cli.turnfiles import OpenedPrompt, TurnFile
from verax.turn.rejoin import rejoined_bytes

__all__ = ["OpenCheck", "OpenedPrompt", "check_opened", "check_record", "fetch_turn", "open_turn"]

_NOT_IN_A_RECORD = "the request to a remote server also holds stop strings and JSON schemas, which no record names"
_STYLES = {"verified": "green", "failed": "red", "not checked": None}
# A turn that ended in one of these ways may never have reached a model.
_MAY_SEND_NOTHING = frozenset({"refused", "failed", "cancelled", "withdrawn"})


@dataclass(frozen=True, slots=True)
class OpenCheck:
    """One check and how it ended; `detail` is a sentence."""

    name: str
    state: CheckState
    detail: str


@click.command("open")
@click.argument("turn", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help='Print {"verified", "id", "release", "segments", "checks"}.')
@click.option("--save", "target", type=click.Path(dir_okay=False, path_type=Path), help="Save all of it, to replay.")
@pass_session
def open_turn(session: Session, turn: str, as_json: bool, target: Path | None) -> int:
    """Open your own turn ID: every part of its prompt with its author, joined again here.

    Checks that the parts are those that the record commits to, and that joined under the
    published release they are, to the byte, what was handed to the model. Exits 3 where not.
    The file of --save holds the secret and all texts of the turn: keep it like them.
    """
    found, keys = fetch_turn(session, turn)
    receipt, opened = found.receipt, found.opened
    checks = [check_record(receipt, keys), *check_opened(opened)]
    if target is not None:
        write_private(target, found.to_bytes())
    is_verified = all(check.state != "failed" for check in checks)
    if as_json:
        print_json(
            {
                "verified": is_verified,
                "id": receipt.record.id,
                "release": receipt.record.release,
                "segments": [{"by": item.by, "role": item.role, "text": item.text} for item in opened.segments],
                "checks": [{"name": item.name, "state": item.state, "detail": item.detail} for item in checks],
            }
        )
    else:
        _print(opened, checks)
    return DONE if is_verified else REFUSED


def fetch_turn(session: Session, turn: str) -> tuple[TurnFile, tuple[VerifierKey, ...]]:
    """Fetch what the owner of a turn may see of it, and return it with the pinned keys of its server.

    Raises:
        AccessError: the key is not the owner's.
    """
    client = session.signed_in_client()
    identity = session.met_identity(client)
    kept = identity.kept_receipt(turn)
    data = kept.read_bytes() if kept is not None else require_receipt(fetch_receipt(client, turn), turn)
    receipt = Receipt.parse(data)
    reply = kept.with_suffix(".txt") if kept is not None else None
    text = reply.read_bytes() if reply is not None and reply.is_file() else None
    return TurnFile(receipt, _fetch(client, receipt.record), text), pinned_keys(identity, client)


def check_opened(opened: OpenedPrompt) -> Iterator[OpenCheck]:
    """Yield the checks of an opened turn against its record."""
    record, secret = opened.record, opened.secret
    digest = prompt_digest(close_segments(opened.segments, secret))
    if secret.salt("record").hex() != record.salt:
        yield OpenCheck("prompt", "failed", "the secret is not the one of this record")
    elif digest != record.prompt:
        yield OpenCheck("prompt", "failed", "these are not the parts that the record commits to")
    else:
        yield OpenCheck("prompt", "verified", f"the record commits to these {len(opened.segments)} parts")
    yield _check_sent(opened)


def _check_sent(opened: OpenedPrompt) -> OpenCheck:
    record, release = opened.record, opened.release
    if record.sent == opened.secret.commit("sent", b"") and record.status in _MAY_SEND_NOTHING:
        return OpenCheck("sent", "verified", f"nothing was handed to a model; the turn ended as {record.status}")
    if release is None:
        return OpenCheck("sent", "not checked", f"the server does not hold release {shorten(record.release)}")
    try:
        joined = list(rejoined_bytes(release, record, opened.segments))
    except VeraxError as error:
        return OpenCheck("sent", "failed", f"the parts cannot be joined under the release: {error.message}")
    for data in joined:
        if opened.secret.commit("sent", data) == record.sent:
            return OpenCheck("sent", "verified", f"joined again they are the {len(data)} bytes that were sent")
    if release.model.backend == "remote":
        return OpenCheck("sent", "not checked", f"{_NOT_IN_A_RECORD}; without them the bytes differ")
    return OpenCheck("sent", "failed", "joined again they are not the bytes that were sent")


def check_record(receipt: Receipt, keys: tuple[VerifierKey, ...]) -> OpenCheck:
    """Check the receipt of a turn under pinned keys."""
    checks = verify_receipt(receipt, keys)
    if checks.is_verified:
        return OpenCheck("record", "verified", f"the record is leaf {receipt.proof.index} of the reply log")
    failed = [check.detail for check in checks.checks if check.state == "failed"]
    return OpenCheck("record", "failed", "; ".join(failed) or "a required step was not checked")


def _fetch(client: Client, record: Record) -> OpenedPrompt:
    """Fetch what the owner of a turn may see of it.

    Raises:
        AccessError: the key is not the owner's.
        VeraxError: the server answers in another shape.
    """
    turn = quote(record.id, safe="")
    secret = client.get_json(f"/v1/receipts/{turn}/secret")
    shown = client.get_json(f"/v1/turns/{turn}/segments")
    blob = read_blob(ServerSource(client), record.release)
    try:
        return OpenedPrompt(
            record,
            TurnSecret(canonical.hex_decode(secret["secret"], 32)),
            tuple(_segment(item) for item in shown["segments"]),
            None if blob is None else Release.from_bytes(blob),
        )
    except (KeyError, TypeError):
        raise VeraxError(
            f"turn {shorten(record.id)}: the server opens it in a shape that this program does not know",
            hint="use the command line of the server's own version",
            code="client/not-verax",
        ) from None


def _segment(item: Any) -> Segment:
    if not isinstance(item["text"], str):
        raise RecordError("segment: expected text")
    return Segment(item["by"], item["role"], item["text"])


def _print(opened: OpenedPrompt, checks: list[OpenCheck]) -> None:
    print_text(f"turn     {opened.record.id}")
    print_text(f"release  {opened.record.release}")
    for number, segment in enumerate(opened.segments):
        print_text(f"\n{number}  {segment.role}, by {segment.by}")
        for line in _visible(segment.text).split("\n"):
            print_text(f"   {line}".rstrip())
    print_text("")
    for check in checks:
        print_text(f"{check.name:<8} {click.style(f'{check.state:<11}', fg=_STYLES[check.state])}  {check.detail}")


def _visible(text: str) -> str:
    r"""Return text with what cannot be seen, terminal controls among it, as ``\u…``; --json has it as it is."""
    return "".join(
        character if character in "\n\t" or character.isprintable() else f"\\u{ord(character):04x}"
        for character in text
    )
