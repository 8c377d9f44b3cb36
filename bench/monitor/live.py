"""Blatant lines on a real installation in this process: logs, stores, turns and monitor are the real ones."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from verax.kernel.chronicle import statement_at
from verax.kernel.fold_canary import in_canary
from verax.kernel.statement import Move
from verax.testing.rollout_world import BASE, World, opened

__all__ = ["Caught", "catch"]

_USERS_AT_ONCE = 4
_MOST_USERS = 4_000


@dataclass(frozen=True, slots=True)
class Caught:
    """How a canary was taken out.

    Attributes:
        replies: Replies of the canary until the move back was in force.
        detected_s: From its first reply to the moment that the monitor signed the move back.
        rolled_back_s: From there until the move was in force.
        replies_per_s: Replies of both arms.
    """

    replies: int
    detected_s: float
    rolled_back_s: float
    replies_per_s: float


def catch(line: str, question: Callable[[int], str], share_bp: int) -> Caught | None:
    """Put a line into a canary and ask until it is taken out; None where it never was."""
    return asyncio.run(_catch(line, question, share_bp))


async def _catch(line: str, question: Callable[[int], str], share_bp: int) -> Caught | None:
    with tempfile.TemporaryDirectory(prefix="verax-bench-monitor-") as folder:
        async with opened(Path(folder)) as world:
            await world.start_canary(f"{BASE} {line}", share_bp)
            return await _ask_until_gone(world, question)


async def _ask_until_gone(world: World, question: Callable[[int], str]) -> Caught | None:
    change, share_bp = world.canary.change, world.canary.share_bp
    gone = asyncio.Event()
    began_s, first_ms, gone_ms, replies = time.monotonic(), 0.0, 0.0, 0

    def look() -> None:
        nonlocal gone_ms
        if world.channel.canary is None and not gone.is_set():
            gone_ms = time.time() * 1000
            gone.set()

    async def ask_some() -> None:
        nonlocal first_ms, replies
        while not gone.is_set() and world.count < _MOST_USERS:
            number = world.count
            world.count += 1
            await world.ask(f"user-{number}", question(number))
            if in_canary(change, f"user-{number}", share_bp) and not gone.is_set():
                replies += 1
                first_ms = first_ms or time.time() * 1000

    world.installation.governance.on_adopted(look)
    await asyncio.gather(*(ask_some() for _ in range(_USERS_AT_ONCE)))
    seconds = time.monotonic() - began_s
    if not gone.is_set():
        return None
    signed_ms = _rollback(world).basis.time_ms
    return Caught(
        replies,
        round((signed_ms - first_ms) / 1000, 2),
        round((gone_ms - signed_ms) / 1000, 3),
        round(world.count / seconds, 1),
    )


def _rollback(world: World) -> Move:
    state = world.installation.governance.state
    entries = world.installation.governance_log.log.entries_now(0, state.size)
    statements = (statement_at(entries, outcome.index) for outcome in state.outcomes if outcome.kind == "move")
    return next(move for move in statements if isinstance(move, Move) and move.act == "rollback")
