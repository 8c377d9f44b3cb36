"""Junior's channels: named in the root where they are missing, and brought to the library of the running version."""

from __future__ import annotations

from verax.gates.suite import recommended_gates
from verax.kernel.errors import RefusedError
from verax.kernel.root import RUNTIME_CHANNEL, RootDocument
from verax.products.junior.library import Library
from verax.products.junior.releases import shipped_channels
from verax.surfaces.cli.changes import show_difference
from verax.surfaces.cli.govern import open_author
from verax.surfaces.cli.output import confirm, print_text, say
from verax.surfaces.cli.roots import offer_root
from verax.surfaces.cli.session import Session
from verax.surfaces.junior_folder import check_folder

__all__ = ["admit_libraries", "name_channels"]


def name_channels(session: Session, *, is_given: bool) -> bool:
    """Offer a root that names the channels of Junior; False where others have to sign it first."""
    root = open_author(session).history.state.root
    missing = sorted(set(shipped_channels()) - set(root.channels))
    if not missing:
        return True
    document = root.manifest
    document["version"] = root.version + 1
    document["channels"] = sorted([*document["channels"], *_rules(root, missing)], key=lambda rules: rules["name"])
    offer_root(session, document, is_given=is_given)
    if set(missing) <= set(open_author(session).history.state.root.channels):
        return True
    say('the root waits for others: "verax root sign"; run this again when it is in force')
    return False


def admit_libraries(session: Session, reason: str, *, is_given: bool) -> None:
    """Propose the releases of this version where another one serves, and admit them where the root is solo.

    Raises:
        RefusedError: an article of the configured folder has a problem.
    """
    folder = session.config.junior_folder
    if folder is not None and (wrong := [one for one in check_folder(folder) if one.problems]):
        raise RefusedError(
            f"junior: {len(wrong)} articles of {folder} have problems, {wrong[0].name}: {wrong[0].problems[0]}",
            hint='"verax junior check" lists them all',
            code="junior/article",
        )
    author = open_author(session)
    for channel, release in sorted(shipped_channels(Library(folder)).items()):
        if author.history.state.channels[channel].head == release.id:
            say(f"{channel}: {release.short_id} serves already")
            continue
        show_difference(author.history, channel, release)
        confirm(f"sign this change of {channel}?", is_given=is_given)
        proposal = author.propose(channel, release.data, reason)
        print_text(proposal.change)
        if author.history.state.root.is_solo:
            author.admit(proposal)
            say(f"{channel} now serves {release.short_id}")
        else:
            say(f"{channel}: others review it now")
        author = open_author(session)


def _rules(root: RootDocument, names: list[str]) -> list[dict[str, object]]:
    """Return the rules of new channels: as strict as the strictest channel that there is, with Junior's own gates."""
    others = [rules for name, rules in root.channels.items() if name != RUNTIME_CHANNEL]
    gates = [] if root.is_solo else recommended_gates("small", "junior")
    return [
        {
            "name": name,
            "approvals": max(rules.approvals for rules in others),
            "gates": gates,
            "witness": any(rules.needs_witness for rules in others),
            "max_head_age_s": min(rules.max_head_age_s for rules in others),
            "rollback_depth": max(rules.rollback_depth for rules in others),
            "public": all(rules.is_public for rules in others),
        }
        for name in names
    ]
