"""Plans: what an operator signs with an admission, and when a step is due."""

from __future__ import annotations

import pytest

from verax.gates.rollout.plan import HOLD, MIN_USERS, RolloutPlan, Step, Wait, expected_texts
from verax.kernel import canonical
from verax.kernel.errors import KernelError, RequestError

PLAN = RolloutPlan.of_shares([500, 2_500], soak_s=60, users=20)
START_MS = 1_760_000_000_000


def wait(share_bp: int = 500, *, after_s: float = 61, users: int = 20, wealth: float = 1.0) -> Wait | None:
    return PLAN.wait(share_bp, START_MS, START_MS + int(after_s * 1000), users=users, wealth=wealth)


def test_a_plan_ends_with_everybody() -> None:
    assert PLAN.steps == (Step(500, 60, 20), Step(2_500, 60, 20), Step(10_000, 0, 20))
    assert RolloutPlan.parse(PLAN.to_bytes()) == PLAN


def test_a_plan_says_where_it_stands_and_what_comes_next() -> None:
    assert (PLAN.at(500), PLAN.after(500)) == (PLAN.steps[0], PLAN.steps[1])
    assert (PLAN.at(1_000), PLAN.after(1_000)) == (PLAN.steps[0], PLAN.steps[1])
    assert PLAN.at(100) is None
    assert PLAN.after(10_000) is None


def test_a_step_waits_for_its_soak_time_its_users_and_the_monitor() -> None:
    assert wait() is None
    assert wait(after_s=59) == Wait("soak", START_MS + 60_000)
    assert wait(users=19) == Wait("users")
    assert wait(wealth=HOLD) == Wait("held")
    assert wait(after_s=1, users=0, wealth=HOLD - 1) == Wait("soak", START_MS + 60_000)


def test_a_plan_in_a_hurry_still_waits_for_users() -> None:
    hasty = RolloutPlan.of_shares([500], soak_s=0, users=0)
    assert hasty.wait(500, START_MS, START_MS, users=MIN_USERS - 1, wealth=1.0) == Wait("users")
    assert hasty.wait(500, START_MS, START_MS, users=MIN_USERS, wealth=1.0) is None


def test_a_clock_that_was_set_back_keeps_a_step_waiting() -> None:
    assert wait(after_s=-3_600) == Wait("soak", START_MS + 60_000)


@pytest.mark.parametrize("shares", [[2_500, 500], [500, 500], [0], [10_001], []])
def test_shares_that_do_not_rise_are_refused(shares: list[int]) -> None:
    if not shares:
        assert RolloutPlan.of_shares([], 0, 0).steps == (Step(10_000),)
        return
    with pytest.raises(RequestError):
        RolloutPlan.of_shares(shares, 60, 20)


@pytest.mark.parametrize(
    "change",
    [{"v": 2}, {"kind": "other"}, {"steps": []}, {"extra": 1}, {"steps": [{"share_bp": 500, "soak_s": 0, "users": 0}]}],
)
def test_what_is_no_plan_is_refused(change: dict[str, object]) -> None:
    value = canonical.decode(PLAN.to_bytes())
    assert isinstance(value, dict)
    with pytest.raises(KernelError):
        RolloutPlan.parse(canonical.encode({**value, **change}))


def test_bytes_that_are_not_canonical_are_no_plan() -> None:
    with pytest.raises(KernelError):
        RolloutPlan.parse(b"just words")


def test_what_a_change_expects_stands_in_its_reason() -> None:
    reason = "Adds a signature.\nExpect: Powered by Acme\nexpect: weather reports \nWe expect: nothing else"
    assert expected_texts(reason) == ("Powered by Acme", "weather reports")
    assert expected_texts("") == ()
