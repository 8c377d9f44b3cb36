"""The generated reference pages are current."""

from __future__ import annotations

from pathlib import Path

import pytest

from verax.testing.scripts import load_script

ROOT = Path(__file__).resolve().parents[4]
WRITER = ROOT / "scripts" / "write_reference.py"


@pytest.mark.parametrize("page", ["cli.md", "config.md"])
def test_a_generated_page_is_current(page: str) -> None:
    written = (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8")
    assert written == load_script(WRITER).pages()[page], "run make docs"
