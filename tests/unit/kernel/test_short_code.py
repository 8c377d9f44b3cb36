"""Short codes of digests."""

from __future__ import annotations

import pytest

from verax.kernel.errors import RequestError
from verax.kernel.short_code import short_code


def test_a_code_is_the_first_eighty_bits_in_crockfords_letters() -> None:
    assert short_code("00" * 32) == "0000-0000-0000-0000"
    assert short_code("ff" * 32) == "zzzz-zzzz-zzzz-zzzz"
    assert short_code("0001020304050607080900" + "00" * 21) == "000g-40r4-0m30-e209"


def test_bits_behind_the_eightieth_do_not_matter_and_each_before_does() -> None:
    base = int("5a" * 32, 16)
    codes = {short_code(f"{base ^ 1 << bit:064x}") for bit in range(176, 256)}
    assert len(codes) == 80
    assert {short_code(f"{base ^ 1 << bit:064x}") for bit in range(176)} == {short_code(f"{base:064x}")}


@pytest.mark.parametrize("digest", ["", "00" * 31, "0" * 63 + "G", "AB" * 32])
def test_what_is_no_digest_has_no_code(digest: str) -> None:
    with pytest.raises(RequestError):
        short_code(digest)
