"""Settings that every test shares."""

from __future__ import annotations

from hypothesis import settings

# No timed assertions: the machine that runs the tests may be busy.
settings.register_profile("verax", deadline=None)
settings.load_profile("verax")
