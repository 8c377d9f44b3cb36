"""``verax team``: from one person to several, and the root role off the server's disk (clause 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from verax.gates.suite import PROFILES, recommended_gates
from verax.kernel import canonical
from verax.kernel.errors import CanonicalError, RequestError
from verax.kernel.root import RUNTIME_CHANNEL, RootDocument
from verax.kernel.root_drafts import Member, TeamPlan, team_root
from verax.products.junior.releases import shipped_channels
from verax.surfaces.cli.client import Client
from verax.surfaces.cli.history import read_history
from verax.surfaces.cli.output import print_json, print_rows, say
from verax.surfaces.cli.rootdocs import key_rows
from verax.surfaces.cli.roots import offer_root
from verax.surfaces.cli.session import Session, pass_session
from verax.surfaces.cli.sources import ServerSource

__all__ = ["team"]

_PASSKEY = "passkey:"
_ED25519 = "ed25519:"


@click.group()
def team() -> None:
    """Make several people govern an installation together."""


@team.command("list")
@click.option("--json", "as_json", is_flag=True, help='Print {"keys", "waiting"}.')
@pass_session
def list_team(session: Session, as_json: bool) -> None:
    """List the people whose keys the root document names, and the passkeys that wait to be named."""
    client = session.signed_in_client()
    document = read_history(ServerSource(client), session.met_identity(client)).state.root
    listed = client.get_json("/v1/passkeys?all=true")["data"]
    waiting = [{name: item[name] for name in ("name", "code", "key_id")} for item in listed if item["person"] is None]
    if as_json:
        print_json({"keys": key_rows(document), "waiting": waiting})
        return
    print_rows(["person", "key", "kind", "roles"], key_rows(document))
    for item in waiting:
        say(f"passkey {item['name']!r} waits to be named: --member PERSON={_PASSKEY}{item['code']}")


@team.command("create")
@click.option("--member", "members", metavar="PERSON=KEY", multiple=True, required=True, help="A person and a key.")
@click.option("--owner", help="The member who is the present owner; the first one when not given.")
@click.option("--approvals", type=click.IntRange(min=1), default=1, show_default=True, help="Reviews of others.")
@click.option("--root-threshold", type=click.IntRange(min=1), default=2, show_default=True, help="Signers of a root.")
@click.option("--floors", type=click.Choice(PROFILES), default=PROFILES[0], show_default=True, help="Which floors.")
@click.option("--gate", "gates", metavar="SUITE", multiple=True, help="Demand these suites only; all by default.")
@click.option("--drop-recovery", is_flag=True, help="The owner's recovery key signs roots no longer.")
@click.option("--yes", is_flag=True, help="Do not ask before signing.")
@pass_session
def create(
    session: Session,
    /,
    members: tuple[str, ...],
    owner: str | None,
    approvals: int,
    root_threshold: int,
    floors: str,
    gates: tuple[str, ...],
    **kept: bool,
) -> None:
    """Turn a solo installation into a team.

    KEY is what "verax root key" printed on a member's own machine (ed25519:…), or passkey:CODE of a
    passkey that the member enrolled in the web app; give --member again for a second key of a person.
    From then on nobody changes anything alone: changes need the reviews of others and green gates,
    and root changes several signatures. The keys that this machine holds lose their roles, unless you
    name them. Receipts of a release that was admitted under solo go on saying so.
    """
    client = session.signed_in_client()
    document = read_history(ServerSource(client), session.met_identity(client)).state.root
    people = _members(members, client)
    first = owner or people[0].person
    plan = TeamPlan(
        people,
        root_threshold=root_threshold,
        approvals=approvals,
        gates=_gates(floors, gates),
        owner=first,
        kept_root_keys=frozenset() if kept["drop_recovery"] else _recovery_keys(document),
    )
    found = offer_root(session, team_root(document, plan), is_given=kept["yes"])
    say(f"in force once {root_threshold} of the new root and the owner of the old one signed it; draft {found.id[:12]}")


def _members(given: Sequence[str], client: Client) -> list[Member]:
    """Read ``PERSON=KEY`` options; several keys of one person are one member."""
    held: dict[str, list[dict[str, Any]]] = {}
    enrolled: list[dict[str, Any]] | None = None
    for text in given:
        person, sign, key = text.partition("=")
        if not sign or not person:
            raise click.BadParameter(f"expected PERSON=KEY, found {text!r}", param_hint="--member")
        if key.startswith(_ED25519):
            record = _ed25519(key)
        elif key.startswith(_PASSKEY):
            enrolled = client.get_json("/v1/passkeys?all=true")["data"] if enrolled is None else enrolled
            record = _enrolled(key.removeprefix(_PASSKEY), enrolled)
        else:
            raise click.BadParameter(f"expected ed25519:… or passkey:…, found {key!r}", param_hint="--member")
        held.setdefault(person, []).append(record)
    return [Member(person, keys) for person, keys in held.items()]


def _ed25519(text: str) -> dict[str, Any]:
    try:
        material = canonical.b64_decode(text.removeprefix(_ED25519))
    except CanonicalError:
        material = b""
    if len(material) != 32:
        raise RequestError("member: expected ed25519: and 44 characters", hint='"verax root key" prints it')
    return {"kind": "ed25519", "material": canonical.b64_encode(material)}


def _enrolled(code: str, enrolled: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    found = [item for item in enrolled if code in (item["code"], item["key_id"])]
    if len(found) != 1:
        raise RequestError(
            f"passkey {code!r}: expected one enrolled passkey of that code, found {len(found)}",
            hint='"verax team list" shows those that wait; compare the code with its holder',
        )
    return dict(found[0]["record"])


def _recovery_keys(document: RootDocument) -> frozenset[str]:
    """Return the keys that hold the root role and no other: kept offline for this."""
    others = {key for role, rule in document.roles.items() if role != "root" for key in rule.keys}
    return document.roles["root"].keys - others


def _gates(floors: str, wanted: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the gates of every channel; those of code and of children's channels are others than those of releases.

    Raises:
        RequestError: no such suite.
    """
    found = {"": recommended_gates(floors), RUNTIME_CHANNEL: recommended_gates(floors, "runtime")}
    found |= {channel: recommended_gates(floors, "junior") for channel in shipped_channels()}
    if wanted:
        unknown = sorted(set(wanted) - {gate["suite"] for gate in found[""]})
        if unknown:
            raise RequestError(f"gate {unknown[0]!r}: no such suite", hint='"verax gate list" lists the suites')
        found[""] = [gate for gate in found[""] if gate["suite"] in wanted]
    return found
