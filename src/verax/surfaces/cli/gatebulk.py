"""What `verax gate bulk` does: shards of a plan, asked of a running server from threads or from a Ray cluster."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass

from verax.gates.bulk import Spread, Target, ThreadSpread, bulk_collect
from verax.gates.judging import Circumstances, make_report
from verax.gates.plan import Subject, make_plan
from verax.gates.report import GateReport
from verax.gates.running import GateBroken
from verax.gates.suite import load_suite
from verax.kernel import canonical
from verax.kernel.errors import AccessError, ConfigError, VeraxError
from verax.surfaces.cli.history import read_history
from verax.surfaces.cli.output import Progress
from verax.surfaces.cli.releases import find_release
from verax.surfaces.cli.session import Session

__all__ = ["BulkOptions", "run_bulk"]

_SHARDS_A_WORKER = 4


@dataclass(frozen=True, slots=True)
class BulkOptions:
    """What the command line gave."""

    which: str
    channel: str
    suites: tuple[str, ...]
    items: int | None
    seed: str | None
    workers: int
    ray_address: str | None


def run_bulk(session: Session, options: BulkOptions) -> tuple[list[GateReport], str]:
    """Run every suite; returns the reports and the seed that was used.

    Raises:
        VeraxError: a suite could not be run whole.
        ConfigError: Ray was asked for and is not installed.
    """
    client = session.signed_in_client()
    key = session.config.api_key.get_secret_value() if session.config.api_key else ""
    identity = session.met_identity(client)
    target = Target(client.url, key or identity.credentials.api_key)
    if not target.token:
        raise AccessError("bulk: no API key for that server", hint='make one with "verax key create NAME"')
    history = read_history(*session.open_logs())
    release = find_release(history, options.which)
    used = secrets.token_hex(32) if options.seed is None else hashlib.sha256(options.seed.encode()).hexdigest()
    reports = []
    with _spread(options) as spread:
        for name in options.suites:
            subject = Subject(canonical.hex_digest(release.id.encode()), options.channel, used)
            plan = make_plan(load_suite(name), subject, release, None, options.items)
            started_ms = int(time.time() * 1000)
            size = max(1, -(-len(plan.keys) // (options.workers * _SHARDS_A_WORKER)))
            with Progress(name, len(plan.keys), "samples") as bar:
                try:
                    collected, basis = bulk_collect(plan, target, spread, size, bar.advance)
                except GateBroken as error:
                    raise VeraxError(f"suite {name}: it could not be run whole: {error}", code="gates/broken") from None
            about = Circumstances(
                runtime=basis.runtime,
                root=history.state.root.version,
                attempts=1,
                engine=type(spread).__name__,
                confinement=(),
                started_ms=started_ms,
                ended_ms=int(time.time() * 1000),
                floors={"score": "0"},
                has_base=False,
            )
            report = make_report(plan, collected, about)
            if report.lost:
                first = next(iter(report.lost.values()))
                raise VeraxError(f"suite {name}: {len(report.lost)} samples do not count: {first}", code="gates/broken")
            reports.append(report)
    return reports, used


@contextlib.contextmanager
def _spread(options: BulkOptions) -> Iterator[Spread]:
    if options.ray_address is None:
        yield ThreadSpread(options.workers)
        return
    try:
        from verax.gates.ray_spread import RaySpread
    except ModuleNotFoundError:
        raise ConfigError(
            "bulk: Ray is not installed in this environment",
            hint='"make ray" makes one that has it; run .venv-ray/bin/verax there',
            code="gates/no-ray",
        ) from None
    with RaySpread(options.ray_address, options.workers) as spread:
        yield spread
