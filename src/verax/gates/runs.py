"""Runs of suites on changes, as they lie on the disk.

::

    <home>/gates/<change>/<suite>/
        run.json        how far it is; written whole
        taken.jsonl     turn ids of the samples taken so far, a line each; only appended to
        report.json     the report, once there is one
        home/ tmp/ log/ worker.log      the worker's own

* A sample that was taken is kept: whoever goes on with a run gets the same replies, never others.
* `attempts` is written before a run begins, so one that takes the server down is counted.
* Nothing here decides anything: what counts is in the governance log, and samples are read from the turns' records.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from verax.gates.running import Taken
from verax.kernel import canonical
from verax.store.disk import Disk, LocalDisk, publish

__all__ = ["GateRun", "RunFiles", "RunState"]

RunState: TypeAlias = Literal["waiting", "running", "passed", "failed", "broken", "cancelled", "refused"]

_FILE, _TAKEN, _REPORT = "run.json", "taken.jsonl", "report.json"


@dataclass(frozen=True, slots=True)
class GateRun:
    """How far one suite is on one change.

    Attributes:
        state: ``broken`` may be begun again until its attempts are used up; ``refused`` says that the result could not
            be written into the log.
        attempts: Runs that were begun.
        is_required: Whether the root demands the suite; only then a result is signed.
        total: Samples of the plan, 0 before it is made.
        detail: Why it ended as it did, a sentence.
        report: Digest of the report, empty before there is one.
    """

    change: str
    suite: str
    state: RunState = "waiting"
    attempts: int = 0
    is_required: bool = True
    total: int = 0
    detail: str = ""
    report: str = ""
    started_ms: int = 0
    ended_ms: int = 0


class RunFiles:
    """The folder of all runs. One process of an installation runs them; others may put in line and cancel.

    Args:
        folder: Made when the first run is kept.
        disk: How files are written.
    """

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self._folder = folder
        self._disk = disk or LocalDisk()

    def folder_of(self, change: str, suite: str) -> Path:
        """Return the folder of one run."""
        if not canonical.is_digest(change) or not suite.replace("_", "").isalnum():
            raise ValueError("run: expected a change's id and a suite's name")
        return self._folder / change / suite

    def read(self, change: str, suite: str) -> GateRun | None:
        """Return a run, None where there is none or its file is damaged."""
        try:
            return GateRun(**json.loads((self.folder_of(change, suite) / _FILE).read_bytes()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def of_change(self, change: str) -> list[GateRun]:
        """Return every run of a change, by suite."""
        found = (self.read(change, path.parent.name) for path in sorted((self._folder / change).glob(f"*/{_FILE}")))
        return [run for run in found if run is not None]

    def all(self) -> Iterator[GateRun]:
        """Yield every run."""
        for path in sorted(self._folder.glob("*/")):
            yield from self.of_change(path.name)

    def write(self, run: GateRun, **changes: object) -> GateRun:
        """Keep a run with `changes`, durably; returns it."""
        changed = replace(run, **changes)  # type: ignore[arg-type]  # the callers' fields are those of the class
        path = self.folder_of(run.change, run.suite) / _FILE
        publish(self._disk, {path: json.dumps(asdict(changed), indent=1).encode() + b"\n"}, is_contested=True)
        return changed

    def taken(self, change: str, suite: str) -> Taken:
        """Return the samples taken so far; a line that was cut short by a crash is left out."""
        found: dict[str, tuple[str, ...]] = {}
        try:
            lines = (self.folder_of(change, suite) / _TAKEN).read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            return found
        for line in lines:
            try:
                value = json.loads(line)
                found[value["key"]] = tuple(value["turns"])
            except (ValueError, TypeError, KeyError):
                continue
        return found

    def note(self, change: str, suite: str, key: str, turns: tuple[str, ...]) -> None:
        """Append one sample; durable on return."""
        line = json.dumps({"key": key, "turns": list(turns)}) + "\n"
        path = self.folder_of(change, suite) / _TAKEN
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            # Begins on a line of its own, also where a crash left half of one.
            os.write(descriptor, b"\n" + line.encode("ascii"))
            os.fdatasync(descriptor) if hasattr(os, "fdatasync") else os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def keep_report(self, change: str, suite: str, data: bytes) -> Path:
        """Keep a report beside its run and return where."""
        path = self.folder_of(change, suite) / _REPORT
        publish(self._disk, {path: data})
        return path

    def report(self, change: str, suite: str) -> bytes | None:
        """Return the report of a run, None where there is none."""
        return self._disk.read(self.folder_of(change, suite) / _REPORT)
