"""The load generator: HTTP/1.1 over kept connections, as light as the standard library allows.

* Closed loop: `concurrency` connections, each sends its next request when the last is answered.
* Fixed rate: requests start on a schedule, whether or not earlier ones are done, and a late start
  counts as latency, so a stall is not hidden by the generator waiting for it.
* Streams: time to the first piece of text and the number of pieces, for each stream.

Latencies are milliseconds. Every run is bounded by a count, so it stops by itself.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

__all__ = ["Summary", "Target", "closed_loop", "fixed_rate", "streams", "summarise"]


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go.

    Attributes:
        url: Base URL that ends in ``/v1``.
        key: API key.
        model: Name of the model or channel.
    """

    url: str
    key: str
    model: str

    def request(self, *, stream: bool) -> bytes:
        """Return one chat request, whole."""
        parts = urlsplit(self.url)
        body = {
            "model": self.model,
            "messages": [{"role": "user", "content": "Say twenty words, any twenty words, in one line. " * 4}],
            "stream": stream,
        }
        data = json.dumps(body, separators=(",", ":")).encode()
        head = (
            f"POST {parts.path}/chat/completions HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Authorization: Bearer {self.key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(data)}\r\n\r\n"
        )
        return head.encode() + data


@dataclass(slots=True)
class Result:
    """What one run measured."""

    latencies_ms: list[float] = field(default_factory=list)
    pieces: list[int] = field(default_factory=list)
    failures: int = 0
    wall_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of one run; `rate` is answered requests a second."""

    n: int
    failures: int
    p50_ms: float
    p99_ms: float
    rate: float


def summarise(result: Result) -> Summary:
    """Sum a run up; percentiles are of the answered requests, nearest rank."""
    ordered = sorted(result.latencies_ms)
    if not ordered:
        return Summary(0, result.failures, float("nan"), float("nan"), 0.0)
    return Summary(
        n=len(ordered),
        failures=result.failures,
        p50_ms=round(ordered[len(ordered) // 2], 3),
        p99_ms=round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 3),
        rate=round(len(ordered) / result.wall_s, 1),
    )


async def closed_loop(target: Target, concurrency: int, count: int) -> Result:
    """Send `count` requests over `concurrency` connections, as fast as they are answered."""
    result, request = Result(), target.request(stream=False)
    left = iter(range(count))

    async def worker() -> None:
        link = await _connect(target)
        for _ in left:
            start = time.perf_counter()
            _note(result, start, await _exchange(link, request))
        link[1].close()

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(concurrency)))
    result.wall_s = time.perf_counter() - began
    return result


async def fixed_rate(target: Target, concurrency: int, rate: float, count: int) -> Result:
    """Start `count` requests at `rate` a second over `concurrency` connections."""
    result, request = Result(), target.request(stream=False)
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(concurrency):
        free.put_nowait(await _connect(target))
    began = time.perf_counter()

    async def send(due: float) -> None:
        link = await free.get()
        _note(result, due, await _exchange(link, request))
        free.put_nowait(link)

    tasks = []
    for index in range(count):
        due = began + index / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(send(due)))
    await asyncio.gather(*tasks)
    result.wall_s = time.perf_counter() - began
    while not free.empty():
        free.get_nowait()[1].close()
    return result


async def streams(target: Target, concurrency: int, count: int) -> Result:
    """Run `count` streams, `concurrency` at a time; latency is the time to the first text."""
    result, request = Result(), target.request(stream=True)
    left = iter(range(count))

    async def worker() -> None:
        link = await _connect(target)
        for _ in left:
            start = time.perf_counter()
            first, pieces, is_whole = await _read_stream(link, request, start)
            result.pieces.append(pieces)
            if is_whole and first is not None:
                result.latencies_ms.append(first)
            else:
                result.failures += 1
        link[1].close()

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(concurrency)))
    result.wall_s = time.perf_counter() - began
    return result


Link = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _connect(target: Target) -> Link:
    parts = urlsplit(target.url)
    return await asyncio.open_connection(parts.hostname, parts.port)


async def _exchange(link: Link, request: bytes) -> bool:
    reader, writer = link
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"transfer-encoding: chunked" in head:
        while size := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(size + 2)
        await reader.readuntil(b"\r\n")
    else:
        start = head.index(b"content-length:") + 15
        await reader.readexactly(int(head[start : head.index(b"\r\n", start)]))
    return head.startswith(b"http/1.1 200")


async def _read_stream(link: Link, request: bytes, start: float) -> tuple[float | None, int, bool]:
    reader, writer = link
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 200"):
        raise RuntimeError(f"stream refused: {head[:40]!r} {await reader.read(1000)!r}")
    first, words, is_whole = None, 0, False
    pending = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        pending += (await reader.readexactly(size + 2))[:-2]
        *events, pending = pending.split(b"\n\n")
        for event in events:
            if event == b"data: [DONE]":
                is_whole = True
            found = event.count(b"word")
            if found and first is None:
                first = (time.perf_counter() - start) * 1000
            words += found if b'"choices":[{' in event.replace(b" ", b"") else 0
    await reader.readuntil(b"\r\n")
    return first, words, is_whole


def _note(result: Result, start: float, is_good: bool) -> None:
    if is_good:
        result.latencies_ms.append((time.perf_counter() - start) * 1000)
    else:
        result.failures += 1
