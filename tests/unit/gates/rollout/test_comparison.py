"""Users are settled one by one: no account can trigger or mask a rollback, and no change causes none."""

from __future__ import annotations

import math
from random import Random

import pytest

from verax.gates.rollout.comparison import ALPHA, LEVELS, MARGINS, STAKES, Comparison, History
from verax.gates.rollout.seen import Seen

GOOD = Seen({"tone": 0.0, "error": 0.0, "latency": 900.0, "length": 300.0, "shortness": 1 / 300})
BAD = Seen({"tone": 1.0, "error": 0.0, "latency": 900.0, "length": 300.0, "shortness": 1 / 300})


def test_levels_and_stakes_spend_no_more_than_there_is() -> None:
    assert math.fsum(LEVELS.values()) <= 1.0 + 1e-12
    assert math.fsum(STAKES.values()) == pytest.approx(1.0)
    assert ALPHA <= 0.01


def test_votes_have_no_stake() -> None:
    assert not any("vote" in name for name in STAKES)


@pytest.mark.parametrize("characters", [10, 30_000])
def test_replies_that_get_much_shorter_or_longer_are_shown_and_roll_nothing_back(characters: int) -> None:
    other = Seen(GOOD.values | {"length": float(characters), "shortness": 1 / characters})
    comparison = Comparison()
    for number in range(5_000):
        comparison.see(f"user {number}", other if number % 2 else GOOD, is_canary=bool(number % 2), share_bp=5_000)
    assert comparison.trip is None
    wealth = {item.signal: item.wealth for item in comparison.standings() if item.level == 1}
    assert max(wealth["length"], wealth["shortness"]) > 1_000


def test_one_account_cannot_trigger_a_rollback() -> None:
    comparison = Comparison()
    for number in range(40):
        comparison.see(f"head {number}", GOOD, is_canary=False, share_bp=100)
    for _ in range(10_000):
        comparison.see("one", BAD, is_canary=True, share_bp=100)
    assert comparison.trip is None
    assert comparison.settled == (40, 1)
    assert comparison.is_spent("one")


def test_one_account_cannot_mask_a_rollback() -> None:
    def tripped_after(masks: int) -> int:
        comparison = Comparison()
        for number in range(40):
            comparison.see(f"head {number}", GOOD, is_canary=False, share_bp=1_000)
        for _ in range(masks):
            comparison.see("mask", GOOD, is_canary=True, share_bp=1_000)
        for number in range(1, 200):
            if comparison.see(f"canary {number}", BAD, is_canary=True, share_bp=1_000):
                return number
        raise AssertionError("expected a trip")

    assert tripped_after(10_000) <= tripped_after(0) + 2


def test_users_who_come_back_are_settled_once_a_level() -> None:
    comparison = Comparison()
    for _ in range(100):
        for user in range(30):
            comparison.see(f"user {user}", GOOD, is_canary=user % 2 == 0, share_bp=5_000)
    by_level = {item.level: item.users for item in comparison.standings() if item.signal == "tone"}
    assert by_level == dict.fromkeys(LEVELS, (15, 15))


def test_active_users_who_meet_the_fault_now_and_then_are_seen_by_higher_levels() -> None:
    rng = Random(11)
    comparison = Comparison()
    for round_number in range(31):
        for user in range(60):
            arm = user % 2 == 0
            is_bad = arm and round_number > 0 and rng.random() < 0.4
            comparison.see(f"user {user}", BAD if is_bad else GOOD, is_canary=arm, share_bp=5_000)
    assert comparison.trip is not None
    assert comparison.trip.level > 1
    assert comparison.trip.signal == "tone"


def test_a_raised_share_draws_the_users_of_the_head_anew_and_nobody_else() -> None:
    comparison = Comparison()
    for user in range(10):
        comparison.see(f"user {user}", GOOD, is_canary=user < 2, share_bp=2_000)
    assert comparison.settled == (8, 2)
    for user in range(10):
        comparison.see(f"user {user}", GOOD, is_canary=user < 5, share_bp=5_000)
    assert comparison.settled == (8 + 5, 2 + 3)


def test_a_turn_of_an_earlier_share_does_not_count() -> None:
    comparison = Comparison()
    comparison.see("a", GOOD, is_canary=False, share_bp=5_000)
    comparison.see("b", GOOD, is_canary=False, share_bp=2_000)
    assert comparison.settled == (1, 0)


def test_a_trip_names_its_signal_and_stays() -> None:
    comparison = Comparison()
    for number in range(200):
        arm = number % 5 == 0
        comparison.see(str(number), BAD if arm else GOOD, is_canary=arm, share_bp=2_000)
    trip = comparison.trip
    assert trip is not None
    assert (trip.level, trip.signal) == (1, "tone")
    assert trip.wealth >= trip.line == pytest.approx(2 / ALPHA)
    assert comparison.see("later", GOOD, is_canary=True, share_bp=2_000) is trip


def test_a_signal_that_is_not_there_is_not_used() -> None:
    comparison = Comparison()
    for number in range(100):
        comparison.see(str(number), GOOD, is_canary=number % 2 == 0, share_bp=5_000)
    unsupported = next(item for item in comparison.standings() if item.signal == "unsupported")
    assert unsupported.users == (0, 0)
    assert unsupported.wealth == 1.0


def test_claims_that_nothing_supports_are_a_signal_like_others() -> None:
    comparison = Comparison()
    for number in range(300):
        arm = number % 4 == 0
        seen = Seen({**GOOD.values, "unsupported": 0.8 if arm else 0.1})
        comparison.see(str(number), seen, is_canary=arm, share_bp=2_500)
    assert comparison.trip is not None
    assert comparison.trip.signal == "unsupported"


def test_no_change_rolls_back_at_most_one_in_a_hundred() -> None:
    """50 rollouts of 500 users with a fixed seed; `bench/monitor` does 500 of 10,000 replies."""
    rng = Random(2025)
    trips = 0
    for _ in range(50):
        comparison = Comparison()
        for number in range(500):
            seen = Seen(
                {
                    "tone": float(rng.random() < 0.02),
                    "off_topic": rng.choice([0.0, 0.0, 0.0, 0.5, 1.0]),
                    "error": float(rng.random() < 0.01),
                    "latency": rng.paretovariate(0.8),
                    "length": rng.lognormvariate(5, 1),
                },
                frozenset(rng.sample(range(2_000), 5)),
                frozenset(rng.sample(range(300), 3)),
            )
            comparison.see(str(number), seen, is_canary=rng.random() < 0.1, share_bp=1_000)
        trips += comparison.trip is not None
    assert trips <= 1


def test_a_slower_canary_is_taken_out_beyond_its_margin_only() -> None:
    def tripped(factor: float) -> bool:
        rng = Random(4)
        comparison = Comparison()
        for number in range(1_500):
            arm = rng.random() < 0.3
            latency = rng.lognormvariate(7, 0.5) * (factor if arm else 1.0)
            seen = Seen({"latency": latency, "length": 300.0})
            comparison.see(str(number), seen, is_canary=arm, share_bp=3_000)
        return comparison.trip is not None

    assert not tripped(1.4)
    assert tripped(3.0)


def test_a_canary_that_is_slower_because_it_says_more_is_left_alone() -> None:
    rng = Random(4)
    comparison = Comparison()
    for number in range(1_500):
        arm = rng.random() < 0.3
        length = rng.lognormvariate(6, 0.4) * (4 if arm else 1)
        seen = Seen({"latency": 300 + 8 * length * rng.lognormvariate(0, 0.2), "length": length})
        comparison.see(str(number), seen, is_canary=arm, share_bp=3_000)
    assert comparison.trip is None


def test_a_signal_with_a_stake_has_a_margin() -> None:
    assert {name for name, stake in STAKES.items() if stake} - {"surge"} <= MARGINS.keys()
    assert min(MARGINS.values()) > 1


def test_the_history_of_the_head_counts_against_a_surge() -> None:
    def tripped(history: History) -> bool:
        comparison = Comparison(history)
        for number in range(60):
            arm = number % 3 == 0
            comparison.see(
                str(number), Seen({}, frozenset({1} if arm else ()), frozenset({number})), is_canary=arm, share_bp=3_000
            )
        return comparison.trip is not None

    assert tripped(History())
    assert not tripped(History({1: 80}, 100))


def test_many_users_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verax.gates.rollout.comparison._MAX_PENDING", 10)
    monkeypatch.setattr("verax.gates.rollout.comparison._MAX_USERS", 50)
    comparison = Comparison()
    for number in range(500):
        comparison.see(str(number), GOOD, is_canary=False, share_bp=1_000)
    assert len(comparison._pending) == 10
    assert comparison.settled == (50, 0)
