"""One-time links, sessions, settings: what opens a session, what ends it, and how soon."""

from __future__ import annotations

import asyncio

import pytest

from verax.kernel.errors import AccessError, BusyError, ConflictError, ForbiddenError, TooLarge, UnknownObject
from verax.store.accounts import Accounts, User
from verax.store.accounts_credentials import HashCosts, Passwords
from verax.store.accounts_links import LINK_LIFE_MS, link_path
from verax.store.accounts_settings import AccountSettings, SiteFacts
from verax.store.accounts_types import UserChange
from verax.store.database import Database
from verax.testing.clock import VirtualClock

PASSWORD = "correct horse battery"
BUSIEST = 20


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def accounts(database: Database, clock: VirtualClock) -> Accounts:
    return Accounts(database, clock=clock, passwords=Passwords(HashCosts(1, 64, 1)))


@pytest.fixture
async def ann(accounts: Accounts) -> User:
    await accounts.create_first_owner()
    return await accounts.create_user("ann", password=PASSWORD)


async def test_a_link_signs_in_once(accounts: Accounts, ann: User) -> None:
    link = await accounts.create_link(ann.user_id)
    assert (await accounts.redeem_link(link.code)).user_id == ann.user_id
    with pytest.raises(AccessError, match="used before"):
        await accounts.redeem_link(link.code)


async def test_of_two_who_follow_a_link_at_once_one_gets_in(accounts: Accounts, ann: User) -> None:
    link = await accounts.create_link(ann.user_id)
    tries = [accounts.redeem_link(link.code) for _ in range(8)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(item, AccessError) for item in found) == 1


async def test_a_link_lasts_an_hour(accounts: Accounts, ann: User, clock: VirtualClock) -> None:
    link = await accounts.create_link(ann.user_id)
    clock.advance(LINK_LIFE_MS / 1000)
    with pytest.raises(AccessError):
        await accounts.redeem_link(link.code)


async def test_used_expired_and_never_made_are_one_answer(accounts: Accounts, ann: User, clock: VirtualClock) -> None:
    used = await accounts.create_link(ann.user_id)
    await accounts.redeem_link(used.code)
    expired = (await accounts.create_link(ann.user_id)).code
    clock.advance(LINK_LIFE_MS / 1000)
    said = set()
    for code in (used.code, expired, "never made", ""):
        with pytest.raises(AccessError) as caught:
            await accounts.redeem_link(code)
        said.add((caught.value.message, caught.value.hint, caught.value.reason_code))
    assert len(said) == 1


async def test_a_newer_link_replaces_the_older_one(accounts: Accounts, ann: User) -> None:
    older, newer = await accounts.create_link(ann.user_id), await accounts.create_link(ann.user_id)
    with pytest.raises(AccessError):
        await accounts.redeem_link(older.code)
    assert (await accounts.redeem_link(newer.code)).name == "ann"


async def test_a_new_password_ends_links_and_sessions(accounts: Accounts, ann: User) -> None:
    link, session = await accounts.create_link(ann.user_id), await accounts.create_session(ann.user_id)
    await accounts.set_password(ann.user_id, "another one entirely")
    with pytest.raises(AccessError):
        await accounts.redeem_link(link.code)
    with pytest.raises(AccessError):
        await accounts.resolve_session(session.token)


async def test_a_disabled_account_gets_no_link_and_follows_none(accounts: Accounts, ann: User) -> None:
    link = await accounts.create_link(ann.user_id)
    await accounts.set_disabled(ann.user_id, True)
    with pytest.raises(AccessError):
        await accounts.redeem_link(link.code)
    with pytest.raises(ConflictError):
        await accounts.create_link(ann.user_id)


async def test_no_code_is_stored(accounts: Accounts, ann: User, database: Database) -> None:
    link = await accounts.create_link(ann.user_id)
    rows = database.read_now(lambda tx: tx.execute("SELECT digest FROM sign_in_links"))
    assert len(rows) == 1
    assert link.code.encode() not in rows[0][0]
    assert link.code not in repr(link)


async def test_guessing_codes_is_slowed_down(accounts: Accounts, ann: User, clock: VirtualClock) -> None:
    for number in range(BUSIEST):
        with pytest.raises(AccessError):
            await accounts.redeem_link(f"guess {number}", "192.0.2.1")
    link = await accounts.create_link(ann.user_id)
    with pytest.raises(BusyError):
        await accounts.redeem_link(link.code, "192.0.2.1")
    assert (await accounts.redeem_link(link.code, "192.0.2.2")).name == "ann"


async def test_guessed_codes_and_passwords_are_counted_together(accounts: Accounts, ann: User) -> None:
    for number in range(BUSIEST):
        with pytest.raises(AccessError):
            await accounts.redeem_link(f"guess {number}", "192.0.2.1")
    with pytest.raises(BusyError):
        await accounts.authenticate("ann", PASSWORD, "192.0.2.1")


def test_the_code_stands_where_no_browser_sends_it() -> None:
    assert link_path("abc") == "/welcome#abc"


async def test_a_session_of_a_link_may_set_a_password_for_an_hour(
    accounts: Accounts, ann: User, clock: VirtualClock
) -> None:
    for opened_by in ("link", "password"):
        await accounts.create_session(ann.user_id, "192.0.2.1", "a browser", opened_by)  # type: ignore[arg-type] # a loop over the literal's values
    by_id = {session.opened_by: session.session_id for session in await accounts.sessions(ann.user_id)}
    assert await accounts.may_set_password(by_id["link"])
    assert not await accounts.may_set_password(by_id["password"])
    assert not await accounts.may_set_password("")
    clock.advance(3600)
    assert not await accounts.may_set_password(by_id["link"])


async def test_a_session_shows_who_opened_it_and_never_its_token(accounts: Accounts, ann: User) -> None:
    made = await accounts.create_session(ann.user_id, "192.0.2.1", "Firefox", "link")
    account = await accounts.resolve_session(made.token)
    [shown] = await accounts.sessions(ann.user_id)
    assert (shown.client, shown.agent, shown.opened_by) == ("192.0.2.1", "Firefox", "link")
    assert account.session_id == shown.session_id
    assert account.expires_ms == shown.expires_ms == made.expires_ms
    assert made.token not in repr(shown) + repr(made)


async def test_one_session_ends_and_the_others_go_on(accounts: Accounts, ann: User) -> None:
    first, second = [await accounts.create_session(ann.user_id) for _ in range(2)]
    ended = (await accounts.resolve_session(first.token)).session_id
    await accounts.end_session_of(ann.user_id, ended)
    with pytest.raises(AccessError):
        await accounts.resolve_session(first.token)
    assert (await accounts.resolve_session(second.token)).name == "ann"
    with pytest.raises(UnknownObject):
        await accounts.end_session_of(ann.user_id, ended)


async def test_nobody_ends_the_session_of_another(accounts: Accounts, ann: User) -> None:
    bob = await accounts.create_user("bob", password=PASSWORD)
    session = await accounts.create_session(ann.user_id)
    with pytest.raises(UnknownObject):
        await accounts.end_session_of(bob.user_id, (await accounts.resolve_session(session.token)).session_id)
    assert await accounts.end_other_sessions(bob.user_id, "") == 0
    assert (await accounts.resolve_session(session.token)).name == "ann"


async def test_all_other_sessions_end_at_once(accounts: Accounts, ann: User) -> None:
    kept, *others = [await accounts.create_session(ann.user_id) for _ in range(4)]
    keep_id = (await accounts.resolve_session(kept.token)).session_id
    assert await accounts.end_other_sessions(ann.user_id, keep_id) == 3
    for session in others:
        with pytest.raises(AccessError):
            await accounts.resolve_session(session.token)
    assert (await accounts.resolve_session(kept.token)).session_id == keep_id


async def test_expired_sessions_are_not_shown(accounts: Accounts, ann: User, clock: VirtualClock) -> None:
    await accounts.create_session(ann.user_id)
    clock.advance(721 * 3600)
    assert await accounts.sessions(ann.user_id) == []


async def test_when_a_session_was_last_seen_is_written_down(accounts: Accounts, ann: User, clock: VirtualClock) -> None:
    made = await accounts.create_session(ann.user_id)
    clock.advance(500)
    await accounts.resolve_session(made.token)
    await accounts.flush()
    [shown] = await accounts.sessions(ann.user_id)
    assert shown.last_seen_ms == shown.created_ms + 500_000


async def test_several_changes_of_an_account_happen_together_or_not_at_all(accounts: Accounts, ann: User) -> None:
    await accounts.create_user("bob")
    change = UserChange(name="bob", roles=frozenset({"auditor"}), sets_limit=True, requests_per_minute=5)
    with pytest.raises(ConflictError, match="taken"):
        await accounts.change_user(ann.user_id, change)
    assert await accounts.user("ann") == ann
    changed = await accounts.change_user(ann.user_id, UserChange(name="Carol", roles=frozenset({"auditor"})))
    assert (changed.name, changed.roles, changed.user_id) == ("carol", {"auditor"}, ann.user_id)


async def test_who_may_change_an_account_is_asked_inside_the_transaction(accounts: Accounts, ann: User) -> None:
    def refuse(user: User) -> None:
        assert user.name == "ann"
        raise ForbiddenError("no")

    with pytest.raises(ForbiddenError):
        await accounts.change_user(ann.user_id, UserChange(name="carol"), refuse)
    assert (await accounts.user(ann.user_id)).name == "ann"


async def test_a_new_name_is_what_a_cached_credential_says_next(accounts: Accounts, ann: User) -> None:
    session = await accounts.create_session(ann.user_id)
    assert (await accounts.resolve_session(session.token)).name == "ann"
    await accounts.change_user(ann.user_id, UserChange(name="carol"))
    assert (await accounts.resolve_session(session.token)).name == "carol"


async def test_settings_are_replaced_whole_and_stay_small(database: Database, accounts: Accounts, ann: User) -> None:
    settings = AccountSettings(database)
    assert await settings.get(ann.user_id) == {}
    await settings.put(ann.user_id, {"theme": "dark", "language": "zh"})
    await settings.put(ann.user_id, {"theme": "light"})
    assert await settings.get(ann.user_id) == {"theme": "light"}
    with pytest.raises(TooLarge):
        await settings.put(ann.user_id, {"theme": "x" * 5000})
    await accounts.remove_user(ann.user_id)
    assert await settings.get(ann.user_id) == {}


async def test_a_fact_is_unknown_until_it_is_set(database: Database) -> None:
    facts = SiteFacts(database)
    assert await facts.get("set_up_ms") is None
    await facts.put("set_up_ms", "1")
    await facts.put("set_up_ms", "2")
    assert await facts.get("set_up_ms") == "2"


async def test_accounts_are_listed_in_pages_by_name(accounts: Accounts, ann: User) -> None:
    for name in ("carol", "bob", "a_b", "axb"):
        await accounts.create_user(name)
    first = await accounts.user_page(limit=2)
    assert ([item.user.name for item in first.users], first.total) == (["a_b", "ann"], 6)
    rest = await accounts.user_page(after="ann", limit=10)
    assert [item.user.name for item in rest.users] == ["axb", "bob", "carol", "owner"]
    assert [item.user.name for item in (await accounts.user_page("A_")).users] == ["a_b"]
    assert (await accounts.user_page("%")).total == (await accounts.user_page("!")).total == 0


async def test_a_list_says_when_an_account_was_used(accounts: Accounts, ann: User, clock: VirtualClock) -> None:
    [shown] = (await accounts.user_page("ann")).users
    assert (shown.sessions, shown.keys, shown.last_seen_ms) == (0, 0, None)
    key = await accounts.create_key("laptop", ann.user_id)
    revoked = await accounts.create_key("lost", ann.user_id)
    await accounts.revoke_key(revoked.key.key_id)
    session = await accounts.create_session(ann.user_id)
    clock.advance(10)
    await accounts.resolve_session(session.token)
    clock.advance(10)
    await accounts.resolve_key(key.plain)
    await accounts.flush()
    [shown] = (await accounts.user_page("ann")).users
    assert (shown.sessions, shown.keys, shown.last_seen_ms) == (1, 1, clock.now_ms())


async def test_keys_are_listed_in_pages_newest_first(accounts: Accounts, ann: User, clock: VirtualClock) -> None:
    owner = await accounts.user("owner")
    made = []
    for user_id in (ann.user_id, owner.user_id, ann.user_id):
        clock.advance(1)
        made.append((await accounts.create_key("laptop", user_id)).key)
    newest = await accounts.key_page(limit=2)
    assert [key.key_id for key in newest] == [made[2].key_id, made[1].key_id]
    assert await accounts.key_page(before=newest[-1].key_id) == [made[0]]
    assert await accounts.key_page(ann.user_id) == [made[2], made[0]]
    assert await accounts.key(made[1].key_id) == made[1]
    with pytest.raises(UnknownObject):
        await accounts.key("key_0")


async def test_names_are_found_by_id(accounts: Accounts, ann: User) -> None:
    assert await accounts.names([ann.user_id, "user_0", ann.user_id]) == {ann.user_id: "ann"}
