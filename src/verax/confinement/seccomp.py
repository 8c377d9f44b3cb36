"""A filter of system calls that a process puts on itself and can never take off (Linux, no privileges needed).

* No sockets of its own: `socket`, `connect`, `bind`, `listen`, `accept` and io_uring, which could make them unseen.
  Connections come ready-made from the parent.
* No other program and no child: `execve` fails, `clone` makes threads only.
* Nothing done to other processes: no signals but to itself, no ptrace, no reading of their memory.
* No mounts, namespaces, keys, kernel modules or clocks.

Everything else is allowed: this is a list of what a worker has no use for, not a proof of what it needs.
Sources: seccomp(2), and the system call tables of Linux for x86-64 and arm64.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from dataclasses import dataclass

__all__ = ["filter_program", "forgo_privileges", "is_supported", "put_on"]

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_OFFSET, _ARCH_OFFSET, _FIRST_ARGUMENT_OFFSET = 0, 4, 16
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_CLONE_THREAD = 0x00010000
_X32_BIT = 0x40000000


@dataclass(frozen=True, slots=True)
class _Machine:
    """System call numbers of one architecture."""

    arch: int
    clone: int
    clone3: int
    to_self: tuple[int, ...]
    denied: tuple[int, ...]
    has_x32: bool = False


# to_self: kill, tgkill; their first argument is the process.
_X86_64 = _Machine(
    arch=0xC000003E,
    clone=56,
    clone3=435,
    to_self=(62, 234),
    denied=(
        *(41, 42, 43, 49, 50, 288),  # socket, connect, accept, bind, listen, accept4
        *(57, 58, 59, 322),  # fork, vfork, execve, execveat
        *(
            200,
            129,
            297,
            424,
            434,
            438,
        ),  # tkill, rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_send_signal, pidfd_open, _getfd
        *(101, 310, 311, 312),  # ptrace, process_vm_readv, process_vm_writev, kcmp
        *(155, 161, 165, 166, 272, 308, 428, 429, 430, 431, 432, 433, 442),  # pivot_root, chroot, mounts, namespaces
        *(248, 249, 250, 298, 303, 304, 321, 323),  # keys, perf_event_open, handles, bpf, userfaultfd
        *(425, 426, 427),  # io_uring
        *(169, 175, 176, 227, 246, 313, 164, 305),  # reboot, modules, kexec, clocks
    ),
    has_x32=True,
)
_ARM64 = _Machine(
    arch=0xC00000B7,
    clone=220,
    clone3=435,
    to_self=(129, 131),
    denied=(
        *(198, 203, 202, 200, 201, 242),
        *(221, 281),
        *(130, 138, 240, 424, 434, 438),
        *(117, 270, 271, 272),
        *(41, 51, 40, 39, 97, 268, 428, 429, 430, 431, 432, 433, 442),
        *(217, 218, 219, 241, 264, 265, 280, 282),
        *(425, 426, 427),
        *(142, 105, 106, 112, 104, 273, 170, 266),
    ),
)
_MACHINES = {"x86_64": _X86_64, "aarch64": _ARM64}


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def is_supported() -> bool:
    """Say whether a filter is known for this machine."""
    return sys.platform == "linux" and platform.machine() in _MACHINES


def put_on() -> None:
    """Filter this process from now on, all its threads included that start later.

    Raises:
        OSError: the kernel refused it.
    """
    forgo_privileges()
    program = filter_program(platform.machine(), os.getpid())
    _control(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(_Program(len(program) // 8, program)))


def forgo_privileges() -> None:
    """Let no program that this process starts have more rights than it has; a filter needs that, and so does Landlock.

    Raises:
        OSError: the kernel refused it.
    """
    _control(_PR_SET_NO_NEW_PRIVS, 1, 0)


def filter_program(machine: str, pid: int) -> bytes:
    """Return the filter as classic BPF, eight bytes an instruction.

    Args:
        machine: ``x86_64`` or ``aarch64``.
        pid: The process that signals may go to.
    """
    calls = _MACHINES[machine]
    lines = [
        _line(_LOAD, _ARCH_OFFSET),
        _line(_JUMP_EQUAL, calls.arch, yes=1),
        _line(_RETURN, _KILL),
        _line(_LOAD, _NUMBER_OFFSET),
    ]
    if calls.has_x32:
        lines += [_line(_JUMP_AT_LEAST, _X32_BIT, no=1), _line(_RETURN, _ERRNO | _EPERM)]
    for number in calls.denied:
        lines += [_line(_JUMP_EQUAL, number, no=1), _line(_RETURN, _ERRNO | _EPERM)]
    # A C library that finds no clone3 uses clone, whose flags a filter can see.
    lines += [_line(_JUMP_EQUAL, calls.clone3, no=1), _line(_RETURN, _ERRNO | _ENOSYS)]
    lines += _if_argument(calls.clone, _line(_JUMP_ANY_BIT, _CLONE_THREAD, no=1))
    for number in calls.to_self:
        lines += _if_argument(number, _line(_JUMP_EQUAL, pid, no=1))
    lines.append(_line(_RETURN, _ALLOW))
    return b"".join(lines)


def _if_argument(number: int, test: bytes) -> list[bytes]:
    """Allow one call if its first argument passes `test`, else refuse it; other calls go on."""
    refuse = _line(_RETURN, _ERRNO | _EPERM)
    return [
        _line(_JUMP_EQUAL, number, no=4),
        _line(_LOAD, _FIRST_ARGUMENT_OFFSET),
        test,
        _line(_RETURN, _ALLOW),
        refuse,
    ]


def _control(option: int, value: int, pointer: object) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, pointer, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _line(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)
