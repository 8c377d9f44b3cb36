"""A suite: a folder with what it asks, how it is scored, and what that means.

::

    suites/<name>/
        suite.toml    title, what it measures, blind spots, size, recommended floors
        items.toml    templates and words (`verax.gates.templates`)
        scorer.py     score(samples, head) -> marks
        README.md     the same for people who read the folder

* `Suite.digest` covers the folder and the signals that scorers share: two runs with one digest and one seed ask
  and score the same.
* A scorer is a pure function of the samples.
"""

from __future__ import annotations

import hashlib
import importlib
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from verax.gates.items import Item, Mark, Sample
from verax.gates.templates import ItemBank
from verax.kernel.errors import ConfigError, UnknownObject

__all__ = ["PROFILES", "Bank", "Score", "Suite", "each", "list_suites", "load_suite", "recommended_gates"]

Score: TypeAlias = Callable[[Sequence[Sample], Sequence[Sample] | None], list[Mark]]
"""Marks of samples in order; the second argument holds the head's, where it was asked."""

PROFILES = ("model", "small")
"""Sets of recommended floors: for a model that people work with, and for the small one that comes with Verax."""

_FOLDER = Path(__file__).parent
# What scorers share, beside the suite's own folder.
_SHARED = ("signals", "rollout/words.py", "rollout/frequent_words.py", "rollout/tone.py")


class Bank(Protocol):
    """What a suite draws its items from."""

    def draw(self, seed: str, label: str, count: int, offers: frozenset[str] = frozenset()) -> tuple[Item, ...]:
        """Return `count` items, fixed by seed and label."""
        ...


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite, loaded.

    Attributes:
        measures: What it measures, a sentence.
        criterion: What a judge is asked about each item, empty where a judge has nothing to say.
        blind_spots: What it does not see, a sentence each.
        size: Items of a run.
        max_tokens: Longest reply that is asked for, where the release lets callers say so.
        uses_head: Scoring compares with the head, whatever the floors say.
        opens_prompts: The scorer looks at the opened prompts of the turns.
        channels: ``release``, ``junior`` or ``runtime``: what it is recommended for; any suite can judge any candidate.
        on_request: It is in no recommended set of gates; a root that wants it names it.
        floors: Recommended floors by profile.
        digest: What was loaded, 64 hex digits.
    """

    name: str
    title: str
    measures: str
    criterion: str
    blind_spots: tuple[str, ...]
    size: int
    max_tokens: int
    uses_head: bool
    opens_prompts: bool
    channels: str
    on_request: bool
    floors: Mapping[str, Mapping[str, str]]
    digest: str
    bank: Bank = field(repr=False)
    score: Score = field(repr=False)

    def items(self, seed: str, offers: frozenset[str] = frozenset(), count: int | None = None) -> tuple[Item, ...]:
        """Return the items of a run; see `ItemBank.draw`."""
        return self.bank.draw(seed, self.name, self.size if count is None else count, offers)


def each(score_one: Callable[[Sample], Mark]) -> Score:
    """Return a scorer that looks at one sample at a time."""

    def score(samples: Sequence[Sample], head: Sequence[Sample] | None) -> list[Mark]:  # noqa: ARG001 - the type's
        return [score_one(sample) for sample in samples]

    return score


def list_suites() -> tuple[str, ...]:
    """Return the names of the suites that ship with Verax, in order."""
    return tuple(sorted(path.parent.name for path in (_FOLDER / "suites").glob("*/suite.toml")))


@cache
def load_suite(name: str) -> Suite:
    """Load a suite that ships with Verax.

    Raises:
        UnknownObject: there is none of that name.
        ConfigError: its files contradict each other.
    """
    if name not in list_suites():
        raise UnknownObject(
            f"suite {name[:64]!r}: this version has {', '.join(list_suites())}", hint='"verax gate list" describes them'
        )
    folder = _FOLDER / "suites" / name
    about = _read_toml(folder / "suite.toml")
    floors = about.get("floors", {})
    if about["name"] != name or set(floors) - set(PROFILES):
        raise ConfigError(f"suite {name}: suite.toml names another suite or an unknown profile", code="gates/suite")
    scorer = importlib.import_module(f"verax.gates.suites.{name}.scorer")
    return Suite(
        name=name,
        title=about["title"],
        measures=about["measures"],
        criterion=about.get("criterion", ""),
        blind_spots=tuple(about["blind_spots"]),
        size=about["size"],
        max_tokens=about["max_tokens"],
        uses_head=about.get("uses_head", False),
        opens_prompts=about.get("opens_prompts", False),
        channels=about.get("channels", "release"),
        on_request=about.get("on_request", False),
        floors=floors,
        digest=_digest_of(folder),
        bank=ItemBank.parse(_read_toml(folder / "items.toml"), f"suite {name}"),
        score=scorer.score,
    )


def recommended_gates(profile: str, channels: str = "release") -> list[dict[str, Any]]:
    """Return gates for a channel of a root document: ``[{suite, floors}]`` in order of the suites.

    Suites that are there on request are not among them.

    Args:
        profile: One of `PROFILES`.
        channels: ``release`` for channels that grown-ups talk to, ``junior`` for those of children, ``runtime`` for the
            channel of that name.
    """
    suites = (load_suite(name) for name in list_suites())
    return [
        {"suite": suite.name, "floors": dict(suite.floors[profile])}
        for suite in suites
        if suite.channels == channels and profile in suite.floors and not suite.on_request
    ]


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}", code="gates/suite") from None


def _digest_of(folder: Path) -> str:
    parts = [folder, *(_FOLDER / name for name in _SHARED)]
    paths = [path for part in parts for path in ([part] if part.is_file() else part.rglob("*")) if path.is_file()]
    lines = sorted(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.relative_to(_FOLDER).as_posix()}"
        for path in paths
        if "__pycache__" not in path.parts
    )
    return hashlib.sha256(("verax/suite/v1\n" + "\n".join(lines)).encode()).hexdigest()
