"""Watching, from outside, how long a bad canary lasts: replies and seconds until it is found, and until it is gone.

* *Found* is the time that the monitor's signed rollback claims.
* *Gone* is when somebody who had been served by the canary gets a reply of the head again.
* Replies are counted where people got them: a reply counts for the arm that its record names.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from verax.drill.crowd import Crowd
from verax.drill.machine import CHANNEL, PEOPLE, Machine, NotAsExpected, Rung
from verax.kernel.chronicle import chronicle
from verax.kernel.statement import Move

__all__ = ["LIMIT_REPLIES", "LIMIT_S", "ROLLBACK_LIMIT_S", "Caught", "watch_canary"]

LIMIT_REPLIES = 200
LIMIT_S = 60.0
"""A bad canary is found within so many of its replies and within so many seconds."""

ROLLBACK_LIMIT_S = 10.0
"""Once found it is gone within this."""

_PEOPLE_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Caught:
    """How a canary was taken out.

    Attributes:
        canary_replies: Replies that it gave until it was gone.
        replies: Replies of both arms in that time.
        found_s: From its first reply to the monitor's signature.
        gone_s: From there to the first reply of the head to somebody whom the canary had served.
        alarm: ``monitor/tripped``, as it stands in the log.
    """

    canary_replies: int
    replies: int
    found_s: float
    gone_s: float
    alarm: Rung


def watch_canary(machine: Machine, crowd: Crowd, question: Callable[[int], str], canary: str) -> Caught:
    """Let more and more people ask until the canary is gone.

    Args:
        question: What the person of a number asks.
        canary: Release id of the canary.

    Raises:
        NotAsExpected: it is not found, or not gone, in time.
    """
    served: int | None = None
    replies = canary_replies = 0
    first_s = gone_s = 0.0
    while not gone_s:
        fresh = range(len(crowd), len(crowd) + _PEOPLE_AT_ONCE)
        crowd.join(len(fresh))
        started_s = time.time()
        # Somebody whom the canary served asks again last, and so sees first that it is gone.
        users = [*fresh] if served is None else [*fresh, served]
        heard = crowd.ask(CHANNEL, users, question)
        bad = [number for number, reply in zip(users, heard, strict=True) if reply.release == canary]
        replies, canary_replies = replies + len(heard), canary_replies + len(bad)
        if served is not None and heard[-1].release != canary:
            gone_s = heard[-1].ended_s
        elif bad:
            first_s, served = first_s or started_s, bad[0]
        lasted_s = time.time() - first_s if first_s else 0.0
        if not gone_s and (canary_replies > LIMIT_REPLIES or lasted_s > LIMIT_S + ROLLBACK_LIMIT_S):
            raise NotAsExpected(f"the canary gave {canary_replies} replies in {lasted_s:.0f} s and was not taken out")
    found_ms, move_index = _rollback(machine, canary)
    caught = Caught(
        canary_replies,
        replies,
        found_ms / 1000 - first_s,
        gone_s - found_ms / 1000,
        machine.wait_alarm("monitor/tripped", move_index),
    )
    if caught.canary_replies > LIMIT_REPLIES or caught.found_s > LIMIT_S:
        raise NotAsExpected(f"the canary gave {canary_replies} replies in {caught.found_s:.0f} s before it was found")
    if caught.gone_s > ROLLBACK_LIMIT_S:
        raise NotAsExpected(f"the canary still answered {caught.gone_s:.0f} s after it was found")
    return caught


def _rollback(machine: Machine, canary: str) -> tuple[int, int]:
    """Return time and index of the monitor's rollback, as a person verifies the log."""
    with machine.person(PEOPLE[0]).at(machine.url) as author:
        history = author.history
        for deed in reversed(chronicle(history.entries, history.state.outcomes, CHANNEL)):
            move = deed.statement
            if isinstance(move, Move) and move.act == "rollback" and move.from_id == canary:
                if deed.persons != ("monitor",):
                    raise NotAsExpected(f"the rollback was signed by {', '.join(deed.persons)}")
                return move.basis.time_ms, deed.index
    raise NotAsExpected("the canary is gone, and no rollback stands in the log")
