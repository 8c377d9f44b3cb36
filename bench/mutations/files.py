"""Mutations of files that need no knowledge of what is in them, on files chosen by what they are for.

One file is left alone while a server runs: the index of the write-ahead log, ``verax.db-shm``. SQLite maps it into
the memory of the process, and the kernel ends a process (SIGBUS) that reads where such a file was cut off. Whoever cuts
it kills the server, and would kill the process that plays; `bench.mutations.index` does it in a process of its own.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from bench.mutations.case import Case, Mutator, Skip
from bench.mutations.index import INDEX

__all__ = ["FILES"]

_CLASSES = (
    "governance tile",
    "governance bundle",
    "governance checkpoint",
    "reply tile",
    "reply bundle",
    "reply checkpoint",
    "adopted mark",
    "blob",
    "keys",
    "database",
    "lock",
    "any",
)
_NEW_NAMES = (
    "config.toml.bak",
    "governance.seen.tmp",
    ".governance.seen.tmp",
    "alarms.waiting",
    "refused-starts",
    "verax.db-wal",
    "verax.db-journal",
    "verax.db-shm",
    "log/governance/checkpoint.witnessed",
    "log/governance/.known",
    "log/replies/0/.known",
    "log/replies/1/checkpoint",
    "gates/run.json",
    "evidence/x.json",
    "keys/person.json",
    "server.log",
    "sitecustomize.py",
    "blobs/ab/" + "ab" * 32,
    "weights/model.gguf",
    "log/governance/tile/9/000",
)


def _pick(case: Case) -> Path:
    """Choose a class of files, then one of it."""
    kind = case.rng.choice(_CLASSES)
    files = [path for path in case.files() if not (case.is_running and path.name == INDEX)]
    names = {path: case.name(path) for path in files}
    wanted = {
        "governance tile": lambda name: name.startswith("log/governance/tile/0"),
        "governance bundle": lambda name: name.startswith("log/governance/tile/entries"),
        "governance checkpoint": lambda name: name.startswith("log/governance/checkpoint"),
        "reply tile": lambda name: name.startswith("log/replies/0/tile/0"),
        "reply bundle": lambda name: name.startswith("log/replies/0/tile/entries"),
        "reply checkpoint": lambda name: name.startswith("log/replies/0/checkpoint"),
        "adopted mark": lambda name: name == "governance.seen",
        "blob": lambda name: name.startswith("blobs/"),
        "keys": lambda name: name.startswith("keys/"),
        "database": lambda name: name == "verax.db",
        "lock": lambda name: name.endswith("lock"),
        "any": lambda _: True,
    }[kind]
    found = case.choose([path for path in files if wanted(names[path])])
    newest = [path for path in files if path.parent == found.parent]
    if "tile" in kind or "bundle" in kind:  # most partial tiles are of the past: prefer the one in use
        return max(newest, key=lambda path: (path.stat().st_size, path.name)) if case.rng.random() < 0.7 else found
    return found


def flip_bits(case: Case) -> str:
    path = _pick(case)
    data = bytearray(path.read_bytes())
    if not data:
        raise Skip
    places = sorted(case.rng.randrange(len(data)) for _ in range(case.rng.choice((1, 1, 1, 2, 16))))
    for place in places:
        data[place] ^= 1 << case.rng.randrange(8)
    path.write_bytes(data)
    return f"flip bits of {case.name(path)} at {places[:4]}"


def overwrite(case: Case) -> str:
    path = _pick(case)
    data = bytearray(path.read_bytes())
    if not data:
        raise Skip
    start = case.rng.randrange(len(data))
    length = min(len(data) - start, case.rng.choice((1, 4, 32, 512)))
    data[start : start + length] = case.rng.choice((bytes(length), b"\xff" * length, case.rng.randbytes(length)))
    path.write_bytes(data)
    return f"overwrite {length} bytes of {case.name(path)} from {start}"


def cut_out(case: Case) -> str:
    path = _pick(case)
    data = path.read_bytes()
    if len(data) < 2:
        raise Skip
    start = case.rng.randrange(len(data))
    end = min(len(data), start + case.rng.choice((1, 32, 4096)))
    path.write_bytes(data[:start] + data[end:])
    return f"cut bytes {start} to {end} out of {case.name(path)}"


def truncate(case: Case) -> str:
    path = _pick(case)
    size = path.stat().st_size
    if not size:
        raise Skip
    end = case.rng.choice((0, size - 1, size // 2, case.rng.randrange(size)))
    os.truncate(path, end)
    return f"truncate {case.name(path)} to {end} of {size} bytes"


def append(case: Case) -> str:
    path = _pick(case)
    data = path.read_bytes()
    tail = case.rng.choice((b"\n", b"\0", b" ", data[-32:], data, case.rng.randbytes(32)))
    path.write_bytes(data + tail)
    return f"append {len(tail)} bytes to {case.name(path)}"


def delete(case: Case) -> str:
    path = _pick(case)
    path.unlink()
    return f"delete {case.name(path)}"


def delete_folder(case: Case) -> str:
    folder = case.choose(sorted(path for path in case.home.rglob("*") if path.is_dir()))
    shutil.rmtree(folder)
    return f"delete the folder {case.name(folder)}"


def replace_by_folder(case: Case) -> str:
    path = _pick(case)
    path.unlink()
    path.mkdir()
    return f"put a folder in the place of {case.name(path)}"


def replace_by_link(case: Case) -> str:
    path = _pick(case)
    kind = case.rng.choice(("/dev/null", "nowhere", "itself", "another file", "a copy elsewhere"))
    if kind == "a copy elsewhere":
        target = case.folder / "elsewhere"
        path.rename(target)
    elif kind == "another file":
        target = case.choose([other for other in case.files() if other != path])
        path.unlink()
    else:
        path.unlink()
        target = {"/dev/null": Path("/dev/null"), "nowhere": case.folder / "nowhere", "itself": path}[kind]
    path.symlink_to(target)
    return f"put a link to {kind} in the place of {case.name(path)}"


def replace_folder_by_link(case: Case) -> str:
    folder = case.choose([case.home / name for name in ("blobs", "log", "keys", "log/governance", "log/replies/0")])
    target = case.folder / "moved"
    folder.rename(target)
    folder.symlink_to(target)
    return f"move the folder {case.name(folder)} elsewhere and leave a link"


def replace_by_pipe(case: Case) -> str:
    path = _pick(case)
    path.unlink()
    os.mkfifo(path)
    return f"put a pipe in the place of {case.name(path)}"


def swap(case: Case) -> str:
    one, other = _pick(case), _pick(case)
    if one == other:
        raise Skip
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    return f"swap {case.name(one)} and {case.name(other)}"


def copy_over(case: Case) -> str:
    source, target = _pick(case), _pick(case)
    if source == target:
        raise Skip
    target.write_bytes(source.read_bytes())
    return f"copy {case.name(source)} over {case.name(target)}"


def rename(case: Case) -> str:
    path = _pick(case)
    target = path.with_name(case.rng.choice((f"{path.name}.old", f".{path.name}.tmp", path.name[::-1], "x")))
    path.rename(target)
    return f"rename {case.name(path)} to {target.name}"


def change_mode(case: Case) -> str:
    path = case.choose([_pick(case), case.home / "keys" / "server.json", case.home, case.home / "keys"])
    mode = case.rng.choice((0o000, 0o200, 0o400, 0o444, 0o644, 0o660, 0o666, 0o755, 0o777, 0o4700))
    path.chmod(mode)
    return f"give {path.relative_to(case.folder).as_posix()} the mode {mode:o}"


def add_file(case: Case) -> str:
    path = case.home / case.rng.choice(_NEW_NAMES)
    if path.exists():
        raise Skip
    source = _pick(case)
    data = case.rng.choice((b"", b"x", b"{}", case.rng.randbytes(100), source.read_bytes()))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return f"add {case.name(path)} of {len(data)} bytes"


def turn_back_file(case: Case) -> str:
    """Put one file back as it was at an earlier time."""
    older = case.choose(case.world.older)
    path = _pick(case)
    source = older / case.name(path)
    if not source.is_file() or source.read_bytes() == path.read_bytes():
        raise Skip
    shutil.copyfile(source, path)
    return f"put {case.name(path)} of copy {older.name} back"


def turn_back_folder(case: Case) -> str:
    """Put a part of the data folder back as it was at an earlier time."""
    older = case.choose(case.world.older)
    name = case.rng.choice(("blobs", "log", "log/governance", "log/replies", "keys", "log/governance/tile"))
    if not (older / name).is_dir():
        raise Skip
    shutil.rmtree(case.home / name)
    shutil.copytree(older / name, case.home / name)
    return f"put the folder {name} of copy {older.name} back"


def turn_back_several(case: Case) -> str:
    """Put several parts back together, as somebody would who knows which marks there are."""
    older = case.choose(case.world.older)
    parts = ("verax.db", "log/governance", "log/replies", "governance.seen", "blobs")
    chosen = [name for name in parts if case.rng.random() < 0.7]
    for name in chosen:
        target, source = case.home / name, older / name
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        elif source.is_file():
            shutil.copyfile(source, target)
    return f"put {', '.join(chosen) or 'nothing'} of copy {older.name} back"


def turn_back_all(case: Case) -> str:
    """Put the whole data folder back as it was, with the witness in reach or cut off."""
    if case.is_running:
        raise Skip
    older = case.choose(case.world.older)
    case.is_cut_off = case.rng.random() < 0.3
    shutil.rmtree(case.home)
    shutil.copytree(older, case.home)
    return f"put copy {older.name} of the data folder back{', the witness cut off' if case.is_cut_off else ''}"


FILES: dict[Mutator, int] = {
    flip_bits: 10,
    overwrite: 6,
    cut_out: 4,
    truncate: 6,
    append: 5,
    delete: 6,
    delete_folder: 2,
    replace_by_folder: 4,
    replace_by_link: 5,
    replace_folder_by_link: 1,
    replace_by_pipe: 2,
    swap: 5,
    copy_over: 4,
    rename: 3,
    change_mode: 3,
    add_file: 4,
    turn_back_file: 6,
    turn_back_folder: 3,
    turn_back_several: 4,
    turn_back_all: 2,
}
"""Mutators with their weights."""
