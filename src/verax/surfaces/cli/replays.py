"""``verax receipt replay``: answer a turn again on this machine and compare, to the byte.

Prompt and sent bytes are checked first: a reply is compared only with what the model was truly asked.
"""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from verax.kernel.errors import ConfigError, VeraxError
from verax.kernel.note import VerifierKey, parse_verifier_keys
from verax.kernel.release import Release
from verax.products.junior.backend import open_engine
from verax.products.junior.library import Library
from verax.surfaces.cli.opened import check_opened, check_record, fetch_turn
from verax.surfaces.cli.output import DONE, FAILED, REFUSED, print_json, print_text
from verax.surfaces.cli.session import Session, pass_session
from verax.surfaces.cli.turnfiles import TurnFile

if TYPE_CHECKING:
    from verax.surfaces.cli.opened import OpenCheck
    from verax.turn.replay import Replayed

__all__ = ["replay_turn"]

_EXITS = {"match": DONE, "no match": REFUSED, "cannot be replayed": FAILED}
_NOT_SHOWN = (
    "No record names stop strings (give yours with --stop), JSON schemas or the server's processor; each of them, "
    "and another version of the engine or of Verax, can change a reply."
)

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("replay")
@click.argument("which", metavar="ID|FILE")
@click.option("--key", "key_file", type=_file, help="Verifier keys of the server, one a line; for a FILE.")
@click.option("--reply", "reply_file", type=_file, help="The exact text that was delivered.")
@click.option("--stop", "stop", multiple=True, metavar="TEXT", help="A stop string of the request; up to 4.")
@click.option("--json", "as_json", is_flag=True, help='Print {"verdict", "detail", "first_difference", "checks", …}.')
@pass_session
def replay_turn(
    session: Session, which: str, key_file: Path | None, reply_file: Path | None, stop: tuple[str, ...], as_json: bool
) -> int:
    """Answer a turn again with the weights on this machine, and say whether the bytes match.

    FILE is what ``verax receipt open ID --save FILE`` wrote, on any machine. Exits 0 on a match, 3
    where the bytes differ or a check fails, 1 where the turn cannot be replayed.
    """
    found, keys = _find(session, which, key_file)
    record = found.opened.record
    checks = [check_record(found.receipt, keys), *check_opened(found.opened)]
    delivered = found.reply if reply_file is None else reply_file.read_bytes()
    result, engine = _judge(session, found, checks, stop, delivered)
    if as_json:
        print_json(
            {
                "verdict": result.verdict,
                "detail": result.detail,
                "first_difference": result.first_difference,
                "id": record.id,
                "release": record.release,
                "weights": record.backend.weights,
                "seed": record.seed,
                "params": [{"name": name, "value": value} for name, value in (record.params or {}).items()],
                "engine": engine,
                "processor": _processor() if engine else "",
                "checks": [{"name": item.name, "state": item.state, "detail": item.detail} for item in checks],
            }
        )
        return _EXITS[result.verdict]
    for check in checks:
        print_text(f"{check.name:<8} {check.state:<11}  {check.detail}")
    print_text(f"replay   {result.verdict}: {result.detail}")
    if engine:
        print_text(f"here     {engine}; {_processor()}")
    if result.verdict == "no match" and engine:
        print_text(_NOT_SHOWN)
    return _EXITS[result.verdict]


def _find(session: Session, which: str, key_file: Path | None) -> tuple[TurnFile, tuple[VerifierKey, ...]]:
    path = Path(which)
    if not path.is_file():
        return fetch_turn(session, which)
    found = TurnFile.parse(path.read_bytes())
    if key_file is not None:
        return found, parse_verifier_keys(key_file.read_text(encoding="utf-8"))
    identity = session.identity()
    lines = [] if identity is None else identity.log_keys()
    if not lines:
        raise ConfigError("receipt: no log key at hand to check with", hint="name a key file with --key")
    return found, parse_verifier_keys("\n".join(lines))


def _judge(
    session: Session, found: TurnFile, checks: list[OpenCheck], stop: tuple[str, ...], delivered: bytes | None
) -> tuple[Replayed, str]:
    """Return the verdict, and the engine that answered, empty where none was asked."""
    from verax.turn.replay import Replayed, why_not

    opened = found.opened
    failed = [check.name for check in checks if check.state == "failed"]
    if failed:
        return Replayed("no match", f"{', '.join(failed)} failed, so nothing was answered again"), ""
    if opened.release is None:
        return Replayed("cannot be replayed", "the release is not at hand"), ""
    refusal = why_not(opened.release, opened.record, opened.segments)
    if refusal:
        return Replayed("cannot be replayed", refusal), ""
    try:
        return asyncio.run(_answer(session, found, opened.release, stop, delivered))
    except VeraxError as error:
        return Replayed("cannot be replayed", error.message), ""


async def _answer(
    session: Session, found: TurnFile, release: Release, stop: tuple[str, ...], delivered: bytes | None
) -> tuple[Replayed, str]:
    # The engine is loaded by this command alone; importing it takes every other one a second.
    from verax.models.registry import Backends
    from verax.surfaces.installation import backend_settings
    from verax.turn.replay import replay

    opened = found.opened
    library = Library(session.config.junior_folder)
    backends = Backends(
        backend_settings(session.config), lambda _: "", open_engine=partial(open_engine, library=library)
    )
    try:
        backend = await backends.resolve(release)
        result = await replay(
            release, opened.record, opened.secret, opened.segments, backend, stop=stop, delivered=delivered
        )
        return result, backend.identity.details.get("engine", backend.identity.kind)
    finally:
        await backends.close()


def _processor() -> str:
    from verax.models.engine import processor_features

    return processor_features()
