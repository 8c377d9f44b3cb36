"""Step 3, screen: the input policy of the release over what came from outside.

* Input is never rewritten: what a person wrote is committed to as they wrote it, or it is
  refused with a reason and something useful to do (see `verax.guard.policy.check_input`).
* Every rule reads what people and applications wrote. Files and the results of tools are data
  (invariant 7): a newspaper may speak of hate, and none of it is the person who asks. Of them only
  what could act on the model or hide in it is looked for (`OUTSIDE`).
* What a classifier must read, it reads before (`texts_to_read`): `screen` itself waits for nobody.

What was rolled back stays out while serving too: banned sentences are looked for in what the
release and the calling application wrote, never in what users, sources or tools wrote
(invariant 8, clause 8).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from verax.guard.audience import Audience
from verax.guard.categories import Category
from verax.guard.guarding import policy_of
from verax.guard.policy import ScoresOf, check_input, no_scores, texts_to_score
from verax.guard.refusals import Crisis, crisis_words, refusal_words
from verax.kernel.bans import Ban, find_hits
from verax.kernel.errors import RefusedError
from verax.kernel.release import Release
from verax.kernel.segments import Segment
from verax.turn.request import TurnRequest

__all__ = ["OUTSIDE", "Screening", "check_bans", "screen", "texts_from_outside", "texts_to_read", "without_stopped"]

_MAX_OUTSIDE = 64  # sentences from outside that a classifier reads beside the exact rules, which read all

OUTSIDE = frozenset({Category.SECRETS, Category.HIDDEN_TEXT, Category.INJECTION})
"""Categories that are looked for in text from outside."""


@dataclass(frozen=True, slots=True)
class Screening:
    """The decision over the input; `category` is empty when the turn may go on.

    Attributes:
        findings: Findings by category, of a turn that goes on too.
        alerts: Categories that whoever runs the installation should hear of.
        crisis: Whom to call, in a crisis.
    """

    category: str
    reason: str
    next_step: str
    findings: Mapping[str, int] = field(default_factory=dict)
    alerts: tuple[str, ...] = ()
    crisis: Crisis | None = None


def texts_to_read(request: TurnRequest, release: Release) -> list[str]:
    """Return what a classifier must have read before `screen`, of what people and applications wrote."""
    return texts_to_score(policy_of(release, "input"), _written(request))


def texts_from_outside(request: TurnRequest, release: Release) -> list[str]:
    """Return the sentences from outside that a classifier should have read before `screen`, the first ones.

    Not the assistant's own: it asks and proposes by its nature, was read when it spoke, and exact rules read it again.
    """
    policy = policy_of(release, "input").only(OUTSIDE)
    return texts_to_score(policy, _outside(request, with_own=False))[:_MAX_OUTSIDE]


def without_stopped(request: TurnRequest, release: Release, scores_of: ScoresOf = no_scores) -> TurnRequest:
    """Leave out earlier lines by the user that the policy stops; they count as lines that the model does not read.

    They stopped a turn of their own when they were written; a conversation must not end with them.
    Only for requests that may be trimmed: other callers sent what they want to be read.
    """
    if not request.trim:
        return request
    policy = policy_of(release, "input")
    last = max((index for index, item in enumerate(request.items) if item.role == "user"), default=0)
    kept = tuple(
        item
        for index, item in enumerate(request.items)
        if index == last or item.role != "user" or not check_input(policy, [item.text], scores_of).is_stop
    )
    return replace(request, items=kept, older=request.older + len(request.items) - len(kept))


def screen(
    request: TurnRequest, release: Release, scores_of: ScoresOf = no_scores, outside_of: ScoresOf = no_scores
) -> Screening:
    """Apply the input policy of `release` to every text of `request`.

    Args:
        scores_of: Scores of what `texts_to_read` named.
        outside_of: Scores of what `texts_from_outside` named.
    """
    policy, audience = policy_of(release, "input"), Audience(release.audience)
    decision = check_input(policy, _written(request), scores_of)
    outside = check_input(policy.only(OUTSIDE), _outside(request), outside_of)
    if outside.is_stop and not decision.is_stop:
        decision = outside
    findings = {**outside.by_detector, **decision.by_detector}
    alerts = tuple(sorted({*decision.alerts, *outside.alerts}))
    if not decision.is_stop:
        return Screening("", "", "", findings, alerts)
    said = next((item.text for item in reversed(request.items) if item.role == "user"), "")
    if decision.action == "crisis":
        words = crisis_words(decision.category, audience, said)
    else:
        words = refusal_words(decision.category, audience, "input", said)
    return Screening(decision.category, words.reason, words.next_step, findings, alerts, words.crisis)


def _written(request: TurnRequest) -> list[str]:
    """Return what people and applications wrote."""
    return [item.text for item in request.items if item.role not in ("assistant", "tool")]


def _outside(request: TurnRequest, *, with_own: bool = True) -> list[str]:
    """Return what was found, attached, computed or answered."""
    roles = ("assistant", "tool") if with_own else ("tool",)
    texts = [item.text for item in request.items if item.role in roles]
    texts += [call.arguments for item in request.items for call in item.tool_calls]
    return texts + [text for item in request.items for file in item.files for text in (file.name, *file.pages)]


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
