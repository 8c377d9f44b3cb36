"""What runs a plan, as the server sees it: a runner takes every sample, or says that it could not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from verax.gates.plan import Plan

__all__ = ["FAILURES_THAT_COUNT", "GateBroken", "Job", "Ran", "Runner", "Taken"]

FAILURES_THAT_COUNT = frozenset({"model/incomplete-json"})
"""Failures of a turn that are the candidate's own: the turn stands as an empty answer, which no scorer lets pass.

Every other failure (a model that is gone, a server that stops) breaks the run."""

Taken: TypeAlias = Mapping[str, tuple[str, ...]]
"""Turn ids of the samples that were taken, by key, one for each call."""


class GateBroken(Exception):
    """A run ended before every sample was taken; the text says why, without text from outside."""


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt.

    Attributes:
        done: Samples that an earlier attempt took.
        folder: Where the runner may leave its logs.
        note: Called with each sample as soon as it is taken.
    """

    plan: Plan
    done: Taken
    folder: Path
    note: Callable[[str, tuple[str, ...]], None]


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run was made: the engine's name, and what held its process back, word by word."""

    engine: str
    confinement: tuple[str, ...]


class Runner(Protocol):
    """Takes samples."""

    def check(self) -> None:
        """Say whether this runner can work here at all.

        Raises:
            ConfigError: what is missing.
        """
        ...

    async def run(self, job: Job) -> Ran:
        """Take every sample of the plan that is not done; cancelling the task ends the run.

        Raises:
            GateBroken: it could not.
        """
        ...
