"""Settings that every test shares."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from verax.store.accounts_credentials import HashCosts, Passwords

# No timed assertions: the machine that runs the tests may be busy.
settings.register_profile("verax", deadline=None)
settings.load_profile("verax")

_CHEAP = HashCosts(time_cost=1, memory_kib=64, parallelism=1)


@pytest.fixture(scope="session", autouse=True)
def product_costs() -> Iterator[HashCosts]:
    """Let a password cost next to nothing in this process, and return what one costs in the product.

    Hundreds of tests found an installation or sign somebody in; how long a guess takes is no matter of theirs.
    """
    costs = Passwords.default_costs
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Passwords, "default_costs", _CHEAP)
        yield costs
