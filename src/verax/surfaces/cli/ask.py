"""``verax ask``: one question, the reply as it comes, then its receipt, checked here.

The reply goes to stdout as it comes, with one newline after it. To stderr go the verdicts on its
sentences with what decided them, where the release checks them, then what answered, and what the
kernel verified here against log keys pinned earlier. Receipt and reply are kept in the keyring's
folder, so that the command line that is printed at the end works as it stands.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from verax.surfaces.cli.client import Client
from verax.surfaces.cli.keyring import write_private
from verax.surfaces.cli.output import DONE, REFUSED, print_json, say, shorten
from verax.surfaces.cli.session import Session, pass_session

if TYPE_CHECKING:
    from verax.surfaces.cli.proofs import CheckedReply

__all__ = [
    "DEFAULT_CHANNEL",
    "TURN_TIMEOUT_S",
    "Kept",
    "Reply",
    "ask",
    "check_and_keep",
    "stream_reply",
    "tell",
    "tell_claims",
]

DEFAULT_CHANNEL = "assistant"
TURN_TIMEOUT_S = 600.0

_SIGNS = {"supported": "✓", "contradicted": "✗", "not_found": "?", "not_checked": "–"}
_COLOURS = {"supported": "green", "contradicted": "red", "not_found": "yellow", "not_checked": ""}


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply.

    Attributes:
        text: What was delivered, to the character.
        refusal: What a policy said instead, empty where nothing was refused.
        verax: The `verax` object of the completion: release, record, secret, promise.
    """

    text: str
    refusal: str
    verax: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """A checked receipt and where its files lie; the reply's only where the receipt opens it."""

    checked: CheckedReply
    receipt_path: Path | None
    reply_path: Path | None
    keys_path: Path


@click.command()
@click.argument("question", nargs=-1, required=True)
@click.option("-c", "--channel", default=DEFAULT_CHANNEL, show_default=True, help="Channel to ask.")
@click.option("--save", type=click.Path(dir_okay=False, path_type=Path), help="Save the receipt to this file.")
@click.option("--save-reply", type=click.Path(dir_okay=False, path_type=Path), help="Save the reply to this file.")
@click.option("--no-verify", is_flag=True, help="Do not wait for the receipt, and do not check it.")
@click.option("--json", "as_json", is_flag=True, help="Print one object instead of the text.")
@pass_session
def ask(
    session: Session,
    question: tuple[str, ...],
    channel: str,
    save: Path | None,
    save_reply: Path | None,
    no_verify: bool,
    as_json: bool,
) -> int:
    """Ask QUESTION and check the receipt of the reply; "-" reads the question from stdin."""
    text = sys.stdin.read() if question == ("-",) else " ".join(question)
    client = session.signed_in_client(timeout_s=TURN_TIMEOUT_S)
    body = {"model": channel, "messages": [{"role": "user", "content": text}], "stream": True}
    reply = stream_reply(client, body, is_quiet=as_json)
    checked = None if no_verify else check_and_keep(session, client, reply, save, save_reply)
    if no_verify and save_reply is not None:
        save_reply.write_bytes(reply.text.encode("utf-8"))
    if as_json:
        print_json(_summary(reply, checked))
    else:
        tell(reply, checked)
    return REFUSED if checked is not None and checked.checked.state == "failed" else DONE


def stream_reply(client: Client, body: dict[str, Any], *, is_quiet: bool = False) -> Reply:
    """Run one turn and write its text to stdout as it comes.

    Raises:
        RefusedError: no release answers on this channel.
        VeraxError: the turn failed; what came before stands on stdout.
    """
    text: list[str] = []
    refusal = ""
    verax: dict[str, Any] = {}
    for event in client.stream("/v1/chat/completions", body):
        verax.update(event.get("verax", {}))
        for choice in event.get("choices", []):
            delta = choice.get("delta", {})
            refusal += delta.get("refusal") or ""
            piece = delta.get("content") or ""
            if piece:
                text.append(piece)
                if not is_quiet:
                    sys.stdout.write(piece)
                    sys.stdout.flush()
    if text and not is_quiet:
        click.echo()
    if refusal and not is_quiet:
        say(refusal)
    return Reply("".join(text), refusal, verax)


def check_and_keep(
    session: Session, client: Client, reply: Reply, receipt_file: Path | None = None, reply_file: Path | None = None
) -> Kept:
    """Check the receipt of `reply` and write both to files; the keyring's folder where none is named."""
    from verax.surfaces.cli.proofs import check_reply, pinned_keys

    identity = session.met_identity(client)
    checked = check_reply(client, lambda: pinned_keys(identity, client), reply.text, reply.verax)
    reply_path = reply_file or identity.receipt_path(reply.verax["id"], ".txt")
    receipt_path = receipt_file or identity.receipt_path(reply.verax["id"], ".json")
    write_private(reply_path, reply.text.encode("utf-8"))
    if checked.receipt is None:
        return Kept(checked, None, None, identity.log_keys_path)
    write_private(receipt_path, checked.receipt.to_bytes())
    opens_reply = "reply" in checked.receipt.open
    return Kept(checked, receipt_path, reply_path if opens_reply else None, identity.log_keys_path)


def tell_claims(verax: dict[str, Any]) -> None:
    """Say on stderr which sentences are supported, and by what."""
    claims, withheld, drafts = verax.get("claims", []), verax.get("withheld", 0), verax.get("drafts")
    if claims or withheld or drafts:
        say()
    for claim in claims:
        sign, colour = _look_of(claim)
        say(f"{sign} {' '.join(claim['text'].split())}", style=colour)
        for found in claim["evidence"]:
            stance = f"{'for' if found['supports'] else 'against'}: " if claim["contested"] else ""
            page = f", page {found['page']}" if found["page"] else ""
            words = " ".join(found["passage"][found["start"] : found["end"]].split())
            say(f"    {stance}{found['source']}{page}: “{words}”")
        if claim["agreement"]:
            say(f"    no evidence; {claim['agreement']['agreeing']} of {claim['agreement']['samples']} samples agree")
    if drafts:
        say(f"draft {drafts['kept'] + 1} of {drafts['drawn']}: the best supported")
    if withheld:
        say(f"{withheld} held back: no source supports them")


def _look_of(claim: dict[str, Any]) -> tuple[str, str]:
    """Return the sign and the colour of a sentence: sources that disagree have one of their own."""
    if claim["contested"]:
        return "±", "yellow"
    return _SIGNS[claim["verdict"]], _COLOURS[claim["verdict"]]


def tell(reply: Reply, kept: Kept | None) -> None:
    """Say on stderr how its sentences stand, what answered, and what is proved of it."""
    from verax.surfaces.cli.proofs import checker_command

    verax = reply.verax
    tell_claims(verax)
    say()
    say(f"release  {shorten(verax['release'])}, {verax['arm']} of {verax['channel']}, mode {verax['mode']}")
    if kept is None:
        say(f"receipt  {verax['id']}, not checked")
        return
    checked = kept.checked
    if checked.state == "failed":
        say(f"receipt  {verax['id']}, FAILED: {checked.problem}", style="red")
    elif checked.state == "promised":
        say(f"receipt  {verax['id']}, promised; not in the log yet")
        say(f"later    verax receipt verify {verax['id']}")
    else:
        index = checked.receipt.proof.index if checked.receipt else 0
        say(f"receipt  {verax['id']}, verified: leaf {index} of the reply log", style="green")
    if kept.receipt_path is not None:
        say(f"check    {checker_command(kept.receipt_path, kept.keys_path, kept.reply_path)}")


def _summary(reply: Reply, kept: Kept | None) -> dict[str, object]:
    verax = reply.verax
    return {
        "reply": reply.text,
        "refusal": reply.refusal,
        "channel": verax["channel"],
        "release": verax["release"],
        "runtime": verax["runtime"],
        "mode": verax["mode"],
        "status": verax.get("status", ""),
        "claims": verax.get("claims", []),
        "withheld": verax.get("withheld", 0),
        "drafts": verax.get("drafts"),
        "receipt": verax["id"],
        "receipt_state": kept.checked.state if kept else "not checked",
        "receipt_file": str(kept.receipt_path) if kept and kept.receipt_path else None,
        "reply_file": str(kept.reply_path) if kept and kept.reply_path else None,
        "key_file": str(kept.keys_path) if kept else None,
    }
