"""Drill 6: the governance log planted, rewritten, cut off, damaged, forked, and set back to yesterday.

The insider has the database, every file, and the log's own key, which lies on the server. What tells the last two
histories from the true one is the witness alone: their files agree with each other, and their signatures are good.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from verax.drill.insider import edited, query, replace_home
from verax.drill.keys import judged_change
from verax.drill.machine import Machine, NotAsExpected
from verax.drill.report import Stop
from verax.kernel.drafting import draft_admit
from verax.kernel.dsse import sign_envelope
from verax.kernel.errors import VeraxError
from verax.kernel.statement import NONE
from verax.store.clock import SystemClock
from verax.store.database import open_database
from verax.store.home import Home
from verax.store.witness import WitnessFolder
from verax.surfaces.log_opening import GovernanceRooms, require_keys

__all__ = ["ATTEMPTS", "Attempt", "play_log"]

Attempt: TypeAlias = Callable[[Machine, Path], str]
"""Changes the files of a stopped machine, sees the start refused, and returns why; the path is yesterday's folder."""

_GOVERNANCE = 0


def play_log(machine: Machine, attempts: Mapping[str, Attempt] | None = None) -> Iterator[Stop]:
    """Let the log grow by a proposal, a planted entry and alarms, then attack what lies on the disk.

    Args:
        attempts: Those on the stopped server's files, by what they do; `ATTEMPTS` when omitted.
    """
    yesterday, today = machine.folder / "inside" / "yesterday", machine.folder / "inside" / "today"
    shutil.copytree(machine.home.path, yesterday)
    machine.start()
    release = machine.released()
    read = _read_damaged(machine)
    _plant_admission(machine)
    machine.wait(lambda: _seen_by_witness(machine) == machine.state()["size"], "the witness did not see the log")
    machine.stop()
    shutil.copytree(machine.home.path, today)
    refused = {
        f"{what} and starts the server": _make(what, attempt, machine, yesterday)
        for what, attempt in (ATTEMPTS if attempts is None else attempts).items()
    }
    replace_home(machine.home, today)
    machine.start()
    if machine.head() != release.id:
        raise NotAsExpected("an admission that was planted in the database moved the head")
    machine.ask_as_released(release)
    yield Stop("changes a bit in a file of the log under the running server", read, machine.wait_alarm("store/corrupt"))
    yield Stop(
        "writes an admission that nobody approved into the database of the running server",
        "log/no-effect: the server folds what stands there, and an admission without approvals moves nothing",
        machine.wait_alarm("log/no-effect"),
    )
    for tried, stopped_by in refused.items():
        code = stopped_by.partition(": ")[0]
        yield Stop(tried, stopped_by, machine.wait_alarm("start/refused", cause=code))


def _make(what: str, attempt: Attempt, machine: Machine, yesterday: Path) -> str:
    """Make an attempt; an error says which it was."""
    try:
        return attempt(machine, yesterday)
    except NotAsExpected as error:
        raise NotAsExpected(f"{what}: {error}") from None


def _plant_admission(machine: Machine) -> None:
    """Write Cyd's admission of an unapproved change beside the server, then try the same at its door."""
    cyd = machine.person("cyd")
    change = judged_change(machine, "ben")
    with cyd.at(machine.url) as author:
        draft = draft_admit(author.history.state.changes[change], author.basis())
        key = (author.identity.credentials.key_id, author.identity.daily_seed())
    _insert(machine.home, sign_envelope(draft.payload, [key]))
    # Whatever comes in by the door makes the server take up everything before it; this is refused, and an alarm.
    with contextlib.suppress(VeraxError):
        cyd.admit(machine.url, change)


def _insert(home: Home, entry: bytes) -> None:
    """Append an entry as the server would, without asking it."""
    [(index,)] = query(home, "SELECT appended FROM logs WHERE id = ?", (_GOVERNANCE,))
    query(home, "INSERT INTO log_entries (log_id, idx, entry) VALUES (?, ?, ?)", (_GOVERNANCE, index, entry))
    query(home, "UPDATE logs SET appended = appended + 1 WHERE id = ?", (_GOVERNANCE,))


def _read_damaged(machine: Machine) -> str:
    """Change a bit in the file that holds the entries, and let a person read the log; returns the server's refusal.

    Raises:
        NotAsExpected: the server hands out what was changed.
    """
    [bundle] = (machine.home.governance_dir / "tile" / "entries" / "000.p").glob(str(machine.state()["size"]))
    with edited(bundle, lambda data: bytes([data[0] ^ 1]) + data[1:]):
        try:
            machine.alarms()
        except VeraxError as error:
            return f"{error.reason_code}: {error.message}"
    raise NotAsExpected("a person could read a log whose file was changed")


def _seen_by_witness(machine: Machine) -> int:
    """Return how many entries of the governance log the witness has seen."""
    logs = WitnessFolder(machine.witness_folder).logs()
    return next((log.seen.size for log in logs if log.origin.endswith("/governance") and log.seen), 0)


def _start_rewritten(machine: Machine, _: Path) -> str:
    """Put the first entry in the place of the last."""
    where = "WHERE log_id = ? AND idx = ?"
    [(last,)] = query(machine.home, "SELECT max(idx) FROM log_entries WHERE log_id = ?", (_GOVERNANCE,))
    [(entry,)] = query(machine.home, f"SELECT entry FROM log_entries {where}", (_GOVERNANCE, last))  # noqa: S608 - ours
    [(other,)] = query(machine.home, f"SELECT entry FROM log_entries {where}", (_GOVERNANCE, 0))  # noqa: S608 - ours
    change = f"UPDATE log_entries SET entry = ? {where}"  # noqa: S608 - ours
    query(machine.home, change, (other, _GOVERNANCE, last))
    stopped_by = machine.refused_start()
    query(machine.home, change, (entry, _GOVERNANCE, last))
    return stopped_by


def _start_truncated(machine: Machine, _: Path) -> str:
    """Delete the last entry."""
    [(last,)] = query(machine.home, "SELECT max(idx) FROM log_entries WHERE log_id = ?", (_GOVERNANCE,))
    [row] = query(machine.home, "SELECT * FROM log_entries WHERE log_id = ? AND idx = ?", (_GOVERNANCE, last))
    query(machine.home, "DELETE FROM log_entries WHERE log_id = ? AND idx = ?", (_GOVERNANCE, last))
    stopped_by = machine.refused_start()
    query(machine.home, f"INSERT INTO log_entries VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608 - ours
    return stopped_by


def _start_forked(machine: Machine, yesterday: Path) -> str:
    """Go on from yesterday's log with other entries, by the server's own code and keys."""
    forked = yesterday.with_name("forked")
    shutil.copytree(yesterday, forked)
    [(size,)] = query(machine.home, "SELECT appended FROM logs WHERE id = ?", (_GOVERNANCE,))
    asyncio.run(_go_on(Home(forked), size + 1))
    return _start_replaced(machine, forked)


async def _go_on(home: Home, size: int) -> None:
    """Append entries that the insider can sign, up to `size`: alarms, by the recorder's key, which lies there."""
    async with contextlib.AsyncExitStack() as stack:
        database = open_database(home.database_path)
        stack.callback(database.close)
        store = await GovernanceRooms(home, database, require_keys(home), SystemClock()).open(stack)
        for number in range(size - store.state.size):
            await store.alarm("attempt/refused", NONE, {"number": number}, is_single=True)


def _start_replaced(machine: Machine, folder: Path) -> str:
    """Start on another data folder; whoever repairs puts the newest one back."""
    replace_home(machine.home, folder)
    return machine.refused_start()


ATTEMPTS: Mapping[str, Attempt] = {
    "rewrites an entry in the database": _start_rewritten,
    "deletes the last entry from the database": _start_truncated,
    "signs another history with the log's own key": _start_forked,
    "puts back the data folder of yesterday": _start_replaced,
}
