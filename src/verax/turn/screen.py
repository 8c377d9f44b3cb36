"""Step 3, screen: the input policy of the release over what came from outside.

Input is never rewritten: what a person wrote is committed to as they wrote it, or it is
refused with a reason and something useful to do (see `verax.guard.policy.check_input`).

What was rolled back stays out while serving too: banned sentences are looked for in what the
release and the calling application wrote, never in what users, sources or tools wrote
(invariant 8, clause 8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verax.guard.policy import Policy, check_input
from verax.kernel.bans import Ban, find_hits
from verax.kernel.errors import RefusedError
from verax.kernel.release import Release
from verax.kernel.segments import Segment
from verax.turn.request import TurnRequest

__all__ = ["Screening", "check_bans", "screen"]

_NEXT_STEP = {
    "secrets": "Take the password or key out of the message and send it again.",
    "hidden_text": "The message holds characters that cannot be seen. Paste it as plain text and send it again.",
}


@dataclass(frozen=True, slots=True)
class Screening:
    """The decision over the input; `category` is empty when the turn may go on."""

    category: str
    reason: str
    next_step: str


def screen(request: TurnRequest, release: Release) -> Screening:
    """Apply the input policy of `release` to every text of `request`."""
    policy = Policy.from_rules(release.guard.input)
    texts = [item.text for item in request.items]
    texts += [call.arguments for item in request.items for call in item.tool_calls]
    texts += [text for item in request.items for file in item.files for text in (file.name, *file.pages)]
    decision = check_input(policy, texts)
    if decision.action != "refuse":
        return Screening("", "", "")
    reason = f"The input policy of this release does not let {decision.category.replace('_', ' ')} through."
    return Screening(
        decision.category, reason, _NEXT_STEP.get(decision.category, "Change the message and send it again.")
    )


def check_bans(segments: Sequence[Segment], bans: Sequence[Ban]) -> None:
    """Refuse a prompt in which the release or the application brings back a banned sentence.

    Raises:
        RefusedError: names the bans, not the text.
    """
    if not bans:
        return
    ours = [segment.text for segment in segments if segment.by in ("release", "app")]
    hits = sorted(find_hits(["".join(ours), "\n".join(ours)], bans))
    if hits:
        raise RefusedError(
            f"prompt: it holds text that was rolled back, ban {hits[0][:12]}",
            hint="leave that text out; only a review that names the ban lets it back in",
            code="governance/banned",
        )
