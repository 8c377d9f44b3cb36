"""What `verax gate compare` loads only when it runs: the turn path, the models, a throw-away installation."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from pathlib import Path

from verax.gates.public import find_public_sets, load_public_set
from verax.gates.report import GateReport
from verax.gates.suite import Suite, list_suites, load_suite
from verax.kernel.errors import ConfigError
from verax.kernel.release import Release
from verax.surfaces.cli.history import History, read_history
from verax.surfaces.cli.output import Progress, say
from verax.surfaces.cli.releases import find_release, read_release_file
from verax.surfaces.cli.runtimes import measure_code
from verax.surfaces.cli.session import Session
from verax.surfaces.comparison import Comparison, compare

__all__ = ["run_comparison", "wanted_suites"]


def run_comparison(
    session: Session, which: tuple[str, str | None], suites: Sequence[Suite], items: int | None, seed: str | None
) -> tuple[list[GateReport], str]:
    """Run suites on one or two releases; returns the reports and the seed that was used."""
    named = [name for name in which if name is not None and not Path(name).is_file()]
    history = read_history(*session.open_logs()) if named else None
    candidate = _release(history, which[0])
    head = None if which[1] is None else _release(history, which[1])
    used = secrets.token_hex(32) if seed is None else hashlib.sha256(seed.encode()).hexdigest()
    count = sum(suite.size if items is None else items for suite in suites)
    with Progress("asking", (2 if head is not None else 1) * count, "items") as bar:
        wanted = Comparison(
            candidate=candidate,
            head=head,
            suites=suites,
            seed=used,
            items=items,
            connections=session.config.gates_connections,
            advance=bar.advance,
        )
        return asyncio.run(compare(session.config, measure_code().portable, wanted)), used


def wanted_suites(names: Sequence[str], data: Path | None) -> list[Suite]:
    """Return the suites of those names, or all that can be asked.

    Args:
        data: A folder with public sets; then only they are meant.

    Raises:
        ConfigError: the folder has none, or not the one that is named.
        UnknownObject: a name that is none.
    """
    if data is None:
        suites = [load_suite(name) for name in names or list_suites()]
        return suites if names else [suite for suite in suites if suite.channels == "release"]
    found, missing = find_public_sets(data)
    if not names and missing:
        say(f"{data} lacks {', '.join(missing)}, which are left out")
    if not names and not found:
        raise ConfigError(f"{data}: it holds no public set", hint="a set is a folder of its name below it")
    return [load_public_set(name, data) for name in names or found]


def _release(history: History | None, name: str) -> Release:
    if history is None or Path(name).is_file():
        return read_release_file(Path(name))
    return find_release(history, name)
