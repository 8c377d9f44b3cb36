"""Intervals and paired tests against brute force."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import pytest

from verax.gates.statistics import Paired, clopper_pearson, difference_low, mcnemar_p, pair, wilson

SEED = "cd" * 32


def binomial(k: int, n: int, p: Fraction) -> Fraction:
    return math.comb(n, k) * p**k * (1 - p) ** (n - k)


@pytest.mark.parametrize("n", [1, 2, 5, 30])
def test_wilson_bounds_are_where_the_score_test_turns(n: int) -> None:
    """At a bound, the observed share lies exactly 1.96 standard errors away."""
    for passed in range(n + 1):
        found, share = wilson(passed, n), passed / n
        for bound in (found.low, found.high):
            if 0 < bound < 1:
                z = abs(share - bound) / math.sqrt(bound * (1 - bound) / n)
                assert z == pytest.approx(1.959964, abs=1e-4)
        assert 0 <= found.low <= share <= found.high <= 1


@pytest.mark.parametrize("n", [1, 3, 10])
def test_exact_bounds_cut_off_two_and_a_half_percent(n: int) -> None:
    for passed in range(n + 1):
        found = clopper_pearson(passed, n)
        low, high = Fraction(found.low), Fraction(found.high)
        at_least = sum(binomial(k, n, low) for k in range(passed, n + 1))
        at_most = sum(binomial(k, n, high) for k in range(passed + 1))
        assert passed == 0 or float(at_least) == pytest.approx(0.025, abs=1e-9)
        assert passed == n or float(at_most) == pytest.approx(0.025, abs=1e-9)
        assert found.low <= passed / n <= found.high


def test_the_exact_interval_covers_what_it_promises() -> None:
    """For every share, intervals of all outcomes cover it with at least 95 % of their probability."""
    n = 20
    intervals = [clopper_pearson(k, n) for k in range(n + 1)]
    for hundredth in range(1, 100):
        p = Fraction(hundredth, 100)
        covered = sum(binomial(k, n, p) for k in range(n + 1) if intervals[k].low <= p <= intervals[k].high)
        assert covered >= Fraction(95, 100)


def test_the_exact_interval_holds_for_many_items() -> None:
    found = clopper_pearson(4990, 5000)
    assert 0.996 < found.low < 0.998 < found.high < 0.9995


@pytest.mark.parametrize(("lost", "won"), list(itertools.product(range(6), range(6))))
def test_mcnemar_counts_every_way_in_which_the_decided_items_could_fall(lost: int, won: int) -> None:
    decided = lost + won
    ways = sum(sum(outcome) >= lost for outcome in itertools.product((0, 1), repeat=decided))
    assert mcnemar_p(Paired(decided, lost, won)) == Fraction(ways, 2**decided)


def test_a_candidate_that_loses_ten_items_and_wins_none_is_worse_beyond_doubt() -> None:
    assert mcnemar_p(Paired(100, 10, 0)) == Fraction(1, 1024)
    assert mcnemar_p(Paired(100, 0, 10)) == 1


def test_pairs_count_items_that_only_one_arm_passed() -> None:
    one, half, zero = Fraction(1), Fraction(1, 2), Fraction(0)
    assert pair([one, half, zero, one], [one, one, one, zero]) == Paired(4, lost=2, won=1)


def test_pairs_of_other_items_are_refused() -> None:
    with pytest.raises(ValueError, match="same items"):
        pair([Fraction(1)], [])


def test_the_bootstrap_bound_is_near_the_exact_one() -> None:
    """Of 40 items the candidate lost 8: the 5 % point of the resampled mean, from the binomial itself."""
    candidate = [Fraction(0)] * 8 + [Fraction(1)] * 32
    head = [Fraction(1)] * 40
    bound = difference_low(candidate, head, SEED)
    tail = 0.0
    for lost in range(40, -1, -1):
        tail += float(binomial(lost, 40, Fraction(8, 40)))
        if tail >= 0.05:
            assert abs(float(bound) + lost / 40) <= 1 / 40
            return


def test_the_bootstrap_gives_the_same_number_again() -> None:
    candidate = [Fraction(k % 3, 2) for k in range(30)]
    head = [Fraction(1)] * 30
    assert difference_low(candidate, head, SEED) == difference_low(candidate, head, SEED)


def test_equal_arms_differ_by_nothing() -> None:
    marks = [Fraction(k % 2) for k in range(20)]
    assert difference_low(marks, marks, SEED) == 0


@pytest.mark.parametrize(("passed", "n"), [(0, 0), (2, 1), (-1, 3)])
def test_impossible_counts_are_refused(passed: int, n: int) -> None:
    with pytest.raises(ValueError, match="at least one item"):
        wilson(passed, n)
    with pytest.raises(ValueError, match="at least one item"):
        clopper_pearson(passed, n)
