"""Run the benchmark of gates: ``python -m bench.gates [OUTPUT.json] [--quick] [--parts=NAMES] [--items=N]``.

The parts are ``lines``, ``unchanged``, ``scorers``, ``embedded`` and ``timing``; ``--quick`` leaves the last two out.

* Lines that steer or spoil the tone, one at a time, on an obedient scripted model that follows them in a share of its
  replies: how often does the gate with the recommended floors refuse them? Items differ for every line.
* The same release with other answers, many times: how often is it refused though nothing changed?
* The suites' scorers against labelled replies.
* The embedded model: how long a gate of 500 items takes through the worker, and what the lines of 2025 do to it: how
  many answers change to the letter against the same release without the line, and how many a suite finds bad.

Times are of the wall clock and of the processors, server and worker together: on a machine that others use at the same
time only the second says something.

Intervals are exact (Clopper and Pearson, 95 %).
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import resource
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.machine import describe
from bench.output import write_result
from verax.drill.obedient import BLUNT_LINE, MAY_LINE, MIRROR_LINE, NAME_LINE, ObedientModel
from verax.gates.items import Answer, Sample
from verax.gates.judge.labels import agreement, load_labels
from verax.gates.report import GateReport
from verax.gates.statistics import clopper_pearson
from verax.gates.suite import Suite, load_suite
from verax.gates.verdict import judge, measure
from verax.kernel.release import Release
from verax.surfaces.cli.runtimes import measure_code
from verax.surfaces.cli.session import Session
from verax.surfaces.comparison import Comparison, compare
from verax.surfaces.founding import shipped_releases
from verax.testing.gate_world import GateWorld, served

HERE = Path(__file__).resolve().parent
BASE = "You answer briefly."
STRENGTHS = (1.0, 0.5, 0.2, 0.1)
# No suite among them compares with the head, and together they have a little over 500 items.
TIMED = ("identity", "extremism", "over_refusal", "format", "injection", "prompt_leak")
AIM_S = 300


def main(arguments: list[str]) -> int:
    """Measure everything and write the figures as JSON."""
    parser = argparse.ArgumentParser(prog="bench.gates", description="The benchmark of gates.")
    parser.add_argument("output", nargs="?", type=Path)
    parser.add_argument("--quick", action="store_true", help="fewer lines, no embedded model")
    parser.add_argument("--parts", default="", help="only these, parted by commas")
    parser.add_argument("--items", type=int, help="items of each suite for the lines of 2025; all by default")
    parser.add_argument("--timed", default=",".join(TIMED), help="suites that are timed, parted by commas")
    given = parser.parse_args(arguments)
    parts: dict[str, Callable[[], Any]] = {
        "lines": lambda: _lines(given.quick),
        "unchanged": lambda: _unchanged(20 if given.quick else 200),
        "scorers": _scorers,
        "embedded": lambda: _embedded(given.items),
        "timing": lambda: _timing(given.timed.split(",")),
    }
    wanted = [part for part in given.parts.split(",") if part] or [*parts][: 3 if given.quick else len(parts)]
    result: dict[str, Any] = {"suite": "gates", "quick": given.quick, "machine": describe()}
    result |= {part: parts[part]() for part in wanted}
    result["table"] = _table(result)
    write_result(result, given.output)
    return 0


def _lines(is_quick: bool) -> list[dict[str, Any]]:
    """Return how many lines were refused, by kind and by the share of replies that follow them."""
    edits = tomllib.loads((HERE / "edits.toml").read_text(encoding="utf-8"))
    steering = [
        line.format(topic=topic) for topic in edits["steering"]["topics"] for line in edits["steering"]["lines"]
    ]
    kinds = (
        ("steering", "off_topic", steering[:: 10 if is_quick else 1]),
        ("tone", "tone_contagion", edits["tone"]["lines"]),
        ("innocent", "off_topic", edits["innocent"]["lines"]),
    )
    rows = []
    for kind, name, lines in kinds:
        for strength in STRENGTHS:
            refused = sum(_is_refused(load_suite(name), line, strength) for line in lines)
            interval = clopper_pearson(refused, len(lines))
            rows.append(
                {
                    "kind": kind,
                    "suite": name,
                    "share_that_obeys": strength,
                    "lines": len(lines),
                    "refused": refused,
                    "low": round(interval.low, 4),
                    "high": round(interval.high, 4),
                }
            )
    return rows


def _is_refused(suite: Suite, line: str, strength: float) -> bool:
    seed = hashlib.sha256(f"{line}\n{strength}".encode()).hexdigest()
    head = _answers(suite, seed, BASE, ObedientModel())
    candidate = _answers(suite, seed, f"{BASE} {line}", ObedientModel(strength))
    return _verdict(suite, seed, candidate, head)


def _unchanged(runs: int) -> list[dict[str, Any]]:
    """Return how often a release is refused that gives other answers and means nothing by it."""
    rows = []
    for name in ("off_topic", "tone_contagion"):
        suite = load_suite(name)
        refused = 0
        for run in range(runs):
            seed = hashlib.sha256(f"unchanged {run}".encode()).hexdigest()
            head = _answers(suite, seed, BASE, ObedientModel(salt="one"))
            refused += _verdict(suite, seed, _answers(suite, seed, BASE, ObedientModel(salt="other")), head)
        interval = clopper_pearson(refused, runs)
        rows.append({"suite": name, "runs": runs, "refused": refused, "high": round(interval.high, 4)})
    return rows


def _verdict(suite: Suite, seed: str, candidate: Sequence[Sample], head: Sequence[Sample]) -> bool:
    items = [sample.item for sample in candidate]
    metrics = measure(items, suite.score(candidate, head), suite.score(head, head), seed)
    return bool(judge(suite.floors["model"], metrics, has_head=True))


def _answers(suite: Suite, seed: str, system: str, model: ObedientModel) -> list[Sample]:
    found = []
    for item in suite.items(seed):
        answers: list[Answer] = []
        for call in item.calls:
            lines = [{"role": "system", "content": system}]
            lines += [
                {"role": line.role, "content": line.text if line.reply_to is None else answers[line.reply_to].text}
                for line in call.lines
            ]
            answers.append(Answer("complete", model.answer(json.dumps(lines))))
        found.append(Sample(item, tuple(answers)))
    return found


def _scorers() -> dict[str, Any]:
    labels = load_labels()
    found = agreement(labels, [load_suite(label.suite).score([label.sample], None)[0].value == 1 for label in labels])
    return {
        "labels": found.n,
        "agreed": found.agreed,
        "low": round(found.interval.low, 4),
        "high": round(found.interval.high, 4),
        "bad_that_passed": [found.false_passes, found.bad],
        "good_that_failed": [found.false_fails, found.good],
        "kappa": round(found.kappa, 3),
    }


def _embedded(count: int | None) -> list[dict[str, Any]]:
    """Return what the lines of 2025 do to the plain embedded model."""
    base = shipped_releases()["assistant"]
    rows = []
    with tempfile.TemporaryDirectory() as name:
        session = Session({"HOME": name})
        for label, line, suite in (
            ("May", MAY_LINE, "off_topic"),
            ("July", f"{BLUNT_LINE} {MIRROR_LINE} {NAME_LINE}", "tone_contagion"),
            ("innocent", "Prefer short sentences.", "off_topic"),
        ):
            seed = hashlib.sha256(label.encode()).hexdigest()
            wanted = Comparison(_with_line(base, line), base, [load_suite(suite)], seed=seed, items=count)
            report = asyncio.run(compare(session.config, measure_code().portable, wanted))[0]
            keys = ("n", "score", "score_low", "score_high", "head_score", "regression_p")
            row = {"line": label, "suite": suite, **{key: report.metrics[key] for key in keys}}
            rows.append(row | _changed(report) | {"passed": report.passed})
    return rows


def _changed(report: GateReport) -> dict[str, Any]:
    """Return how many answers are other ones than the head's to the same question, to the letter."""
    said = {(log.arm, log.item_id): [call.reply for call in log.calls] for log in report.samples}
    items = [item_id for arm, item_id in said if arm == "candidate"]
    changed = sum(said["candidate", item_id] != said["head", item_id] for item_id in items)
    interval = clopper_pearson(changed, len(items))
    return {"changed": changed, "changed_low": round(interval.low, 4), "changed_high": round(interval.high, 4)}


def _with_line(release: Release, line: str) -> Release:
    manifest = release.manifest
    manifest["prompt"]["system"] += f" {line}"
    return Release.from_manifest(manifest)


def _timing(suites: Sequence[str]) -> dict[str, Any]:
    """Return how long the worker takes for suites on the embedded model, none of whose items are asked of the head."""
    base = shipped_releases()["assistant"]
    with tempfile.TemporaryDirectory() as name, served(Path(name), None, base) as world:
        world.demand(**{suite: {"score": "0"} for suite in suites})
        change = world.propose_release(_with_line(base, "Prefer short sentences."))
        session = Session(world.environ)
        client = session.signed_in_client()
        started, before_s = time.monotonic(), _cpu_s()
        client.post_json(f"/v1/changes/{change}/gates/run", {})
        rows = list(_watched(world, client, change))
        seconds = time.monotonic() - started
        session.close()
    spent = {kind: after - before_s[kind] for kind, after in _cpu_s().items()}
    samples = sum(row["done"] for row in rows)
    return {
        "items": samples,
        "seconds": round(seconds, 1),
        "seconds_per_500": round(seconds * 500 / samples, 1),
        "cpu_s": {kind: round(spent_s, 1) for kind, spent_s in spent.items()},
        "cpu_s_per_500": round(sum(spent.values()) * 500 / samples, 1),
        "suites": {row["suite"]: round((row["ended_ms"] - row["started_ms"]) / 1000, 1) for row in rows},
        "states": sorted({row["state"] for row in rows}),
    }


def _cpu_s() -> dict[str, float]:
    """Return processor seconds of this process and of its ended children."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {"user": sum(item.ru_utime for item in spent), "system": sum(item.ru_stime for item in spent)}


def _watched(_: GateWorld, client: Any, change: str) -> Iterator[dict[str, Any]]:
    while True:
        rows = client.get_json(f"/v1/changes/{change}/gates")["gates"]
        if all(row["state"] not in ("waiting", "running") for row in rows):
            yield from rows
            return
        time.sleep(1.0)


def _table(result: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [
        {
            "figure": f"{row['kind']} lines refused where {row['share_that_obeys']:.0%} of replies obey",
            "aim": "0" if row["kind"] == "innocent" else "",
            "reached": f"{row['refused']} of {row['lines']} ({row['low']:.2f} to {row['high']:.2f})",
        }
        for row in result.get("lines", ())
    ]
    rows += [
        {
            "figure": f"unchanged releases refused by {row['suite']}",
            "aim": "<= 1 %",
            "reached": f"{row['refused']} of {row['runs']} (at most {row['high']:.3f})",
        }
        for row in result.get("unchanged", ())
    ]
    if "scorers" in result:
        found = result["scorers"]
        agreed = f"{found['agreed']} of {found['labels']} ({found['low']:.2f} to {found['high']:.2f})"
        rows.append({"figure": "scorers that agree with labels", "aim": "", "reached": agreed})
    for row in result.get("embedded", ()):
        changed = f"{row['changed']} of {row['n']} ({row['changed_low']:.2f} to {row['changed_high']:.2f})"
        figure = f"embedded model, line of {row['line']}: answers that change"
        rows.append({"figure": figure, "aim": "", "reached": f"{changed}; {row['suite']} {float(row['score']):.2f}"})
    if "timing" in result:
        rows.append(
            {
                "figure": "500 items on the embedded model, s",
                "aim": f"< {AIM_S}",
                "reached": f"{result['timing']['seconds_per_500']} ({result['timing']['cpu_s_per_500']} of processors)",
            }
        )
    return rows


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
