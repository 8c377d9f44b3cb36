"""Accounts, keys and sessions: what opens a door, what closes it, and how soon."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from verax.kernel.errors import (
    AccessError,
    BusyError,
    ConflictError,
    CorruptStore,
    ForbiddenError,
    RequestError,
    StoreFull,
    UnknownObject,
)
from verax.store.accounts import Accounts
from verax.store.accounts_credentials import HashCosts, Passwords
from verax.store.database import Database, Tx, open_database
from verax.testing.clock import VirtualClock

PASSWORD = "correct horse battery"


def fast_passwords() -> Passwords:
    return Passwords(HashCosts(time_cost=1, memory_kib=8, parallelism=1))


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def accounts(database: Database, clock: VirtualClock) -> Accounts:
    return Accounts(database, clock=clock, passwords=fast_passwords())


async def test_the_first_start_makes_one_owner_who_can_sign_in(accounts: Accounts) -> None:
    first = await accounts.create_first_owner()
    assert first is not None
    assert first.user.roles == {"owner"}
    account = await accounts.authenticate("Owner", first.password)
    assert account.user_id == first.user.user_id
    assert await accounts.create_first_owner() is None


async def test_two_servers_that_start_at_once_make_one_owner(target: str, database: Database) -> None:
    other = open_database(target)
    made = await asyncio.gather(
        Accounts(database, passwords=fast_passwords()).create_first_owner(),
        Accounts(other, passwords=fast_passwords()).create_first_owner(),
    )
    assert sum(owner is not None for owner in made) == 1
    assert len(await Accounts(other, passwords=fast_passwords()).users()) == 1
    other.close()


async def test_a_password_opens_only_its_own_account(accounts: Accounts) -> None:
    ada = await accounts.create_user("ada", password=PASSWORD, roles={"owner", "author"})
    await accounts.create_user("ben", password="another fine password")
    account = await accounts.authenticate("ada", PASSWORD)
    assert (account.user_id, account.name, account.roles) == (ada.user_id, "ada", frozenset({"owner", "author"}))
    for name, password in (("ben", PASSWORD), ("ada", PASSWORD + "!"), ("nobody", PASSWORD), ("ada", "")):
        with pytest.raises(AccessError) as caught:
            await accounts.authenticate(name, password)
        assert "do not match" in caught.value.message


async def test_a_name_is_the_same_name_however_it_is_typed(accounts: Accounts) -> None:
    made = await accounts.create_user("Zoë", password=PASSWORD)
    assert (await accounts.authenticate("zoe\u0308", PASSWORD)).user_id == made.user_id
    assert (await accounts.user("ZOË")).user_id == made.user_id
    with pytest.raises(ConflictError, match="taken"):
        await accounts.create_user("ZOË")


async def test_a_password_is_the_same_password_on_another_keyboard(accounts: Accounts) -> None:
    await accounts.create_user("ada", password="pässwörter sind gut")
    await accounts.authenticate("ada", "pa\u0308sswo\u0308rter sind gut")


@pytest.mark.parametrize("password", ["short", "x" * 1025, "\ud800" * 12, "long-enough-name"])
async def test_a_bad_password_is_refused_before_anything_is_made(accounts: Accounts, password: str) -> None:
    with pytest.raises(RequestError, match="password"):
        await accounts.create_user("long-enough-name", password=password)
    assert await accounts.users() == []


@pytest.mark.parametrize("name", ["", "two words", "a" * 65, "semi;colon", "new\nline", "nul\0"])
async def test_a_bad_name_is_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(RequestError, match="name"):
        await accounts.create_user(name)


async def test_an_unknown_role_is_refused(accounts: Accounts) -> None:
    with pytest.raises(RequestError, match="roles"):
        await accounts.create_user("ada", roles={"emperor"})


async def test_an_account_without_a_password_cannot_sign_in_with_one(accounts: Accounts) -> None:
    await accounts.create_user("robot")
    for guess in ("", "None", PASSWORD):
        with pytest.raises(AccessError):
            await accounts.authenticate("robot", guess)


async def test_no_credential_is_stored(accounts: Accounts, database: Database) -> None:
    user = await accounts.create_user("ada", password=PASSWORD)
    key = await accounts.create_key("laptop", user.user_id)
    session = await accounts.create_session(user.user_id)
    tables = ("users", "api_keys", "sessions")
    rows = repr(database.read_now(lambda tx: [tx.execute(f"SELECT * FROM {table}") for table in tables]))
    for secret in (PASSWORD, key.plain, key.plain[3:], session.token):
        assert secret not in rows
    assert "$argon2id$" in rows


async def test_guessing_passwords_gets_slow_and_a_right_one_resets_it(accounts: Accounts, clock: VirtualClock) -> None:
    await accounts.create_user("ada", password=PASSWORD)
    for _ in range(4):
        with pytest.raises(AccessError):
            await accounts.authenticate("ada", "wrong password", "10.0.0.1")
    await accounts.authenticate("ada", PASSWORD, "10.0.0.1")
    for _ in range(5):
        with pytest.raises(AccessError):
            await accounts.authenticate("ada", "wrong password", "10.0.0.1")
    with pytest.raises(BusyError) as caught:
        await accounts.authenticate("ada", PASSWORD, "10.0.0.1")
    assert caught.value.reason_code == "busy/sign-in"
    await accounts.authenticate("ada", PASSWORD, "10.0.0.2")
    clock.advance(caught.value.retry_after_s)
    await accounts.authenticate("ada", PASSWORD, "10.0.0.1")


async def test_one_client_cannot_try_many_names(accounts: Accounts) -> None:
    for number in range(20):
        with pytest.raises(AccessError):
            await accounts.authenticate(f"user{number}", "wrong password", "10.0.0.1")
    with pytest.raises(BusyError):
        await accounts.authenticate("user99", "wrong password", "10.0.0.1")


async def test_many_clients_cannot_guess_one_name_together(accounts: Accounts) -> None:
    for number in range(50):
        with pytest.raises(AccessError):
            await accounts.authenticate("ada", "wrong password", f"10.0.0.{number}")
    with pytest.raises(BusyError):
        await accounts.authenticate("ada", "wrong password", "10.0.1.1")


async def test_an_old_hash_is_renewed_at_the_next_sign_in(database: Database) -> None:
    user = await Accounts(database, passwords=fast_passwords()).create_user("ada", password=PASSWORD)
    stronger = Accounts(database, passwords=Passwords(HashCosts(time_cost=2, memory_kib=16, parallelism=1)))
    read = lambda tx: tx.execute("SELECT password_hash FROM users WHERE id = ?", (user.user_id,))[0][0]  # noqa: E731
    before = database.read_now(read)
    await stronger.authenticate("ada", PASSWORD)
    after = database.read_now(read)
    assert before != after and "m=16,t=2" in after
    await stronger.authenticate("ada", PASSWORD)
    assert database.read_now(read) == after


async def test_a_damaged_hash_is_named_and_opens_nothing(accounts: Accounts, database: Database) -> None:
    await accounts.create_user("ada", password=PASSWORD)
    database.write_now(lambda tx: tx.execute("UPDATE users SET password_hash = 'rubbish'"))
    with pytest.raises(CorruptStore, match="password hash"):
        await accounts.authenticate("ada", PASSWORD)


async def test_a_key_stands_for_its_account(accounts: Accounts) -> None:
    user = await accounts.create_user("ada", roles={"owner", "author"})
    made = await accounts.create_key("laptop", user.user_id, requests_per_minute=30)
    assert made.plain.startswith(made.key.shown)
    account = await accounts.resolve_key(made.plain)
    assert (account.user_id, account.key_id) == (user.user_id, made.key.key_id)
    assert account.roles == {"owner", "author"}
    assert account.requests_per_minute == 30
    assert await accounts.resolve_key(made.plain) is account


async def test_a_key_can_do_less_than_its_account_but_never_more(accounts: Accounts) -> None:
    user = await accounts.create_user("ada", roles={"owner", "author"})
    made = await accounts.create_key("ci", user.user_id, roles={"author"})
    assert (await accounts.resolve_key(made.plain)).roles == {"author"}
    with pytest.raises(ForbiddenError, match="operator"):
        await accounts.create_key("ci", user.user_id, roles={"operator"})
    other = await accounts.create_user("ben", roles={"owner"})
    await accounts.set_roles(user.user_id, {"member"})
    assert (await accounts.resolve_key(made.plain)).roles == frozenset()
    assert other.roles == {"owner"}


@pytest.mark.parametrize("key", ["", "sk-something", "vx-", "vx-" + "a" * 38, "vx-" + "ß" * 38, "\ud800"])
async def test_what_cannot_be_a_key_is_refused_without_asking_the_database(target: str, key: str) -> None:
    seen: list[str] = []
    database = open_database(target, observe=seen.append)
    with pytest.raises(AccessError, match="expected vx-"):
        await Accounts(database, passwords=fast_passwords()).resolve_key(key)
    assert seen == []
    database.close()


async def test_every_single_changed_character_of_a_key_is_refused(accounts: Accounts) -> None:
    user = await accounts.create_user("ada")
    plain = (await accounts.create_key("laptop", user.user_id)).plain
    for index, char in enumerate(plain):
        with pytest.raises(AccessError):
            await accounts.resolve_key(plain[:index] + ("A" if char != "A" else "B") + plain[index + 1 :])


async def test_a_well_formed_key_of_another_installation_is_refused(accounts: Accounts) -> None:
    from verax.store.accounts_credentials import new_key

    with pytest.raises(AccessError, match="not known here"):
        await accounts.resolve_key(new_key())


async def test_a_key_expires_even_while_it_is_remembered(accounts: Accounts, clock: VirtualClock) -> None:
    user = await accounts.create_user("ada")
    made = await accounts.create_key("short", user.user_id, expires_ms=clock.now_ms() + 500)
    await accounts.resolve_key(made.plain)
    clock.advance(0.5)
    with pytest.raises(AccessError) as caught:
        await accounts.resolve_key(made.plain)
    assert caught.value.reason_code == "access/expired"
    clock.advance(60)
    with pytest.raises(AccessError, match="expired"):
        await accounts.resolve_key(made.plain)


async def test_a_clock_that_jumps_back_revives_no_key(accounts: Accounts, clock: VirtualClock) -> None:
    user = await accounts.create_user("ada")
    made = await accounts.create_key("short", user.user_id, expires_ms=clock.now_ms() + 1000)
    clock.advance(2)
    clock.set_wall(clock.now_ms() - 3_600_000)
    with pytest.raises(AccessError, match="expired"):
        await accounts.resolve_key(made.plain)


async def test_a_revoked_key_is_refused_at_once(accounts: Accounts) -> None:
    user = await accounts.create_user("ada")
    made = await accounts.create_key("laptop", user.user_id)
    kept = await accounts.create_key("phone", user.user_id)
    await accounts.resolve_key(made.plain)
    await accounts.revoke_key(made.key.key_id)
    with pytest.raises(AccessError) as caught:
        await accounts.resolve_key(made.plain)
    assert caught.value.reason_code == "access/revoked"
    await accounts.resolve_key(kept.plain)


async def test_revoking_twice_keeps_the_first_time_and_a_strangers_key_is_unknown(
    accounts: Accounts, clock: VirtualClock
) -> None:
    user, other = await accounts.create_user("ada"), await accounts.create_user("ben")
    made = await accounts.create_key("laptop", user.user_id)
    with pytest.raises(UnknownObject):
        await accounts.revoke_key(made.key.key_id, other.user_id)
    await accounts.revoke_key(made.key.key_id, user.user_id)
    first = (await accounts.keys(user.user_id))[0].revoked_ms
    clock.advance(60)
    await accounts.revoke_key(made.key.key_id)
    assert (await accounts.keys())[0].revoked_ms == first
    with pytest.raises(UnknownObject):
        await accounts.revoke_key("key_that_never_was")


async def test_a_revocation_by_another_process_is_seen_within_a_second(
    target: str, accounts: Accounts, clock: VirtualClock
) -> None:
    other_database = open_database(target)
    other = Accounts(other_database, clock=clock, passwords=fast_passwords())
    user = await accounts.create_user("ada")
    made = await accounts.create_key("laptop", user.user_id)
    await accounts.resolve_key(made.plain)
    await other.revoke_key(made.key.key_id)
    clock.advance(1.0)
    with pytest.raises(AccessError, match="revoked"):
        await accounts.resolve_key(made.plain)
    other_database.close()


async def test_a_remembered_key_costs_no_statement_and_a_second_costs_one(target: str, clock: VirtualClock) -> None:
    seen: list[str] = []
    database = open_database(target, observe=seen.append)
    accounts = Accounts(database, clock=clock, passwords=fast_passwords())
    user = await accounts.create_user("ada")
    made = await accounts.create_key("laptop", user.user_id)
    await accounts.resolve_key(made.plain)
    seen.clear()
    for _ in range(100):
        await accounts.resolve_key(made.plain)
    assert seen == []
    clock.advance(1)
    await asyncio.gather(*(accounts.resolve_key(made.plain) for _ in range(50)))
    assert len(seen) == 1
    database.close()


async def test_without_the_database_nobody_is_let_in_on_memory_for_long(
    target: str, database: Database, clock: VirtualClock
) -> None:
    doomed = open_database(target)
    accounts = Accounts(doomed, clock=clock, passwords=fast_passwords())
    user = await accounts.create_user("ada")
    made = await accounts.create_key("laptop", user.user_id)
    await accounts.resolve_key(made.plain)
    doomed.close()
    await accounts.resolve_key(made.plain)
    clock.advance(1)
    with pytest.raises(Exception, match="closed"):
        await accounts.resolve_key(made.plain)


async def test_disabling_an_account_closes_every_door_and_enabling_opens_keys_again(accounts: Accounts) -> None:
    user = await accounts.create_user("ada", password=PASSWORD)
    made, session = await accounts.create_key("laptop", user.user_id), await accounts.create_session(user.user_id)
    await accounts.resolve_key(made.plain)
    await accounts.resolve_session(session.token)
    await accounts.set_disabled(user.user_id, True)
    with pytest.raises(AccessError, match="disabled"):
        await accounts.resolve_key(made.plain)
    with pytest.raises(AccessError):
        await accounts.resolve_session(session.token)
    with pytest.raises(AccessError):
        await accounts.authenticate("ada", PASSWORD)
    await accounts.set_disabled(user.user_id, False)
    await accounts.resolve_key(made.plain)
    with pytest.raises(AccessError):
        await accounts.resolve_session(session.token)


async def test_a_session_ends_by_signing_out_by_age_and_by_a_new_password(
    accounts: Accounts, clock: VirtualClock
) -> None:
    user = await accounts.create_user("ada", password=PASSWORD)
    first, second = [await accounts.create_session(user.user_id, "a browser") for _ in range(2)]
    assert (await accounts.resolve_session(first.token)).key_id == ""
    await accounts.end_session(first.token)
    await accounts.end_session(first.token)
    with pytest.raises(AccessError):
        await accounts.resolve_session(first.token)
    await accounts.resolve_session(second.token)
    await accounts.set_password(user.user_id, "a new and better one")
    with pytest.raises(AccessError):
        await accounts.resolve_session(second.token)
    await accounts.authenticate("ada", "a new and better one")
    third = await accounts.create_session(user.user_id)
    clock.advance(720 * 3600)
    with pytest.raises(AccessError, match="expired"):
        await accounts.resolve_session(third.token)


async def test_expired_sessions_are_swept_when_a_new_one_opens(
    accounts: Accounts, database: Database, clock: VirtualClock
) -> None:
    user = await accounts.create_user("ada")
    await accounts.create_session(user.user_id)
    clock.advance(721 * 3600)
    await accounts.create_session(user.user_id)
    assert database.read_now(lambda tx: tx.execute("SELECT count(*) FROM sessions")) == [(1,)]


async def test_the_last_owner_can_be_neither_demoted_disabled_nor_removed(accounts: Accounts) -> None:
    owner = await accounts.create_user("ada", roles={"owner"})
    for attempt in (
        accounts.set_roles(owner.user_id, {"member"}),
        accounts.set_disabled(owner.user_id, True),
        accounts.remove_user(owner.user_id),
    ):
        with pytest.raises(ConflictError) as caught:
            await attempt
        assert caught.value.reason_code == "accounts/last-owner"
    assert (await accounts.user("ada")).roles == {"owner"}
    second = await accounts.create_user("ben", roles={"owner"})
    await accounts.set_disabled(second.user_id, True)
    with pytest.raises(ConflictError):
        await accounts.remove_user(owner.user_id)
    await accounts.set_disabled(second.user_id, False)
    await accounts.remove_user(owner.user_id)
    with pytest.raises(UnknownObject):
        await accounts.user("ada")


async def test_two_owners_who_remove_each_other_at_once_leave_one(target: str, accounts: Accounts) -> None:
    other_database = open_database(target)
    other = Accounts(other_database, passwords=fast_passwords())
    ada = await accounts.create_user("ada", roles={"owner"})
    ben = await accounts.create_user("ben", roles={"owner"})
    results = await asyncio.gather(
        accounts.remove_user(ada.user_id), other.remove_user(ben.user_id), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["ConflictError", "NoneType"]
    assert len(await accounts.users()) == 1
    other_database.close()


async def test_removing_an_account_removes_its_keys_and_sessions(accounts: Accounts, database: Database) -> None:
    user = await accounts.create_user("ada")
    made = await accounts.create_key("laptop", user.user_id)
    await accounts.create_session(user.user_id)
    await accounts.resolve_key(made.plain)
    await accounts.remove_user(user.user_id)
    with pytest.raises(AccessError):
        await accounts.resolve_key(made.plain)
    for sql in ("SELECT count(*) FROM api_keys", "SELECT count(*) FROM sessions"):
        assert database.read_now(partial(Tx.execute, sql=sql)) == [(0,)]


async def test_changing_an_account_that_is_not_there_says_so(accounts: Accounts) -> None:
    with pytest.raises(UnknownObject):
        await accounts.set_roles("user_nobody", {"member"})
    with pytest.raises(UnknownObject):
        await accounts.set_password("user_nobody", PASSWORD)
    with pytest.raises(UnknownObject):
        await accounts.create_key("laptop", "user_nobody")


@pytest.mark.parametrize(
    "arguments",
    [{"name": ""}, {"name": "x" * 65}, {"name": "tab\t"}, {"requests_per_minute": 0}, {"expires_ms": 1}],
)
async def test_a_key_with_a_bad_field_is_refused(accounts: Accounts, arguments: dict[str, object]) -> None:
    user = await accounts.create_user("ada")
    with pytest.raises(RequestError):
        await accounts.create_key(user_id=user.user_id, **{"name": "laptop", **arguments})  # type: ignore[arg-type]


async def test_the_rate_limit_of_a_key_says_when_to_come_back(accounts: Accounts, clock: VirtualClock) -> None:
    user = await accounts.create_user("ada")
    slow = await accounts.resolve_key((await accounts.create_key("a", user.user_id, requests_per_minute=6)).plain)
    free = await accounts.resolve_key((await accounts.create_key("b", user.user_id)).plain)
    for _ in range(6):
        accounts.spend(slow)
    with pytest.raises(BusyError) as caught:
        accounts.spend(slow)
    assert caught.value.retry_after_s == 10
    accounts.spend(free)
    clock.advance(10)
    accounts.spend(slow)
    with pytest.raises(BusyError):
        accounts.spend(slow)


async def test_the_limit_of_an_account_holds_over_all_its_keys(accounts: Accounts) -> None:
    user = await accounts.create_user("ada")
    await accounts.set_limit(user.user_id, 4)
    keys = [await accounts.resolve_key((await accounts.create_key(name, user.user_id)).plain) for name in "ab"]
    for account in (*keys, *keys):
        accounts.spend(account)
    with pytest.raises(BusyError):
        accounts.spend(keys[0])
    await accounts.set_limit(user.user_id, None)
    assert (await accounts.user("ada")).requests_per_minute is None


async def test_the_last_use_of_a_key_is_written_lazily(accounts: Accounts, clock: VirtualClock) -> None:
    user = await accounts.create_user("ada")
    made = await accounts.create_key("laptop", user.user_id)
    await accounts.resolve_key(made.plain)
    assert (await accounts.keys())[0].last_used_ms is None
    clock.advance(61)
    used_ms = clock.now_ms() - 61_000
    await accounts.resolve_key(made.plain)
    assert (await accounts.keys())[0].last_used_ms == used_ms
    await accounts.flush()
    assert (await accounts.keys())[0].last_used_ms == clock.now_ms()
    await accounts.flush()


async def test_a_full_disk_does_not_keep_a_key_from_working(
    accounts: Accounts, database: Database, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await accounts.create_user("ada")
    made = await accounts.create_key("laptop", user.user_id)
    await accounts.resolve_key(made.plain)
    clock.advance(61)

    async def full(call: object) -> None:
        raise StoreFull("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(database, "write", full)
        await accounts.resolve_key(made.plain)
    await accounts.resolve_key(made.plain)


async def test_more_sign_ins_than_can_wait_are_told_to_come_back(database: Database) -> None:
    accounts = Accounts(database, passwords=fast_passwords())
    await accounts.create_user("ada", password=PASSWORD)
    results = await asyncio.gather(
        *(accounts.authenticate(f"name{n}", "some password", f"client {n}") for n in range(200)), return_exceptions=True
    )
    assert {type(result) for result in results} <= {AccessError, BusyError}
    await accounts.authenticate("ada", PASSWORD)
