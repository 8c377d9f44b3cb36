"""``verax user``: people's accounts. Roles open pages and calls and carry no weight in governance."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from verax.store.accounts import ROLES, Accounts, NewLink, User
from verax.store.accounts_links import link_path
from verax.surfaces.cli.direct import with_accounts
from verax.surfaces.cli.output import confirm, moment, print_json, print_rows, print_text, say
from verax.surfaces.cli.session import Session, pass_session

__all__ = ["user"]


@click.group()
def user() -> None:
    """Add, list and remove people's accounts."""


@user.command("add")
@click.argument("name")
@click.option("--role", "roles", type=click.Choice(ROLES), multiple=True, default=["member"], show_default=True)
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the password from stdin instead of asking for it.")
@click.option("--no-password", is_flag=True, help="The account is used by API key only.")
@pass_session
def add(session: Session, name: str, roles: tuple[str, ...], from_stdin: bool, no_password: bool) -> None:
    """Add the account NAME and ask for its password."""
    password = None if no_password else _read_password(from_stdin)
    added = with_accounts(session, lambda accounts: accounts.create_user(name, password=password, roles=roles))
    say(f"added {added.name} with {', '.join(sorted(added.roles))}")


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help='Print {"users": [{id, name, roles, password, …}]}.')
@pass_session
def list_users(session: Session, as_json: bool) -> None:
    """List accounts by name."""
    rows = [_row(item) for item in with_accounts(session, lambda accounts: accounts.users())]
    if as_json:
        print_json({"users": rows})
    else:
        print_rows(["name", "roles", "password", "created", "disabled", "id"], rows)


@user.command("password")
@click.argument("name")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the password from stdin instead of asking for it.")
@pass_session
def set_password(session: Session, name: str, from_stdin: bool) -> None:
    """Give the account NAME a new password and end its sessions."""
    password = _read_password(from_stdin)

    async def change(accounts: Accounts) -> None:
        await accounts.set_password((await accounts.user(name)).user_id, password)

    with_accounts(session, change)
    say(f"the password of {name} is changed")


@user.command("link")
@click.argument("name")
@pass_session
def make_link(session: Session, name: str) -> None:
    """Print a link that signs the account NAME in once, within an hour; older links stop working."""

    async def make(accounts: Accounts) -> NewLink:
        return await accounts.create_link((await accounts.user(name)).user_id)

    made = with_accounts(session, make)
    print_text(f"{session.config.base_url}{link_path(made.code)}")


@user.command("role")
@click.argument("name")
@click.argument("roles", nargs=-1, required=True, type=click.Choice(ROLES))
@pass_session
def set_roles(session: Session, name: str, roles: tuple[str, ...]) -> None:
    """Give the account NAME exactly ROLES."""

    async def change(accounts: Accounts) -> None:
        await accounts.set_roles((await accounts.user(name)).user_id, roles)

    with_accounts(session, change)
    say(f"{name} is now {', '.join(sorted(set(roles)))}")


@user.command("disable")
@click.argument("name")
@click.option("--undo", is_flag=True, help="Honour the account's credentials again.")
@pass_session
def disable(session: Session, name: str, undo: bool) -> None:
    """Refuse every credential of the account NAME."""

    async def change(accounts: Accounts) -> None:
        await accounts.set_disabled((await accounts.user(name)).user_id, not undo)

    with_accounts(session, change)
    say(f"{name} is {'enabled' if undo else 'disabled'}")


@user.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def remove(session: Session, name: str, yes: bool) -> None:
    """Remove the account NAME with its keys and sessions; "verax user erase" removes what it wrote."""
    confirm(f"remove {name} with keys and sessions?", is_given=yes)

    async def change(accounts: Accounts) -> None:
        await accounts.remove_user((await accounts.user(name)).user_id)

    with_accounts(session, change)
    say(f"removed {name}")


@user.command("export")
@click.argument("name")
@click.argument("target", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@pass_session
def export(session: Session, name: str, target: Path) -> None:
    """Write everything the account NAME has to FILE, one JSON object a line; the server must be stopped."""
    from verax.surfaces.cli.persons import export_person

    count = export_person(session, name, target)
    say(f"{count} lines in {target}")


@user.command("erase")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def erase(session: Session, name: str, yes: bool) -> None:
    """Erase the account NAME and all that it wrote; a running server is asked to do it.

    Text, records, secrets, messages, keys and usage go. The opaque leaves in the reply log stay, and so do
    copies that people took.
    """
    from verax.surfaces.cli.persons import erase_person

    confirm(f"erase {name} and everything they wrote, for ever?", is_given=yes)
    report = erase_person(session, name)
    say(f"erased {name}: {report.turns} turns, {report.messages} messages")
    for erasure in report.erasures:
        say(f"erase receipt {erasure}")
    if not report.is_done:
        say("something of it was still in use; the server erases the rest within a minute")


def _read_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    password: str = click.prompt("password", hide_input=True, confirmation_prompt=True, err=True)
    return password


def _row(item: User) -> dict[str, object]:
    return {
        "id": item.user_id,
        "name": item.name,
        "roles": sorted(item.roles),
        "password": item.has_password,
        "requests_per_minute": item.requests_per_minute,
        "created": moment(item.created_ms),
        "disabled": moment(item.disabled_ms),
    }
