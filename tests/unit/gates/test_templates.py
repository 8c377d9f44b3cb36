"""Items from templates."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from verax.gates.items import Line
from verax.gates.suite import list_suites, load_suite
from verax.gates.templates import ItemBank
from verax.kernel.errors import ConfigError

SEED, OTHER = "ab" * 32, "cd" * 32
WORDS = {
    "country": [{"name": "France", "capital": "Paris"}, {"name": "Peru", "capital": "Lima"}],
    "opening": ["Say: ", "Tell me: "],
}


def bank(*templates: dict[str, Any], **words: Any) -> ItemBank:
    return ItemBank.parse({"word": WORDS | words, "template": list(templates)}, "a test")


def test_words_of_one_row_belong_together() -> None:
    found = bank(
        {"group": "g", "calls": [["Capital of {country.name}?"]], "expect": {"answer": "{country.capital}"}}
    ).draw(SEED, "s", 2)
    pairs = {(item.calls[0].lines[0].text, item.expect["answer"]) for item in found}
    assert pairs == {("Capital of France?", "Paris"), ("Capital of Peru?", "Lima")}


def test_a_second_row_is_another_one() -> None:
    found = bank({"group": "g", "calls": [["{country.name} or {country#2.name}, {number.1-99}?"]]}).draw(SEED, "s", 20)
    for item in found:
        first, _, second = item.question.partition(" or ")
        assert first != second.partition(",")[0]


def test_a_number_that_is_named_twice_is_one_number_and_a_numbered_one_another() -> None:
    found = bank({"group": "g", "calls": [["{number.1-1000} {number.1-1000} {number#2.1-1000}"]]}).draw(SEED, "s", 10)
    for item in found:
        one, again, _ = item.question.split()
        assert one == again
    assert any(len(set(item.question.split())) == 2 for item in found)


def test_lines_may_have_roles_tools_and_earlier_replies() -> None:
    call = {"id": "c1", "name": "look_up", "arguments": '{"city": "{country.capital}"}'}
    item = bank(
        {
            "group": "g",
            "calls": [
                ["{country.name}?"],
                [{"role": "system", "text": "s"}, "again", {"reply": 0}],
                [
                    {"role": "assistant", "tool_calls": [call]},
                    {"role": "tool", "text": "r", "tool_call_id": "c1"},
                ],
            ],
        }
    ).draw(SEED, "s", 1)[0]
    assert item.calls[1].lines[2] == Line("assistant", reply_to=0)
    assert item.calls[2].lines[0].tool_calls[0].arguments in ('{"city": "Paris"}', '{"city": "Lima"}')


def test_templates_that_need_more_than_a_release_offers_are_left_out() -> None:
    two = bank(
        {"group": "plain", "calls": [["{number.1-999}"]]},
        {"group": "tools", "calls": [["{number.1-999}"]], "needs": ["tools"]},
    )
    assert {item.group for item in two.draw(SEED, "s", 10)} == {"plain"}
    assert {item.group for item in two.draw(SEED, "s", 10, frozenset({"tools"}))} == {"plain", "tools"}


@pytest.mark.parametrize(
    "template",
    [
        {"group": "g", "calls": [["{country.river}"]]},
        {"group": "g", "calls": [["x"]], "expect": {"answer": "{nothing}"}},
    ],
)
def test_a_word_that_is_not_there_is_refused_when_the_suite_is_read(template: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="no word"):
        bank(template)


def test_too_few_words_for_so_many_items_are_refused() -> None:
    with pytest.raises(ConfigError, match="too few words"):
        bank({"group": "g", "calls": [["{country.name}"]]}).draw(SEED, "s", 3)


def test_a_suite_without_templates_is_refused() -> None:
    with pytest.raises(ConfigError, match="no template"):
        bank()


@pytest.mark.parametrize("name", list_suites())
def test_items_of_a_suite_follow_from_the_seed_and_differ_between_seeds(name: str) -> None:
    suite = load_suite(name)
    offers = frozenset({"tools"})
    items = suite.items(SEED, offers)
    assert items == suite.items(SEED, offers)
    assert len({item.id for item in items}) == len(items) == suite.size >= 60
    assert len({repr(item.calls) for item in items}) == suite.size
    others = {repr(item.calls) for item in suite.items(OTHER, offers)}
    shared = sum(repr(item.calls) in others for item in items)
    # Nobody can prepare for the items: a run shares few of them with the next one.
    assert shared <= suite.size // 2
    assert not [item for item in items if "{" in item.question and "}" in item.question and '"' not in item.question]


@pytest.mark.parametrize("name", list_suites())
def test_groups_of_a_suite_are_of_about_one_size(name: str) -> None:
    suite = load_suite(name)
    sizes = Counter(item.group for item in suite.items(SEED, frozenset({"tools"}))).values()
    assert max(sizes) - min(sizes) <= 1
