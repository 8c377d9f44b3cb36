"""Profiles of children: made, changed and read by the guardian who owns them.

* Only the guardian finds a profile; to everybody else it does not exist.
* A guardian agrees to exactly what is kept (`terms_of`), when a profile is made and whenever more is
  kept than was agreed to. What was agreed to is kept with its time.
* Keeping less takes effect at once: a log that is switched off is gone.
* Removing one is an erasure with a receipt (`verax.store.erase`).
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Collection, Sequence

from verax.kernel.errors import ConfigError, ConflictError, RequestError, UnknownObject
from verax.store.clock import Clock
from verax.store.database import Database, Row, Tx
from verax.store.identifiers import new_id
from verax.store.junior.hours import zone_of
from verax.store.junior.types import MAX_PROFILES, Consent, Profile, ProfileSettings, Term, required_terms, terms_of

__all__ = ["Profiles", "read_profile", "remove_profile"]

_PROFILE = "SELECT id, user_id, settings, created_ms, updated_ms FROM junior_profiles"
_TABLES = ("junior_consents", "junior_sessions", "junior_days", "junior_alerts", "junior_lines")
_COUNTRY = re.compile(r"[A-Z]{2}")
_TOPIC = re.compile(r"[a-z][a-z0-9-]{0,39}")
_MAX_TOPICS = 100
_DAY_MINUTES = 24 * 60


class Profiles:
    """The profiles of an installation."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def create(self, user_id: str, settings: ProfileSettings, agreed: Collection[str]) -> Profile:
        """Make a profile for a guardian.

        Args:
            agreed: Names of the terms that the guardian agreed to.

        Raises:
            RequestError: a setting that cannot be, or terms other than those of the settings.
            ConflictError: the guardian has this colour and animal already, or too many profiles.
        """
        _check(settings)
        _check_agreed(settings, agreed)
        now_ms = self._clock.now_ms()
        profile = Profile(new_id("child", now_ms), user_id, settings, now_ms, now_ms)

        def make(tx: Tx) -> None:
            tx.lock(f"junior/{user_id}")
            owned = tx.execute("SELECT count(*) FROM junior_profiles WHERE user_id = ?", (user_id,))
            if owned[0][0] >= MAX_PROFILES:
                raise ConflictError(
                    f"profile: a guardian may have {MAX_PROFILES}", hint="erase one", code="junior/too-many-profiles"
                )
            _check_free(tx, profile)
            tx.execute(
                "INSERT INTO junior_profiles (id, user_id, colour, animal, settings, sitting_ms, created_ms,"
                " updated_ms) VALUES (?, ?, ?, ?, ?, 0, ?, ?)",
                (profile.profile_id, user_id, settings.colour, settings.animal, settings.to_json(), now_ms, now_ms),
            )
            _insert_consent(tx, profile, now_ms)

        await self._database.write(make)
        return profile

    async def listed(self, user_id: str) -> list[Profile]:
        """Return a guardian's profiles in the order in which they were made."""
        sql = f"{_PROFILE} WHERE user_id = ? ORDER BY id"
        return [_profile(row) for row in await self._database.read(lambda tx: tx.execute(sql, (user_id,)))]

    async def get(self, profile_id: str, user_id: str) -> Profile:
        """Return a guardian's profile; raises `UnknownObject`."""
        return await self._database.read(lambda tx: read_profile(tx, profile_id, user_id))

    async def change(
        self, profile_id: str, user_id: str, settings: ProfileSettings, agreed: Collection[str] | None = None
    ) -> Profile:
        """Replace the settings of a profile.

        Args:
            agreed: As `create`; needed where more is kept than before.

        Raises:
            UnknownObject: no such profile of this guardian.
            RequestError, ConflictError: as `create`.
        """
        _check(settings)
        now_ms = self._clock.now_ms()

        def change(tx: Tx) -> Profile:
            tx.lock(f"junior/{user_id}")
            before = read_profile(tx, profile_id, user_id)
            changed = dataclasses.replace(before, settings=settings, updated_ms=now_ms)
            _check_free(tx, changed)
            if agreed is not None or _keeps_more(before.settings, settings):
                _check_agreed(settings, agreed or ())
                _insert_consent(tx, changed, now_ms)
            tx.execute(
                "UPDATE junior_profiles SET colour = ?, animal = ?, settings = ?, updated_ms = ? WHERE id = ?",
                (settings.colour, settings.animal, settings.to_json(), now_ms, profile_id),
            )
            if settings.log_days is None:
                tx.execute("DELETE FROM junior_lines WHERE profile_id = ?", (profile_id,))
            if settings.band != before.settings.band:
                # Another band has another engine, which cannot go on from the state of this one.
                tx.execute("DELETE FROM junior_sessions WHERE profile_id = ?", (profile_id,))
            elif _topics(settings) != _topics(before.settings):
                # The last reply may be about what is held back from now on, so a session begins anew.
                tx.execute("UPDATE junior_sessions SET state = '' WHERE profile_id = ?", (profile_id,))
            return changed

        return await self._database.write(change)

    async def consents(self, profile_id: str) -> list[Consent]:
        """Return what was agreed to for a profile, newest first."""
        sql = "SELECT terms, given_ms FROM junior_consents WHERE profile_id = ? ORDER BY id DESC"
        rows = await self._database.read(lambda tx: tx.execute(sql, (profile_id,)))
        return [Consent(tuple(Term(**term) for term in json.loads(terms)), given_ms) for terms, given_ms in rows]


def read_profile(tx: Tx, profile_id: str, user_id: str) -> Profile:
    """Return a guardian's profile; raises `UnknownObject`."""
    rows = tx.execute(f"{_PROFILE} WHERE id = ? AND user_id = ?", (profile_id, user_id))
    if not rows:
        raise UnknownObject("profile: this account has no such profile", code="junior/unknown-profile")
    return _profile(rows[0])


def remove_profile(tx: Tx, profile_id: str, user_id: str) -> int:
    """Remove a guardian's profile with all that is kept of it, and return how many rows; raises `UnknownObject`.

    A turn that runs meanwhile keeps its row; `verax.store.erase` removes it when it has ended.
    """
    read_profile(tx, profile_id, user_id)
    turns = tx.execute("DELETE FROM turns WHERE user_id = ? AND record IS NOT NULL RETURNING 1", (profile_id,))
    removed = [turns]
    for table in _TABLES:
        removed.append(tx.execute(f"DELETE FROM {table} WHERE profile_id = ? RETURNING 1", (profile_id,)))  # noqa: S608, PERF401 - constant names
    tx.execute("DELETE FROM junior_profiles WHERE id = ?", (profile_id,))
    return 1 + sum(map(len, removed))


def _profile(row: Row) -> Profile:
    profile_id, user_id, settings, created_ms, updated_ms = row
    return Profile(profile_id, user_id, ProfileSettings.from_json(settings), created_ms, updated_ms)


def _topics(settings: ProfileSettings) -> tuple[object, ...]:
    return settings.topics_allowed, settings.topics_held


def _check_free(tx: Tx, profile: Profile) -> None:
    settings = profile.settings
    taken = tx.execute(
        "SELECT 1 FROM junior_profiles WHERE user_id = ? AND colour = ? AND animal = ? AND id <> ?",
        (profile.user_id, settings.colour, settings.animal, profile.profile_id),
    )
    if taken:
        raise ConflictError(
            "profile: another one has this colour and animal",
            hint="choose another pair, so that children can tell theirs",
            param="animal",
            code="junior/pair-taken",
        )


def _keeps_more(before: ProfileSettings, after: ProfileSettings) -> bool:
    return (after.log_days or 0) > (before.log_days or 0)


def _check_agreed(settings: ProfileSettings, agreed: Collection[str]) -> None:
    needed = required_terms(settings.log_days)
    if set(agreed) != needed:
        raise RequestError(
            f"agreed: expected the terms {', '.join(sorted(needed))}, each agreed to by the guardian",
            hint="GET /v1/junior/choices says what each of them means",
            param="agreed",
            code="junior/consent",
        )


def _insert_consent(tx: Tx, profile: Profile, now_ms: int) -> None:
    terms = json.dumps([dataclasses.asdict(term) for term in terms_of(profile.settings.log_days)], ensure_ascii=False)
    tx.execute(
        "INSERT INTO junior_consents (id, profile_id, terms, given_ms) VALUES (?, ?, ?, ?)",
        (new_id("consent", now_ms), profile.profile_id, terms, now_ms),
    )


def _check(settings: ProfileSettings) -> None:
    """Refuse settings that no engine could keep; values of closed lists were checked by whoever read them."""
    if not _COUNTRY.fullmatch(settings.country):
        raise RequestError("country: expected two capital letters of ISO 3166", param="country")
    topics = (*(settings.topics_allowed or ()), *settings.topics_held)
    _check_topics(topics)
    if settings.bedtime is not None:
        start, end = settings.bedtime.start, settings.bedtime.end
        if not (0 <= start < _DAY_MINUTES and 0 <= end < _DAY_MINUTES) or start == end:
            raise RequestError("bedtime: expected two different times of a day", param="bedtime")
    for name, minutes in (("daily_minutes", settings.daily_minutes), ("session_minutes", settings.session_minutes)):
        if minutes is not None and not 1 <= minutes <= _DAY_MINUTES:
            raise RequestError(f"{name}: expected 1 to {_DAY_MINUTES}, or null for no limit", param=name)
    try:
        zone_of(settings.time_zone)
    except ConfigError as error:
        raise RequestError(error.message, hint=error.hint, param="time_zone") from None


def _check_topics(topics: Sequence[str]) -> None:
    if len(topics) > _MAX_TOPICS or not all(_TOPIC.fullmatch(topic) for topic in topics):
        raise RequestError(
            f"topics: expected at most {_MAX_TOPICS}, each of small letters, digits and hyphens", param="topics"
        )
