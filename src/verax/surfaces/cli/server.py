"""``verax up``, ``verax down`` and ``verax status``.

*Life of a start.* The process that people type is replaced by an isolated one (clause 13). That
one makes the installation where there is none yet, shows what must be seen once, and then either
serves or, with ``--detach``, starts a second isolated process and waits until it answers.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from verax.kernel.errors import VeraxError
from verax.surfaces.cli.client import NO_SERVER
from verax.surfaces.cli.output import DONE, FAILED, REFUSED, Progress, print_json, print_rows, print_text, say, shorten
from verax.surfaces.cli.session import Session, pass_session

if TYPE_CHECKING:
    from verax.config import Config

__all__ = ["down", "status", "up"]

_START_LIMIT_S = 180.0
_STOP_WAIT_S = 60.0


@click.command()
@click.option("--detach", is_flag=True, help="Start in the background, and return when the server answers.")
@click.option("--host", metavar="ADDRESS", help="Address to listen on; VERAX_HOST says the same.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on; VERAX_PORT says the same.")
@pass_session
def up(session: Session, detach: bool, host: str | None, port: int | None) -> int:
    """Start the server; the first start makes the installation.

    Stays in the foreground and ends on Ctrl-C, unless --detach is given.
    """
    session.flags.update({name: value for name, value in (("host", host), ("port", port)) if value is not None})
    from verax.store.refusals import noting_refusals

    with noting_refusals(_data_folder(session)):
        return _start(session, detach=detach)


@click.command()
@pass_session
def down(session: Session) -> int:
    """Stop the server of this data folder, all of them on this machine; open turns are finished first."""
    from verax.surfaces.cli.processes import stop_server

    stopped: list[int] = []
    while (pid := stop_server(session.config.home, _STOP_WAIT_S)) is not None and pid not in stopped:
        stopped.append(pid)
        say(f"stopped process {pid}")
    if not stopped:
        say(f"nothing to stop: no server holds {session.config.home}")
    return DONE


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print {running, url, status, checks, governance}.")
@pass_session
def status(session: Session, as_json: bool) -> int:
    """Say whether the server runs, whether it can answer, and what each channel serves.

    Exits 1 when it does not run and 3 when it runs but cannot answer.
    """
    client = session.client(timeout_s=10.0)
    try:
        health = client.health()
        state: dict[str, Any] = client.get_json("/v1/governance/state")
    except VeraxError as error:
        if error.reason_code != NO_SERVER:
            raise
        if as_json:
            print_json({"running": False, "url": client.url, "status": "down", "checks": [], "governance": None})
        else:
            say(error.message)
            say(f"hint: {error.hint}")
        return FAILED
    if as_json:
        answer = {"running": True, "url": client.url, "status": health["status"], "checks": health["checks"]}
        print_json(answer | {"governance": state})
    else:
        _print_status(client.url, health, state)
    return DONE if health["status"] == "ready" else REFUSED


def _start(session: Session, *, detach: bool) -> int:
    config = session.config
    if config.url:
        raise click.UsageError(
            f"the address of another server is set ({config.url}); unset VERAX_URL to start one here"
        )
    from verax.surfaces.cli.direct import is_founded
    from verax.surfaces.cli.processes import find_holder
    from verax.surfaces.launch.environment import check_environment
    from verax.surfaces.launch.launcher import is_isolated, relaunch

    holder = find_holder(config.home)
    if holder is not None and (config.database_url is None or session.client(timeout_s=5.0).is_up()):
        return _say_running(session, holder)
    check_environment(session.environ)
    _check_port(config)
    is_new = not is_founded(session)
    if not is_isolated() and (is_new or not detach):
        relaunch(sys.argv[1:], session.environ)
    if is_new or not detach:
        from verax.surfaces.cli.serving import found_here, serve_here

        measurement = found_here(session) if is_new else None
        if not detach:
            serve_here(session, measurement)
            return DONE
    _serve_in_background(session)
    _tell_running(config)
    return DONE


def _data_folder(session: Session) -> Path:
    """Return the data folder, also where the rest of the configuration is not legal."""
    try:
        return session.config.home
    except VeraxError:
        named = session.flags.get("home") or session.environ.get("VERAX_HOME")
        return Path(str(named)) if named else _default_home(session)


def _default_home(session: Session) -> Path:
    from verax.config import default_home

    return default_home(session.environ)


def _serve_in_background(session: Session) -> None:
    """Start an isolated server that outlives this process, and wait until it answers."""
    from verax.surfaces.cli.processes import start_in_background
    from verax.surfaces.launch.environment import kept_environment
    from verax.surfaces.launch.launcher import isolated_command

    flags = [part for name, value in session.flags.items() for part in ("--set", f"{name}={value}")]
    client = session.client(timeout_s=5.0)
    with Progress("starting the server"):
        start_in_background(
            isolated_command([*flags, "up"]),
            kept_environment(session.environ),
            session.config.home,
            client.is_up,
            wait_s=_START_LIMIT_S,
        )


def _tell_running(config: Config) -> None:
    from verax.surfaces.neighbours import find_model_servers

    say(f"running at {config.base_url}")
    for found in find_model_servers():
        say(f"{found.kind} runs here too; connect it: {found.command}")
    say(f'ask it:  {_command()} ask "Who wrote Hamlet?"')


def _say_running(session: Session, holder: int) -> int:
    if session.client(timeout_s=5.0).is_up():
        say(f"already running at {session.config.base_url}, process {holder}")
        return DONE
    raise VeraxError(
        f"server: process {holder} holds {session.config.home} and does not answer at {session.config.base_url}",
        hint='wait until it has started; "verax down" stops it',
        code="server/not-answering",
    )


def _check_port(config: Config) -> None:
    from verax.surfaces.neighbours import find_port_holder, is_port_free

    if is_port_free(config.host, config.port):
        return
    holder = find_port_holder(config.port)
    who = f"process {holder.pid} ({holder.command})" if holder and holder.pid else "another program"
    raise VeraxError(
        f"port {config.port}: held by {who}", hint="stop it, or set VERAX_PORT to another port", code="server/port-busy"
    )


def _print_status(url: str, health: dict[str, Any], state: dict[str, Any]) -> None:
    mode = "solo: one person decides" if state["solo"] else "quorum"
    print_text(f"{url}: {str(health['status']).replace('_', ' ')}")
    print_text(f"{state['name']}, root {state['root_version']} ({mode}), governance log of {state['size']} entries")
    print_text(f"fingerprint {state['fingerprint']}")
    for check in health["checks"]:
        if not check["ready"]:
            print_text(f"not ready: {check['name']}: {check['detail']}")
    rows = [
        {
            "channel": name,
            "release": shorten(channel["release"] or "") or None,
            "mode": channel["mode"],
            "canary": _canary(channel["canary"]),
            "frozen": channel["frozen"],
        }
        for name, channel in state["channels"].items()
    ]
    print_rows(["channel", "release", "mode", "canary", "frozen"], rows)


def _canary(canary: dict[str, Any] | None) -> str | None:
    return None if canary is None else f"{shorten(canary['release'])} {canary['share_bp'] / 100:g} %"


def _command() -> str:
    """Return how this program is called at this prompt: ``verax`` where it is on the path, else its path."""
    import shutil

    program = Path(sys.prefix) / "bin" / "verax"
    if shutil.which("verax") == str(program) or not program.exists():
        return "verax"
    try:
        return str(program.relative_to(Path.cwd()))
    except ValueError:
        return str(program)
