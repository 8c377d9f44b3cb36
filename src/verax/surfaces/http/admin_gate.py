"""Who may administer what.

* Calls below ``/v1/admin`` take the role owner or operator; what holds everybody's texts or
  the server's own keys takes owner.
* An operator manages accounts that hold no role but ``member``, and gives no other. So nobody
  rises by them, and an operator cannot lock an owner out. Owners manage every account.
* Every change is a line of the server's log, by ids.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from verax.kernel.errors import ForbiddenError
from verax.store.accounts_types import Account, User
from verax.surfaces.http.exchange import Exchange
from verax.surfaces.http.gate import Gate, require_role

__all__ = ["ADMIN_ROLES", "AdminGate", "may_manage", "note_change"]

ADMIN_ROLES = frozenset({"owner", "operator"})
_OWNER = frozenset({"owner"})
_PLAIN = frozenset({"member"})

_log = logging.getLogger("verax.admin")


class AdminGate:
    """Lets administrators in."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def administrator(self, exchange: Exchange) -> Account:
        """Return an owner or operator; raises `AccessError`, `ForbiddenError`."""
        return await self._account(exchange, ADMIN_ROLES)

    async def owner(self, exchange: Exchange) -> Account:
        """Return an owner; raises `AccessError`, `ForbiddenError`."""
        return await self._account(exchange, _OWNER)

    async def _account(self, exchange: Exchange, roles: frozenset[str]) -> Account:
        account = await self._gate.account(exchange.headers, exchange.method, exchange.address)
        require_role(account, roles, "administration")
        return account


def may_manage(actor: Account, user: User | None, roles: Iterable[str] = ()) -> None:
    """Refuse an operator who would manage more than a member's account.

    Args:
        user: The account as it is; None for a new one.
        roles: Roles that it shall have.

    Raises:
        ForbiddenError: always then.
    """
    if "owner" in actor.roles:
        return
    held = frozenset() if user is None else user.roles
    if not (held | frozenset(roles)) <= _PLAIN:
        raise ForbiddenError("user: an operator manages accounts of members only", hint="ask an owner")


def note_change(actor: Account, what: str, subject: str) -> None:
    """Write one change into the server's log; ids only."""
    _log.info("%s by %s: %s", what, actor.user_id, subject)
