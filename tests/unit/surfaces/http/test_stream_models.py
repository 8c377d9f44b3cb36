"""The union of a run's events: one shape for each `type`, written for the web app without a server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from verax.surfaces.http.openapi import openapi_document
from verax.surfaces.http.stream_models import StreamEvent, TextEvent

SCRIPT = Path(__file__).parents[4] / "scripts" / "write_openapi.py"
TYPES = {"started", "text", "claim", "tool_call", "refusal", "completed", "failed"}


def test_an_event_is_told_by_its_type_and_by_nothing_else() -> None:
    assert isinstance(StreamEvent.model_validate({"type": "text", "text": "Hi"}).root, TextEvent)
    for wrong in ({"type": "other", "text": "Hi"}, {"text": "Hi"}, {"type": "text", "text": "Hi", "more": 1}):
        with pytest.raises(ValidationError):
            StreamEvent.model_validate(wrong)


def test_the_document_holds_the_union_with_its_discriminator() -> None:
    schema = openapi_document()["components"]["schemas"]["StreamEvent"]
    assert schema["discriminator"]["propertyName"] == "type"
    assert set(schema["discriminator"]["mapping"]) == TYPES
    assert len(schema["oneOf"]) == len(TYPES)


def test_the_document_is_written_without_a_server(tmp_path: Path) -> None:
    out = tmp_path / "openapi.json"
    subprocess.run([sys.executable, str(SCRIPT), str(out)], check=True, timeout=60)
    assert json.loads(out.read_text(encoding="utf-8")) == openapi_document()
    wrong = subprocess.run([sys.executable, str(SCRIPT)], check=False, capture_output=True, text=True, timeout=60)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "usage" in wrong.stderr
