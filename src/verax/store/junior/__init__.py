"""Children's profiles, their sessions, and the little that is kept of them (docs/guides/junior-for-parents.md).

Example::

    profiles = Profiles(database, clock)
    made = await profiles.create(guardian.user_id, settings, agreed=required_terms(settings.log_days))
    opened = await ChildSessions(database, clock).open(made.profile_id)

A child has no account. A guardian, who has one, owns profiles; a child's session stands for one
profile and can do nothing else (`verax.surfaces.http.junior_child`).
"""

__all__: list[str] = []
