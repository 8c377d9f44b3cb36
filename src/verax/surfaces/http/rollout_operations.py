"""The calls of `rollouts`, described for the OpenAPI document."""

from __future__ import annotations

from verax.surfaces.http import rollout_models as models
from verax.surfaces.http.operations import Operation, json_reply
from verax.surfaces.http.rollouts import VoteRequest

__all__ = ["OPERATIONS"]

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "GET",
        "/v1/channels/{name}/rollout",
        "getRollout",
        "Return how a channel's canary came about and goes on",
        json_reply(models.RolloutFacts),
    ),
    Operation(
        "GET",
        "/v1/admin/channels/{name}/signals",
        "getSignals",
        "Return the live signals of a channel's newest rollout",
        json_reply(models.RolloutSignals),
        needs_key=True,
    ),
    Operation(
        "GET",
        "/v1/admin/channels/{name}/affected",
        "getAffectedTurns",
        "Return the ids of the turns that ran under what a rollback took out",
        json_reply(models.AffectedTurns),
        needs_key=True,
        query={"move": {"type": "integer", "minimum": 0}},
    ),
    Operation(
        "POST",
        "/v1/turns/{id}/vote",
        "voteOnTurn",
        "Vote on a reply of one's own",
        {204: {}},
        body=VoteRequest,
        needs_key=True,
    ),
    Operation("DELETE", "/v1/turns/{id}/vote", "withdrawVote", "Take a vote back", {204: {}}, needs_key=True),
)
