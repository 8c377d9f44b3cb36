"""A process that does one job on foreign bytes and can do nothing else; `verax.truth.process` starts it.

*Order of its life.* It imports its job, from source, hashing the very bytes that it compiles; it
says which files those were and which native code is mapped; it gives up files, sockets, children
and everything over its limits; only then it reads stdin. A parser that is taken over by a hostile
file holds that file and two pipes, and nothing else.

A job is a module below `verax.truth.jobs` with `run(data, arguments, tell)`, which imports at its
top everything that it will ever need. Lines of JSON, in this order: ``code`` {path: digest},
``holds`` [words], then what the job tells, the last of it ``end`` or ``problem``.
"""

import codecs
import ctypes
import hashlib
import importlib
import json
import os
import resource
import signal
import sys
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ExtensionFileLoader, FileFinder, SourceFileLoader
from pathlib import Path
from types import CodeType

_MEMORY_BYTES = 1 << 30
_PROCESSOR_S = 30
_OPEN_FILES = 16
_PR_SET_PDEATHSIG = 1
_executed: dict[str, str] = {}


class _HashingLoader(SourceFileLoader):
    """Compiles a module from its source, never from bytecode, and notes what it compiled."""

    def get_code(self, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        data = self.get_data(path)
        _executed[path] = hashlib.sha256(data).hexdigest()
        code: CodeType = self.source_to_code(data, path)
        return code


def main(arguments: list[str]) -> int:
    """Do one job; the exit code says nothing that the lines do not say."""
    folders, job_name, rest = arguments[:2], arguments[2], arguments[3:]
    loaders = ((ExtensionFileLoader, EXTENSION_SUFFIXES), (_HashingLoader, SOURCE_SUFFIXES))
    sys.path_hooks[:] = [FileFinder.path_hook(*loaders)]
    sys.path_importer_cache.clear()
    sys.path += folders
    job = importlib.import_module(f"verax.truth.jobs.{job_name}")

    from verax.confinement import landlock, seccomp

    # What the libraries would otherwise load when they first meet text.
    for encoding in ("ascii", "cp1252", "cp437", "latin-1", "utf-16-le", "utf-8-sig"):
        codecs.lookup(encoding)
    _tell("code", {str(Path(path).resolve()): digest for path, digest in _code().items()})
    _tell("holds", _confine(landlock, seccomp))
    job.run(sys.stdin.buffer.read(), rest, _tell)
    return 0


def _confine(landlock, seccomp) -> list[str]:  # type: ignore[no-untyped-def]  # loaded in here only
    holds = ["limits"]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        holds.append("dies-with-parent")
    for kind, value in (
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_CPU, _PROCESSOR_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, most = resource.getrlimit(kind)
        wanted = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(kind, (wanted, wanted))
    if seccomp.is_supported():
        seccomp.forgo_privileges()
    if landlock.abi_version():
        landlock.restrict([], [])
        holds.append("files")
    if seccomp.is_supported():
        seccomp.put_on()
        holds.append("calls")
    return holds


def _code() -> dict[str, str]:
    """Return the digests of all code in this process: of what was compiled, of what came before, of what is mapped."""
    first = {getattr(module, "__file__", None) or "" for module in sys.modules.values()}
    files = {path for path in first | _mapped() if path} - _executed.keys()
    return {**_executed, **{path: hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in files}}


def _mapped() -> set[str]:
    """Return the files of all native code in this process, where the system tells which they are."""
    maps = Path("/proc/self/maps")
    if not maps.exists():
        return set()
    lines = maps.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    fields = (line.split(maxsplit=5) for line in lines)
    return {parts[5] for parts in fields if len(parts) == 6 and "x" in parts[1] and parts[5].startswith("/")}


def _tell(kind: str, value: object) -> None:
    line = json.dumps({kind: value}, ensure_ascii=True) + "\n"
    sys.stdout.write(line)
    sys.stdout.flush()


if __name__ == "__main__":
    if not (sys.flags.isolated and sys.flags.no_site and os.getppid() > 0):
        sys.exit("error: worker.py is started by the server only")
    sys.exit(main(sys.argv[1:]))
