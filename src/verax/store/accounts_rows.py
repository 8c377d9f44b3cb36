"""The rows of accounts, one function a statement or two; each runs inside a transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from verax.kernel.errors import ConflictError, UnknownObject
from verax.store.accounts_types import Account, ApiKey, User, UserOverview
from verax.store.database import Row, SqlValue, Tx

__all__ = [
    "FoundCredential",
    "bump_epoch",
    "count_owners",
    "delete_user",
    "end_sessions",
    "find_key",
    "find_key_by_id",
    "find_session",
    "find_user",
    "insert_key",
    "insert_user",
    "read_epoch",
    "read_key_page",
    "read_keys",
    "read_names",
    "read_overview",
    "read_user_page",
    "read_users",
    "rename_user",
    "replace_roles",
    "revoke_key",
    "set_disabled",
    "set_limit",
    "set_password_hash",
]

_USER = "SELECT id, name, password_hash, requests_per_minute, created_ms, disabled_ms FROM users"
_OVERVIEW = (
    "SELECT id, name, password_hash, requests_per_minute, created_ms, disabled_ms,"
    " (SELECT count(*) FROM sessions s WHERE s.user_id = users.id),"
    " (SELECT count(*) FROM api_keys k WHERE k.user_id = users.id AND k.revoked_ms IS NULL),"
    " (SELECT max(seen) FROM (SELECT s.last_seen_ms AS seen FROM sessions s WHERE s.user_id = users.id"
    " UNION ALL SELECT k.last_used_ms FROM api_keys k WHERE k.user_id = users.id) AS uses)"
    " FROM users"
)
_LIKE = str.maketrans({"%": "!%", "_": "!_", "!": "!!"})
_KEY = (
    "SELECT id, user_id, name, shown, roles, requests_per_minute, created_ms, expires_ms, revoked_ms, last_used_ms"
    " FROM api_keys"
)


@dataclass(frozen=True, slots=True)
class FoundCredential:
    """A key or session and its account, as stored; nothing was judged yet."""

    epoch: int
    account: Account
    expires_ms: int | None
    revoked_ms: int | None
    disabled_ms: int | None


def read_epoch(tx: Tx) -> int:
    """Return the number of changes that took something away so far."""
    return int(tx.execute("SELECT epoch FROM account_epoch WHERE id = 1")[0][0])


def bump_epoch(tx: Tx) -> int:
    """Make every process forget what it remembers of credentials; return the new number."""
    return int(tx.execute("UPDATE account_epoch SET epoch = epoch + 1 WHERE id = 1 RETURNING epoch")[0][0])


def insert_user(
    tx: Tx, user_id: str, name: str, password_hash: str | None, roles: Iterable[str], created_ms: int
) -> None:
    """Add an account.

    Raises:
        ConflictError: the name is taken.
    """
    made = tx.execute(
        "INSERT INTO users (id, name, password_hash, created_ms) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (name) DO NOTHING RETURNING id",
        (user_id, name, password_hash, created_ms),
    )
    if not made:
        raise ConflictError("user: this name is taken", hint="choose another name", param="name")
    replace_roles(tx, user_id, roles)


def rename_user(tx: Tx, user_id: str, name: str) -> None:
    """Give an account another name.

    Raises:
        ConflictError: the name is taken.
    """
    if tx.execute("SELECT 1 FROM users WHERE name = ? AND id <> ?", (name, user_id)):
        raise ConflictError("user: this name is taken", hint="choose another name", param="name")
    tx.execute("UPDATE users SET name = ? WHERE id = ?", (name, user_id))


def set_limit(tx: Tx, user_id: str, requests_per_minute: int | None) -> None:
    """Limit an account over all its credentials, None for no such limit."""
    tx.execute("UPDATE users SET requests_per_minute = ? WHERE id = ?", (requests_per_minute, user_id))


def set_password_hash(tx: Tx, user_id: str, hashed: str) -> None:
    """Replace the password of an account."""
    tx.execute("UPDATE users SET password_hash = ? WHERE id = ?", (hashed, user_id))


def set_disabled(tx: Tx, user_id: str, disabled_ms: int | None) -> None:
    """Disable an account, or enable it with None."""
    tx.execute("UPDATE users SET disabled_ms = ? WHERE id = ?", (disabled_ms, user_id))


def end_sessions(tx: Tx, user_id: str) -> None:
    """End every session and every one-time link of an account."""
    tx.execute("DELETE FROM sessions WHERE user_id = ?", (user_id,))
    tx.execute("DELETE FROM sign_in_links WHERE user_id = ?", (user_id,))


def replace_roles(tx: Tx, user_id: str, roles: Iterable[str]) -> None:
    """Give an account exactly these roles."""
    tx.execute("DELETE FROM user_roles WHERE user_id = ?", (user_id,))
    tx.execute_many("INSERT INTO user_roles (user_id, role) VALUES (?, ?)", [(user_id, role) for role in set(roles)])


def read_users(tx: Tx) -> list[User]:
    """Return all accounts in order of their names."""
    roles: dict[str, set[str]] = {}
    for user_id, role in tx.execute("SELECT user_id, role FROM user_roles"):
        roles.setdefault(user_id, set()).add(role)
    return [_user(row, frozenset(roles.get(row[0], ()))) for row in tx.execute(f"{_USER} ORDER BY name")]


def read_user_page(tx: Tx, part: str, after: str, limit: int) -> tuple[list[UserOverview], int]:
    """Return accounts behind a name in order of their names, and how many there are in all.

    Args:
        part: Folded text that each name must hold, empty for all.
        after: Name of the last account seen, empty at first.
    """
    pattern = f"%{part.translate(_LIKE)}%"
    where = "WHERE name LIKE ? ESCAPE '!'"
    rows = tx.execute(f"{_OVERVIEW} {where} AND name > ? ORDER BY name LIMIT ?", (pattern, after, limit))
    found = [_overview(tx, row) for row in rows]
    return found, int(tx.execute(f"SELECT count(*) FROM users {where}", (pattern,))[0][0])  # noqa: S608 - constant text


def read_overview(tx: Tx, user_id: str) -> UserOverview | None:
    """Return one account as it stands in the list."""
    rows = tx.execute(f"{_OVERVIEW} WHERE id = ?", (user_id,))
    return _overview(tx, rows[0]) if rows else None


def read_names(tx: Tx, user_ids: Iterable[str]) -> dict[str, str]:
    """Return names by id; ids of nobody are left out."""
    found = [tx.execute("SELECT id, name FROM users WHERE id = ?", (user_id,)) for user_id in sorted(set(user_ids))]
    return {rows[0][0]: rows[0][1] for rows in found if rows}


def find_user(tx: Tx, *, name: str | None = None, user_id: str | None = None) -> tuple[User, str | None] | None:
    """Return an account and its password hash, by name or by id."""
    rows = tx.execute(f"{_USER} WHERE name = ? OR id = ?", (name, user_id))
    return (_user(rows[0], _roles(tx, rows[0][0])), rows[0][2]) if rows else None


def count_owners(tx: Tx) -> int:
    """Return the number of owners that are not disabled."""
    owners = tx.execute(
        "SELECT count(*) FROM user_roles r JOIN users u ON u.id = r.user_id"
        " WHERE r.role = 'owner' AND u.disabled_ms IS NULL"
    )
    return int(owners[0][0])


def delete_user(tx: Tx, user_id: str) -> None:
    """Remove an account with its roles, keys and sessions."""
    tx.execute("DELETE FROM users WHERE id = ?", (user_id,))


def insert_key(tx: Tx, key: ApiKey, digest: bytes) -> None:
    """Add an API key."""
    tx.execute(
        "INSERT INTO api_keys (id, user_id, name, digest, shown, roles, requests_per_minute, created_ms, expires_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            key.key_id,
            key.user_id,
            key.name,
            digest,
            key.shown,
            " ".join(sorted(key.roles)),
            key.requests_per_minute,
            key.created_ms,
            key.expires_ms,
        ),
    )


def read_keys(tx: Tx, user_id: str | None) -> list[ApiKey]:
    """Return the keys of an account, or of all accounts, newest first."""
    if user_id is None:
        rows = tx.execute(f"{_KEY} ORDER BY id DESC")
    else:
        rows = tx.execute(f"{_KEY} WHERE user_id = ? ORDER BY id DESC", (user_id,))
    return [_key(row) for row in rows]


def read_key_page(tx: Tx, user_id: str | None, before: str, limit: int) -> list[ApiKey]:
    """Return keys made before another one, newest first.

    Args:
        before: Id of the last key seen, empty at first.
    """
    wanted = {"id < ?": before, "user_id = ?": user_id}
    chosen = {condition: value for condition, value in wanted.items() if value}
    where = f"WHERE {' AND '.join(chosen)}" if chosen else ""
    params: list[SqlValue] = [*chosen.values(), limit]
    return [_key(row) for row in tx.execute(f"{_KEY} {where} ORDER BY id DESC LIMIT ?", params)]


def find_key_by_id(tx: Tx, key_id: str) -> ApiKey | None:
    """Return one key."""
    rows = tx.execute(f"{_KEY} WHERE id = ?", (key_id,))
    return _key(rows[0]) if rows else None


def revoke_key(tx: Tx, key_id: str, user_id: str | None, now_ms: int) -> None:
    """Revoke a key for ever; revoking twice keeps the first time.

    Raises:
        UnknownObject: no such key, or not of this account.
    """
    rows = tx.execute(
        "UPDATE api_keys SET revoked_ms = coalesce(revoked_ms, ?)"
        " WHERE id = ? AND (user_id = ? OR CAST(? AS text) IS NULL) RETURNING id",
        (now_ms, key_id, user_id, user_id),
    )
    if not rows:
        raise UnknownObject("API key: no such key", hint='list keys with "verax key list"')


def find_key(tx: Tx, digest: bytes) -> FoundCredential | None:
    """Return the key with this digest and its account."""
    rows = tx.execute(f"{_KEY} WHERE digest = ?", (digest,))
    if not rows:
        return None
    key = _key(rows[0])
    return _found(tx, key.user_id, key=key)


def find_session(tx: Tx, digest: bytes) -> FoundCredential | None:
    """Return the session with this digest and its account."""
    rows = tx.execute("SELECT user_id, id, expires_ms FROM sessions WHERE digest = ?", (digest,))
    return _found(tx, rows[0][0], session=(rows[0][1], rows[0][2])) if rows else None


def _found(
    tx: Tx, user_id: str, *, key: ApiKey | None = None, session: tuple[str, int | None] = ("", None)
) -> FoundCredential:
    row = tx.execute(f"{_USER} WHERE id = ?", (user_id,))[0]
    user = _user(row, _roles(tx, user_id))
    session_id, session_expires_ms = session
    expires_ms = key.expires_ms if key else session_expires_ms
    account = Account(
        user_id=user_id,
        name=user.name,
        roles=user.roles & key.roles if key else user.roles,
        key_id=key.key_id if key else "",
        requests_per_minute=key.requests_per_minute if key else None,
        account_requests_per_minute=user.requests_per_minute,
        session_id=session_id,
        expires_ms=expires_ms,
    )
    return FoundCredential(
        epoch=read_epoch(tx),
        account=account,
        expires_ms=expires_ms,
        revoked_ms=key.revoked_ms if key else None,
        disabled_ms=user.disabled_ms,
    )


def _roles(tx: Tx, user_id: str) -> frozenset[str]:
    return frozenset(row[0] for row in tx.execute("SELECT role FROM user_roles WHERE user_id = ?", (user_id,)))


def _overview(tx: Tx, row: Row) -> UserOverview:
    return UserOverview(_user(row[:6], _roles(tx, row[0])), *row[6:])


def _user(row: Row, roles: frozenset[str]) -> User:
    user_id, name, password_hash, per_minute, created_ms, disabled_ms = row
    return User(user_id, name, roles, password_hash is not None, per_minute, created_ms, disabled_ms)


def _key(row: Row) -> ApiKey:
    key_id, user_id, name, shown, roles, *numbers = row
    return ApiKey(key_id, user_id, name, shown, frozenset(roles.split()), *numbers)
