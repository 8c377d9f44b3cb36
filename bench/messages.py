"""Opens a conversation of 100,000 messages, and sends to it.

    python -m bench.messages [OUTPUT.json] [--quick] [--database URL]

Figures, all medians over `_REPEATS` with the 95th percentile beside them:

* ``open_ms``: the newest 100 messages with their siblings, conversation included; the first
  opening after the database was opened afresh is ``open_cold_ms`` (its file is still in the
  operating system's cache).
* ``open_statements``: SQL statements of one opening.
* ``jump_ms``: 100 messages in the middle.
* ``send_ms``: one message, durable, at message 10 and at the end of the long conversation.
* ``open_forked_ms``: the same opening where every second message was asked again, so that the
  path crosses a branch at every step.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from bench.machine import describe
from bench.output import output_of, write_result
from verax.store.database import open_database
from verax.store.messages import Line, Messages

_REPEATS = 200
_USER = "user_bench"
_TEXT = "A line of conversation, about as long as people write when they ask for something simple. " * 3


def main(arguments: list[str]) -> int:
    """Measure one database and write the figures as JSON."""
    names = [argument for argument in arguments if not argument.startswith("-")]
    url = ""
    if "--database" in arguments:
        url = arguments[arguments.index("--database") + 1]
        names.remove(url)
    result = {"suite": "messages", "machine": describe(), **measure("--quick" in arguments, url)}
    write_result(result, output_of(names))
    return 0


def measure(quick: bool, url: str = "") -> dict[str, Any]:
    """Return every figure of the suite, on SQLite in a folder of its own unless a URL is given."""
    with tempfile.TemporaryDirectory(prefix="verax-bench-") as folder:
        found = asyncio.run(_measure(url or str(Path(folder) / "verax.db"), 10_000 if quick else 100_000))
    found["table"] = [
        _row("opening a long conversation, ms (median)", "< 100", found["open_ms"]["p50"]),
        _row("opening a long conversation, ms (p95)", "< 100", found["open_ms"]["p95"]),
        _row("statements of one opening", "<= 3", found["open_statements"]),
        _row(
            "sending at the end over sending at 10",
            "about 1",
            found["send_at_end_ms"]["p50"] / found["send_at_10_ms"]["p50"],
        ),
    ]
    return found


async def _measure(target: str, count: int) -> dict[str, Any]:
    started_s = time.perf_counter()
    database = open_database(target)
    messages = Messages(database)
    long_chat = await _fill(messages, count)
    short_chat = await _fill(messages, 10)
    forked_chat = await _fill_forked(messages, count // 50)
    database.close()
    fill_s = time.perf_counter() - started_s

    statements: list[str] = []
    database = open_database(target, observe=statements.append)
    messages = Messages(database)
    cold = await _time(lambda: messages.path(long_chat, _USER), 1)
    statements.clear()
    page = await messages.path(long_chat, _USER)
    if len(page.messages) != 100 or page.length != count:
        raise RuntimeError(f"expected 100 of {count} messages, found {len(page.messages)} of {page.length}")
    found: dict[str, Any] = {
        "messages": count,
        "database": database.dialect,
        "fill_s": round(fill_s, 1),
        "open_statements": len(statements),
        "open_cold_ms": cold["p50"],
        "open_ms": await _time(lambda: messages.path(long_chat, _USER)),
        "open_short_ms": await _time(lambda: messages.path(short_chat, _USER)),
        "open_forked_ms": await _time(lambda: messages.path(forked_chat, _USER)),
        "jump_ms": await _time(lambda: messages.path(long_chat, _USER, before=count // 2)),
        "search_ms": await _time(lambda: messages.search(_USER, "needle in the haystack"), 5),
    }
    found["send_at_10_ms"], found["send_at_end_ms"] = await _time_sending(messages, (short_chat, long_chat))
    database.close()
    return found


def _row(name: str, aim: str, value: float) -> dict[str, Any]:
    return {"figure": name, "aim": aim, "reached": round(value, 2)}


async def _fill(messages: Messages, count: int) -> str:
    chat = await messages.create(_USER, channel="assistant", title="long")
    parent, done = "", 0
    while done < count:
        step = min(1000, count - done)
        lines = [Line("assistant" if (done + index) % 2 else "user", _TEXT) for index in range(step)]
        parent = (await messages.append(chat, _USER, parent, lines))[-1].message_id
        done += step
    return chat


async def _fill_forked(messages: Messages, turns: int) -> str:
    chat = await messages.create(_USER, channel="assistant", title="forked")
    parent = ""
    for _ in range(turns):
        (question,) = await messages.append(chat, _USER, parent, [Line("user", _TEXT)])
        for _ in range(2):
            (reply,) = await messages.append(chat, _USER, question.message_id, [Line("assistant", _TEXT)])
        parent = reply.message_id
    return chat


async def _time(call: Callable[[], Awaitable[object]], repeats: int = _REPEATS) -> dict[str, float]:
    times_ms = []
    for _ in range(repeats):
        started_s = time.perf_counter()
        await call()
        times_ms.append((time.perf_counter() - started_s) * 1000)
    return _summary(times_ms)


async def _time_sending(messages: Messages, chats: Sequence[str]) -> list[dict[str, float]]:
    """Send to each conversation in turn, so that whatever slows the disk slows all alike."""
    parents = [(await messages.path(chat, _USER)).messages[-1].message_id for chat in chats]
    times_ms: list[list[float]] = [[] for _ in chats]
    for _ in range(_REPEATS):
        for index, chat in enumerate(chats):
            started_s = time.perf_counter()
            (sent,) = await messages.append(chat, _USER, parents[index], [Line("user", _TEXT)])
            times_ms[index].append((time.perf_counter() - started_s) * 1000)
            parents[index] = sent.message_id
    return [_summary(times) for times in times_ms]


def _summary(times_ms: list[float]) -> dict[str, float]:
    ordered = sorted(times_ms)
    return {"p50": round(statistics.median(ordered), 3), "p95": round(ordered[int(len(ordered) * 0.95)], 3)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
