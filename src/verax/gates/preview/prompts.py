"""The prompt of an example under a release, by the turn path's own functions. Pure: no model, no store.

The order is that of `verax.turn.drive`: trim, screen, compose. Banned sentences are not looked for: whoever reviews a
change that lets one return has to see it where it would stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from verax.gates.preview.fixed import Example
from verax.guard.policy import SCORED
from verax.kernel.errors import RequestError, VeraxError
from verax.kernel.release import Release
from verax.kernel.segments import Segment
from verax.turn.compose import compose
from verax.turn.request import Caller, TurnRequest
from verax.turn.screen import screen
from verax.turn.trim import trim

__all__ = ["RenderedPrompt", "render_prompt"]

_NOBODY = Caller("preview", frozenset())
_ANY_SEED = 0
# No classifier reads an example: what a preview compares are prompts, and exact rules stop those that they stop.
_NOT_READ = dict.fromkeys(SCORED, 0.0)


@dataclass(frozen=True, slots=True)
class RenderedPrompt:
    """What a model would read.

    Attributes:
        segments: Parts with their authors; empty where the release refuses the input.
        left_out: Older lines that the release's context has no room for.
        problem: Why there is no prompt, None where there is one.
    """

    segments: tuple[Segment, ...]
    left_out: int = 0
    problem: VeraxError | None = None


def render_prompt(release: Release, example: Example, channel: str, today: date) -> RenderedPrompt:
    """Compose the prompt of an example as a turn on `channel` would; never raises for what release or example hold.

    Args:
        today: The date of the clock, for templates that show it.
    """
    asked = TurnRequest(channel, _NOBODY, example.items, tools=example.tools, trim=True)
    request = trim(asked, release)
    try:
        screening = screen(request, release, lambda _text: _NOT_READ)
        if screening.category:
            raise RequestError(screening.reason, hint=screening.next_step, code="guard/refused")
        lines = enumerate(request.items)
        held = frozenset(index for index, item in lines if example.is_held and item.role == "assistant")
        composition = compose(release, request, held, today, _ANY_SEED)
    except VeraxError as error:
        return RenderedPrompt((), problem=error)
    return RenderedPrompt(composition.segments, request.older)
