"""Choices from a seed: the same everywhere, and fair."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.gates.draw import Draw

SEED = "ab" * 32


def test_the_stream_is_fixed_for_ever() -> None:
    draw = Draw(SEED, "vector")
    assert [draw.below(1000) for _ in range(8)] == VECTOR


VECTOR = [598, 534, 788, 77, 580, 492, 156, 982]


def test_another_label_gives_another_stream() -> None:
    one, other = Draw(SEED, "one"), Draw(SEED, "other")
    assert [one.below(2**32) for _ in range(4)] != [other.below(2**32) for _ in range(4)]


def test_every_result_is_about_equally_likely() -> None:
    draw = Draw(SEED, "fair")
    counts = Counter(draw.below(7) for _ in range(7000))
    # 1000 expected each; 150 is over five standard deviations.
    assert all(abs(counts[value] - 1000) < 150 for value in range(7))


@given(st.lists(st.integers(), max_size=30), st.text(max_size=10))
def test_shuffling_keeps_every_value(values: list[int], label: str) -> None:
    assert sorted(Draw(SEED, label).shuffled(values)) == sorted(values)


@given(st.integers(-50, 50), st.integers(0, 50))
def test_between_includes_both_ends_and_nothing_else(low: int, width: int) -> None:
    draw = Draw(SEED, "ends")
    found = {draw.between(low, low + width) for _ in range(60 * (width + 1))}
    assert found <= set(range(low, low + width + 1))
    assert {low, low + width} <= found


@pytest.mark.parametrize("limit", [0, -1, 2**32 + 1])
def test_a_limit_out_of_range_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        Draw(SEED, "x").below(limit)
