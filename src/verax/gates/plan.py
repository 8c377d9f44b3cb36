"""The plan of a run: which items, asked of which releases, in which words. A pure function of the log.

Worker, server and whoever verifies a report each make the plan for themselves; it is never taken from another.

* Items follow from suite and seed; from the releases only whether they offer tools.
* Sampling is the release's own. Where it lets callers say so, replies are kept short and the sampler's seed is
  fixed for each item, so that a deterministic model says the same when it is asked again.
* The candidate is asked first, then the head: models keep the beginning of a prompt that they have just read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from verax.gates.items import Answer, Arm, Call, Item, Line, lines_of
from verax.gates.suite import Suite
from verax.kernel import canonical
from verax.kernel.errors import ConflictError
from verax.kernel.fold import State
from verax.kernel.release import Release
from verax.kernel.root import RUNTIME_CHANNEL
from verax.turn.request import Caller, SamplingRequest, TurnRequest

__all__ = ["Plan", "Subject", "asked_for_runtime", "make_plan", "task_key"]

_SEED_LIMIT = 2**31


@dataclass(frozen=True, slots=True)
class Subject:
    """What a run is about: a change of a channel, and the seed that the log gave it."""

    change: str
    channel: str
    seed: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run of one suite asks.

    Attributes:
        channel: Where previews are asked.
        seed: 64 hex digits.
        releases: Release ids by arm; the head is there only where it is asked.
        manifests: The releases themselves; a worker has none, and scores nothing.
        sampling: Limits that the release lets callers set, by arm.
        offers: What every arm offers, ``tools`` for instance.
    """

    suite: Suite
    change: str
    channel: str
    seed: str
    releases: Mapping[Arm, str]
    sampling: Mapping[Arm, Mapping[str, int]]
    offers: frozenset[str]
    items: tuple[Item, ...]
    manifests: Mapping[Arm, Release] = field(default_factory=dict, repr=False)

    @property
    def tasks(self) -> tuple[tuple[Arm, Item], ...]:
        """Every sample to take, in the order in which they are asked."""
        return tuple((arm, item) for arm in self.releases for item in self.items)

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the samples, in order."""
        return tuple(task_key(arm, item) for arm, item in self.tasks)

    def request(self, arm: Arm, item: Item, answers: Sequence[Answer], caller: Caller) -> TurnRequest:
        """Return the call that comes after `answers` as the turn path takes it."""
        call = item.calls[len(answers)]
        limits = self._limits(arm, item, call)
        return TurnRequest(
            channel=self.channel,
            caller=caller,
            items=lines_of(call, answers),
            sampling=SamplingRequest(max_tokens=limits.get("max_tokens"), seed=limits.get("seed")),
            tools=call.tools,
            arm="preview",
            release=self.releases[arm],
            stream=False,
        )

    def body(self, arm: Arm, item: Item, replies: Sequence[str]) -> dict[str, Any]:
        """Return the call that comes after `replies` as a body of ``POST /v1/chat/completions``."""
        call = item.calls[len(replies)]
        body: dict[str, Any] = {
            "model": self.channel,
            "messages": [_message(line, replies) for line in call.lines],
            "verax": {"arm": "preview", "release": self.releases[arm]},
            **self._limits(arm, item, call),
        }
        return body | ({"tools": list(call.tools)} if call.tools else {})

    def _limits(self, arm: Arm, item: Item, call: Call) -> dict[str, int]:
        limits = dict(self.sampling[arm])
        if call.tools:
            limits.pop("max_tokens", None)  # a tool call that is cut short is no answer
        if "seed" in limits:
            limits["seed"] = sampler_seed(self.seed, self.suite.name, item.id)
        return limits


def make_plan(suite: Suite, about: Subject, candidate: Release, head: Release | None, count: int | None = None) -> Plan:
    """Make the plan of a run.

    Args:
        head: None where nothing serves yet, or nothing is compared with it.
        count: Number of items where it is not the suite's own.
    """
    releases: dict[Arm, Release] = {"candidate": candidate}
    if head is not None:
        releases["head"] = head
    offers = frozenset({"tools"} if all(release.tools.style != "none" for release in releases.values()) else ())
    return Plan(
        suite=suite,
        change=about.change,
        channel=about.channel,
        seed=about.seed,
        releases={arm: release.id for arm, release in releases.items()},
        sampling={arm: _sampling(release, suite.max_tokens) for arm, release in releases.items()},
        offers=offers,
        items=suite.items(about.seed, offers, count),
        manifests=releases,
    )


def asked_for_runtime(state: State) -> tuple[str, str]:
    """Return which channel is asked, and its head, to judge a runtime: the first by name that answers.

    Raises:
        ConflictError: no channel answers anybody.
    """
    for name in sorted(state.channels):
        head = state.channels[name].head
        if name != RUNTIME_CHANNEL and head is not None and not state.channels[name].frozen:
            return name, head
    raise ConflictError("gates: no channel serves a release that a runtime could be asked for", code="gates/nothing")


def task_key(arm: Arm, item: Item) -> str:
    """Return the name of one sample."""
    return f"{item.id}@{arm}"


def sampler_seed(seed: str, suite: str, item_id: str) -> int:
    """Return the sampler's seed for an item, 0 to 2^31 - 1."""
    digest = canonical.tagged_hash("verax/gate-sampler/v1", f"{seed}\n{suite}\n{item_id}".encode())
    return int.from_bytes(digest[:4], "big") % _SEED_LIMIT


def _sampling(release: Release, max_tokens: int) -> dict[str, int]:
    allowed = release.sampling.allow
    limits = {"max_tokens": min(max_tokens, release.sampling.max_tokens), "seed": 0}
    return {name: value for name, value in limits.items() if name in allowed}


def _message(line: Line, replies: Sequence[str]) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": line.role,
        "content": line.text if line.reply_to is None else replies[line.reply_to],
    }
    if line.tool_calls:
        message["tool_calls"] = [
            {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in line.tool_calls
        ]
    if line.tool_call_id:
        message["tool_call_id"] = line.tool_call_id
    return message
