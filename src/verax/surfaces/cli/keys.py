"""``verax key``: API keys. A new key is printed once, alone on stdout, and stored nowhere."""

from __future__ import annotations

import time

import click

from verax.store.accounts import ROLES, Accounts, ApiKey, NewKey
from verax.surfaces.cli.direct import choose_user, with_accounts
from verax.surfaces.cli.output import moment, print_json, print_rows, print_text, say
from verax.surfaces.cli.session import Session, pass_session

__all__ = ["key"]

_DAY_MS = 86_400_000


@click.group()
def key() -> None:
    """Make, list and revoke API keys."""


@key.command("create")
@click.argument("name")
@click.option("--user", metavar="NAME", help="Whose key it is; the owner's when not given.")
@click.option("--role", "roles", type=click.Choice(ROLES), multiple=True, help="At most the account's; all by default.")
@click.option("--days", type=click.IntRange(min=1), help="Days until it stops working; it lasts when not given.")
@click.option("--per-minute", type=click.IntRange(min=1), help="A limit of its own, in requests a minute.")
@pass_session
def create(
    session: Session, name: str, user: str | None, roles: tuple[str, ...], days: int | None, per_minute: int | None
) -> None:
    """Make an API key called NAME and print it: the key alone, on stdout."""
    expires_ms = None if days is None else int(time.time() * 1000) + days * _DAY_MS

    async def make(accounts: Accounts) -> NewKey:
        account = await choose_user(accounts, user)
        return await accounts.create_key(
            name, account.user_id, roles=roles or None, expires_ms=expires_ms, requests_per_minute=per_minute
        )

    print_text(with_accounts(session, make).plain)


@key.command("list")
@click.option("--user", metavar="NAME", help="Only the keys of this account.")
@click.option("--json", "as_json", is_flag=True, help='Print {"keys": [{id, name, user, shown, roles, …}]}.')
@pass_session
def list_keys(session: Session, user: str | None, as_json: bool) -> None:
    """List API keys, newest first; the keys themselves are not stored."""

    async def read(accounts: Accounts) -> list[dict[str, object]]:
        names = {account.user_id: account.name for account in await accounts.users()}
        owner_id = None if user is None else (await accounts.user(user)).user_id
        return [_row(item, names.get(item.user_id, "")) for item in await accounts.keys(owner_id)]

    rows = with_accounts(session, read)
    if as_json:
        print_json({"keys": rows})
    else:
        print_rows(["id", "name", "user", "shown", "roles", "created", "expires", "revoked", "last_used"], rows)


@key.command("revoke")
@click.argument("key_id", metavar="ID")
@pass_session
def revoke(session: Session, key_id: str) -> None:
    """Revoke the key ID for ever; a running server refuses it within a second."""
    with_accounts(session, lambda accounts: accounts.revoke_key(key_id))
    say(f"revoked {key_id}")


def _row(item: ApiKey, user: str) -> dict[str, object]:
    return {
        "id": item.key_id,
        "name": item.name,
        "user": user,
        "shown": f"{item.shown}…",
        "roles": sorted(item.roles),
        "requests_per_minute": item.requests_per_minute,
        "created": moment(item.created_ms),
        "expires": moment(item.expires_ms),
        "revoked": moment(item.revoked_ms),
        "last_used": moment(item.last_used_ms),
    }
