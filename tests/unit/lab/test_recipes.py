"""Recipes: those that are here can be read, and what a decoder needs is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.verifier.recipe import RECIPES, load_recipe


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_recipe_can_be_read(path: Path) -> None:
    recipe = load_recipe(path)
    assert recipe.name == path.stem
    assert recipe.question.endswith("?")
    assert recipe.is_decoder == ("{evidence}" in recipe.prompt)
    assert 0 <= recipe.hard_share <= 1
    assert recipe.warmup_steps + recipe.decay_steps <= recipe.steps


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('model = "decoder"', 'model = "oracle"', "expected cross-encoder or decoder"),
        ('" Unknown"]', "]", "2 label_words; expected 3"),
    ],
)
def test_a_recipe_for_no_model_that_there_is_is_refused(tmp_path: Path, before: str, after: str, said: str) -> None:
    text = (RECIPES / "decoder.toml").read_text()
    assert before in text
    (tmp_path / "wrong.toml").write_text(text.replace(before, after))
    with pytest.raises(ValueError, match=said):
        load_recipe(tmp_path / "wrong.toml")
