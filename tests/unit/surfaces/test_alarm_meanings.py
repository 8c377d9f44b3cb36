"""What alarms mean is told in both languages of the web app, in English with the same words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from verax.surfaces.alarm_meanings import ALARM_MEANINGS, meaning_of

LOCALES = Path(__file__).resolve().parents[3] / "web" / "src" / "locales"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_web_app_tells_every_alarm(language: str) -> None:
    texts = json.loads((LOCALES / language / "alarms.json").read_text(encoding="utf-8"))
    for part in ("meaning", "next"):
        assert set(texts[part]) == {*ALARM_MEANINGS, "unknown"}
        assert all(texts[part].values())


def test_the_web_app_says_it_in_the_words_of_the_server() -> None:
    texts = json.loads((LOCALES / "en" / "alarms.json").read_text(encoding="utf-8"))
    for code in texts["meaning"]:
        told = meaning_of(code)
        assert (texts["meaning"][code], texts["next"][code]) == (told.meaning, told.next_step)
