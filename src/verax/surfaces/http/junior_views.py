"""Settings, profiles and terms of Junior, from the wire and to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from verax.guard.helplines import child_line, emergency_number
from verax.kernel.errors import RequestError
from verax.products.junior.collection import TOPICS
from verax.store.junior.types import Bedtime, Consent, OwnHelpline, Profile, ProfileSettings
from verax.surfaces.http.junior_models import BedtimeHours, ProfileFields

__all__ = ["bedtime_object", "helpline_object", "profile_object", "settings_from"]


def settings_from(body: ProfileFields) -> ProfileSettings:
    """Return the settings of a request.

    Raises:
        RequestError: a topic that Junior does not have; held back it would hold nothing back.
    """
    for param, topics in (("topics_allowed", body.topics_allowed or ()), ("topics_held", body.topics_held)):
        if unknown := sorted(set(topics) - set(TOPICS)):
            hint = f"topics: {', '.join(TOPICS)}"
            raise RequestError(f"{param}: Junior has no topic {unknown[0]}", hint=hint, param=param)
    fields = body.model_dump(exclude={"agreed", "bedtime", "helpline"})
    return ProfileSettings(
        **fields,
        bedtime=None if body.bedtime is None else _bedtime(body.bedtime),
        helpline=None if body.helpline is None else OwnHelpline(**body.helpline.model_dump()),
    )


def profile_object(profile: Profile, consents: Sequence[Consent]) -> dict[str, Any]:
    """Return a profile as its guardian sees it."""
    return {
        "id": profile.profile_id,
        **asdict(profile.settings),
        "bedtime": bedtime_object(profile.settings.bedtime),
        "consents": [asdict(consent) for consent in consents],
        "created_ms": profile.created_ms,
        "updated_ms": profile.updated_ms,
    }


def helpline_object(country: str) -> dict[str, Any]:
    """Return whom Junior names to a child of a country."""
    line = child_line(country)
    return {
        "country": country,
        "name": None if line is None else line.name,
        "phone": None if line is None else line.number,
        "emergency": emergency_number(country),
        "is_verified": line is not None and line.is_verified,
    }


def bedtime_object(bedtime: Bedtime | None) -> dict[str, str] | None:
    """Return times of day as people write them."""
    if bedtime is None:
        return None
    return {name: f"{minute // 60:02d}:{minute % 60:02d}" for name, minute in asdict(bedtime).items()}


def _bedtime(hours: BedtimeHours) -> Bedtime:
    return Bedtime(_minute(hours.start), _minute(hours.end))


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)
