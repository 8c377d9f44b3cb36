"""The checks of ``verax release verify``."""

from __future__ import annotations

from verax.kernel.bans import find_hits
from verax.kernel.errors import ModelUnavailable
from verax.kernel.release import Release, ban_texts
from verax.models.weights import WeightsShelf
from verax.products.junior.backend import open_engine
from verax.products.junior.library import Library
from verax.surfaces.cli.history import History
from verax.surfaces.cli.output import shorten
from verax.surfaces.cli.session import Session
from verax.surfaces.installation import weights_places

__all__ = ["check_release"]

Check = dict[str, str]


def check_release(release: Release, history: History, session: Session) -> list[Check]:
    """Check a parsed release; parsing has already checked form, fields and templates."""
    return [
        {"name": "manifest", "state": "verified", "detail": f"{len(release.data)} canonical bytes hash to its id"},
        _check_place(release, history),
        _check_bans(release, history),
        _check_weights(release, session),
    ]


def _check_place(release: Release, history: History) -> Check:
    served = sorted(name for name, channel in history.state.channels.items() if channel.head == release.id)
    if served:
        return {"name": "governance", "state": "verified", "detail": f"head of {', '.join(served)}"}
    return {"name": "governance", "state": "not checked", "detail": "serves no channel now"}


def _check_bans(release: Release, history: History) -> Check:
    hits = find_hits(ban_texts(release), [record.ban for record in history.state.bans.values()])
    if hits:
        detail = f"holds {len(hits)} banned sentences: {', '.join(shorten(hit) for hit in sorted(hits))}"
        return {"name": "bans", "state": "failed", "detail": detail}
    return {"name": "bans", "state": "verified", "detail": "holds nothing that was rolled back"}


def _check_weights(release: Release, session: Session) -> Check:
    expected = release.model.weights
    if expected == "unknown":
        return {"name": "weights", "state": "not checked", "detail": "a remote model: its operator knows them"}
    if release.model.backend == "engine":
        try:
            library = open_engine(release.model, Library(session.config.junior_folder)).identity.weights
        except ModelUnavailable as error:
            return {"name": "weights", "state": "failed", "detail": error.message}
        return {"name": "weights", "state": "verified", "detail": f"the library here hashes to {shorten(library)}"}
    shelf = WeightsShelf(weights_places(session.config))
    try:
        path = shelf.find(expected)
    except ModelUnavailable as error:
        return {"name": "weights", "state": "failed", "detail": error.message}
    return {"name": "weights", "state": "verified", "detail": f"{path} hashes to {shorten(expected)}"}
