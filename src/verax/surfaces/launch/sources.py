"""Import from source only, and remember the digest of every source that ran (clause 13).

* The isolated interpreter has no bytecode to read, so every module is compiled at start. The
  loader hashes the very bytes that it compiles; `measure` compares them with what lies on
  the disk. A file that changed between its import and its measurement is found.
* Compiling takes most of the start, so a second process compiles too, from the end of the
  list of the last start backwards, and hands over digest and code through a pipe. That list
  is a hint: it decides who compiles a file, never what runs.

Run as a script this file is that second process. It uses the standard library only, and
`boot` loads it by its path before anything of the package.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import marshal
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ExtensionFileLoader, FileFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import IO

__all__ = ["compile_ahead", "default_hint", "executed_sources", "install_loader", "save_hint", "stop_compiling"]

# So many files that came too late mean that the second process only repeats work.
_MET = 8
_HEADER = struct.Struct(">II32s")

_executed: dict[str, str] = {}
_ahead: dict[str, tuple[str, bytes]] = {}
_processes: list[subprocess.Popen[bytes]] = []


class MeasuringLoader(SourceFileLoader):
    """Compiles a module from its source and notes the digest of what it compiled."""

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the module's code; never from bytecode on the disk."""
        path = self.get_filename(fullname)
        ready = _ahead.pop(path, None)
        if ready is not None:
            _executed[path] = ready[0]
            code: CodeType = marshal.loads(ready[1])  # noqa: S302 - from our own child, through a pipe
            return code
        data = self.get_data(path)
        _executed[path] = hashlib.sha256(data).hexdigest()
        compiled: CodeType = self.source_to_code(data, path)
        return compiled


def install_loader() -> None:
    """Make every later import of a source file go through `MeasuringLoader`."""
    loaders = ((ExtensionFileLoader, EXTENSION_SUFFIXES), (MeasuringLoader, SOURCE_SUFFIXES))
    sys.path_hooks[:] = [FileFinder.path_hook(*loaders)]
    sys.path_importer_cache.clear()


def executed_sources() -> dict[str, str]:
    """Return the digest (hex) of each source that ran, by path, in the order of import.

    Empty in a process that was not started by `boot`.
    """
    return dict(_executed)


def default_hint() -> Path:
    """Return where the list of imported files is kept: inside the environment."""
    return Path(sys.prefix, "share", "verax", "imports.txt")


def compile_ahead(hint: Path) -> None:
    """Start the second process on the files that the last start imported; nothing without a hint."""
    if not hint.is_file():
        return
    command = [sys.executable, "-I", "-S", "-B", "-X", f"pycache_prefix={sys.pycache_prefix}", __file__, str(hint)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    _processes.append(process)
    threading.Thread(target=_receive, args=(process,), name="verax-compile", daemon=True).start()


def stop_compiling() -> None:
    """End the second process; what it made and nobody used is dropped."""
    while _processes:
        process = _processes.pop()
        process.kill()
        process.wait()
    _ahead.clear()


def save_hint(hint: Path) -> None:
    """Write the list for the next start, if it differs."""
    data = "".join(f"{path}\n" for path in _executed).encode("utf-8", "surrogateescape")
    # Without a hint the next start takes longer, and that is all.
    with contextlib.suppress(OSError):
        if not (hint.is_file() and hint.read_bytes() == data):
            hint.parent.mkdir(parents=True, exist_ok=True)
            hint.write_bytes(data)


def _receive(process: subprocess.Popen[bytes]) -> None:
    """Take in frames until the two processes have met in the middle of the list."""
    late = 0
    with process.stdout or io.BytesIO() as stream:
        for path, digest, code in read_frames(stream):
            if path not in _executed:
                _ahead[path] = (digest, code)
                continue
            late += 1
            if late == _MET:
                process.kill()
                return


def read_frames(stream: IO[bytes]) -> Iterator[tuple[str, str, bytes]]:
    """Yield path, digest and marshalled code until the stream ends, whole frames only."""
    while len(header := stream.read(_HEADER.size)) == _HEADER.size:
        path_bytes, code_bytes, digest = _HEADER.unpack(header)
        path, code = stream.read(path_bytes), stream.read(code_bytes)
        if len(code) < code_bytes:
            return
        yield path.decode("utf-8", "surrogateescape"), digest.hex(), code


def write_frame(stream: IO[bytes], path: str, data: bytes) -> None:
    """Compile one source and write its frame."""
    code = marshal.dumps(compile(data, path, "exec", dont_inherit=True))
    name = path.encode("utf-8", "surrogateescape")
    stream.write(_HEADER.pack(len(name), len(code), hashlib.sha256(data).digest()) + name + code)
    stream.flush()


def _compile_listed(hint: Path) -> None:
    for path in reversed(hint.read_bytes().decode("utf-8", "surrogateescape").splitlines()):
        # A file of the last start may be gone; whoever imports it meets the error.
        with contextlib.suppress(OSError, SyntaxError, ValueError):
            write_frame(sys.stdout.buffer, path, Path(path).read_bytes())


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        _compile_listed(Path(sys.argv[1]))
