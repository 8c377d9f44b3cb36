"""The closed list of categories and the audiences."""

from __future__ import annotations

from verax.guard.audience import Audience
from verax.guard.categories import ABOUT, OPENAI_CATEGORIES, Category
from verax.kernel.release_parts import AUDIENCES


def test_every_category_says_what_it_is() -> None:
    assert list(ABOUT) == list(Category)
    assert all(about.plain and about.meaning.endswith(".") for about in ABOUT.values())


def test_every_category_of_openai_is_filled_by_exactly_one_of_ours() -> None:
    filled = [name for about in ABOUT.values() for name in about.openai]
    assert sorted(filled) == sorted(OPENAI_CATEGORIES)


def test_audiences_are_those_of_a_release() -> None:
    assert tuple(Audience) == AUDIENCES


def test_the_younger_audiences_are_children_and_all_but_adults_are_minors() -> None:
    assert [a for a in Audience if not a.is_minor] == [Audience.ADULT]
    assert [a for a in Audience if a.is_minor and not a.is_child] == [Audience.TEEN]
