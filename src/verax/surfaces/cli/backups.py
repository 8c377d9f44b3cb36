"""``verax backup``: one file that holds an installation, made while it runs."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click

from verax.kernel.errors import ConfigError, VeraxError
from verax.store.accounts_settings import SiteFacts
from verax.store.age import Read, new_age_key
from verax.store.backup import BackupManifest
from verax.store.clock import SystemClock
from verax.surfaces.backups import (
    ROWS_ELSEWHERE,
    check_passphrase,
    is_encrypted,
    open_backup,
    read_backup,
    write_backup,
)
from verax.surfaces.cli.direct import with_database
from verax.surfaces.cli.output import Progress, moment, print_json, print_rows, say
from verax.surfaces.cli.session import Session, pass_session
from verax.surfaces.house_checks import BACKUP_FACT
from verax.surfaces.restoring import restore_backup

__all__ = ["backup"]

_stdin = click.option("--stdin", "from_stdin", is_flag=True, help="Read the passphrase from stdin instead of asking.")


@click.group()
def backup() -> None:
    """Make, check and restore backups."""


@backup.command("create")
@click.argument("target", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@_stdin
@click.option("--unencrypted-unsafe", is_flag=True, help="Leave the file readable for everybody who gets it.")
@pass_session
def create(session: Session, target: Path, from_stdin: bool, unencrypted_unsafe: bool) -> None:
    """Write a backup of this installation to the new file FILE; its server may run.

    The file holds the server's private keys and everybody's texts, and is encrypted with a passphrase
    (age format). People's own keys are not in it: copy the keyring folder too.
    """
    if session.config.url:
        raise ConfigError("backup: made on the machine of the server", hint="run this command there, without VERAX_URL")
    if target.exists():
        raise VeraxError(f"{target}: is there already", hint="name a file that is not there yet")
    key = None
    if not unencrypted_unsafe:
        passphrase = _new_passphrase(from_stdin)
        key = new_age_key(passphrase)
    now_ms = int(time.time() * 1000)
    with Progress("copying the database", unit="pages") as copying, Progress("writing", unit="bytes") as writing:
        size = _write(target, write_backup(session.config, now_ms, key, copying.reach), writing)
    with_database(session, lambda database: SiteFacts(database).put(BACKUP_FACT, str(now_ms)))
    say(f"{target}: {size / 1e6:,.1f} MB")
    if key is None:
        say("NOT encrypted: whoever has this file has the server's keys and everybody's texts", style="red")
    else:
        say("keep the passphrase elsewhere: without it nobody can open the file")
    if session.config.database_url is not None:
        say(ROWS_ELSEWHERE, style="yellow")


@backup.command("verify")
@click.argument("source", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_stdin
@click.option("--json", "as_json", is_flag=True, help="Print {installation, made, version, rows, logs}.")
@pass_session
def verify(_: Session, source: Path, from_stdin: bool, as_json: bool) -> None:
    """Read the whole backup FILE, and say what it holds; exits 3 when it is damaged."""
    with open_backup(source) as file, Progress("reading", source.stat().st_size, "bytes") as progress:
        manifest = read_backup(_watched(file, progress), _passphrase_for(file, from_stdin))
    if as_json:
        print_json(_manifest_object(manifest))
        return
    _tell(manifest)


@backup.command("restore")
@click.argument("source", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_stdin
@pass_session
def restore(session: Session, source: Path, from_stdin: bool) -> None:
    """Restore the backup FILE as the data folder, which must be empty or not there yet.

    Checks the whole file, makes unfinished tiles of the logs anew and compares every mark before anything
    gets its place. What was asked and signed since the backup was made is not in it: whoever saw it sees
    that the log went back.
    """
    if session.config.url:
        raise ConfigError("backup: restored on the machine of the server", hint="run this there, without VERAX_URL")
    with open_backup(source) as file, Progress("restoring", source.stat().st_size, "bytes") as progress:
        passphrase = _passphrase_for(file, from_stdin)
        work = restore_backup(_watched(file, progress), passphrase, session.config, SystemClock())
        restored = asyncio.run(work)
    _tell(restored.manifest)
    say(f"restored as {session.config.home}")
    if restored.logs:
        for log in restored.logs:
            say(f"  {log.origin}: {log.size} entries")
        say("start it: verax up")
    else:
        say("now restore the rows with pg_restore, then run: verax log repair", style="yellow")
    say("never run it beside the installation that it is a copy of: both sign with the same log keys,")
    say("and two histories under one key are evidence against their operator")


def _watched(file: BinaryIO, progress: Progress) -> Read:
    """Return a way to read a file that moves a progress bar."""

    def read(size: int) -> bytes:
        data = file.read(size)
        progress.advance(len(data))
        return data

    return read


def _write(target: Path, pieces: Iterator[bytes], progress: Progress) -> int:
    """Write a file under a temporary name, sync it, and give it its name; return its size.

    Raises:
        VeraxError: it cannot be made.
    """
    part = target.with_name(f".{target.name}.part")
    size = 0
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for piece in pieces:
                    size += file.write(piece)
                    progress.advance(len(piece))
                file.flush()
                os.fsync(file.fileno())
            os.link(part, target)  # unlike a rename this never replaces a file that came meanwhile
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise VeraxError(f"{target}: cannot be written: {error.strerror}", hint="name another place") from None
    return size


def _new_passphrase(from_stdin: bool) -> str:
    passphrase = _read(from_stdin, confirms=True)
    check_passphrase(passphrase)
    return passphrase


def _passphrase_for(file: BinaryIO, from_stdin: bool) -> str | None:
    """Return the passphrase of an encrypted file, None for one that is not."""
    return _read(from_stdin, confirms=False) if is_encrypted(file) else None


def _read(from_stdin: bool, *, confirms: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise click.UsageError("nobody is there to ask for the passphrase; give it with --stdin")
    passphrase: str = click.prompt("passphrase", hide_input=True, confirmation_prompt=confirms, err=True)
    return passphrase


def _manifest_object(manifest: BackupManifest) -> dict[str, object]:
    logs = [{"log": log.origin, "size": log.size, "root": log.root} for log in manifest.logs]
    return {
        "installation": manifest.name,
        "made": moment(manifest.made_ms),
        "version": manifest.version,
        "rows": manifest.has_rows,
        "logs": logs,
    }


def _tell(manifest: BackupManifest) -> None:
    say(f"installation {manifest.name}, backup of {moment(manifest.made_ms)}, made by Verax {manifest.version}")
    print_rows(
        ["log", "size", "root"], [{"log": log.origin, "size": log.size, "root": log.root} for log in manifest.logs]
    )
    if not manifest.has_rows:
        say(ROWS_ELSEWHERE)
