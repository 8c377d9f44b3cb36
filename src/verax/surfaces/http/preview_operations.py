"""The calls of `previews`, described for the OpenAPI document."""

from __future__ import annotations

from verax.surfaces.http import preview_models
from verax.surfaces.http.operations import SSE, Operation, json_reply
from verax.surfaces.http.previews import QuestionRequest

__all__ = ["OPERATIONS"]

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "GET",
        "/v1/changes/{id}/preview",
        "getChangePreview",
        "Return example prompts before and after a change, and the fixed questions",
        json_reply(preview_models.ChangePreview),
        needs_key=True,
    ),
    Operation(
        "POST",
        "/v1/changes/{id}/preview/prompt",
        "composePreviewPrompt",
        "Return the prompt of one question before and after a change",
        json_reply(preview_models.PromptPair),
        body=QuestionRequest,
        needs_key=True,
    ),
    Operation(
        "POST",
        "/v1/changes/{id}/preview/replies",
        "askPreviewReplies",
        "Ask both releases of a change one question",
        {200: {SSE: None}},
        body=QuestionRequest,
        needs_key=True,
    ),
)
