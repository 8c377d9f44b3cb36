"""Receipts as the command line fetches, completes, keeps and checks them.

* Keys of the logs are pinned in the keyring: at genesis, or on first contact with a server
  elsewhere. What they did not sign is never believed; only an audited root change adds keys.
* Salts are computed here from the turn's secret; the server is not asked for them.
* The kernel checks; this module fetches and says what was found.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import verax
from verax.kernel import canonical
from verax.kernel.errors import IntegrityError, KernelError, VeraxError
from verax.kernel.merkle import leaf_hash
from verax.kernel.note import VerifierKey, parse_verifier_keys
from verax.kernel.promise import open_promise
from verax.kernel.receipt import Receipt, ReceiptChecks, verify_receipt
from verax.kernel.record import Record, TurnSecret, entry_of
from verax.surfaces.cli.client import Client
from verax.surfaces.cli.keyring import Credentials, Identity, Keyring
from verax.surfaces.cli.output import say

__all__ = [
    "CheckedReply",
    "ReceiptState",
    "check_reply",
    "checker_command",
    "fetch_receipt",
    "meet",
    "open_parts",
    "pinned_keys",
    "require_receipt",
]

ReceiptState = Literal["verified", "promised", "not checked", "failed"]

_POLL_S = 0.2
_WAIT_S = 6.0


@dataclass(frozen=True, slots=True)
class CheckedReply:
    """What became of the receipt of one reply.

    Attributes:
        state: ``promised`` means: not in the log yet, but its promise is signed.
        receipt: The receipt with the salt of the reply opened, None while it is promised.
        checks: Every step of clause 12, None where nothing was checked.
        problem: What failed, in a sentence; empty where nothing did.
    """

    state: ReceiptState
    receipt: Receipt | None = None
    checks: ReceiptChecks | None = None
    problem: str = ""


def pinned_keys(identity: Identity, client: Client) -> tuple[VerifierKey, ...]:
    """Return the pinned verifier keys of the logs; without pins, take and pin the server's."""
    pinned = identity.log_keys()
    if not pinned:
        pinned = client.get_bytes("/log/key").decode("utf-8", "replace").splitlines()
        keys = parse_verifier_keys("\n".join(pinned))
        identity.pin_log_keys(pinned)
        return keys
    return parse_verifier_keys("\n".join(pinned))


def meet(keyring: Keyring, client: Client) -> Identity:
    """Make a keyring entry for a server seen for the first time, and pin the log keys it shows.

    Raises:
        NoteError: the server shows no log keys.
    """
    lines = client.get_bytes("/log/key").decode("utf-8", "replace").splitlines()
    first = parse_verifier_keys("\n".join(lines))[0]
    name = first.name.removesuffix("/governance")
    known = [identity for identity in keyring.identities() if identity.credentials.name == name]
    if known:
        return known[0]
    identity = keyring.create(Credentials(name=name, url=client.url))
    identity.pin_log_keys(lines)
    say(f"first contact with {name} at {client.url}: its log keys are pinned in {identity.log_keys_path}")
    return identity


def fetch_receipt(client: Client, turn_id: str, *, wait_s: float = _WAIT_S) -> bytes | None:
    """Return the receipt of a turn, or None while its leaf is not in the log after `wait_s`."""
    deadline = time.monotonic() + wait_s
    while True:
        response = client.get(f"/v1/receipts/{quote(turn_id, safe='')}")
        if response.status == 200:
            return response.data
        if time.monotonic() >= deadline:
            return None
        time.sleep(_POLL_S)


def open_parts(receipt: Receipt, secret: str, parts: tuple[str, ...]) -> Receipt:
    """Return the receipt with the salts of `parts` opened from the turn's secret."""
    turn = TurnSecret(canonical.hex_decode(secret, 32))
    return replace(receipt, open={**receipt.open, **{name: turn.salt(name) for name in parts}})


def check_reply(
    client: Client, keys: Callable[[], tuple[VerifierKey, ...]], text: str, verax: dict[str, Any]
) -> CheckedReply:
    """Wait for the receipt of a reply that just came, and check it against that reply.

    Args:
        client: The server that replied.
        keys: Returns the pinned keys.
        text: The reply, to the character.
        verax: The `verax` object of its completion.
    """
    try:
        promised = Record.from_dict(verax["record"])
        known = keys()
        data = fetch_receipt(client, promised.id)
        if data is None:
            return _check_promise(promised, verax, known)
        receipt = Receipt.parse(data)
        if promised.reply_form == "text":
            receipt = open_parts(receipt, verax["secret"], ("reply",))
        if entry_of(receipt.record) != entry_of(promised):
            return CheckedReply("failed", receipt, None, "the record in the log is not the one that was promised")
        if receipt.record.release != verax["release"] or receipt.record.channel != verax["channel"]:
            return CheckedReply("failed", receipt, None, "the record names another release or channel than the reply")
        reply = text.encode("utf-8") if promised.reply_form == "text" else None
        checks = verify_receipt(receipt, known, reply)
    except (KernelError, IntegrityError) as error:
        return CheckedReply("failed", problem=error.message)
    except (KeyError, TypeError):
        return CheckedReply("failed", problem="the reply carries no record, secret and promise")
    if checks.is_verified:
        return CheckedReply("verified", receipt, checks)
    failed = [check.detail for check in checks.checks if check.state == "failed"]
    return CheckedReply("failed", receipt, checks, "; ".join(failed) or "a required step was not checked")


def checker_command(receipt: Path, keys: Path, reply: Path | None, bundle: Path | None = None) -> str:
    """Return the command line that checks a saved receipt without this program and without a network."""
    script = Path(verax.__file__).resolve().parents[2] / "conformance" / "check_receipt.py"
    program = ["python3", _short(script)] if script.is_file() else ["verax", "receipt", "verify"]
    command = [*program, _short(receipt), "--key", _short(keys)]
    if reply is not None:
        command += ["--reply", _short(reply)]
    if bundle is not None and script.is_file():
        command += ["--governance", _short(bundle)]
    return shlex.join(command)


def _check_promise(record: Record, verax: dict[str, Any], keys: tuple[VerifierKey, ...]) -> CheckedReply:
    promise = str(verax["promise"]).encode("utf-8")
    signers = [key for key in keys if key.name.endswith("/promise")]
    if not signers:
        return CheckedReply("promised")
    if open_promise(promise, signers).leaf != leaf_hash(entry_of(record)):
        return CheckedReply("failed", problem="the promise is about another leaf")
    return CheckedReply("promised")


def _short(path: Path) -> str:
    """Return the path as a person at this prompt would write it."""
    absolute = path.resolve()
    try:
        return str(absolute.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(absolute)


def require_receipt(data: bytes | None, turn_id: str) -> bytes:
    """Return `data`, or say that the leaf is not in the log yet."""
    if data is None:
        raise VeraxError(
            f"receipt {turn_id[:12]}: promised, not in the log yet",
            hint="ask again in a moment",
            code="receipt/promised",
        )
    return data
