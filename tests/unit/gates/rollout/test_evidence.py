"""Bets on the arm: exactly fair when nothing differs, whatever is seen, and growing when something does."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.gates.rollout.evidence import RATIOS, EventBet, LevelBet, factor
from verax.gates.rollout.surge import SurgeBet, _share

CHANCES = st.floats(0.001, 0.999)


@given(values=st.lists(st.booleans(), min_size=1, max_size=7), chance=st.sampled_from([0.01, 0.1, 0.5, 0.9]))
def test_an_event_bet_is_fair_over_every_way_the_arms_can_fall(values: list[bool], chance: float) -> None:
    """The whole tree of arms is walked: the wealth's mean is 1, for fixed values."""
    assert _mean_over_arms(values, chance, margin=1.0) == pytest.approx(1.0, rel=1e-9)


@given(values=st.lists(st.booleans(), min_size=1, max_size=7), chance=st.sampled_from([0.01, 0.1, 0.5, 0.9]))
def test_with_a_margin_an_event_bet_never_wins_on_average_at_no_change(values: list[bool], chance: float) -> None:
    assert _mean_over_arms(values, chance, margin=2.0) <= 1.0 - 1e-4 * any(values) + 1e-9


def _mean_over_arms(values: list[bool], chance: float, margin: float) -> float:
    mean = 0.0
    for arms in product((False, True), repeat=len(values)):
        bet = EventBet(margin=margin)
        weight = 1.0
        for value, arm in zip(values, arms, strict=True):
            bet.settle(float(value), arm, chance)
            weight *= chance if arm else 1 - chance
        mean += weight * bet.wealth
    return mean


@given(rate=st.floats(0.01, 0.3), times=st.floats(0.0, 2.0), chance=CHANCES, ratio=st.sampled_from(RATIOS))
def test_a_rise_within_the_margin_wins_nothing_on_average(
    rate: float, times: float, chance: float, ratio: float
) -> None:
    """One user, exactly: the event comes up at `rate` under the head and `times` as often under the canary."""
    met = {True: chance * min(1.0, rate * times), False: (1 - chance) * rate}
    won = sum(weight * factor(ratio, arm, chance, 2.0) for arm, weight in met.items()) + 1 - sum(met.values())
    assert won <= 1.0 + 1e-12


@given(
    values=st.lists(
        st.tuples(st.sets(st.integers(0, 3)), st.frozensets(st.integers(10, 16), max_size=2)), min_size=1, max_size=8
    ),
    chance=st.sampled_from([0.05, 0.5]),
)
def test_a_surge_bet_is_fair_over_every_way_the_arms_can_fall(
    values: list[tuple[set[int], frozenset[int]]], chance: float
) -> None:
    mean = 0.0
    for arms in product((False, True), repeat=len(values)):
        bet = SurgeBet()
        weight = 1.0
        for (phrases, prompt), arm in zip(values, arms, strict=True):
            bet.settle(phrases, prompt, arm, chance)
            weight *= chance if arm else 1 - chance
        mean += weight * bet.wealth
    assert mean == pytest.approx(1.0, rel=1e-9)


def test_a_level_bet_is_fair_and_with_a_margin_never_better_than_fair() -> None:
    rng = Random(7)
    values = [math.exp(rng.gauss(0, 3)) for _ in range(28)]
    for margin, shift, exact in ((1.0, 1.0, True), (1.5, 1.5, True), (1.5, 1.2, False), (1.5, 1.0, False)):
        mean = _mean_wealth(values, margin, shift, chance=0.3)
        assert mean == pytest.approx(1.0, rel=1e-9) if exact else mean <= 1.0 + 1e-9


def _mean_wealth(values: list[float], margin: float, shift: float, chance: float) -> float:
    """Walk the arms of the last 8 users; the first 20 only teach it where the values lie."""
    mean = 0.0
    learned, settled = values[:20], values[20:]
    for arms in product((False, True), repeat=len(settled)):
        bet = LevelBet(margin)
        weight = 1.0
        for value in learned:
            bet.settle(value, False, chance)
        assert bet.wealth == 1.0
        for value, arm in zip(settled, arms, strict=True):
            bet.settle(value * shift if arm else value, arm, chance)
            weight *= chance if arm else 1 - chance
        mean += weight * bet.wealth
    return mean


@given(arm=st.booleans(), chance=CHANCES, margin=st.sampled_from([1.0, 1.5, 2.0]))
def test_one_user_moves_a_wealth_by_a_bounded_factor(arm: bool, chance: float, margin: float) -> None:
    bet = EventBet(margin=margin)
    bet.settle(1.0, arm, chance)
    assert 1 / max(RATIOS) - 1e-9 <= bet.wealth <= max(RATIOS) + 1e-9


def test_a_fault_makes_the_wealth_grow_and_its_absence_does_not() -> None:
    rng = Random(1)
    bet, still = EventBet(margin=2.0), EventBet(margin=2.0)
    for _ in range(900):
        arm = rng.random() < 0.2
        bet.settle(float(rng.random() < (0.5 if arm else 0.05)), arm, 0.2)
        still.settle(float(rng.random() < 0.05), arm, 0.2)
    assert bet.wealth > 10**4
    assert still.wealth < 20


def test_a_rise_within_the_margin_is_no_evidence_however_long_it_lasts() -> None:
    rng = Random(2)
    bet = EventBet(margin=2.0)
    highest = 0.0
    for _ in range(20_000):
        arm = rng.random() < 0.3
        bet.settle(float(rng.random() < (0.15 if arm else 0.1)), arm, 0.3)
        highest = max(highest, bet.wealth)
    assert highest < 20


def test_heavy_tails_do_not_matter_to_a_level_bet() -> None:
    """Only the order counts: the same values squared, or with one of them huge, give the same wealth."""
    rng = Random(3)
    values = [rng.paretovariate(0.5) for _ in range(200)]
    arms = [rng.random() < 0.5 for _ in values]
    plain, squared = LevelBet(), LevelBet()
    for value, arm in zip(values, arms, strict=True):
        plain.settle(value, arm, 0.5)
        squared.settle(value**2, arm, 0.5)
    assert plain.wealth == squared.wealth


def test_a_level_bet_forgets_its_oldest_values() -> None:
    bet = LevelBet()
    for number in range(2_000):
        bet.settle(float(number), False, 0.5)
    (recent,) = bet._strata.values()
    assert len(recent._sorted) == len(recent._values) == 256
    assert recent._sorted[0] == 2_000 - 256


def test_values_are_compared_within_their_stratum() -> None:
    """Long replies take long in both arms: that the canary gives more of them is no evidence."""
    rng = Random(6)
    apart, together = LevelBet(), LevelBet()
    for _ in range(600):
        arm = rng.random() < 0.5
        is_long = rng.random() < (0.8 if arm else 0.2)
        value = rng.lognormvariate(9.0 if is_long else 7.0, 0.3)
        apart.settle(value, arm, 0.5, stratum=int(is_long))
        together.settle(value, arm, 0.5)
    assert apart.wealth < 20 < together.wealth


def test_a_wealth_stays_within_what_floats_multiply() -> None:
    bet = EventBet()
    for _ in range(5_000):
        bet.settle(1.0, True, 0.01)
    assert bet.wealth == pytest.approx(1e100)
    for _ in range(20_000):
        bet.settle(1.0, False, 0.5)
    assert 0 < bet.wealth < 1e-90


def test_the_shares_of_candidates_add_up_to_less_than_one() -> None:
    known = sum(Fraction(_share(index)) for index in range(20_000))
    assert known + Fraction(1.25 / math.log(20_003)) < 1


def test_a_phrase_of_the_canary_alone_wins_and_one_of_both_does_not() -> None:
    rng = Random(5)
    bet = SurgeBet()
    for number in range(120):
        arm = rng.random() < 0.2
        bet.settle({1} | ({2} if arm else set()) | {1_000 + number}, frozenset({number}), arm, 0.2)
    leader = bet.leading()[0]
    assert (leader.phrase, leader.head_users) == (2, 0)
    assert bet.wealth > 10**4


def test_a_phrase_that_answers_one_question_is_no_surge_however_many_ask_it() -> None:
    """The answer to one of 50 questions is worded anew under the canary; then to a third of them, each in its way."""

    def wealth(worded_anew: int) -> float:
        rng = Random(8)
        bet = SurgeBet()
        for _ in range(5_000):
            arm, question = rng.random() < 0.1, rng.randrange(50)
            phrases = {1_000 + question + (500 if arm and question < worded_anew else 0)}
            bet.settle(phrases, frozenset({question, 100 + question}), arm, 0.1)
        return bet.wealth

    assert wealth(1) == 1.0
    assert wealth(17) == 1.0


def test_a_phrase_surges_where_all_questions_are_about_one_thing_too() -> None:
    """Everybody asks about invoices: that word parts no questions, the others do."""
    rng = Random(9)
    bet = SurgeBet()
    for _ in range(400):
        arm, verb = rng.random() < 0.2, rng.randrange(12)
        bet.settle({2} if arm else set(), frozenset({99, verb}), arm, 0.2)
    assert bet.wealth > 10**4


def test_a_phrase_in_a_few_of_the_canarys_replies_is_not_bet_on() -> None:
    rng = Random(10)
    bet = SurgeBet()
    for number in range(5_000):
        arm = rng.random() < 0.2
        bet.settle({2} if arm and rng.random() < 0.02 else set(), frozenset({number}), arm, 0.2)
    assert bet.wealth < 20


def test_a_phrase_that_the_head_used_before_is_no_candidate() -> None:
    rng = Random(5)
    known, fresh = SurgeBet({2: 50}, 100), SurgeBet({3: 50}, 100)
    for number in range(60):
        arm = rng.random() < 0.2
        for bet in (known, fresh):
            bet.settle({2} if arm else set(), frozenset({number}), arm, 0.2)
    assert known.leading() == []
    assert fresh.leading()[0].phrase == 2


def test_what_a_surge_bet_keeps_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verax.gates.rollout.surge._MAX_PHRASES", 100)
    monkeypatch.setattr("verax.gates.rollout.surge._MAX_ROOTS", 20)
    bet = SurgeBet()
    for number in range(50):
        bet.settle(range(number * 10, number * 10 + 10), frozenset({number}), number % 2 == 0, 0.5)
    assert len(bet._head) + len(bet._canary) <= 110
    assert len(bet._met_after) <= len(bet._canary)
    assert len(bet._prompts) <= 20
