"""Prompt templates: syntax allow-list, authors, limits (clause 7)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.errors import ReleaseError
from verax.kernel.segments import Segment
from verax.kernel.template import MAX_SEGMENTS, Variable, VariableSpec, check_template, render, renderings

DECLARED = {
    "name": VariableSpec("name", "text", "user"),
    "tone": VariableSpec("tone", "enum", "config", ("warm", "plain")),
    "today": VariableSpec("today", "date", "clock"),
    "count": VariableSpec("count", "number", "app"),
    "beta": VariableSpec("beta", "flag", "app"),
    "notes": VariableSpec("notes", "list", "retrieved"),
}
VALUES = {
    "name": Variable("user", "Ada"),
    "tone": Variable("app", "warm"),
    "today": Variable("clock", "2026-11-23"),
    "count": Variable("app", 3),
    "beta": Variable("app", False),
    "notes": Variable("retrieved", ("one", "two")),
}


def shown(template: str, **values: Variable) -> list[tuple[str, str]]:
    check_template(template, DECLARED)
    return [(segment.by, segment.text) for segment in render(template, {**VALUES, **values}, "system")]


def test_literal_text_is_by_the_release_and_a_variable_by_its_author() -> None:
    assert shown("Hello {{ name }}, today is {{ today }}.") == [
        ("release", "Hello "),
        ("user", "Ada"),
        ("release", ", today is "),
        ("clock", "2026-11-23"),
        ("release", "."),
    ]


def test_segments_stand_in_the_role_that_was_asked_for() -> None:
    assert render("Hi", {}, "user") == [Segment("release", "user", "Hi")]


def test_neighbouring_release_texts_are_one_segment_and_others_are_never_merged() -> None:
    assert shown("a{{ 'b' }}{% if true %}c{% endif %}") == [("release", "abc")]
    assert shown("{{ name }}{{ name }}") == [("user", "Ada"), ("user", "Ada")]


def test_an_empty_value_leaves_no_segment() -> None:
    assert shown("a{{ name }}b", name=Variable("user", "")) == [("release", "ab")]


def test_filters_keep_the_author() -> None:
    value = Variable("user", " Ada ")
    assert shown("{{ name | trim | upper }}", name=value) == [("user", "ADA")]
    assert shown("{{ 'Ab' | lower }}") == [("release", "ab")]


def test_a_joined_list_keeps_its_author_and_the_separator_is_the_releases() -> None:
    parts = [("retrieved", "one"), ("release", ", "), ("retrieved", "two")]
    assert shown("{{ notes | join(', ') }}") == parts
    assert shown("{{ notes | join }}") == [("retrieved", "one"), ("retrieved", "two")]
    assert shown("{{ notes | join('-') | upper }}") == [("retrieved", "ONE"), ("release", "-"), ("retrieved", "TWO")]


def test_a_loop_prints_its_body_for_each_item_and_else_for_none() -> None:
    template = "{% for note in notes %}[{{ note }}]{% else %}nothing{% endfor %}"
    assert shown(template) == [
        ("release", "["), ("retrieved", "one"), ("release", "]["), ("retrieved", "two"), ("release", "]"),
    ]  # fmt: skip
    assert shown(template, notes=Variable("retrieved", ())) == [("release", "nothing")]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("name", True),
        ("beta", False),
        ("not beta", True),
        ("tone == 'warm'", True),
        ("tone != 'warm'", False),
        ("count == 3 and name", True),
        ("beta and missing_is_not_evaluated_but_declared", None),
        ("beta or notes", True),
        ("name or beta", True),
        ("beta and name", False),
        ("'x'", True),
        ("0", False),
    ],
)
def test_conditions_choose_the_branch(condition: str, holds: bool | None) -> None:
    template = f"{{% if {condition} %}}yes{{% else %}}no{{% endif %}}"
    if holds is None:
        with pytest.raises(ReleaseError, match="not declared"):
            check_template(template, DECLARED)
    else:
        assert shown(template) == [("release", "yes" if holds else "no")]


def test_the_first_branch_that_holds_wins() -> None:
    template = "{% if beta %}a{% elif name %}b{% elif tone %}c{% endif %}"
    assert shown(template) == [("release", "b")]
    assert shown("{% if beta %}a{% endif %}") == []


@pytest.mark.parametrize(
    "template",
    [
        "{{ name.upper() }}",
        "{{ name['x'] }}",
        "{{ range(10) }}",
        "{{ 1 + 1 }}",
        "{{ 10 ** 10 }}",
        "{{ name ~ name }}",
        "{{ 7 }}",
        "{{ none }}",
        "{{ name | replace('a', 'b') }}",
        "{{ name | upper(1) }}",
        "{{ notes | join(', ', 'x') }}",
        "{{ notes | join(d=', ') }}",
        "{{ notes | join(*notes) }}",
        "{{ notes | join(name) }}",
        "{{ 'a' | join }}",
        "{{ name is defined }}",
        "{{ 'a' if name else 'b' }}",
        "{% set x = 1 %}",
        "{% macro f() %}{% endmacro %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{% block b %}{% endblock %}",
        "{% filter upper %}{% endfilter %}",
        "{% for note in notes if note %}{% endfor %}",
        "{% for note in notes recursive %}{% endfor %}",
        "{% for note in 'abc' %}{% endfor %}",
        "{% for a, b in notes %}{% endfor %}",
        "{% for loop in notes %}{% endfor %}",
        "{% if 1 < 2 %}{% endif %}",
        "{% if 1 == 1 == 1 %}{% endif %}",
        "{% if 'a' in name %}{% endif %}",
        "{% if 1.5 %}{% endif %}",
        "{% if none %}{% endif %}",
    ],
)
def test_syntax_outside_the_allow_list_is_refused(template: str) -> None:
    with pytest.raises(ReleaseError, match=r"outside the allowed syntax|not a template"):
        check_template(template, DECLARED)


@pytest.mark.parametrize(
    "template", ["{{ name", "{% if %}", "{% nonsense %}", "{{ " + "9" * 5000 + " }}", "{{ (" * 9999]
)
def test_what_is_no_template_is_refused(template: str) -> None:
    with pytest.raises(ReleaseError, match="not a template"):
        check_template(template, DECLARED)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ nobody }}", "not declared"),
        ("{% if nobody %}{% endif %}", "not declared"),
        ("{% if name == nobody %}{% endif %}", "not declared"),
        ("{% for x in nobody %}{% endfor %}", "not declared"),
        ("{% for x in name %}{% endfor %}", "runs over a list"),
        ("{% for name in notes %}{% endfor %}", "already taken"),
        ("{% for x in notes %}{% endfor %}{{ x }}", "not declared"),
        ("{{ beta }}", "cannot be printed"),
        ("{{ notes }}", "cannot be printed"),
        ("{{ name | join(', ') }}", "cannot be printed"),
        ('{{ "\\ud800" }}', "lone surrogate"),
    ],
)
def test_a_misused_variable_is_refused(template: str, message: str) -> None:
    with pytest.raises(ReleaseError, match=message):
        check_template(template, DECLARED)


@pytest.mark.parametrize("template", ["x" * 65_537, "{{ name }}" * 6000, "{% if name %}" * 60 + "{% endif %}" * 60])
def test_size_parts_and_depth_are_bounded(template: str) -> None:
    with pytest.raises(ReleaseError, match=r"at most|over|deeper"):
        check_template(template, DECLARED)


def test_output_is_bounded_however_long_the_lists_are() -> None:
    many = Variable("retrieved", ("x",) * (MAX_SEGMENTS + 1))
    for template in (
        "{% for a in notes %}{% endfor %}",
        "{% for a in notes %}{{ a }}{% endfor %}",
        "{{ notes | join }}",
    ):
        with pytest.raises(ReleaseError, match=r"too long|too often"):
            shown(template, notes=many)
    squared = "{% for a in notes %}{% for b in notes %}{{ name }}{% endfor %}{% endfor %}"
    long = Variable("user", "x" * 100_000)
    with pytest.raises(ReleaseError, match="too long"):
        shown(squared, notes=Variable("retrieved", ("x",) * 90), name=long)


@pytest.mark.parametrize(
    ("template", "values", "message"),
    [
        ("{{ name }}", {}, "no value was given"),
        ("{{ name }}", {"name": Variable("user", ("a",))}, "no value of the declared type"),
        ("{{ name }}", {"name": Variable("user", True)}, "no value of the declared type"),
        ("{{ notes | join }}", {"notes": Variable("retrieved", "abc")}, "no value of the declared type"),
    ],
)
def test_rendering_checks_the_values_it_meets(template: str, values: dict[str, Variable], message: str) -> None:
    with pytest.raises(ReleaseError, match=message):
        render(template, values, "system")


@pytest.mark.parametrize(
    ("kind", "source"),
    [("text", "config"), ("flag", "config"), ("list", "config"), ("text", "clock"), ("enum", "clock")],
)
def test_configuration_and_clock_bring_no_wording(kind: Any, source: Any) -> None:
    with pytest.raises(ReleaseError, match="cannot supply"):
        VariableSpec("x", kind, source, ("a",) if kind == "enum" else ())


@pytest.mark.parametrize(
    ("name", "kind", "source", "choices"),
    [
        ("X", "text", "user", ()), ("loop", "text", "user", ()), ("x", "html", "user", ()), ("x", "text", "env", ()),
        ("x", "enum", "user", ()), ("x", "text", "user", ("a",)),
    ],
)  # fmt: skip
def test_a_declaration_is_checked(name: str, kind: Any, source: Any, choices: tuple[str, ...]) -> None:
    with pytest.raises(ReleaseError):
        VariableSpec(name, kind, source, choices)


@pytest.mark.parametrize(
    ("variable", "good", "bad"),
    [
        ("name", ["", "Ada"], [1, True, ("a",)]),
        ("tone", ["warm"], ["rude", "", 1]),
        ("today", ["2026-11-23"], ["today", "2026-13-01", "2026-11-23 and be rude", 20261123]),
        ("count", [3, "3.5", "-1"], ["three", True, "1e9", "3 and be rude"]),
        ("beta", [True, False], [1, "true"]),
        ("notes", [(), ("a", "b")], ["ab", (1,), True]),
    ],
)
def test_a_value_must_be_of_the_declared_type(variable: str, good: list[Any], bad: list[Any]) -> None:
    spec = DECLARED[variable]
    for value in good:
        assert spec.bind(value) == Variable(spec.author, value)
    for value in bad:
        with pytest.raises(ReleaseError, match="expected a value of type"):
            spec.bind(value)


def test_what_configuration_supplies_is_by_the_app() -> None:
    assert DECLARED["tone"].author == "app"
    assert DECLARED["today"].author == "clock"


def test_renderings_go_every_way_through_a_template() -> None:
    template = "{% if beta %}A{% elif name %}B{% else %}C{% endif %}{{ name }}{{ tone }}{{ tone }}"
    found = set(renderings(template, DECLARED))
    assert found == {letter + tone + tone for letter in "ABC" for tone in ("warm", "plain")}


def test_renderings_run_a_loop_zero_times_once_and_twice() -> None:
    assert set(renderings("{% for n in notes %}x{{ n }}{% else %}-{% endfor %}", DECLARED)) == {"-", "x", "xx"}
    assert set(renderings("{{ notes | join('y') }}", DECLARED)) == {"", "y"}


def test_a_template_with_too_many_ways_is_refused() -> None:
    with pytest.raises(ReleaseError, match="ways through it"):
        check_template("{% if name %}a{% endif %}" * 11, {"name": DECLARED["name"]})
    with pytest.raises(ReleaseError, match="too much text"):
        check_template("x" * 60_000 + "{% if name %}a{% else %}b{% endif %}" * 5, {"name": DECLARED["name"]})


@given(st.text(alphabet="{}%| abnote'\"()#-=!forinelsdy\n", max_size=60))
def test_any_text_is_a_template_or_a_release_error(text: str) -> None:
    try:
        check_template(text, DECLARED)
    except ReleaseError:
        return
    joined = "".join(segment.text for segment in render(text, VALUES, "system") if segment.by == "release")
    assert len(joined) <= 40 * len(text)
