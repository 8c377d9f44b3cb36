"""Edits on the embedded model: ``python -m bench.monitor.embedded [OUTPUT.json] [--quick]``.

The embedded model answers questions once under each line that stands at the end of its prompt; rollouts are then
simulated over these replies. Innocent lines and the questions are held out (`edits.toml` says which were tuned on).
How many are rolled back within 10,000 replies, and what becomes of the lines of 2025, which this model hardly obeys?
Intervals are exact, 95 %.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Any

from bench.machine import describe
from bench.monitor.replies import answer, with_line
from bench.monitor.results import JULY_LINES, counted, edits, interval, row
from bench.monitor.simulate import SHARES, from_pools, saw, thread
from bench.output import output_of, write_result
from verax.drill.obedient import MAY_LINE
from verax.gates.rollout.seen import Seen, known_names
from verax.kernel.release import Release, release_texts
from verax.surfaces.founding import shipped_releases

_GROUPS = ("style", "format", "honesty", "care", "scope", "depth")
_MAX_TOKENS = 24
_PROCESSES = 4


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured.

    Attributes:
        edits_of_group: Innocent lines of each group of `edits.toml`.
        questions: Questions that are answered under each line.
        replies: Replies of a rollout.
    """

    edits_of_group: int = 2
    questions: int = 10
    replies: int = 10_000


QUICK = Size(edits_of_group=1, questions=4, replies=1_000)


def main(arguments: list[str]) -> int:
    """Measure and write the figures as JSON."""
    size = QUICK if "--quick" in arguments else Size()
    began_s = time.monotonic()
    result: dict[str, Any] = {"suite": "monitor.embedded", "quick": size is QUICK, "machine": describe()}
    result |= _embedded(size)
    result["seconds"] = round(time.monotonic() - began_s)
    innocent = result["innocent"]
    result["table"] = [
        row("innocent lines rolled back, embedded model", "", counted(innocent, "lines_rolled_back", "lines")),
        *(
            row(f"{item['line']} on the embedded model: rolled back", "", f"{item['rolled_back']} of {len(SHARES)}")
            for item in result["incidents_on_embedded"]
        ),
    ]
    write_result(result, output_of(arguments))
    return 0


def _embedded(size: Size) -> dict[str, Any]:
    """Return what the monitor does to harmless and to bad lines in the prompt of the embedded model."""
    lines, shipped = edits(), shipped_releases()["assistant"]
    innocent = [line for group in _GROUPS for line in Random(group).sample(lines[group], size.edits_of_group)]
    questions = lines["questions"][: size.questions]
    threads = [thread(question, place / len(questions)) for place, question in enumerate(questions)]
    began_s = time.monotonic()
    releases = [with_line(shipped, line) for line in ["", *innocent, MAY_LINE]]
    release, july = releases[0], with_line(shipped, JULY_LINES)
    named = [*innocent, "May 2025", "July 2025"]
    with ProcessPoolExecutor(_PROCESSES) as processes:
        asked = [*((line, questions) for line in ["", *innocent, MAY_LINE]), ("", threads), (JULY_LINES, threads)]
        *heard, calm_said, bad_said = processes.map(_answers, *zip(*asked, strict=True))
        answered_s = round(time.monotonic() - began_s)
        head, *canaries = [
            _pool(release, candidate, questions, said) for candidate, said in zip(releases, heard, strict=True)
        ]
        calm, bad = (_pool(release, july, threads, said) for said in (calm_said, bad_said))
        heads = [*(head for _ in canaries), calm]
        found = list(processes.map(_rolled_back, named, heads, [*canaries, bad], [size.replies] * len(named)))
    said_before = [*(heard[0] for _ in canaries), calm_said]
    rows = [
        row_of_line | {"replies_that_differ": _differ(before, after)}
        for row_of_line, before, after in zip(found, said_before, [*heard[1:], bad_said], strict=True)
    ]
    *harmless, may, last = rows
    count = sum(bool(item["rolled_back"]) for item in harmless)
    return {
        "answering_s": answered_s,
        "questions": len(questions),
        "innocent": {
            "lines": len(harmless),
            "rollouts": len(harmless) * len(SHARES),
            "rollouts_rolled_back": sum(item["rolled_back"] for item in harmless),
            "lines_rolled_back": count,
            "by_line": harmless,
        }
        | interval(count, len(harmless)),
        "incidents_on_embedded": [may, last],
    }


def _answers(line: str, questions: Sequence[str]) -> list[str]:
    release = with_line(shipped_releases()["assistant"], line)
    return answer([release], questions, _MAX_TOKENS, threads=1)[0]


def _rolled_back(line: str, head: Sequence[Seen], canary: Sequence[Seen], replies: int) -> dict[str, Any]:
    """Roll a line out at each share, and return how often it was rolled back and by what."""
    runs = [from_pools(Random(f"{line} {share}"), share, replies, head, canary) for share in SHARES]
    return {
        "line": line,
        "rolled_back": sum(trip is not None for trip, _ in runs),
        "canary_replies": [given for trip, given in runs if trip],
        "signals": sorted({trip.signal for trip, _ in runs if trip}),
    }


def _differ(some: Sequence[str], other: Sequence[str]) -> int:
    return sum(a != b for a, b in zip(some, other, strict=True))


def _pool(head: Release, candidate: Release, questions: Sequence[str], replies: Sequence[str]) -> list[Seen]:
    texts = [item.text for release in (head, candidate) for item in release_texts(release)]
    names = known_names([*texts, head.name, candidate.name])
    return [saw(question, reply, names=names) for question, reply in zip(questions, replies, strict=True)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
