"""Keys, tokens and passwords: their form, and what is kept of them."""

from __future__ import annotations

import re

import pytest

from verax.kernel.errors import AccessError, BusyError, RequestError
from verax.store.accounts_credentials import (
    HashCosts,
    Passwords,
    check_key_form,
    digest_of,
    new_key,
    new_password,
    new_token,
)
from verax.store.identifiers import new_id


def test_every_new_key_has_the_form_of_a_key_and_is_new() -> None:
    keys = {new_key() for _ in range(200)}
    assert len(keys) == 200
    for key in keys:
        assert re.fullmatch(r"vx-[0-9A-Za-z]{38}", key)
        check_key_form(key)


def test_a_typing_error_in_a_key_is_told_from_a_wrong_key() -> None:
    key = new_key()
    for wrong in (key[:-1], key + "a", key.swapcase(), " " + key, key.replace("vx-", "vy-")):
        with pytest.raises(AccessError, match="expected vx-"):
            check_key_form(wrong)


def test_tokens_and_passwords_are_long_and_new() -> None:
    assert len({new_token() for _ in range(100)}) == 100
    passwords = {new_password() for _ in range(100)}
    assert len(passwords) == 100
    assert all(re.fullmatch(r"([a-z0-9]{4}-){4}[a-z0-9]{4}", password) for password in passwords)


def test_a_digest_is_of_the_whole_credential() -> None:
    assert digest_of("a") != digest_of("b")
    assert len(digest_of("\ud800")) == 32


async def test_the_default_hash_is_argon2id_with_the_recommended_settings(product_costs: HashCosts) -> None:
    hashed = await Passwords(product_costs).hash("correct horse battery", "ada")
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


async def test_a_password_that_cannot_be_encoded_matches_nothing() -> None:
    passwords = Passwords(HashCosts(1, 8, 1))
    stored = await passwords.hash("correct horse battery", "ada")
    assert await passwords.matches(stored, "correct horse battery")
    for wrong in ("\ud800" * 12, "x" * 5000, ""):
        assert not await passwords.matches(stored, wrong)
    with pytest.raises(RequestError):
        await passwords.hash("\ud800" * 12, "ada")


async def test_a_password_without_a_stored_hash_never_matches() -> None:
    assert not await Passwords(HashCosts(1, 8, 1)).matches(None, "correct horse battery")


def test_what_stands_in_for_a_missing_hash_costs_as_much_as_a_stored_one() -> None:
    passwords = Passwords(HashCosts(time_cost=2, memory_kib=16, parallelism=1))
    assert not passwords.is_outdated(passwords._decoy)
    assert not passwords._verify(passwords._decoy, "correct horse battery")


async def test_more_hashes_than_may_wait_are_refused() -> None:
    passwords = Passwords(HashCosts(1, 8, 1))
    passwords._waiting = 32
    with pytest.raises(BusyError):
        await passwords.matches(None, "correct horse battery")


def test_identifiers_sort_by_time_and_never_repeat() -> None:
    ids = [new_id("msg", now_ms) for now_ms in range(1_760_000_000_000, 1_760_000_000_300)]
    assert ids == sorted(ids)
    at_once = [new_id("msg", 5) for _ in range(1000)]
    assert at_once == sorted(set(at_once))
    assert re.fullmatch(r"msg_[0-9a-z]{26}", ids[0])
