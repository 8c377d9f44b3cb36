"""Step 4, recall: what this installation itself holds that belongs into the prompt.

* An assistant line is believed only where this installation holds the reply commitment of
  that turn for that user (clause 7); every other assistant line is the caller's text.
* Passages of the release's collections, and of pages that a search of the web finds, found by the
  user's last line, enter as ``retrieved`` segments. Those that the input policy refuses are left out of
  the prompt: a document is not the person who asks, and must not silence them.
* A passage that repeats what this assistant said before is left out too: its own output is no
  source (`verax.guard.echoes`).
"""

from __future__ import annotations

from verax.guard.echoes import Echoes
from verax.guard.guarding import policy_of
from verax.guard.policy import check_input
from verax.kernel.release import Release
from verax.truth.verdicts import Evidence
from verax.turn.judging import Judging, TruthParts
from verax.turn.ports import Turns
from verax.turn.request import TurnRequest
from verax.turn.screen import OUTSIDE

__all__ = ["look_up", "passages_for_prompt", "recall"]


async def recall(request: TurnRequest, turns: Turns) -> frozenset[int]:
    """Return the indices of `request.items` that are replies this installation gave.

    A line with tool calls is looked up by its text alone, as it was committed to.
    """
    claims = {
        index: (item.reply_id, item.text)
        for index, item in enumerate(request.items)
        if item.role == "assistant" and item.reply_id
    }
    if not claims:
        return frozenset()
    held = await turns.held_replies(list(claims.values()), request.caller.user_id)
    return frozenset(index for index, claim in claims.items() if claim in held)


async def look_up(request: TurnRequest, release: Release, truth: TruthParts | None) -> Judging | None:
    """Find what the release's sources say to the question; None where it names none and checks nothing.

    Raises:
        RefusedError: a collection that cannot be had as the release says.
        FetchError, BusyError: the web cannot be searched now.
    """
    if truth is None or not (release.retrieval.has_sources or release.truth.samples):
        return None
    judging = Judging(truth, release, request.caller.user_id)
    before, question = ["", "", *(item.text for item in request.items if item.role == "user")][-2:]
    await judging.look_up(question, before)
    return judging


def passages_for_prompt(
    judging: Judging | None, release: Release, echoes: Echoes | None = None
) -> tuple[Evidence, ...]:
    """Return of the passages that were found those that a prompt may show, the nearest first.

    Args:
        echoes: What this assistant said before.
    """
    if judging is None or release.retrieval.passages is None:
        return ()
    policy = policy_of(release, "input").only(OUTSIDE)
    return tuple(
        item
        for item in judging.found
        if not check_input(policy, [item.source, item.text]).is_stop
        and not (echoes is not None and echoes.is_echo(item.text))
    )
