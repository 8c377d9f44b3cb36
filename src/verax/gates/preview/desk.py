"""The desk of previews: from a change to its two releases, their prompts and their replies.

* Prompts are shown of every change whose releases this installation holds.
* Replies are asked for open changes on channels that are not frozen: a frozen channel answers nobody (clause 5.7), and
  nobody can review a change that is stale or admitted.
* Both releases are asked with one sampler seed where both let callers set it, so that a difference between two
  replies of a deterministic model is the releases' own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from verax.gates.changes import find_change
from verax.gates.preview.fixed import Example, FixedSet, fixed_set, own_example
from verax.gates.preview.prompts import RenderedPrompt, render_prompt
from verax.gates.preview.replies import RunningPair, Side, start_pair
from verax.kernel.errors import ConflictError, RefusedError
from verax.kernel.fold import State
from verax.kernel.fold_state import ChangeState
from verax.kernel.release import Release
from verax.kernel.root import RUNTIME_CHANNEL
from verax.kernel.statement import NONE
from verax.store.clock import Clock
from verax.turn.ports import Releases, TurnStarter
from verax.turn.request import Caller, InputItem, SamplingRequest, TurnRequest

__all__ = ["ChangePreview", "PreviewDesk", "PromptPair"]


@dataclass(frozen=True, slots=True)
class PromptPair:
    """One example under both releases; a channel's first release has no base."""

    example: Example
    prompts: Mapping[Side, RenderedPrompt]


@dataclass(frozen=True, slots=True)
class ChangePreview:
    """The fixed set under both releases of a change.

    Attributes:
        today: The date that the prompts were composed for.
    """

    change: ChangeState
    today: date
    fixed: FixedSet
    prompts: tuple[PromptPair, ...]


class PreviewDesk:
    """Shows reviewers what a change would do."""

    def __init__(
        self,
        governance: Releases,
        engine: TurnStarter,
        clock: Clock,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._governance = governance
        self._engine = engine
        self._clock = clock
        self._random_bytes = random_bytes

    def preview(self, which: str) -> ChangePreview:
        """Return the fixed set under the releases of a change.

        Raises:
            UnknownObject: no such change, or one of its releases is not held here.
            ConflictError: it changes the code, not a release.
        """
        change, releases, today = self._find(which)
        fixed = fixed_set()
        pairs = tuple(_pair(example, releases, change.channel, today) for example in fixed.examples)
        return ChangePreview(change, today, fixed, pairs)

    def prompt(self, which: str, question: str) -> PromptPair:
        """Return the prompt of a reviewer's own question under the releases of a change.

        Raises:
            UnknownObject, ConflictError: as `preview`.
        """
        change, releases, today = self._find(which)
        return _pair(own_example(question), releases, change.channel, today)

    def ask(self, which: str, caller: Caller, question: str) -> RunningPair:
        """Ask both releases of an open change one question.

        Raises:
            UnknownObject: as `preview`.
            ConflictError: it changes the code, or is stale or admitted.
            ForbiddenError: the caller may not run previews.
            RefusedError: the channel is frozen, or nothing may answer now.
        """
        change, releases, _ = self._find(which)
        _check_open(change, self._governance.state)
        seed = self._seed(releases)
        requests: dict[Side, TurnRequest] = {
            side: TurnRequest(
                channel=change.channel,
                caller=caller,
                items=(InputItem("user", question),),
                sampling=SamplingRequest(seed=seed),
                arm="preview",
                release=release.id,
            )
            for side, release in releases.items()
        }
        return start_pair(self._engine, requests)

    def _find(self, which: str) -> tuple[ChangeState, dict[Side, Release], date]:
        change = find_change(self._governance.state, which)
        if change.channel == RUNTIME_CHANNEL:
            raise ConflictError(
                f"change {change.id[:12]}: it changes the code, which has no prompts and no replies of its own",
                hint='"verax runtime show" shows what changed in the code',
                code="preview/runtime",
            )
        releases: dict[Side, Release] = {}
        if change.base != NONE:
            releases["base"] = self._governance.release(change.base)
        releases["candidate"] = self._governance.release(change.candidate)
        today = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC).date()
        return change, releases, today

    def _seed(self, releases: Mapping[Side, Release]) -> int | None:
        """Return a sampler's seed for both, 0 to 2^31 - 1; None where one of them lets callers set none."""
        if not all("seed" in release.sampling.allow for release in releases.values()):
            return None
        return int.from_bytes(self._random_bytes(4), "big") >> 1


def _pair(example: Example, releases: Mapping[Side, Release], channel: str, today: date) -> PromptPair:
    prompts = {side: render_prompt(release, example, channel, today) for side, release in releases.items()}
    return PromptPair(example, prompts)


def _check_open(change: ChangeState, state: State) -> None:
    status = state.status_of(change.id)
    if status != "open":
        raise ConflictError(
            f"change {change.id[:12]}: it is {status}; replies are compared for open changes only",
            hint="its example prompts can still be looked at",
            code="preview/not-open",
        )
    channel = state.channels.get(change.channel)
    if channel is not None and channel.frozen:
        raise RefusedError(
            f"channel {change.channel}: frozen, it answers nobody, reviewers neither",
            hint="its example prompts can still be looked at; a change of its own unfreezes the channel",
            code="governance/frozen",
        )
