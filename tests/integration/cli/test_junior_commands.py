"""``verax junior``: channels for an installation that has none, profiles, a try, and a folder of one's own."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.cli.conftest import Ran, World

from verax.products.junior.library import Library
from verax.products.junior.releases import shipped_channels

ARTICLE = """+++
title = "Why do boats float?"
band = "5-7"
kind = "fact"
topic = "machines"
asks = ["why do boats float"]
sources = [{ title = "Floating", publisher = "A school book" }]
+++
%s
"""
GOOD = "A boat pushes water away. The water pushes back. That push holds the boat up."
BAD = "Look at https://boats.example for more. You are so stupid that I will kill you with a knife tonight."


def test_junior_is_admitted_where_it_is_missing_and_can_be_tried(
    own: World, verax: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = verax(own, "junior", "play", "--band", "5-7")
    assert refused.code != 0
    admitted = verax(own, "junior", "admit", "--yes")
    assert admitted.code == 0, admitted.err
    for channel, release in shipped_channels().items():
        assert f"{channel} now serves {release.short_id}" in admitted.err
    again = verax(own, "junior", "admit", "--yes")
    assert again.err.count("serves already") == 3
    monkeypatch.setattr("sys.stdin", io.StringIO("why is the sky blue?\n/quit\n"))
    played = verax(own, "junior", "play", "--band", "5-7")
    assert played.code == 0, played.err
    assert "I am a computer program" in played.out
    assert "Light from the Sun looks white." in played.out


def test_profiles_are_made_listed_and_erased(own: World, verax: Callable[..., Ran]) -> None:
    asked = ("--band", "8-12", "--colour", "green", "--animal", "fox", "--country", "DE", "--zone", "Europe/Berlin")
    made = verax(own, "junior", "create", *asked, "--hold", "history", "--bedtime", "20:00-07:00", "--yes")
    assert made.code == 0, made.err
    assert "the age band, the colour and animal" in made.err
    profile = made.out.strip()
    listed = json.loads(verax(own, "junior", "list", "--json").out)["profiles"]
    assert [(item["id"], item["topics_held"], item["bedtime"]["start"]) for item in listed] == [
        (profile, ["history"], "20:00")
    ]
    assert "green fox" in verax(own, "junior", "list").out
    erased = verax(own, "junior", "erase", profile, "--yes")
    assert json.loads(erased.out)["count"] == 2
    assert json.loads(verax(own, "junior", "list", "--json").out) == {"profiles": []}
    assert verax(own, "junior", "create", *asked, "--bedtime", "late", "--yes").code != 0


def test_a_folder_is_held_to_the_band_and_read_by_the_guard(
    shared: World, verax: Callable[..., Ran], tmp_path: Path
) -> None:
    (tmp_path / "boats.md").write_text(ARTICLE % GOOD)
    assert verax(shared, "junior", "check", str(tmp_path)).code == 0
    (tmp_path / "bad.md").write_text(ARTICLE % BAD)
    found = verax(shared, "junior", "check", str(tmp_path), "--json")
    assert found.code == 1
    problems = {one["name"]: one["problems"] for one in json.loads(found.out)["articles"]}
    assert problems["boats"] == []
    assert "the text holds an address" in problems["bad"]
    assert any(problem.startswith("the guard: ") for problem in problems["bad"])
    (tmp_path / "bad.md").write_text("no head")
    assert verax(shared, "junior", "check", str(tmp_path)).code == 2


def test_articles_with_problems_are_not_proposed(
    own: World, verax: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    own.environ["VERAX_JUNIOR_FOLDER"] = str(folder)
    (folder / "boats.md").write_text(ARTICLE % BAD)
    refused = verax(own, "junior", "admit", "--yes")
    assert refused.code == 3, refused.err
    assert "1 articles" in refused.err
    (folder / "boats.md").write_text(ARTICLE % GOOD)
    admitted = verax(own, "junior", "admit", "--yes")
    assert admitted.code == 0, admitted.err
    for channel, release in shipped_channels(Library(folder)).items():
        assert f"{channel} now serves {release.short_id}" in admitted.err
    assert verax(own, "release", "verify", "junior/5-7").code == 0
    del own.environ["VERAX_JUNIOR_FOLDER"]
    monkeypatch.delenv("VERAX_JUNIOR_FOLDER")
    assert "failed" in verax(own, "release", "verify", "junior/5-7").out
