"""``verax witness serve`` and its setting-up: a witness on a machine of its own.

Nothing here reads the configuration, the keyring or the data folder of an installation: a
witness is worth something only where the operator of the log cannot reach it.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import secrets
import sys
from pathlib import Path
from typing import Any

import click

from verax.config import base_folder, is_loopback
from verax.kernel.errors import NoteError, VeraxError
from verax.kernel.note import VerifierKey, parse_verifier_keys
from verax.store.clock import SystemClock
from verax.store.home import lock_folder
from verax.store.witness import FollowedLog, Witness, WitnessFolder, WitnessKey
from verax.surfaces.cli.client import Client
from verax.surfaces.cli.output import print_json, print_rows, print_text, say
from verax.surfaces.cli.session import Session, pass_session

__all__ = ["add_log", "key", "serve", "show"]

_PORT = 8421
_FOLDER = "verax-witness"
_MAX_KEY_FILE_BYTES = 100_000

_folder = click.option(
    "--folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The witness's own data folder.",
)


@click.command()
@_folder
@click.option("--host", default="localhost", show_default=True, metavar="ADDRESS", help="Address to listen on.")
@click.option("--port", default=_PORT, show_default=True, type=click.IntRange(0, 65535), help="Port, 0 for a free one.")
@click.option("--unsafe-public-bind", is_flag=True, help="Let other machines reach it; put TLS in front of it.")
@pass_session
def serve(session: Session, folder: Path | None, host: str, port: int, unsafe_public_bind: bool) -> None:
    """Sign the checkpoints of the logs that this witness follows, as C2SP tlog-witness says.

    Needs nothing of an installation. The first start makes its folder and its key.
    """
    from verax.surfaces.listening import bind_all
    from verax.surfaces.witness import serve_witness

    if not is_loopback(host) and not unsafe_public_bind:
        raise click.UsageError(f"{host} can be reached from other machines; give --unsafe-public-bind if that is meant")
    place = _open_folder(session, folder)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    with lock_folder(place.path, "stop the other witness, or give --folder another folder"):
        witness = Witness(place, _require_key(place, None), SystemClock())
        sockets = bind_all(host, port, "--port sets another one")
        url = f"http://{f'[{host}]' if ':' in host else host}:{sockets[0].getsockname()[1]}"

        def tell() -> None:
            say(f"witness {witness.verifier.name} at {url}, follows {len(place.logs())} logs; Ctrl-C ends it")
            say(f"for a policy:  witness NAME {witness.verifier} {url}")

        asyncio.run(serve_witness(witness, sockets, on_ready=tell))


@click.command()
@_folder
@click.option("--name", metavar="NAME", help="Name of a new key: an address without https://, for instance.")
@pass_session
def key(session: Session, folder: Path | None, name: str | None) -> None:
    """Print this witness's verifier key; the first call draws it.

    The key stays in the folder. Whoever puts it into a policy trusts this witness.
    """
    print_text(str(_require_key(_open_folder(session, folder), name).verifier))


@click.command("add-log")
@click.argument("keys", nargs=-1, metavar="KEY|FILE...")
@click.option("--from", "url", metavar="URL", help="Take the keys that this server shows; compare them with somebody.")
@_folder
@pass_session
def add_log(session: Session, keys: tuple[str, ...], url: str | None, folder: Path | None) -> None:
    """Follow the logs of these verifier keys from now on; a running witness need not be stopped.

    A KEY names its log. A FILE holds one a line, as /log/key of a server does.
    """
    lines = [line for text in keys for line in _read_keys(text)]
    if url is not None:
        lines += Client(url).get_bytes("/log/key").decode("utf-8", "replace").splitlines()
    if not lines:
        raise click.UsageError("name a verifier key, a file of them, or --from URL")
    place = _open_folder(session, folder)
    by_log: dict[str, list[VerifierKey]] = {}
    for found in parse_verifier_keys("\n".join(lines)):
        by_log.setdefault(found.name, []).append(found)
    for origin, found_keys in by_log.items():
        if origin.endswith("/promise"):
            continue  # signs promises, not checkpoints
        place.follow(found_keys)
        say(f"follows {origin}")


@click.command("show")
@_folder
@click.option("--json", "as_json", is_flag=True, help='Print {"name", "key", "folder", "logs": [{log, keys, …}]}.')
@pass_session
def show(session: Session, folder: Path | None, as_json: bool) -> None:
    """Say who this witness is, which logs it follows, and what it saw of them."""
    place = _open_folder(session, folder)
    own = _require_key(place, None).verifier
    rows = [_row(log) for log in place.logs()]
    if as_json:
        print_json({"name": own.name, "key": str(own), "folder": str(place.path), "logs": rows})
        return
    print_text(str(own))
    print_rows(["log", "size", "root", "refused"], [row | {"root": str(row["root"] or "")[:12]} for row in rows])


def _row(log: FollowedLog) -> dict[str, Any]:
    return {
        "log": log.origin,
        "keys": [str(item) for item in log.keys],
        "size": 0 if log.seen is None else log.seen.size,
        "root": None if log.seen is None else log.seen.root.hex(),
        "refused": log.refused,
    }


def _open_folder(session: Session, folder: Path | None) -> WitnessFolder:
    path = folder or base_folder(session.environ, "XDG_DATA_HOME", (".local", "share")) / _FOLDER
    place = WitnessFolder(path.expanduser().resolve())
    place.make()
    return place


def _require_key(place: WitnessFolder, name: str | None) -> WitnessKey:
    held = place.load_key()
    if held is not None:
        if name not in (None, held.name):
            raise VeraxError(
                f"witness: its name is {held.name}, and a key never changes its name",
                hint="give --folder another folder for another witness",
                code="witness/other-name",
            )
        return held
    made = place.make_key(name or f"witness-{base64.b32encode(secrets.token_bytes(10)).decode().lower()}", os.urandom)
    say(f"a new witness in {place.path}: {made.name}")
    return made


def _read_keys(text: str) -> list[str]:
    path = Path(text)
    if "+" in text and not path.is_file():
        return [text]
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NoteError(f"{text}: neither a verifier key nor a file that can be read: {error.strerror}") from None
    if len(data) > _MAX_KEY_FILE_BYTES:
        raise NoteError(f"{text}: too large to be a file of verifier keys")
    return [line for line in data.decode("utf-8", "replace").splitlines() if line]
