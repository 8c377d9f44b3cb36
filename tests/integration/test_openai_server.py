"""How a server stops: it takes nothing new, finishes what is open, and records what it cannot finish."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from openai import InternalServerError, OpenAI

from verax.surfaces.http.server import serve
from verax.testing.http_world import HttpWorld, usual_backend
from verax.testing.running_server import run_server
from verax.testing.scripted import Reply, Rule, ScriptedBackend

LIMIT_S = 60

SERVE_UNTIL_A_SIGNAL = """
import asyncio, socket, sys
from verax.surfaces.http import serve
from verax.testing.http_world import HttpWorld

async def main():
    listener = socket.create_server(("127.0.0.1", 0))
    async with HttpWorld.open() as world:
        key = await world.make_key()
        ready = lambda: print(listener.getsockname()[1], key, flush=True)
        await serve(world, [listener], on_ready=ready, grace_s=20)
    print("closed", flush=True)

asyncio.run(main())
"""


class Gate:
    """Lets a scripted model wait until the test opens it."""

    def __init__(self) -> None:
        self._open = threading.Event()

    def open(self) -> None:
        self._open.set()

    async def sleep(self, seconds: float) -> None:
        assert await asyncio.to_thread(self._open.wait, LIMIT_S)


def words(stream: Iterator[object]) -> str:
    text = ""
    for chunk in stream:
        for choice in chunk.choices:  # type: ignore[attr-defined]
            text += choice.delta.content or ""
    return text


async def test_a_turn_that_is_open_when_the_server_stops_is_finished() -> None:
    gate = Gate()
    backend = ScriptedBackend([Rule("Begin", Reply(("one two three",), delay_s=1))], sleep=gate.sleep)
    listener = socket.create_server(("127.0.0.1", 0))
    stop, ready = asyncio.Event(), asyncio.Event()
    async with asyncio.timeout(LIMIT_S), HttpWorld.open(backend) as world:
        key = await world.make_key()
        url = f"http://localhost:{listener.getsockname()[1]}"
        serving = asyncio.create_task(serve(world, [listener], on_ready=ready.set, stop=stop, grace_s=LIMIT_S))
        await ready.wait()
        asking = asyncio.create_task(asyncio.to_thread(ask, url, key))
        await until(lambda: bool(backend.calls))
        stop.set()
        await until(lambda: not accepts(url))
        assert not serving.done()
        gate.open()
        assert await asking == "one two three"
        await serving


def ask(url: str, key: str) -> str:
    with OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=LIMIT_S) as client:
        return words(
            iter(
                client.chat.completions.create(
                    model="assistant", messages=[{"role": "user", "content": "Begin"}], stream=True
                )
            )
        )


def accepts(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
        return True
    return False


async def until(is_so: object) -> None:
    """Wait until a condition holds; the caller's time limit ends the waiting."""
    while not is_so():  # type: ignore[operator]
        await asyncio.sleep(0.01)


async def test_a_turn_that_does_not_end_is_cancelled_and_recorded_when_the_grace_is_over() -> None:
    gate = Gate()
    backend = ScriptedBackend([Rule("Begin", Reply(("one two three",), delay_s=1))], sleep=gate.sleep)
    listener = socket.create_server(("127.0.0.1", 0))
    stop, ready = asyncio.Event(), asyncio.Event()
    async with asyncio.timeout(LIMIT_S), HttpWorld.open(backend) as world:
        key = await world.make_key()
        url = f"http://localhost:{listener.getsockname()[1]}"
        serving = asyncio.create_task(serve(world, [listener], on_ready=ready.set, stop=stop, grace_s=0))
        await ready.wait()
        asking = asyncio.create_task(asyncio.to_thread(ask, url, key))
        await until(lambda: bool(backend.calls))
        stop.set()
        await serving
        gate.open()
        with pytest.raises(InternalServerError) as told:
            await asking
        assert told.value.code == "server/stopping"
        await world.settle()
        [turn_id] = await world.turns.ids_of((await world.accounts.resolve_key(key)).user_id)
        assert (await world.turns.get(turn_id)).record.status == "cancelled"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_and_lets_the_caller_close_what_it_opened(number: int) -> None:
    command = [sys.executable, "-c", SERVE_UNTIL_A_SIGNAL]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ}) as process:
        assert process.stdout is not None
        port, key = process.stdout.readline().split()
        response = httpx.get(
            f"http://localhost:{port}/v1/models", headers={"authorization": f"Bearer {key}"}, timeout=LIMIT_S
        )
        assert response.status_code == 200
        process.send_signal(number)
        assert process.stdout.readline() == "closed\n"
        assert process.wait(LIMIT_S) == 0


async def test_keep_alive_connections_do_not_hold_a_server_up() -> None:
    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[HttpWorld]:
        async with HttpWorld.open(usual_backend()) as world:
            yield world

    with run_server(opened) as server, httpx.Client(base_url=server.url, timeout=LIMIT_S) as client:
        assert client.get("/health").status_code == 200
