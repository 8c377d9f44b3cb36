"""Accounts, keys and sessions as JSON; shared by the calls of accounts and of administration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from verax.store.accounts_types import ApiKey, Session
from verax.surfaces.http.account_models import AccountSettingsBody

__all__ = ["key_object", "session_object", "settings_of"]


def key_object(key: ApiKey, user_name: str) -> dict[str, Any]:
    """Return one API key, without the key."""
    return {
        "id": key.key_id,
        "name": key.name,
        "user_id": key.user_id,
        "user_name": user_name,
        "shown": key.shown,
        "roles": sorted(key.roles),
        "requests_per_minute": key.requests_per_minute,
        "created_ms": key.created_ms,
        "expires_ms": key.expires_ms,
        "revoked_ms": key.revoked_ms,
        "last_used_ms": key.last_used_ms,
    }


def session_object(session: Session, current_id: str) -> dict[str, Any]:
    """Return one session; `current_id` is that of whoever asks, empty for an API key."""
    return {
        "id": session.session_id,
        "client": session.client,
        "agent": session.agent,
        "opened_by": session.opened_by,
        "created_ms": session.created_ms,
        "expires_ms": session.expires_ms,
        "last_seen_ms": session.last_seen_ms,
        "is_current": session.session_id == current_id,
    }


def settings_of(stored: Mapping[str, Any]) -> AccountSettingsBody:
    """Return stored settings; what this version does not know, or knows otherwise, is as at first."""
    kept: dict[str, Any] = {}
    for name, value in stored.items():
        try:
            AccountSettingsBody.model_validate({name: value})
        except ValidationError:
            continue
        kept[name] = value
    return AccountSettingsBody.model_validate(kept)
