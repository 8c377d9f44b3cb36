"""A plan as a small object that goes to another process: names and numbers; the items are made there again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verax.gates.plan import Plan
from verax.gates.suite import load_suite
from verax.kernel.errors import ConfigError

__all__ = ["plan_from", "plan_object"]


def plan_object(plan: Plan) -> dict[str, Any]:
    """Return what `plan_from` reads."""
    return {
        "suite": plan.suite.name,
        "digest": plan.suite.digest,
        "change": plan.change,
        "channel": plan.channel,
        "seed": plan.seed,
        "releases": dict(plan.releases),
        "sampling": {arm: dict(limits) for arm, limits in plan.sampling.items()},
        "offers": sorted(plan.offers),
        "count": len(plan.items),
    }


def plan_from(value: Mapping[str, Any]) -> Plan:
    """Make the plan again.

    Raises:
        ConfigError: this process has another suite of that name.
    """
    suite = load_suite(value["suite"])
    if suite.digest != value["digest"]:
        raise ConfigError(
            f"suite {suite.name}: expected {value['digest'][:12]}, found {suite.digest[:12]}",
            hint="the worker's environment holds other code than the server: make it again with make gates",
            code="gates/other-code",
        )
    offers = frozenset(value["offers"])
    return Plan(
        suite=suite,
        change=value["change"],
        channel=value["channel"],
        seed=value["seed"],
        releases=value["releases"],
        sampling=value["sampling"],
        offers=offers,
        items=suite.items(value["seed"], offers, value["count"]),
    )
