"""Every state that a loss of power may leave, from a recorded trace.

The model is what POSIX promises and no more:

* Content that was not synced may be there, be missing, or be torn; each write for itself.
* A name that was created, changed or removed is certain only after its folder was synced.
* What was synced stays.

States are made for every prefix of the trace. For one prefix: everything unsynced lost,
everything kept, contents lost but names kept, names lost but contents kept, each single
operation lost, each single content kept alone, each single write torn in its middle.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from verax.testing.disk import Operation

__all__ = ["CrashState", "SimulatedDisk", "crash_states"]

_Keep = Callable[[Operation], bytes | None]
"""Returns how much of an unsynced operation survives: its data (b"" for names), less, or None."""


@dataclass
class _File:
    """One inode: what is certainly on disk, and what is not."""

    durable: bytes = b""
    pending: list[Operation] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CrashState:
    """Files as a machine finds them after the power came back.

    Attributes:
        step: Operations that had happened.
        label: What was lost.
    """

    step: int
    label: str
    files: dict[str, bytes]
    folders: frozenset[str]

    @property
    def digest(self) -> bytes:
        """Equal for equal states."""
        state = hashlib.sha256(repr(sorted(self.folders)).encode())
        for name in sorted(self.files):
            state.update(f"{name} {len(self.files[name])}\n".encode())
            state.update(self.files[name])
        return state.digest()

    def write_to(self, root: Path) -> None:
        """Make the state in an empty folder."""
        for folder in sorted(self.folders):
            (root / folder).mkdir(parents=True, exist_ok=True)
        for name, data in self.files.items():
            (root / name).write_bytes(data)


class SimulatedDisk:
    """Applies operations, and knows what of them is durable.

    Args:
        files: What is there, durably, before the first operation.
    """

    def __init__(self, files: dict[str, bytes]) -> None:
        self._inodes: list[_File] = [_File(data) for data in files.values()]
        self._durable = {name: number for number, name in enumerate(files)}
        self._cached = dict(self._durable)
        self._folders: set[str] = set()
        self._names: list[tuple[Operation, int]] = []

    def fork(self) -> SimulatedDisk:
        """Return an independent copy."""
        return copy.deepcopy(self)

    def apply(self, operation: Operation) -> None:
        """Carry one operation out in the page cache."""
        path = operation.path
        if operation.kind == "create":
            self._inodes.append(_File())
            self._cached[path] = len(self._inodes) - 1
            self._names.append((operation, self._cached[path]))
        elif operation.kind in ("write", "truncate"):
            self._inodes[self._cached[path]].pending.append(operation)
        elif operation.kind == "sync":
            inode = self._inodes[self._cached[path]]
            inode.durable, inode.pending = _content(inode, _whole), []
        elif operation.kind == "rename":
            number = self._cached.pop(path)
            self._cached[operation.target] = number
            self._names.append((operation, number))
        elif operation.kind in ("remove", "folder"):
            self._cached.pop(path, None)
            self._names.append((operation, -1))
        elif operation.kind == "sync_folder":
            self._sync_folder(path)

    def pending(self) -> tuple[list[Operation], list[Operation]]:
        """Return unsynced content operations and unsynced names."""
        contents = [operation for inode in self._inodes for operation in inode.pending]
        return contents, [operation for operation, _ in self._names]

    def state(self, step: int, label: str, keep: _Keep) -> CrashState:
        """Return what is on disk when `keep` decides what survives."""
        names, folders = dict(self._durable), set(self._folders)
        for operation, number in self._names:
            if keep(operation) is not None:
                _rename(names, folders, operation, number)
        files = {name: _content(self._inodes[number], keep) for name, number in names.items()}
        files = {name: data for name, data in files.items() if _parent(name) in folders or not _parent(name)}
        return CrashState(step, label, files, frozenset(folders))

    def _sync_folder(self, path: str) -> None:
        left: list[tuple[Operation, int]] = []
        for operation, number in self._names:
            if _parent(operation.path) == ("" if path == "." else path):
                _rename(self._durable, self._folders, operation, number)
            else:
                left.append((operation, number))
        self._names = left


def crash_states(operations: Sequence[Operation], disk: SimulatedDisk, *, start: int = 0) -> Iterator[CrashState]:
    """Yield every crash state of a trace, for each prefix from `start` operations on.

    `disk` is the disk before the first operation; it is used up.
    """
    for step, operation in enumerate(operations, start=1):
        disk.apply(operation)
        if step >= start:
            yield from _variants(step, disk)


def _variants(step: int, disk: SimulatedDisk) -> Iterator[CrashState]:
    contents, names = disk.pending()
    yield disk.state(step, "all unsynced lost", _none)
    if not contents and not names:
        return
    yield disk.state(step, "all kept", _whole)
    if contents and names:
        yield disk.state(step, "contents lost, names kept", lambda item: b"" if item in names else None)
        yield disk.state(step, "names lost, contents kept", lambda item: None if item in names else item.data)
    for chosen in (*contents, *names):
        yield disk.state(step, f"lost: {_describe(chosen)}", _all_but(chosen, None))
    for chosen in contents:
        yield disk.state(step, f"kept alone: {_describe(chosen)}", _only(chosen, names))
        if chosen.kind == "write" and len(chosen.data) > 1:
            half = chosen.data[: len(chosen.data) // 2]
            yield disk.state(step, f"torn: {_describe(chosen)}", _all_but(chosen, half))


def _none(_operation: Operation) -> bytes | None:
    return None


def _whole(operation: Operation) -> bytes | None:
    return operation.data


def _all_but(chosen: Operation, instead: bytes | None) -> _Keep:
    return lambda operation: instead if operation is chosen else operation.data


def _only(chosen: Operation, names: Sequence[Operation]) -> _Keep:
    return lambda operation: operation.data if operation is chosen or operation in names else None


def _content(inode: _File, keep: _Keep) -> bytes:
    if not inode.pending:
        return inode.durable
    data = bytearray(inode.durable)
    for operation in inode.pending:
        kept = keep(operation)
        if kept is None:
            continue
        end = operation.offset + len(kept)
        if operation.kind == "truncate":
            del data[operation.offset :]
        if len(data) < end:
            data.extend(bytes(end - len(data)))  # what was never written reads as zeros
        data[operation.offset : end] = kept
    return bytes(data)


def _rename(names: dict[str, int], folders: set[str], operation: Operation, number: int) -> None:
    """Carry a name operation out on the durable names; what its subject lacks is left out."""
    if operation.kind == "create":
        names[operation.path] = number
    elif operation.kind == "folder":
        folders.add(operation.path)
    elif operation.kind == "remove":
        names.pop(operation.path, None)
        folders.discard(operation.path)
    elif names.get(operation.path) == number:
        names[operation.target] = names.pop(operation.path)


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _describe(operation: Operation) -> str:
    goal = f" to {operation.target}" if operation.target else ""
    return f"{operation.kind} {operation.path}{goal} at {operation.offset}"
