"""What `verax gate compare` loads only when it runs: the turn path, the models, a throw-away installation."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from pathlib import Path

from verax.gates.report import GateReport
from verax.gates.suite import list_suites, load_suite
from verax.kernel.release import Release
from verax.surfaces.cli.history import History, read_history
from verax.surfaces.cli.output import Progress
from verax.surfaces.cli.releases import find_release, read_release_file
from verax.surfaces.cli.runtimes import measure_code
from verax.surfaces.cli.session import Session
from verax.surfaces.comparison import Comparison, compare

__all__ = ["run_comparison"]


def run_comparison(
    session: Session, which: tuple[str, str | None], suites: Sequence[str], items: int | None, seed: str | None
) -> tuple[list[GateReport], str]:
    """Run the suites on one or two releases; returns the reports and the seed that was used."""
    named = [name for name in which if name is not None and not Path(name).is_file()]
    history = read_history(*session.open_logs()) if named else None
    candidate = _release(history, which[0])
    head = None if which[1] is None else _release(history, which[1])
    names = list(suites) or [name for name in list_suites() if load_suite(name).channels == "release"]
    used = secrets.token_hex(32) if seed is None else hashlib.sha256(seed.encode()).hexdigest()
    counts = [load_suite(name).size if items is None else items for name in names]
    with Progress("asking", (2 if head is not None else 1) * sum(counts), "items") as bar:
        wanted = Comparison(
            candidate=candidate,
            head=head,
            suites=names,
            seed=used,
            items=items,
            connections=session.config.gates_connections,
            advance=bar.advance,
        )
        return asyncio.run(compare(session.config, measure_code().portable, wanted)), used


def _release(history: History | None, name: str) -> Release:
    if history is None or Path(name).is_file():
        return read_release_file(Path(name))
    return find_release(history, name)
