"""Moves while streams run: ``python -m bench.moves [OUTPUT.json] [--quick]``.

One server process with a real installation; a scripted model streams short sentences slowly. While `STREAMS` turns
run, the head moves forward, and then the new head is rolled back. Measured from the moment the signed move is
submitted:

* until the first turn that is asked anew runs under the new head;
* streams that were dropped, and those that did not finish under the release they began with (forward move);
* until the last stream under the release that was rolled back has ended, at the end of a sentence.

`bench.moves_processes` measures the same on several servers.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.machine import describe
from bench.output import output_of, write_result
from verax.testing.releases import make_release
from verax.testing.rollout_world import BASE, World, opened
from verax.testing.scripted import Reply, Rule, ScriptedBackend
from verax.turn.events import Completed, TurnEvent

STREAMS, QUICK_STREAMS = 50, 5
AIM_S = 2
_SENTENCES = "One short sentence. " * 60
_DELAY_S = 0.1


def main(arguments: list[str]) -> int:
    """Measure and write the figures as JSON."""
    streams = QUICK_STREAMS if "--quick" in arguments else STREAMS
    result: dict[str, Any] = {"suite": "moves", "quick": streams != STREAMS, "machine": describe(), "streams": streams}
    result |= asyncio.run(_measure(streams))
    result["table"] = [
        row("forward move in force for new turns, s", f"< {AIM_S}", result["forward_s"]),
        row("streams that did not finish under their release", "0", result["forward_lost"]),
        row("rollback in force for new turns, s", f"< {AIM_S}", result["back_s"]),
        row("last stream under the release ended, s", "", result["withdrawn_s"]),
        row("of these not at the end of a sentence", "0", result["cut_in_a_sentence"]),
    ]
    write_result(result, output_of(arguments))
    return 0


def slow_model() -> ScriptedBackend:
    """Return the model: short sentences, slowly, for whoever asks for them."""
    return ScriptedBackend([Rule("slowly", Reply((_SENTENCES,), delay_s=_DELAY_S))])


async def _measure(streams: int) -> dict[str, Any]:
    backend = slow_model()
    with tempfile.TemporaryDirectory(prefix="verax-bench-moves-") as folder:
        async with opened(Path(folder), backend) as world:
            good = str(world.channel.head)
            first = await _begin(world, streams, "first")
            new = make_release(f"{BASE} You like lists.")
            change = await world.propose(new)
            began_s = time.monotonic()
            forward = asyncio.create_task(world.admit(change))
            forward_s = await _until_served(world, new.id) - began_s
            await forward
            second = await _begin(world, streams, "second")
            began_s = time.monotonic()
            back = asyncio.create_task(world.move("rollback", new.id, good))
            back_s = await _until_served(world, good) - began_s
            await back
            withdrawn = await asyncio.gather(*second)
            withdrawn_s = time.monotonic() - began_s
            finished = await asyncio.gather(*first)
    return {
        "forward_s": round(forward_s, 3),
        "forward_lost": sum(not _is_whole(event, good) for event in finished),
        "back_s": round(back_s, 3),
        "withdrawn": sum(_status(event) == "withdrawn" for event in withdrawn),
        "withdrawn_s": round(withdrawn_s, 3),
        "cut_in_a_sentence": sum(not _ends_a_sentence(event) for event in withdrawn),
    }


async def _begin(world: World, streams: int, label: str) -> Sequence[asyncio.Task[TurnEvent]]:
    """Start streams, and return once all of them run."""
    before = world.installation.engine.running
    tasks = [asyncio.create_task(world.ask(f"{label}-{number}", "say it slowly")) for number in range(streams)]
    while world.installation.engine.running < before + streams:  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0.01)
    return tasks


async def _until_served(world: World, release: str) -> float:
    """Ask until an answer runs under a release; return the moment when that one was asked."""
    for number in range(100_000):
        asked_s = time.monotonic()
        event = await world.ask(f"prober-{number}", "What is bread?")
        if isinstance(event, Completed) and event.record["release"] == release:
            return asked_s
    raise TimeoutError("the move never took effect")


def _status(event: TurnEvent) -> str:
    return event.status if isinstance(event, Completed) else "failed"


def _is_whole(event: TurnEvent, release: str) -> bool:
    return isinstance(event, Completed) and event.status == "complete" and event.record["release"] == release


def _ends_a_sentence(event: TurnEvent) -> bool:
    return isinstance(event, Completed) and event.choices[0].text.strip().endswith("sentence.")


def row(figure: str, aim: str, reached: float) -> dict[str, Any]:
    """Return a row of the table."""
    return {"figure": figure, "aim": aim, "reached": reached}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
