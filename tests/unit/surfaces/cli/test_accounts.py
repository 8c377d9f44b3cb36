"""Keys and users on a real database, without a server."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from verax.kernel.errors import AccessError
from verax.store.accounts import Account, Accounts
from verax.store.database import open_database
from verax.store.home import Home

Verax = Callable[..., Any]


@pytest.fixture
def installation(home: Path) -> Path:
    """A database with its first owner."""
    database = open_database(Home(home).database_path)
    asyncio.run(Accounts(database).create_first_owner())
    database.close()
    return home


def resolve(home: Path, key: str) -> Account:
    database = open_database(Home(home).database_path)
    try:
        return asyncio.run(Accounts(database).resolve_key(key))
    finally:
        database.close()


def test_key_create_prints_only_the_key(installation: Path, verax: Verax) -> None:
    ran = verax("key", "create", "laptop")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("vx-")
    assert ran.out.count("\n") == 1
    account = resolve(installation, ran.out.strip())
    assert (account.name, account.roles) == ("owner", {"owner"})


def test_a_key_can_be_narrower_than_its_account(installation: Path, verax: Verax) -> None:
    verax("user", "add", "ann", "--no-password", "--role", "member", "--role", "auditor")
    key = verax("key", "create", "metrics", "--user", "ann", "--role", "auditor", "--days", "7").out.strip()
    assert resolve(installation, key).roles == {"auditor"}
    listed = json.loads(verax("key", "list", "--user", "ann", "--json").out)["keys"]
    assert [(item["name"], item["user"], item["roles"]) for item in listed] == [("metrics", "ann", ["auditor"])]
    assert listed[0]["expires"].endswith("Z")
    assert key not in json.dumps(listed)


def test_a_role_that_the_account_lacks_is_refused(installation: Path, verax: Verax) -> None:
    verax("user", "add", "ann", "--no-password")
    ran = verax("key", "create", "x", "--user", "ann", "--role", "owner")
    assert ran.code == 3
    assert ran.out == ""
    assert "lacks the role owner" in ran.err


def test_a_revoked_key_is_refused(installation: Path, verax: Verax) -> None:
    key = verax("key", "create", "x").out.strip()
    key_id = json.loads(verax("key", "list", "--json").out)["keys"][0]["id"]
    assert verax("key", "revoke", key_id).code == 0
    with pytest.raises(AccessError, match="revoked"):
        resolve(installation, key)
    assert verax("key", "revoke", "nonsense").code == 1


def test_users_are_added_listed_changed_and_removed(
    installation: Path, verax: Verax, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery staple\n"))
    assert verax("user", "add", "Ann", "--stdin").code == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("another horse battery staple\n"))
    assert verax("user", "password", "ann", "--stdin").code == 0
    assert verax("user", "role", "ann", "reviewer", "member").code == 0
    users = {item["name"]: item for item in json.loads(verax("user", "list", "--json").out)["users"]}
    assert users["ann"]["roles"] == ["member", "reviewer"]
    assert users["ann"]["password"] is True
    assert verax("user", "disable", "ann").code == 0
    assert json.loads(verax("user", "list", "--json").out)["users"][0]["disabled"] is not None
    assert verax("user", "disable", "ann", "--undo").code == 0
    assert verax("user", "remove", "ann", "--yes").code == 0
    assert [item["name"] for item in json.loads(verax("user", "list", "--json").out)["users"]] == ["owner"]


def test_the_last_owner_stays(installation: Path, verax: Verax) -> None:
    assert verax("user", "remove", "owner", "--yes").code == 1
    assert verax("user", "role", "owner", "member").code == 1
    assert verax("user", "disable", "owner").code == 1


def test_a_table_is_printed_without_json(installation: Path, verax: Verax) -> None:
    verax("key", "create", "laptop")
    assert "laptop" in verax("key", "list").out
    assert verax("user", "list").out.startswith("NAME")


def test_an_unknown_user_or_role_says_so(installation: Path, verax: Verax) -> None:
    ran = verax("key", "create", "x", "--user", "nobody")
    assert ran.code == 1
    assert "no such account" in ran.err
    assert verax("user", "role", "owner", "emperor").code == 2


def test_two_owners_must_be_told_apart(installation: Path, verax: Verax) -> None:
    verax("user", "add", "ann", "--no-password", "--role", "owner")
    ran = verax("key", "create", "x")
    assert ran.code == 1
    assert "--user" in ran.err


def test_without_an_installation_nothing_is_made(home: Path, verax: Verax) -> None:
    ran = verax("key", "create", "x")
    assert ran.code == 2
    assert "verax up" in ran.err
    assert list(home.iterdir()) == []


def test_accounts_of_another_machine_are_changed_there(installation: Path, verax: Verax) -> None:
    ran = verax("--url", "https://far.example", "key", "create", "x")
    assert ran.code == 2
    assert "on the machine of that server" in ran.err
