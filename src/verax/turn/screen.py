"""Step 3, screen: the input policy of the release over what came from outside.

Input is never rewritten: what a person wrote is committed to as they wrote it, or it is
refused with a reason and something useful to do (see `verax.guard.policy.check_input`).
"""

from __future__ import annotations

from dataclasses import dataclass

from verax.guard.policy import Policy, check_input
from verax.kernel.release import Release
from verax.turn.request import TurnRequest

__all__ = ["Screening", "screen"]

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
    decision = check_input(policy, texts)
    if decision.action != "refuse":
        return Screening("", "", "")
    reason = f"The input policy of this release does not let {decision.category.replace('_', ' ')} through."
    return Screening(
        decision.category, reason, _NEXT_STEP.get(decision.category, "Change the message and send it again.")
    )
