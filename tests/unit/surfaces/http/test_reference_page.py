"""docs/reference/http.md says what the code does: it is generated, and it is current."""

from __future__ import annotations

from pathlib import Path

from verax.surfaces.http.chat_request import ChatRequest
from verax.surfaces.http.openapi import OPERATIONS
from verax.surfaces.http.parameters import REFUSED, Support, support_of
from verax.surfaces.http.responses_request import ResponseRequest
from verax.testing.scripts import load_script

ROOT = Path(__file__).resolve().parents[4]
WRITER = ROOT / "scripts" / "write_reference.py"


def test_the_page_is_current() -> None:
    written = (ROOT / "docs" / "reference" / "http.md").read_text(encoding="utf-8")
    assert written == load_script(WRITER).pages()["http.md"], "run make docs"


def test_every_parameter_and_every_call_stands_on_the_page() -> None:
    page = (ROOT / "docs" / "reference" / "http.md").read_text(encoding="utf-8")
    for model in (ChatRequest, ResponseRequest):
        assert all(f"| `{name}` | " in page for name in model.model_fields)
    assert all(f"| `{name}` | " in page for name in REFUSED)
    assert all(f"`{call.method} {call.path}`" in page for call in OPERATIONS)


def test_a_refused_parameter_is_a_field_of_no_model() -> None:
    for model in (ChatRequest, ResponseRequest):
        assert not set(REFUSED) & set(model.model_fields)
        assert support_of(model, "audio") is Support.REFUSED
        assert support_of(model, "never-heard-of") is None
