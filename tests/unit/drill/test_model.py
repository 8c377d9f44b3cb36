"""The scripted model of a drill, asked as the server asks any model."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from verax.drill.model import ScriptedModel

LINES = [{"role": "system", "content": "You answer briefly."}, {"role": "user", "content": "Who?"}]


def call(model: ScriptedModel, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(model.url).port or 0, timeout=30)
    try:
        connection.request(method, path, None if body is None else json.dumps(body))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("stream", [False, True])
def test_a_prompt_is_answered_and_kept(stream: bool) -> None:
    with ScriptedModel(lambda lines: f"Nobody, {lines[-1]['content']}") as model:
        status, data = call(model, "POST", "/v1/chat/completions", {"messages": LINES, "stream": stream})
        assert (status, list(model.prompts)) == (200, [LINES])
    events = [line.removeprefix(b"data: ") for line in data.splitlines() if line and not line.endswith(b"[DONE]")]
    choices = [choice for event in events for choice in json.loads(event)["choices"]]
    said = [choice["delta" if stream else "message"].get("content", "") for choice in choices]
    assert "".join(said) == "Nobody, Who?"
    assert data.endswith(b"data: [DONE]\n\n") == stream


def test_it_lists_one_model_and_knows_no_other_page() -> None:
    with ScriptedModel(lambda _: "Nobody.") as model:
        status, data = call(model, "GET", "/v1/models")
        assert (status, json.loads(data)["data"][0]["id"]) == (200, "script")
        assert call(model, "GET", "/v1/others")[0] == call(model, "POST", "/v1/others", {})[0] == 404
