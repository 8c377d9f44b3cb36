"""Ready-made policies for the five audiences, which a release includes by naming one.

``include = "8-12"`` in ``[guard]`` brings every rule of the file ``policies/8-12.toml`` into the
release. The release holds the rules and not the name: they are part of its id, reviewers read each
of them in the difference between two releases, and a later edition of the file changes no release.
Rules that a release states beside ``include`` take the places of those about the same category.

>>> sorted(ready_policies())
['13+', '2-4', '5-7', '8-12', 'adult']
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from verax.guard.audience import Audience
from verax.kernel.release import ReadyPolicies, Release

__all__ = ["read_release", "ready_policies"]


@cache
def ready_policies() -> ReadyPolicies:
    """Return the policy of each audience by its name."""
    folder = resources.files("verax.guard.policies")
    return {
        str(audience): tomllib.loads(folder.joinpath(f"{audience}.toml").read_text(encoding="utf-8"))
        for audience in Audience
    }


def read_release(text: str) -> Release:
    """Read a manifest that people wrote, with the ready-made policy that it may include.

    Raises:
        ReleaseError: as `Release.from_toml`.
    """
    return Release.from_toml(text, ready_policies())
