"""How a person wants the web app, and what an installation remembers of itself.

Both are small and mean nothing to the turn path: no setting here changes what a model reads.
"""

from __future__ import annotations

import json
from typing import Any

from verax.kernel.errors import TooLarge
from verax.store.database import Database, Tx

__all__ = ["MAX_SETTINGS_BYTES", "AccountSettings", "SiteFacts"]

MAX_SETTINGS_BYTES = 4096


class AccountSettings:
    """Settings of accounts as JSON objects; whoever stores them has validated them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, user_id: str) -> dict[str, Any]:
        """Return what was stored, nothing at first."""
        sql = "SELECT settings FROM account_settings WHERE user_id = ?"
        found = await self._database.read(lambda tx: tx.execute(sql, (user_id,)))
        return dict(json.loads(found[0][0])) if found else {}

    async def put(self, user_id: str, settings: dict[str, Any]) -> None:
        """Replace them.

        Raises:
            TooLarge: over `MAX_SETTINGS_BYTES`.
        """
        text = json.dumps(settings, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if len(text.encode("utf-8")) > MAX_SETTINGS_BYTES:
            raise TooLarge(f"settings: expected at most {MAX_SETTINGS_BYTES} bytes")
        sql = (
            "INSERT INTO account_settings (user_id, settings) VALUES (?, ?)"
            " ON CONFLICT (user_id) DO UPDATE SET settings = excluded.settings"
        )
        await self._database.write(lambda tx: tx.execute(sql, (user_id, text)))


class SiteFacts:
    """Short texts by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, name: str) -> str | None:
        """Return a fact, None while there is none."""
        found = await self._database.read(lambda tx: tx.execute("SELECT value FROM site_facts WHERE name = ?", (name,)))
        return str(found[0][0]) if found else None

    async def put(self, name: str, value: str) -> None:
        """Set a fact."""

        def write(tx: Tx) -> None:
            tx.execute(
                "INSERT INTO site_facts (name, value) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, value),
            )

        await self._database.write(write)
