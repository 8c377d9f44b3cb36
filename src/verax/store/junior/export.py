"""Everything that is kept of children's profiles, for their guardian."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from functools import partial
from typing import Any

from verax.store.database import Database, Tx
from verax.store.junior.types import Profile

__all__ = ["export_profile"]

# What follows a profile: the type of an object, the columns, the table.
_PARTS = (
    ("consent", ("terms", "given_ms"), "junior_consents"),
    ("day", ("day", "used_ms"), "junior_days"),
    ("session", ("id", "state", "created_ms", "expires_ms"), "junior_sessions"),
    ("alert", ("id", "category", "created_ms"), "junior_alerts"),
    ("line", ("id", "said_by", "text", "turn_id", "created_ms"), "junior_lines"),
)
_TURNS = "SELECT id, record FROM turns WHERE user_id = ? AND record IS NOT NULL ORDER BY opened_ms, id"


async def export_profile(database: Database, profile: Profile) -> AsyncIterator[dict[str, Any]]:
    """Yield the profile, then everything that is kept of it, one object at a time, each with its `type`."""
    yield {
        "type": "profile",
        "id": profile.profile_id,
        **asdict(profile.settings),
        "created_ms": profile.created_ms,
        "updated_ms": profile.updated_ms,
    }
    for kind, columns, table in _PARTS:
        sql = f"SELECT {', '.join(columns)} FROM {table} WHERE profile_id = ? ORDER BY 1"  # noqa: S608 - constant names
        for row in await database.read(partial(Tx.execute, sql=sql, params=(profile.profile_id,))):
            fields = dict(zip(columns, row, strict=True))
            if kind == "consent":
                fields["terms"] = json.loads(fields["terms"])
            yield {"type": kind, "profile": profile.profile_id, **fields}
    for turn_id, record in await database.read(partial(Tx.execute, sql=_TURNS, params=(profile.profile_id,))):
        yield {"type": "turn", "profile": profile.profile_id, "id": turn_id, "record": json.loads(record)}
