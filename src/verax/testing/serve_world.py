"""Serve an installation with a scripted model: ``python -m verax.testing.serve_world --port 8500``.

For building the web app without a model. Everything is real but the model
(`verax.testing.installations.chat_backend` says what it answers). Sign in as ``ann`` with the
password ``correct horse``; ann owns the place and has some conversations, one of them long.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
import tempfile
from pathlib import Path

import uvloop

from verax.surfaces.conversations.runs import Ask
from verax.surfaces.http.server import serve
from verax.surfaces.installation import Installation
from verax.testing.installations import chat_backend, open_installation
from verax.testing.long_conversation import fill_conversation
from verax.turn.request import Caller

__all__ = ["NAME", "PASSWORD", "fill_world", "main"]

NAME, PASSWORD = "ann", "correct horse"

_TALKS = (
    ("assistant", ("Who wrote Hamlet?", "And who is Hamlet?")),
    ("assistant", ("markdown",)),
    ("assistant", ("fail midway", "Try again, please.")),
    ("assistant", ("refuse",)),
    ("assistant", ("谁写了《哈姆雷特》?", "谢谢")),
    ("assistant", ("من كتب هاملت؟",)),
    ("tiny", ("Who wrote Hamlet?",)),
)


async def fill_world(installation: Installation, *, long: int = 10_000) -> str:
    """Give the world its user and conversations, unless they are there; return the user's id.

    Args:
        long: Messages of the long conversation.
    """
    for user in await installation.accounts.users():
        if user.name == NAME:
            return user.user_id
    made = await installation.accounts.create_user(NAME, password=PASSWORD, roles=("owner", "member"))
    caller = Caller(made.user_id, made.roles)
    await asyncio.to_thread(fill_conversation, installation.database, made.user_id, long)
    for channel, texts in _TALKS:
        conversation_id = await installation.messages.create(made.user_id, channel=channel)
        for text in texts:
            talk = await installation.messages.conversation(conversation_id, made.user_id)
            begun = await installation.runs.start(caller, conversation_id, Ask(talk.leaf_id, text))
            await begun.run.ended.wait()
    return made.user_id


async def _serve(arguments: argparse.Namespace, folder: Path) -> None:
    backend = chat_backend(arguments.delay_ms / 1000)
    listener = socket.create_server(("127.0.0.1", arguments.port))
    async with open_installation(
        folder, backend, rate_per_minute=None, database_url=arguments.database
    ) as installation:
        await fill_world(installation, long=arguments.long)
        port = listener.getsockname()[1]
        ready = f"http://localhost:{port} serves {folder}; sign in as {NAME!r} with {PASSWORD!r}"
        await serve(installation, [listener], on_ready=lambda: print(ready, flush=True), grace_s=2)


def main(arguments: list[str]) -> int:
    """Serve until a signal comes."""
    parser = argparse.ArgumentParser(prog="serve_world", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--port", type=int, default=0, help="0 for any free port")
    parser.add_argument("--home", type=Path, help="keep the installation in this folder; a temporary one when omitted")
    parser.add_argument("--database", help="a PostgreSQL URL; several servers may share it and the home")
    parser.add_argument("--delay-ms", type=float, default=20.0, help="wait before each word of an answer")
    parser.add_argument("--long", type=int, default=10_000, help="messages of the long conversation")
    given = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="verax-world-") as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_serve(given, given.home or Path(folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
