"""``verax receipt``: show, save, verify and open receipts, of this server or from files."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import click

from verax.kernel.cosignature import Policy
from verax.kernel.errors import ConfigError, VeraxError
from verax.kernel.note import VerifierKey, parse_verifier_keys
from verax.kernel.receipt import Receipt, verify_receipt
from verax.surfaces.cli.approvals import check_governance, governance_bundle
from verax.surfaces.cli.history import read_history
from verax.surfaces.cli.keyring import write_private
from verax.surfaces.cli.opened import open_turn
from verax.surfaces.cli.output import DONE, REFUSED, print_json, print_rows, say
from verax.surfaces.cli.proofs import checker_command, fetch_receipt, pinned_keys, require_receipt
from verax.surfaces.cli.replays import replay_turn
from verax.surfaces.cli.session import Session, pass_session

__all__ = ["receipt"]

_ID = re.compile(r"[0-9a-f]{8,32}\Z")
_STATE_STYLES = {"verified": "green", "failed": "red", "not checked": None}

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class _Found:
    """A receipt and what lies beside it."""

    data: bytes
    reply: bytes | None
    keys: tuple[VerifierKey, ...]
    keys_path: Path | None


@click.group()
def receipt() -> None:
    """Show, save and verify receipts, and open your own turns."""


receipt.add_command(open_turn)
receipt.add_command(replay_turn)


@receipt.command("show")
@click.argument("which", metavar="ID|FILE")
@click.option("--json", "as_json", is_flag=True, help="Print the receipt itself, as it is checked.")
@pass_session
def show(session: Session, which: str, as_json: bool) -> None:
    """Print what a receipt says: the record, its place in the log, what is opened."""
    found = _find(session, which)
    if as_json:
        click.echo(found.data.decode("utf-8"))
        return
    parsed = Receipt.parse(found.data)
    record = parsed.record
    rows = [{"field": name, "value": _plain(value)} for name, value in record.to_dict().items()]
    rows.append({"field": "leaf", "value": str(parsed.proof.index)})
    rows.append({"field": "opened", "value": ", ".join(sorted(parsed.open)) or "nothing"})
    print_rows(["field", "value"], rows)


@receipt.command("save")
@click.argument("turn", metavar="ID")
@click.argument("target", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--reply", "reply_file", type=click.Path(dir_okay=False, path_type=Path), help="Save the reply too.")
@click.option(
    "--governance", "bundle_file", type=click.Path(dir_okay=False, path_type=Path), help="Save who approved it, too."
)
@pass_session
def save(session: Session, turn: str, target: Path, reply_file: Path | None, bundle_file: Path | None) -> None:
    """Save the receipt of turn ID to FILE, and print the command line that checks it."""
    found = _find(session, turn)
    Receipt.parse(found.data)
    if reply_file is not None and found.reply is None:
        raise VeraxError(
            f"receipt {turn[:12]}: this machine does not hold the reply", hint="save it when you ask: --save-reply FILE"
        )
    if bundle_file is not None:
        history = read_history(*session.open_logs())
        write_private(bundle_file, governance_bundle(history, Receipt.parse(found.data).record))
    write_private(target, found.data)
    if reply_file is not None and found.reply is not None:
        write_private(reply_file, found.reply)
    if found.keys_path is not None:
        say(f"check it: {checker_command(target, found.keys_path, reply_file, bundle_file)}")


@receipt.command("verify")
@click.argument("which", metavar="ID|FILE")
@click.option("--key", "key_file", type=_file, help="Verifier keys, one a line; the pinned ones when not given.")
@click.option("--reply", "reply_file", type=_file, help="The exact text that was delivered.")
@click.option("--policy", "policy_file", type=_file, help="Witnesses that must have cosigned it, as a tlog-policy.")
@click.option("--governance", is_flag=True, help="Read the governance log too: was that release in force?")
@click.option("--json", "as_json", is_flag=True, help='Print {"verified", "checks": [{step, name, state, detail}]}.')
@pass_session
def verify(
    session: Session,
    which: str,
    key_file: Path | None,
    reply_file: Path | None,
    policy_file: Path | None,
    governance: bool,
    as_json: bool,
) -> int:
    """Check a receipt: record, proof, signature, inclusion and, where it is at hand, the reply.

    Works on a FILE without a server. With --policy the receipt of a turn ID is asked for anew: the one
    that was kept may be older than its cosignatures. Exits 3 when it does not verify.
    """
    found = _find(session, which, key_file, is_fresh=policy_file is not None)
    reply = reply_file.read_bytes() if reply_file is not None else found.reply
    parsed = Receipt.parse(found.data)
    policy = None if policy_file is None else Policy.parse(policy_file.read_text(encoding="utf-8"))
    checks = verify_receipt(parsed, found.keys, reply, policy)
    if governance:
        history = read_history(*session.open_logs())
        checks = replace(checks, checks=(*checks.checks[:-1], check_governance(history, parsed.record)))
    if as_json:
        rows = [{"step": c.step, "name": c.name, "state": c.state, "detail": c.detail} for c in checks.checks]
        print_json({"verified": checks.is_verified, "checks": rows})
    else:
        for check in checks.checks:
            state = click.style(f"{check.state:<11}", fg=_STATE_STYLES[check.state])
            click.echo(f"{check.step} {check.name:<10} {state}  {check.detail}")
    return DONE if checks.is_verified else REFUSED


def _find(session: Session, which: str, key_file: Path | None = None, *, is_fresh: bool = False) -> _Found:
    """Read a receipt from a file, from the keyring's last turns, or from the server.

    Args:
        is_fresh: Ask the server even for a turn of the keyring, where it answers.
    """
    path = Path(which)
    if not path.is_file() and not _ID.match(which):
        raise ConfigError(f"receipt: no file {which!r}, and no id of a turn", hint="give the id that verax ask printed")
    keys_path = key_file
    identity = session.identity()
    if keys_path is None and identity is not None and identity.log_keys():
        keys_path = identity.log_keys_path
    kept = None if identity is None else identity.kept_receipt(which)
    if path.is_file():
        data, reply = path.read_bytes(), None
    elif kept is not None:
        data, reply = kept.read_bytes(), _read_or_none(kept.with_suffix(".txt"))
        if is_fresh and session.client().is_up():
            turn_id = Receipt.parse(data).record.id
            data = fetch_receipt(session.client(), turn_id) or data
    else:
        client = session.client()
        data, reply = require_receipt(fetch_receipt(client, which), which), None
        if keys_path is None:
            known = session.met_identity(client)
            return _Found(data, reply, pinned_keys(known, client), known.log_keys_path)
    if keys_path is None:
        raise ConfigError("receipt: no log key at hand to check with", hint="name a key file with --key")
    return _Found(data, reply, parse_verifier_keys(keys_path.read_text(encoding="utf-8")), keys_path)


def _read_or_none(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {item}" for name, item in value.items())
    return str(value)
