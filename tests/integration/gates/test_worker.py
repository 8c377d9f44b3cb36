"""Workers that crash, hang, flood, lie or try to get out: none of them makes a gate pass."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from verax.confinement import landlock, seccomp
from verax.gates.plan import Plan, Subject, make_plan
from verax.gates.process import WorkerLimits, WorkerParts, WorkerRunner
from verax.gates.relay import Address
from verax.gates.running import GateBroken, Job
from verax.gates.suite import load_suite
from verax.kernel.errors import ConfigError
from verax.testing.gate_world import gate_release

LIMITS = WorkerLimits(start_s=10, stall_s=10, total_s=30)
PREAMBLE = """
import json, os, sys, time
control, events, folder, parent = sys.argv[4:8]
order = json.loads(sys.stdin.buffer.read())
def tell(**event):
    os.write(int(events), (json.dumps(event) + chr(10)).encode())
"""
READY = "tell(event='ready', engine='a test', confinement=[])\n"


def plan() -> Plan:
    return make_plan(
        load_suite("off_topic"), Subject("ab" * 32, "assistant", "cd" * 32), gate_release("You answer."), None, count=3
    )


@contextlib.asynccontextmanager
async def token() -> AsyncIterator[str]:
    yield "a token"


def runner(folder: Path, script: str, limits: WorkerLimits = LIMITS) -> WorkerRunner:
    """A runner whose worker is `script`; it is started as the real one is."""
    path = folder / "worker"
    path.write_text(f"#!{sys.executable}\n{PREAMBLE}{textwrap.dedent(script)}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return WorkerRunner(WorkerParts(path, lambda: Address("localhost", 9), token, limits=limits))


async def run(folder: Path, script: str, limits: WorkerLimits = LIMITS) -> dict[str, tuple[str, ...]]:
    taken: dict[str, tuple[str, ...]] = {}
    await runner(folder, script, limits).run(Job(plan(), {}, folder / "run", taken.__setitem__))
    return taken


ALL = READY + "for key in KEYS:\n    tell(event='sample', key=key, turns=['t' + key])\n"


def with_keys(script: str) -> str:
    return f"KEYS = {list(plan().keys)!r}\n{script}"


async def test_a_worker_that_reports_every_sample_and_ends_well_is_believed_to_have_asked(tmp_path: Path) -> None:
    taken = await run(tmp_path, with_keys(ALL + "tell(event='done')\n"))
    assert taken == {key: (f"t{key}",) for key in plan().keys}


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("sys.exit(0)", "before it was ready"),
        ("os.abort()", "before it was ready"),
        (READY + "sys.exit(0)", "before it was done"),
        (ALL + "sys.exit(0)", "before it was done"),
        (ALL + "tell(event='done'); sys.exit(3)", "code 3"),
        (READY + "tell(event='done')", "3 samples are missing"),
        (READY + "tell(event='broken', reason='no' + chr(7) + 'luck')", "no luck"),
        (READY + "tell(event='sample', key='x@candidate', turns=['t'])", "not asked for"),
        (READY + "tell(event='sample', key=KEYS[0], turns='t')", "not asked for"),
        (READY + "[tell(event='sample', key=KEYS[0], turns=['t']) for _ in 'ab']", "not asked for"),
        (READY + "os.write(int(events), b'nonsense' + bytes([10]))", "no event"),
        (READY + "os.write(int(events), b'[]' + bytes([10]))", "no event"),
        (READY + "os.write(int(events), b'x' * 300000)", "beyond its limit"),
        (ALL + "tell(event='finished')", "before it was done"),
    ],
)
async def test_a_worker_that_does_anything_else_breaks_the_run(script: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(GateBroken, match=reason):
        await run(tmp_path, with_keys(script))


async def test_a_worker_that_hangs_is_ended(tmp_path: Path) -> None:
    limits = WorkerLimits(start_s=10, stall_s=0.2, total_s=30)
    with pytest.raises(GateBroken, match="said nothing"):
        await run(tmp_path, READY + "open(folder + '/pid', 'w').write(str(os.getpid()))\ntime.sleep(600)", limits)
    pid = int((tmp_path / "run" / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_worker_that_never_gets_ready_or_never_ends_is_ended(tmp_path: Path) -> None:
    with pytest.raises(GateBroken, match="said nothing"):
        await run(tmp_path, "time.sleep(600)", WorkerLimits(start_s=0.2, stall_s=10, total_s=30))
    busy = READY + "while True:\n    tell(event='sample', key=KEYS.pop(), turns=['t']) if KEYS else time.sleep(0.01)"
    with pytest.raises(GateBroken, match="did not end in time"):
        await run(tmp_path, with_keys(busy), WorkerLimits(start_s=10, stall_s=10, total_s=1.0))


async def test_a_worker_gets_a_token_its_order_and_no_variable_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERAX_API_KEY", "vx-secret")
    script = "json.dump([dict(os.environ), order], open(folder + '/seen', 'w'))\n" + ALL + "tell(event='done')"
    await run(tmp_path, with_keys(script))
    environ, order = json.loads((tmp_path / "run" / "seen").read_text())
    assert set(environ) - {"LC_CTYPE"} == {"HOME", "TMPDIR", "PATH", "LANG", "INSPECT_DISPLAY", "INSPECT_LOG_LEVEL"}
    assert order["token"] == "a token"
    assert set(order) == {"token", "plan", "done", "connections"}


async def test_an_environment_that_is_not_there_is_said_before_anything_runs(tmp_path: Path) -> None:
    parts = WorkerParts(tmp_path / "none" / "python", lambda: Address("localhost", 9), token)
    with pytest.raises(ConfigError, match="make gates"):
        WorkerRunner(parts).check()
    with pytest.raises(ConfigError, match="make gates"):
        await WorkerRunner(parts).run(Job(plan(), {}, tmp_path, lambda key, turns: None))


PROBE = """
import json, os, socket, subprocess, sys, threading
from pathlib import Path
from verax.gates.worker.confine import confine
folder = Path(sys.argv[1])
secret = sys.argv[2]
holds = confine(folder, os.getppid())
seen = {}
def attempt(name, call):
    try:
        call()
        seen[name] = "allowed"
    except OSError as error:
        seen[name] = "refused"
attempt("tcp", lambda: socket.create_connection(("127.0.0.1", 9)))
attempt("unix", lambda: socket.socket(socket.AF_UNIX))
attempt("exec", lambda: subprocess.run(["/bin/true"], check=False))
attempt("fork", os.fork)
attempt("signal", lambda: os.kill(os.getppid(), 0))
attempt("group", lambda: os.kill(0, 0))
attempt("secret", lambda: Path(secret).read_bytes())
attempt("beside", lambda: Path(secret).with_name("new").write_bytes(b"x"))
attempt("parent", lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes())
attempt("own", lambda: (folder / "own").write_bytes(b"x"))
attempt("pair", socket.socketpair)
thread = threading.Thread(target=lambda: seen.update(thread="allowed")); thread.start(); thread.join()
print(json.dumps([holds, seen]))
"""


def probe(folder: Path) -> tuple[list[str], dict[str, str]]:
    """Confine a process and let it try to get out."""
    inside = folder / "inside"
    inside.mkdir()
    secret = folder / "server.json"
    secret.write_text("keys")
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROBE, str(inside), str(secret)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    holds, seen = json.loads(done.stdout)
    return holds, seen


def test_a_confined_process_can_do_its_work_and_nothing_else(tmp_path: Path) -> None:
    holds, seen = probe(tmp_path)
    assert "limits" in holds
    assert (seen["own"], seen["pair"], seen["thread"]) == ("allowed", "allowed", "allowed")
    if "calls" in holds:
        assert {seen[name] for name in ("tcp", "unix", "exec", "fork", "signal", "group")} == {"refused"}
    if "files" in holds:
        assert {seen[name] for name in ("secret", "beside", "parent")} == {"refused"}


@pytest.mark.skipif(not landlock.abi_version(), reason="this kernel has no Landlock, so files cannot be closed off")
def test_files_are_closed_off_where_the_kernel_can(tmp_path: Path) -> None:
    assert "files" in probe(tmp_path)[0]


@pytest.mark.skipif(not seccomp.is_supported(), reason="no filter of system calls is known for this machine")
def test_system_calls_are_filtered_where_the_kernel_can(tmp_path: Path) -> None:
    assert "calls" in probe(tmp_path)[0]


def test_a_filter_is_a_whole_number_of_instructions_and_ends_in_a_return() -> None:
    for machine in ("x86_64", "aarch64"):
        program = seccomp.filter_program(machine, 4711)
        assert len(program) % 8 == 0
        assert len(program) // 8 < 4096
        assert program[-8:-6] == bytes([0x06, 0x00])


def interpret(program: bytes, number: int, argument: int, arch: int) -> int:
    """Run a classic BPF program over one system call and return what it answers."""
    import struct

    lines = [struct.unpack_from("=HBBI", program, start) for start in range(0, len(program), 8)]
    data, loaded, place = {0: number, 4: arch, 16: argument}, 0, 0
    while True:
        code, yes, no, value = lines[place]
        if code == 0x06:
            return int(value)
        if code == 0x20:
            loaded, place = data[value], place + 1
            continue
        tests: dict[int, Any] = {0x15: loaded == value, 0x35: loaded >= value, 0x45: bool(loaded & value)}
        place += 1 + (yes if tests[code] else no)


@pytest.mark.parametrize(
    ("machine", "arch", "calls"),
    [
        ("x86_64", 0xC000003E, {"socket": 41, "execve": 59, "ptrace": 101, "clone": 56, "kill": 62, "read": 0}),
        ("aarch64", 0xC00000B7, {"socket": 198, "execve": 221, "ptrace": 117, "clone": 220, "kill": 129, "read": 63}),
    ],
)
def test_the_filter_decides_as_its_description_says(machine: str, arch: int, calls: dict[str, int]) -> None:
    program = seccomp.filter_program(machine, 4711)
    allow, refuse, kill = 0x7FFF0000, 0x00050001, 0x80000000

    def decide(name: str, argument: int = 0, on: int = arch) -> int:
        return interpret(program, calls[name], argument, on)

    assert [decide(name) for name in ("socket", "execve", "ptrace")] == [refuse] * 3
    assert decide("read") == allow
    assert (decide("clone", 0x00010F00), decide("clone", 0x01200011)) == (allow, refuse)
    assert (decide("kill", 4711), decide("kill", 1), decide("kill", 0)) == (allow, refuse, refuse)
    assert decide("read", on=0x40000003) == kill
    if machine == "x86_64":
        assert interpret(program, 0x40000000 + 41, 0, arch) == refuse
    assert interpret(program, 435, 0, arch) == 0x00050026
