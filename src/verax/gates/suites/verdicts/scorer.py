"""An item passes when the verifier of this code says of its claim, beside its passages, what is right.

* The scorer runs the verifier that ships with the code it belongs to. What a model said in the turn does not matter.
* A mark is 1 for a right verdict, 1/2 where a claim that is not borne out was called *contradicted* in place of *not
  found* or the other way round, else 0. Where two passages disagree, both must be shown. *Not checked* is right only
  because of a language.
* A group that falls short of its own floor (``groups.toml``) is worth nothing: all of its marks are 0, so the metric
  ``group_low`` of the run is 0.
* Every reason names verdict and verifier, never a probability: that is the same to the bit on one machine only, and
  whoever verifies a report has another one. The verifier's name is the digest of weights and calibration.
"""

from __future__ import annotations

import asyncio
import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from verax.gates.items import Item, Mark, Sample
from verax.kernel.errors import ConfigError
from verax.truth.verdicts import Evidence, Judgement, Verdict, Verifier

__all__ = ["group_floors", "marks_of", "score"]

_NOT_BORNE_OUT = frozenset({Verdict.CONTRADICTED, Verdict.NOT_FOUND})
_NAME_CHARS = 18  # ``local:`` and 12 hex digits


def score(samples: Sequence[Sample], head: Sequence[Sample] | None) -> list[Mark]:  # noqa: ARG001 - the suites' type
    """Return the marks of this code's own verifier; without weights nothing passes.

    Raises:
        ConfigError: there are weights, but what they run on is not installed here.
        DigestMismatch: the weights are not those of their manifest.
    """
    # Imported here: a worker asks the items and scores nothing.
    from verax.truth.verifier import LocalVerifier

    verifier = LocalVerifier()
    try:
        if not verifier.is_available and verifier.identity != "none":
            raise ConfigError(
                "suite verdicts: the verifier cannot run here",
                hint='install the extra "knowledge"',
                code="gates/no-verifier",
            )
        return marks_of([sample.item for sample in samples], verifier)
    finally:
        verifier.close()


def marks_of(items: Sequence[Item], verifier: Verifier) -> list[Mark]:
    """Return the marks of a verifier, in the order of the items."""
    name = verifier.identity[:_NAME_CHARS]
    marks = [_mark(item, found, name) for item, found in zip(items, _judgements(items, verifier), strict=True)]
    missed = _missed_groups(items, marks)
    return [
        mark if item.group not in missed else Mark(Fraction(0), f"{mark.reason}; {missed[item.group]}")
        for item, mark in zip(items, marks, strict=True)
    ]


def group_floors() -> Mapping[str, Fraction]:
    """Return the lowest mean of each group that counts."""
    data = tomllib.loads(Path(__file__).with_name("groups.toml").read_text(encoding="utf-8"))
    return {group: Fraction(floor) for group, floor in data["floor"].items()}


def _judgements(items: Sequence[Item], verifier: Verifier) -> list[Judgement]:
    async def judge_all() -> list[Judgement]:
        found = []
        for item in items:
            passages = [
                Evidence(text, f"passage {number}", hashlib.sha256(text.encode()).hexdigest())
                for number, text in enumerate(item.expect["passages"], 1)
            ]
            found.append(await verifier.judge(item.question, "", passages))
        return found

    # A thread of its own: a report may also be verified from within an event loop.
    with ThreadPoolExecutor(1, thread_name_prefix="verax-verdicts") as pool:
        return pool.submit(asyncio.run, judge_all()).result()


def _mark(item: Item, found: Judgement, name: str) -> Mark:
    said, wanted = found.verdict, {Verdict(word) for word in item.expect["verdicts"]}
    if found.reason not in ("", "language"):
        return Mark.failed(f"{said} ({found.reason}); {name}")
    if said not in wanted:
        is_near = said in _NOT_BORNE_OUT and wanted <= _NOT_BORNE_OUT
        return Mark(Fraction(int(is_near), 2), f"{said}, expected {' or '.join(sorted(wanted))}; {name}")
    if item.expect.get("sides") == "both" and {span.supports for span in found.spans} != {True, False}:
        return Mark.failed(f"{said}, and the passage against it is not shown; {name}")
    return replace(Mark.passed(), reason=f"{said}; {name}")


def _missed_groups(items: Sequence[Item], marks: Sequence[Mark]) -> dict[str, str]:
    """Return why groups fall short of their floors, by group."""
    values: dict[str, list[Fraction]] = {}
    for item, mark in zip(items, marks, strict=True):
        values.setdefault(item.group, []).append(mark.value)
    means = {group: sum(found, Fraction(0)) / len(found) for group, found in values.items()}
    floors = group_floors()
    return {
        group: f"the group has {float(mean):.2f}, under its floor of {float(floors[group]):.2f}"
        for group, mean in means.items()
        if mean < floors[group]
    }
