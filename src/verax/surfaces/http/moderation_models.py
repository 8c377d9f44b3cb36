"""The shapes of ``POST /v1/moderations`` on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from verax.guard.moderation import MAX_CHARS, MAX_TEXTS
from verax.surfaces.http.operations import Operation, json_reply
from verax.surfaces.http.parameters import HINT
from verax.surfaces.http.reply_models import ReplyModel
from verax.surfaces.http.validation import WireModel

__all__ = ["OPERATIONS", "Moderation", "ModerationRequest"]

AudienceName = Literal["adult", "13+", "8-12", "5-7", "2-4"]
DirectionName = Literal["input", "output"]
ActionName = Literal["allow", "mark", "alert", "rewrite", "refuse", "crisis"]

_Text = Annotated[str, Field(max_length=MAX_CHARS)]
_Score = Annotated[float, Field(ge=0, le=1)]


class ModerationRequest(WireModel):
    """Body of ``POST /v1/moderations``; `audience` and `direction` are Verax's own."""

    input: _Text | Annotated[list[_Text], Field(min_length=1, max_length=MAX_TEXTS)] = Field(
        description="A text, or up to 64 texts that are judged each for itself."
    )
    model: str | None = Field(
        default=None, description="Any name: the guard of this installation judges.", json_schema_extra=HINT
    )
    audience: AudienceName = Field(default="adult", description="Whose ready-made policy decides.")
    direction: DirectionName = Field(
        default="input", description="`input`: what such a person says; `output`: what is said to one."
    )


class ModerationFinding(ReplyModel):
    """What was found at ``input[start:end]``; `kind` is the subcategory, empty where none is known."""

    category: str
    kind: str
    start: int
    end: int
    score: _Score
    action: ActionName


class ModerationVerdict(ReplyModel):
    """What the policy says: the strictest action, the category that asked for it, every finding.

    `flags` holds every category that the text belongs to, also those that the policy lets pass. `scores` holds what was
    judged, `unavailable` the categories that nothing could judge in this text: of those a zero among OpenAI's scores
    says nothing. `text` is the text with its masks.
    """

    action: ActionName
    category: str
    flags: list[str]
    scores: dict[str, _Score]
    unavailable: list[str]
    findings: list[ModerationFinding]
    text: str


class ModerationResult(ReplyModel):
    """One text's result, in OpenAI's shape."""

    flagged: bool
    categories: dict[str, bool]
    category_scores: dict[str, _Score]
    category_applied_input_types: dict[str, list[Literal["text"]]]
    verax: ModerationVerdict


class ModerationAbout(ReplyModel):
    """By whose policy was judged, and by what beside exact rules."""

    audience: AudienceName
    direction: DirectionName
    judges: list[str]


class Moderation(ReplyModel):
    """Results in the order of the texts."""

    id: str
    model: str
    results: list[ModerationResult]
    verax: ModerationAbout


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "POST",
        "/v1/moderations",
        "createModeration",
        "Judge texts by the guard policy of an audience",
        json_reply(Moderation),
        body=ModerationRequest,
        needs_key=True,
    ),
)
