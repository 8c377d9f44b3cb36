"""The servers of one run: the mock upstream, the LiteLLM proxy, and Verax with receipts on.

* LiteLLM lives in an environment of its own below ``bench/.peers``, made from a hash lock; it is
  never installed beside Verax.
* Each gateway runs one worker process. Verax runs as a user would run it: a fresh data folder,
  SQLite with full synchronisation, every turn recorded, promised and sealed into its log.
* Every process is ended by its own handle.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path

from bench.gateway.load import Target

__all__ = ["free_port", "litellm", "resident_mib", "upstream", "verax"]

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "bench" / ".peers"
_LITELLM_CONFIG = """\
model_list:
  - model_name: mock
    litellm_params: {{model: openai/mock, api_base: "{url}", api_key: none}}
litellm_settings: {{telemetry: false}}
general_settings: {{master_key: sk-bench-only}}
"""


def free_port() -> int:
    """Return a port on the loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def upstream(pause_ms: float = 0.0) -> Iterator[Target]:
    """Run the mock upstream."""
    port = free_port()
    command = [sys.executable, "-m", "bench.gateway.upstream", str(port), str(pause_ms)]
    with _process(command, cwd=ROOT), _answering(f"http://127.0.0.1:{port}/v1/models", 20):
        yield Target(f"http://127.0.0.1:{port}/v1", "none", "mock")


@contextlib.contextmanager
def litellm(behind: Target, work: Path) -> Iterator[tuple[Target, int]]:
    """Run the LiteLLM proxy with one worker; yields its address and process id."""
    binary = _litellm_environment() / "bin" / "litellm"
    port = free_port()
    config = work / "litellm.yaml"
    config.write_text(_LITELLM_CONFIG.format(url=behind.url))
    command = [str(binary), "--config", str(config), "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
    environment = _clean_environment() | {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    with (
        _process(command, cwd=work, env=environment) as process,
        _answering(f"http://127.0.0.1:{port}/health/liveliness", 120),
    ):
        yield Target(f"http://127.0.0.1:{port}/v1", "sk-bench-only", "mock"), process.pid


@contextlib.contextmanager
def verax(behind: Target, work: Path) -> Iterator[tuple[Target, int]]:
    """Run Verax with a channel that answers from the mock; yields its address and process id."""
    port = free_port()
    environment = _clean_environment() | {
        "VERAX_HOME": str(work / "home"),
        "VERAX_KEYRING": str(work / "keyring"),
        "VERAX_PORT": str(port),
        "VERAX_RATE_PER_MINUTE": "none",
        "VERAX_QUEUE_LENGTH": "1000",
    }
    command = str(ROOT / ".venv" / "bin" / "verax")
    base = f"http://localhost:{port}"
    up = [command, "up"]
    with _process(up, cwd=work, env=environment), _answering(f"{base}/health", 60):
        _run([command, "model", "add", behind.model, "--url", behind.url, "--yes"], environment)
        key = _run([command, "key", "create", "bench"], environment).strip()
    # Started again, the server holds no model of its own: its only channel answers from the mock.
    with _process(up, cwd=work, env=environment) as process, _answering(f"{base}/health", 60):
        yield Target(f"http://127.0.0.1:{port}/v1", key, "assistant"), process.pid


def resident_mib(pid: int) -> float:
    """Return the resident memory of a process and its children, MiB (Linux)."""
    total = 0.0
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            total += int(line.split()[1]) / 1024
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            total += resident_mib(int(child))
    return round(total, 1)


def _litellm_environment() -> Path:
    folder = PEERS / "litellm"
    lock = ROOT / "bench" / "gateway" / "litellm.lock"
    stamp = folder / ".made-from"
    if stamp.exists() and stamp.read_bytes() == lock.read_bytes():
        return folder
    print("setting up the LiteLLM proxy in an environment of its own (several minutes)", file=sys.stderr)
    venv.create(folder, with_pip=True, clear=True)
    subprocess.run([folder / "bin" / "pip", "install", "-q", "--require-hashes", "-r", lock], check=True)
    stamp.write_bytes(lock.read_bytes())
    return folder


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("VERAX_")}


def _run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[1:3])} failed: {done.stderr.strip()}")
    return done.stdout


@contextlib.contextmanager
def _process(command: list[str], cwd: Path, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    log = PEERS.parent / ".work" / f"{Path(command[0]).name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


@contextlib.contextmanager
def _answering(url: str, limit_s: float) -> Iterator[None]:
    deadline = time.monotonic() + limit_s
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                answer.read()
                break
        except OSError:
            if time.monotonic() > deadline:
                raise RuntimeError(f"no answer from {url} within {limit_s:.0f} s; see bench/.work") from None
            time.sleep(0.2)
    yield
