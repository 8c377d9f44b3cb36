"""Ready-made policies: a release includes one by naming an audience, and holds its rules."""

from __future__ import annotations

import itertools

import pytest

from verax.guard.audience import Audience
from verax.guard.categories import Category
from verax.guard.helplines import child_line, emergency_number, helplines
from verax.guard.policy import STRICTNESS, Policy
from verax.guard.ready import read_release, ready_policies
from verax.guard.refusals import crisis_words, refusal_words
from verax.kernel.errors import ReleaseError
from verax.kernel.release import Release
from verax.kernel.release_diff import diff_releases
from verax.kernel.release_toml import release_toml
from verax.testing.releases import manifest_toml


def release(guard: str) -> Release:
    return read_release(manifest_toml("x", guard=guard))


@pytest.mark.parametrize("audience", list(Audience))
def test_every_audience_has_a_policy_that_this_version_can_read(audience: Audience) -> None:
    made = release(f'[guard]\ninclude = "{audience}"')
    for rules in (made.guard.input, made.guard.output):
        policy = Policy.from_rules(rules)
        assert {Category.SELF_HARM, Category.SEXUAL_MINORS, Category.UNREAD} <= {rule.category for rule in policy.rules}


def test_the_release_holds_the_rules_and_not_the_name() -> None:
    made = release('[guard]\ninclude = "8-12"')
    assert "include" not in made.manifest["guard"]
    assert Release.from_bytes(made.data) == made == Release.from_toml(release_toml(made))


def test_own_rules_take_the_places_of_those_about_the_same() -> None:
    made = release(
        '[guard]\ninclude = "adult"\noutput = [{ detector = "profanity", action = "refuse" }, '
        '{ detector = "readability", action = "mark", threshold = "0.9" }]'
    )
    plain = release('[guard]\ninclude = "adult"')
    assert [rule.detector for rule in made.guard.output[:-1]] == [rule.detector for rule in plain.guard.output]
    assert {rule.detector: rule.action for rule in made.guard.output}["profanity"] == "refuse"
    assert made.guard.output[-1].threshold == 0.9
    assert made.guard.input == plain.guard.input


def test_reviewers_see_each_rule_in_the_difference() -> None:
    paths = [
        diff.path for diff in diff_releases(release('[guard]\ninclude = "adult"'), release('[guard]\ninclude = "8-12"'))
    ]
    assert any(path.startswith("guard.input[") and path.endswith(".threshold") for path in paths)


@pytest.mark.parametrize("include", ['"9-10"', "3", '["adult"]'])
def test_an_unknown_policy_is_an_error(include: str) -> None:
    with pytest.raises(ReleaseError, match="no such ready-made policy"):
        release(f"[guard]\ninclude = {include}")


def test_the_kernel_alone_knows_no_policy_by_name() -> None:
    with pytest.raises(ReleaseError):
        Release.from_toml(manifest_toml("x", guard='[guard]\ninclude = "adult"'))


def test_a_younger_audience_is_never_treated_more_loosely() -> None:
    bands = [Audience.TEEN, Audience.EIGHT_TO_TWELVE, Audience.FIVE_TO_SEVEN, Audience.TWO_TO_FOUR]
    for side in ("input", "output"):
        for older, younger in itertools.pairwise(bands):
            looser = {rule["detector"]: rule for rule in ready_policies()[str(older)][side]}
            for rule in ready_policies()[str(younger)][side]:
                before = looser.get(rule["detector"])
                if before is not None:
                    assert STRICTNESS[rule["action"]] >= STRICTNESS[before["action"]], (side, younger, rule)
                    assert float(rule.get("threshold", 1)) <= float(before.get("threshold", 1)), (side, younger, rule)


@pytest.mark.parametrize("category", list(Category))
@pytest.mark.parametrize("audience", [Audience.ADULT, Audience.FIVE_TO_SEVEN])
def test_every_refusal_has_a_reason_and_something_to_do(category: Category, audience: Audience) -> None:
    for direction in ("input", "output"):
        words = refusal_words(category, audience, direction)
        assert words.reason.endswith(".") and words.next_step


def test_a_crisis_names_people_to_call_in_the_language_of_whoever_writes() -> None:
    words = crisis_words("self_harm", Audience.ADULT, "I want to die")
    assert "988" in words.next_step and "116 123" in words.next_step
    assert "大人" in crisis_words("disclosure", Audience.FIVE_TO_SEVEN, "爸爸打我").reason
    for audience in Audience:
        for line in (*helplines("self_harm", audience), *helplines("disclosure", audience)):
            assert line.source and line.publisher and not line.is_verified


def test_every_number_of_a_crisis_stands_in_its_text_too() -> None:
    for audience in Audience:
        words = crisis_words("disclosure", audience)
        assert words.crisis is not None and words.crisis.helplines
        assert all(line.number in words.next_step for line in words.crisis.helplines)
        assert words.next_step.startswith(words.crisis.emergency)
    assert refusal_words("hate", Audience.ADULT, "input").crisis is None


def test_a_child_of_a_known_country_is_told_its_own_line_first() -> None:
    numbers = {country: line.number for country in ("de", "GB", "US", "FR", "CA") if (line := child_line(country))}
    assert numbers == {
        "de": "116 111", "GB": "0800 1111", "US": "1-800-422-4453", "FR": "119", "CA": "1-800-668-6868",
    }  # fmt: skip
    assert (child_line("XX"), emergency_number("XX"), emergency_number("gb")) == (None, None, "999")
