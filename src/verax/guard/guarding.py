"""Everything that a turn needs of this room: policies of releases, and what judges sentences for them.

* A release's policies are made once and kept by its id.
* Its judges are the classifier that ships, where this installation has one, and those that it
  names by URL. No setting adds or removes one: what guards a turn is in the release (invariant 2).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from verax.guard.audience import Audience
from verax.guard.exact import Direction, exact_detectors
from verax.guard.judges import Judge, ScoreBook
from verax.guard.policy import Policy
from verax.kernel.errors import ModelUnavailable
from verax.kernel.release import Release
from verax.kernel.release_parts import GuardJudge

__all__ = ["Guarding", "holds_sentences", "policy_of"]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A policy by what identifies it."""

    release_id: str
    direction: Direction
    release: Release = field(compare=False)


def policy_of(release: Release, direction: Direction) -> Policy:
    """Return the policy of one side of a release.

    Raises:
        ReleaseError: it names a category that this version does not know.
    """
    return _policy(_Wanted(release.id, direction, release))


def holds_sentences(release: Release) -> bool:
    """Say whether nothing of a reply may leave before its sentence was read: for minors."""
    return Audience(release.audience).is_minor


@lru_cache(maxsize=256)
def _policy(wanted: _Wanted) -> Policy:
    release = wanted.release
    detectors = exact_detectors(Audience(release.audience), wanted.direction, [release.prompt.system])
    rules = release.guard.input if wanted.direction == "input" else release.guard.output
    return Policy.from_rules(rules, detectors)


class Guarding:
    """What judges, by release.

    Args:
        local: The classifier that ships; None where this installation has none.
        open_remote: Opens a judge that a release names; None where nothing may be asked over the network.
        outside: Reads text from outside for injections; None where exact rules alone do.

    Attributes:
        outside: What remembers the scores of text from outside.
    """

    def __init__(
        self,
        local: Judge | None = None,
        open_remote: Callable[[GuardJudge], Judge] | None = None,
        outside: Judge | None = None,
    ) -> None:
        self.outside = ScoreBook([] if outside is None else [outside])
        self._local = local
        self._open_remote = open_remote
        self._books: dict[tuple[GuardJudge, ...], ScoreBook] = {}

    def book(self, release: Release | None = None) -> ScoreBook:
        """Return what remembers the scores of a release's judges; without one, of the classifier that ships.

        Raises:
            ModelUnavailable: the key of a judge that it names is not kept here.
        """
        named = () if release is None else release.guard.judges
        if named not in self._books:
            local = [] if self._local is None else [self._local]
            self._books[named] = ScoreBook([*local, *map(self._remote, named)])
        return self._books[named]

    def _remote(self, judge: GuardJudge) -> Judge:
        if self._open_remote is None:
            raise ModelUnavailable(f"guard {judge.name}: it cannot be asked here", code="guard/no-judge")
        return self._open_remote(judge)
