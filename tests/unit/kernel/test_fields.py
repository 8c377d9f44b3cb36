"""Strict reading of objects (clause 1)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from verax.kernel.errors import ReleaseError, RootError
from verax.kernel.fields import Fields


def fields(value: Any) -> Fields:
    return Fields(value, "thing", ReleaseError)


def test_a_field_that_nobody_took_fails_and_is_named() -> None:
    reader = fields({"size": 1, "sise": 2})
    reader.integer("size", 0, 9)
    with pytest.raises(ReleaseError, match="thing: unknown field 'sise'"):
        reader.close()


def test_a_missing_field_is_named_and_a_default_is_filled_in() -> None:
    reader = fields({})
    assert reader.text("name", default="none") == "none"
    assert reader.filled == {"name": "none"}
    with pytest.raises(ReleaseError, match="'size' is missing"):
        reader.integer("size", 0, 9)


def test_the_error_is_of_the_class_that_was_asked_for() -> None:
    with pytest.raises(RootError, match="root: expected an object, found a list"):
        Fields([], "root", RootError)


@pytest.mark.parametrize("value", [True, "1", 1.0, None, -1, 10, [1]])
def test_an_integer_is_an_integer_within_its_limits(value: Any) -> None:
    with pytest.raises(ReleaseError):
        fields({"n": value}).integer("n", 0, 9)


@pytest.mark.parametrize("value", [0, "true", None, []])
def test_a_flag_is_true_or_false(value: Any) -> None:
    with pytest.raises(ReleaseError):
        fields({"x": value}).flag("x")


@pytest.mark.parametrize("value", [0.7, 1, "0.70000000000", "+1", "01", ".5", "1e1", "1.", "3", "nan", "", "0.7\n"])
def test_a_decimal_is_a_plain_decimal_string_within_its_limits(value: Any) -> None:
    with pytest.raises(ReleaseError):
        fields({"x": value}).decimal("x", "0", "2")


@pytest.mark.parametrize(("text", "number"), [("0", 0.0), ("-0.5", -0.5), ("2", 2.0), ("0.700", 0.7)])
def test_a_decimal_reads_as_a_float(text: str, number: float) -> None:
    assert fields({"x": text}).decimal("x", "-1", "2") == number


@pytest.mark.parametrize("value", ["", "AB" * 32, "ab" * 31, 7, None, "none", ["ab" * 32]])
def test_a_digest_is_sixty_four_lower_case_hex_digits(value: Any) -> None:
    with pytest.raises(ReleaseError, match="64 lower-case hex digits"):
        fields({"x": value}).digest("x")


def test_a_digest_may_be_one_of_the_words_named() -> None:
    assert fields({"x": "none"}).digest("x", words=("none",)) == "none"
    assert fields({"x": "ab" * 32}).digest("x", words=("none",)) == "ab" * 32


@pytest.mark.parametrize("value", [7, "blue", ["red"], None])
def test_a_choice_is_one_of_the_choices(value: Any) -> None:
    with pytest.raises(ReleaseError, match="expected one of red, green"):
        fields({"x": value}).choice("x", ("red", "green"))


def test_text_has_a_type_a_length_and_a_form() -> None:
    for value, limits in [(7, {}), ("aaaa", {"limit": 3}), ("a b", {"pattern": re.compile(r"\w+\Z")})]:
        with pytest.raises(ReleaseError):
            fields({"x": value}).text("x", **limits)  # type: ignore[arg-type]  # the limits differ by case


@pytest.mark.parametrize("value", ["ab", {"a": 1}, [1, 2, 3], None])
def test_a_list_is_a_list_within_its_limit(value: Any) -> None:
    with pytest.raises(ReleaseError):
        fields({"x": value}).items("x", limit=2)


@pytest.mark.parametrize("value", [["a", 1], ["a", "A"], ["a", "a"]])
def test_a_list_of_strings_holds_different_strings_of_the_form(value: Any) -> None:
    with pytest.raises(ReleaseError):
        fields({"x": value}).texts("x", pattern=re.compile(r"[a-z]+\Z"))
    with pytest.raises(ReleaseError, match=r"twice|strings"):
        fields({"x": ["a", "a"]}).texts("x")


def test_a_section_is_an_object_and_an_optional_one_reads_as_empty() -> None:
    reader = fields({"inner": {"n": 1}})
    inner = reader.section("inner")
    assert inner.integer("n", 0, 9) == 1
    reader.section("other", optional=True).close()
    assert reader.filled == {"inner": {"n": 1}, "other": {}}
    with pytest.raises(ReleaseError, match=r"thing, inner: expected an object, found text"):
        fields({"inner": "x"}).section("inner")


def test_a_list_of_sections_names_the_item_that_is_wrong() -> None:
    first, second = fields({"list": [{"n": 1}, {"n": "x"}]}).sections("list")
    assert first.integer("n", 0, 9) == 1
    with pytest.raises(ReleaseError, match=r"list\[1\]"):
        second.integer("n", 0, 9)


def test_named_sections_have_names_of_the_form() -> None:
    name = re.compile(r"[a-z]+\Z")
    reader = fields({"map": {"a": {"n": 1}}})
    assert reader.named("map", name)["a"].integer("n", 0, 9) == 1
    assert reader.named("none", name, optional=True) == {}
    for value in [[], {"A": {}}, {1: {}}, {"a": {}, "b": {}, "c": {}}]:
        with pytest.raises(ReleaseError):
            fields({"map": value}).named("map", name, limit=2)


def test_names_lists_what_was_not_taken_yet() -> None:
    reader = fields({"b": 1, "a": 2})
    assert reader.names() == ["a", "b"]
    reader.take("a")
    assert reader.names() == ["b"]
    assert reader.has("b") and not reader.has("a")


def test_what_fits_is_returned_as_it_is() -> None:
    reader = fields({"colour": "green", "id": "ab" * 32, "names": ["b", "a"], "list": [1, "x"]})
    assert reader.choice("colour", ("red", "green")) == "green"
    assert reader.digest("id") == "ab" * 32
    assert reader.texts("names") == ("b", "a")
    assert reader.items("list") == [1, "x"]
    reader.close()
