"""Everything a worker gives up before it loads the engine.

What holds on a given machine is returned, word by word, and stands in the report of the gate:

* ``limits``: memory, processor time, size of files, open files, no core dumps (every POSIX system);
* ``dies-with-parent``: the kernel ends the worker when its parent ends (Linux);
* ``files``: reads only its own environment and the system's libraries, writes only its own folder (Landlock);
* ``no-tcp``: TCP refused a second time, by Landlock (Linux 6.7 and later);
* ``calls``: no sockets of its own, no other programs, no children, nothing done to other processes (seccomp).

The worker's user is the server's: without ``files`` it could read the server's keys. A machine without it says so.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import sysconfig
from pathlib import Path

import verax
from verax.confinement import landlock, seccomp

__all__ = ["confine"]

_MEMORY_BYTES = 4 * 2**30
_PROCESSOR_S = 1800
_FILE_BYTES = 256 * 2**20
_OPEN_FILES = 256
_PR_SET_PDEATHSIG = 1
_SYSTEM = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types", "/proc/self")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")


def confine(folder: Path, parent: int) -> list[str]:
    """Give up what the worker has no use for; returns what holds.

    Args:
        folder: The one folder that may be written.
        parent: Process id of the parent, as the parent said it.

    Raises:
        OSError: the system offers something and then refused it.
    """
    holds = [_limit()]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            raise OSError("the parent ended before the worker began")
        holds.append("dies-with-parent")
    if seccomp.is_supported():
        # Both need "no new privileges", which the first sets; Landlock opens files, so it comes before the filter.
        seccomp.forgo_privileges()
    if landlock.abi_version():
        version = landlock.restrict(_readable(), [folder, *map(Path, _DEVICES)])
        holds += ["files", "no-tcp"] if version >= 4 else ["files"]
    if seccomp.is_supported():
        seccomp.put_on()
        holds.append("calls")
    return holds


def _readable() -> list[Path]:
    own = {sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), str(Path(verax.__file__).resolve().parent)}
    return [Path(path) for path in sorted({*own, *_SYSTEM}) if Path(path).exists()]


def _limit() -> str:
    limits = {
        resource.RLIMIT_AS: _MEMORY_BYTES,
        resource.RLIMIT_CPU: _PROCESSOR_S,
        resource.RLIMIT_FSIZE: _FILE_BYTES,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
        resource.RLIMIT_CORE: 0,
    }
    for kind, wanted in limits.items():
        _, most = resource.getrlimit(kind)
        value = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
        resource.setrlimit(kind, (value, value))
    return "limits"
