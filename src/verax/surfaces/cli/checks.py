"""The checks of ``verax doctor``, one function each; none of them changes anything.

Each returns findings of three states: ``fine``, ``note`` (works, but worth knowing) and
``wrong`` (a turn, or the proof of one, will fail).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from verax.kernel.errors import VeraxError
from verax.store.home import Home
from verax.surfaces.cli.processes import find_holder
from verax.surfaces.cli.session import Session
from verax.surfaces.house_checks import Finding, look_at_disk
from verax.surfaces.neighbours import find_model_servers, find_port_holder, is_port_free

if TYPE_CHECKING:
    from verax.surfaces.cli.history import History

__all__ = ["CHECKS", "Finding", "run_checks"]

_OLDEST_PYTHON = (3, 11)
_FIRST_PYTHON_UNTRIED = (3, 14)
_CLOCK_TOLERANCE_S = 60


Check = Callable[[Session], Iterator[Finding]]


def run_checks(session: Session) -> list[Finding]:
    """Run every check; one that fails itself becomes a finding, so that the others still speak."""
    findings: list[Finding] = []
    for name, check in CHECKS.items():
        try:
            findings += check(session)
        except VeraxError as error:
            findings.append(Finding(name, "wrong", error.message, error.hint))
        except OSError as error:
            findings.append(Finding(name, "wrong", f"{error.filename or name}: {error.strerror}"))
    return findings


def check_python(_: Session) -> Iterator[Finding]:
    """Is this Python one that Verax was tried with?"""
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] < _OLDEST_PYTHON:
        yield Finding("python", "wrong", f"Python {version}; Verax needs 3.11 or newer", "install Python 3.13")
    elif sys.version_info[:2] >= _FIRST_PYTHON_UNTRIED:
        yield Finding("python", "note", f"Python {version}; Verax was tried with 3.11 to 3.13")
    else:
        yield Finding("python", "fine", f"Python {version}")


def check_folder(session: Session) -> Iterator[Finding]:
    """Does the data folder exist, is it ours alone, can it be written?"""
    home = session.config.home
    if not home.exists():
        yield Finding("data folder", "note", f"{home} does not exist yet", '"verax up" makes it')
        return
    if not home.is_dir() or not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        yield Finding("data folder", "wrong", f"{home} cannot be written by this user", "set VERAX_HOME")
        return
    if home.stat().st_mode & 0o077:
        yield Finding("data folder", "wrong", f"{home} is open to other users", f"chmod 700 {home}")
    else:
        yield Finding("data folder", "fine", str(home))


def check_disk(session: Session) -> Iterator[Finding]:
    """Is there room for logs and messages?"""
    yield from look_at_disk(session.config.home)


def check_server(session: Session) -> Iterator[Finding]:
    """Does our server run, and if not, who holds its port or its folder?"""
    config = session.config
    if session.client(timeout_s=5.0).is_up():
        yield Finding("server", "fine", f"runs at {config.client_url}")
        return
    if config.url:
        yield Finding("server", "wrong", f"nothing answers at {config.url}", "check VERAX_URL")
        return
    if not is_port_free(config.host, config.port):
        holder = find_port_holder(config.port)
        who = f"process {holder.pid} ({holder.command})" if holder and holder.pid else "another program"
        yield Finding("port", "wrong", f"{config.port} is held by {who}", "stop it, or set VERAX_PORT to another port")
    else:
        yield Finding("server", "note", "does not run", '"verax up" starts it')
    yield from _check_lock(config.home)


def check_threads(session: Session) -> Iterator[Finding]:
    """Do the model's threads leave a core free? With none free, any other load stalls them all."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = session.config.embedded_threads
    text = f"{threads} for the embedded model on {cores} cores"
    if threads >= cores > 1:
        yield Finding(
            "threads", "note", f"{text}: generation stalls under any other load", f"set threads to {cores - 1}"
        )
    else:
        yield Finding("threads", "fine", text)


def check_clock(session: Session) -> Iterator[Finding]:
    """Did the clock jump back behind what was already written?"""
    checkpoint = Home(session.config.home).governance_dir / "checkpoint"
    newest = max((path.stat().st_mtime for path in (checkpoint, Path(__file__)) if path.exists()), default=0.0)
    behind = newest - time.time()
    if behind > _CLOCK_TOLERANCE_S:
        yield Finding(
            "clock", "wrong", f"stands {behind:,.0f} s before files already written", "set the clock, or start NTP"
        )
    else:
        yield Finding("clock", "fine", time.strftime("%Y-%m-%d %H:%M:%S %Z"))


def check_keyring(session: Session) -> Iterator[Finding]:
    """Are people's keys there, and private?"""
    complaints = session.keyring.complaints()
    for line in complaints:
        yield Finding("keyring", "wrong", line, f"chmod 600 {line.partition(' can be')[0]}")
    if complaints:
        return
    identity = session.identity()
    if identity is None:
        yield Finding("keyring", "note", f"{session.config.keyring} knows nothing of this installation")
    elif not identity.has_daily_key():
        yield Finding("keyring", "note", "holds no signing key: this machine can ask, but not govern")
    else:
        yield Finding("keyring", "fine", str(identity.folder))


def check_neighbours(_: Session) -> Iterator[Finding]:
    """Is there a model server on this machine that could be connected?"""
    for server in find_model_servers():
        names = ", ".join(server.models[:3]) or "no model loaded"
        yield Finding(
            "model server", "note", f"{server.kind} at {server.url}: {names}", f"connect it: {server.command}"
        )


def _check_lock(home: Path) -> Iterator[Finding]:
    holder = find_holder(home)
    if holder is not None:
        yield Finding("lock", "wrong", f"{home} is held by process {holder}", '"verax down" stops it')
    elif Home(home).lock_path.exists():
        yield Finding("lock", "fine", "the data folder is free")


def check_governance(session: Session) -> Iterator[Finding]:
    """Does the governance log verify, do its heads have their weights, is the installed code admitted?"""
    from verax.surfaces.cli.history import read_history

    if session.identity() is None or not session.config.home.is_dir():
        return
    history = read_history(*session.open_logs())
    size = history.checkpoint.size
    yield Finding("governance log", "fine", f"{size} entries, verified; root {history.state.fingerprint[:12]}")
    yield from _check_heads(session, history)
    if not session.config.url:
        yield from _check_runtime(history)


def _check_heads(session: Session, history: History) -> Iterator[Finding]:
    from verax.models.weights import WeightsShelf
    from verax.surfaces.installation import weights_places

    shelf = WeightsShelf(weights_places(session.config))
    for name, channel in sorted(history.state.channels.items()):
        if channel.frozen:
            yield Finding(f"channel {name}", "note", "is frozen: it answers nobody", f"verax channel unfreeze {name}")
        if channel.head is None or name == "runtime":
            continue
        spec = history.release(channel.head).model
        if spec.backend != "embedded" or session.config.url:
            continue
        try:
            path = shelf.find(spec.weights)
        except VeraxError as error:
            yield Finding("weights", "wrong", f"{name}: {error.message}", error.hint)
        else:
            yield Finding("weights", "fine", f"{name}: {path} has the digest of its release")


def _check_runtime(history: History) -> Iterator[Finding]:
    from verax.surfaces.cli.runtimes import describe_code_changes, measure_code

    code = measure_code()
    if history.state.channels["runtime"].head == code.portable.digest:
        yield Finding("runtime", "fine", f"the installed code {code.portable.digest[:12]} is admitted")
        return
    changes = describe_code_changes(history, code)
    yield Finding(
        "runtime",
        "wrong",
        f"the installed code is not the admitted runtime: {len(changes)} differences, first: {changes[0]}",
        '"verax runtime admit" shows what changed and admits it',
    )


CHECKS: dict[str, Check] = {
    "python": check_python,
    "data folder": check_folder,
    "disk": check_disk,
    "server": check_server,
    "threads": check_threads,
    "clock": check_clock,
    "keyring": check_keyring,
    "governance": check_governance,
    "model server": check_neighbours,
}
