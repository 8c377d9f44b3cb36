"""What a run costs on top of its turn, what coming back costs, and whether a long conversation costs more.

    python -m bench.chat [OUTPUT.json] [--quick]

A real installation with a scripted model that answers at once serves in a process of its own; the
client holds one connection. Times are medians in milliseconds, the 95th percentile beside them.

* ``completion_first_ms``: a streamed ``/v1/chat/completions``, from the request to its first bytes.
* ``run_first_ms``: a run, from the request that starts it to the first event of its stream, two requests.
* ``run_whole_ms``: the same to its last event, in conversations of 10, 1,000 and 100,000 messages. From
  1,000 on the release's context is full: the model reads as much in both.
* ``resume_ms``: a run of 4,000 pieces that has ended, read again from its middle; and the bytes of that
  against the bytes of the same half when it was streamed.
* ``open_ms``: the newest 100 messages of the longest conversation.
* ``pdf_ms``: uploading a PDF of ten pages, its reading in a process of its own included.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvloop

from bench.machine import describe
from bench.output import output_of, write_result
from verax.surfaces.http.server import serve
from verax.testing.installations import chat_releases, open_installation
from verax.testing.long_conversation import fill_conversation
from verax.testing.pdfs import make_pdf
from verax.testing.scripted import Reply, Rule, ScriptedBackend

_SIZES = {"short": 10, "full": 1_000, "long": 100_000}
_PIECES = 4_000
_START_LIMIT_S = 120


def main(arguments: list[str]) -> int:
    """Measure, or serve for the measuring process."""
    if arguments[:1] == ["--serve"]:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(Path(arguments[1]), json.loads(arguments[2])))
        return 0
    quick = "--quick" in arguments
    result = {"suite": "chat", "machine": describe(), **measure(20 if quick else 60, quick=quick)}
    write_result(result, output_of(arguments))
    return 0


def measure(repeats: int, *, quick: bool) -> dict[str, Any]:
    """Return every figure of the suite."""
    sizes = {**_SIZES, "long": 10_000} if quick else _SIZES
    with tempfile.TemporaryDirectory(prefix="verax-bench-") as folder:
        command = [sys.executable, "-m", "bench.chat", "--serve", folder, json.dumps(sizes)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            if process.stdout is None:
                raise RuntimeError("the server has no output")
            try:
                client = _Client(json.loads(process.stdout.readline()))
                found = _measure(client, repeats)
            finally:
                process.terminate()
                process.wait(_START_LIMIT_S)
    found["messages"] = sizes["long"]
    return {**found, "table": _table(found)}


def _measure(client: _Client, repeats: int) -> dict[str, Any]:
    client.completion()
    run, streamed = client.run_of_pieces()
    resume = f"{run}/events?after={_PIECES // 2}"
    return {
        "resume_ms": _times(lambda: client.read(resume), repeats),
        "resume_bytes": {"resumed": len(client.get(resume)), "streamed_half": streamed // 2},
        "completion_first_ms": _times(client.completion, repeats),
        "run_first_ms": _times(lambda: client.run("short", whole=False), repeats),
        "run_whole_ms": _alternate({name: partial(client.run, name, whole=True) for name in _SIZES}, repeats),
        "open_ms": _times(lambda: client.read(f"{client.path('long')}/messages"), repeats),
        "pdf_ms": _times(client.upload_pdf, max(5, repeats // 10)),
    }


def _table(found: dict[str, Any]) -> list[dict[str, Any]]:
    whole = found["run_whole_ms"]
    rows = [
        (
            "first event of a run over first bytes of a completion",
            "<= 3",
            found["run_first_ms"]["p50"] / found["completion_first_ms"]["p50"],
        ),
        ("a run in the longest conversation over one of 1,000", "about 1", whole["long"]["p50"] / whole["full"]["p50"]),
        ("a run whose context is full, ms", "", whole["full"]["p50"]),
        ("a run in a conversation of 10, ms", "", whole["short"]["p50"]),
        (
            "resuming in the middle of 4,000 pieces over starting a run",
            "<= 1",
            found["resume_ms"]["p50"] / found["run_first_ms"]["p50"],
        ),
        (
            "bytes of that over the bytes it repeats",
            "< 1",
            found["resume_bytes"]["resumed"] / found["resume_bytes"]["streamed_half"],
        ),
        ("opening the longest conversation over HTTP, ms", "< 100", found["open_ms"]["p50"]),
        ("uploading and reading a PDF of ten pages, ms", "", found["pdf_ms"]["p50"]),
    ]
    return [{"figure": name, "aim": aim, "reached": round(value, 2)} for name, aim, value in rows]


class _Client:
    """One connection with a key."""

    def __init__(self, served: dict[str, Any]) -> None:
        self._talks: dict[str, str] = served["talks"]
        self._connection = http.client.HTTPConnection(urlsplit(served["url"]).netloc, timeout=60)
        self._headers = {"authorization": f"Bearer {served['key']}", "content-type": "application/json"}

    def path(self, name: str) -> str:
        """Return the path of a conversation."""
        return f"/v1/conversations/{self._talks[name]}"

    def get(self, path: str) -> bytes:
        """Return a whole answer."""
        return self._send("GET", path).read()

    def read(self, path: str) -> float:
        """Read a whole answer; return the time, as every call below does, in milliseconds."""
        began_s = time.perf_counter()
        self.get(path)
        return _since_ms(began_s)

    def completion(self) -> float:
        """Stream a completion to its first bytes; the rest is read afterwards."""
        body = {"model": "assistant", "messages": [{"role": "user", "content": "Hello"}], "stream": True}
        began_s = time.perf_counter()
        response = self._send("POST", "/v1/chat/completions", body)
        response.readline()
        first_ms = _since_ms(began_s)
        response.read()
        return first_ms

    def run(self, name: str, *, whole: bool) -> float:
        """Say something and watch its run, to its first event or to its end."""
        leaf = json.loads(self.get(self.path(name)))["leaf_id"]
        began_s = time.perf_counter()
        response = self._send("GET", f"{self._start(name, leaf, 'Hello')}/events")
        response.readline()
        first_ms = _since_ms(began_s)
        response.read()
        return _since_ms(began_s) if whole else first_ms

    def run_of_pieces(self) -> tuple[str, int]:
        """Watch a run of many pieces; return its path and how many bytes were streamed."""
        leaf = json.loads(self.get(self.path("short")))["leaf_id"]
        run = self._start("short", leaf, "pieces")
        return run, len(self.get(f"{run}/events"))

    def upload_pdf(self) -> float:
        """Upload a document; it is removed afterwards."""
        pdf = make_pdf(*(f"Page {number}. " + "A line of text. " * 100 for number in range(10)))
        began_s = time.perf_counter()
        made = json.loads(self._send("POST", "/v1/attachments?name=paper.pdf", pdf).read())
        uploaded_ms = _since_ms(began_s)
        self._send("DELETE", f"/v1/attachments/{made['id']}").read()
        return uploaded_ms

    def _start(self, name: str, leaf_id: str, text: str) -> str:
        answer = self._send("POST", f"{self.path(name)}/runs", {"parent_id": leaf_id, "text": text})
        return f"{self.path(name)}/runs/{json.loads(answer.read())['run']['id']}"

    def _send(self, method: str, path: str, body: Any = None) -> http.client.HTTPResponse:
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        self._connection.request(method, path, data, self._headers)
        response = self._connection.getresponse()
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status} {response.read()[:300]!r}")
        return response


def _since_ms(began_s: float) -> float:
    return (time.perf_counter() - began_s) * 1000


def _times(call: Callable[[], float], repeats: int) -> dict[str, float]:
    return _summary([call() for _ in range(repeats)])


def _alternate(calls: dict[str, Callable[[], float]], repeats: int) -> dict[str, dict[str, float]]:
    """Time calls one after the other, so that whatever slows the machine slows all alike."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            times[name].append(call())
    return {name: _summary(found) for name, found in times.items()}


def _summary(times_ms: list[float]) -> dict[str, float]:
    ordered = sorted(times_ms)
    return {"p50": round(statistics.median(ordered), 3), "p95": round(ordered[int(len(ordered) * 0.95)], 3)}


async def _serve(folder: Path, sizes: dict[str, int]) -> None:
    """Open an installation with filled conversations, say where it is, and serve until a signal comes."""
    backend = ScriptedBackend(
        [Rule("^pieces$", Reply(("word " * _PIECES,))), Rule("", "Hamlet was written by William Shakespeare.")]
    )
    listener = socket.create_server(("127.0.0.1", 0))
    async with open_installation(folder, backend, chat_releases(), rate_per_minute=None, max_runs=64) as installation:
        user = await installation.accounts.create_user("bench")
        key = (await installation.accounts.create_key("bench", user.user_id)).plain
        talks = {
            name: await asyncio.to_thread(fill_conversation, installation.database, user.user_id, size)
            for name, size in sizes.items()
        }
        ready = json.dumps({"url": f"http://127.0.0.1:{listener.getsockname()[1]}", "key": key, "talks": talks})
        await serve(installation, [listener], on_ready=lambda: print(ready, flush=True), grace_s=1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
