"""Step 7, verify: claims meet evidence, as the release's truth mode demands.

* ``off``: no sentence is judged, no verdict is shown, and the release says so.
* Every other mode needs a verifier. Where none is connected the release is refused before
  the turn begins, never answered with less than it promises (invariant 10).
"""

from __future__ import annotations

from verax.kernel.errors import RefusedError
from verax.kernel.release import Release

__all__ = ["check_truth_mode"]


def check_truth_mode(release: Release) -> None:
    """Refuse a release whose truth mode this installation cannot honour.

    Raises:
        RefusedError: a mode other than ``off``, or collections, which need the truth room.
    """
    if release.truth.mode != "off":
        raise RefusedError(
            f"release {release.short_id}: truth mode {release.truth.mode!r} needs a verifier, which this version lacks",
            hint='admit a release with truth mode "off"',
            code="release/unsupported",
        )
    if release.retrieval.collections:
        raise RefusedError(
            f"release {release.short_id}: it names collections, and this version holds none",
            hint="admit a release without collections",
            code="release/unsupported",
        )
