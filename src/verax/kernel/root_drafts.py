"""The next root document, made from the one in force: a team, other keys, other demands. Pure.

Nothing here has authority: a document counts once the thresholds of the old and of the new root
signed it (clause 4; `verax.kernel.fold_root`). Whatever a function does not name stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from verax.kernel.canonical import hex_digest
from verax.kernel.dsse import Envelope, Signature, verify_signatures
from verax.kernel.errors import RootError
from verax.kernel.root import RootDocument

__all__ = [
    "Member",
    "Missing",
    "TeamPlan",
    "key_id_of",
    "missing_signatures",
    "replace_key",
    "team_root",
    "witnessed_root",
]

_PEOPLES_ROLES = ("author", "reviewer", "operator")


@dataclass(frozen=True, slots=True)
class Member:
    """A person of a team.

    Attributes:
        person: Label, as thresholds count it.
        keys: Records as a root document holds them (clause 4), ``person`` left out.
    """

    person: str
    keys: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class TeamPlan:
    """What a team should be.

    Attributes:
        members: Everybody who may change something; at least two.
        root_threshold: Persons who must sign a root change.
        approvals: Persons other than the author who must approve a change.
        gates: Suites with floors for each channel by name; ``""`` stands for all others.
        owner: The member who founded the installation alone, if one of them did.
        kept_root_keys: Ids of the owner's keys that go on holding the root role, the recovery key for
            instance. They become the member's own: a person with two keys is one person.
    """

    members: Sequence[Member]
    root_threshold: int = 2
    approvals: int = 1
    gates: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    owner: str = ""
    kept_root_keys: frozenset[str] = frozenset()


def key_id_of(record: Mapping[str, Any]) -> str:
    """Return the id under which a root document lists a key: its kind and a digest of what it is."""
    return f"{record['kind']}_{hex_digest(str(record['material']).encode('ascii'))[:16]}"


def team_root(root: RootDocument, plan: TeamPlan) -> dict[str, Any]:
    """Return the document that makes a team of a solo installation, or another team of a team.

    * Members hold the roles author, reviewer, operator and root. The keys that only the solo owner
      held leave these roles, except those in `kept_root_keys`; a key that no role holds leaves the document.
    * Machines keep their keys and roles.
    * Every channel demands `approvals` and its gates; ``solo`` is false from then on.

    Raises:
        RootError: the plan breaks a rule of clause 4, with fewer than two members for instance.
    """
    manifest = root.manifest
    if len({member.person for member in plan.members}) != len(plan.members):
        raise RootError("team: a person is named twice", hint="give one --member for each person, with all keys")
    if plan.kept_root_keys and plan.owner not in {member.person for member in plan.members}:
        raise RootError("team: the owner's keys can be kept for a member only", hint="say which member with --owner")
    if not plan.kept_root_keys <= manifest["keys"].keys():
        raise RootError("team: a key to keep is not in the root", hint='"verax root show" lists the keys')
    for key_id in plan.kept_root_keys:
        manifest["keys"][key_id]["person"] = plan.owner
    held: list[str] = []
    for member in plan.members:
        for record in member.keys:
            key_id = _known_id(root, record) or key_id_of(record)
            manifest["keys"][key_id] = {**record, "person": member.person}
            held.append(key_id)
    for role in _PEOPLES_ROLES:
        manifest["roles"][role] = {"keys": sorted(set(held)), "threshold": 1}
    root_keys = sorted({*held, *plan.kept_root_keys})
    manifest["roles"]["root"] = {"keys": root_keys, "threshold": plan.root_threshold}
    used = {key for role in manifest["roles"].values() for key in role["keys"]}
    manifest["keys"] = {key: record for key, record in manifest["keys"].items() if key in used}
    for channel in manifest["channels"]:
        channel["approvals"] = plan.approvals
        channel["gates"] = [dict(gate) for gate in plan.gates.get(channel["name"], plan.gates.get("", ()))]
    return _next(manifest | {"solo": False}, root)


def replace_key(root: RootDocument, old_id: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document in which another key of the same person stands wherever `old_id` stood.

    Raises:
        RootError: no such key, or the new one is not valid.
    """
    manifest = root.manifest
    if old_id not in manifest["keys"]:
        raise RootError(f"root: it names no key {old_id}", hint='"verax root show" lists the keys')
    person = manifest["keys"].pop(old_id)["person"]
    new_id = key_id_of(record)
    manifest["keys"][new_id] = {**record, "person": person}
    for role in manifest["roles"].values():
        role["keys"] = sorted({new_id if key == old_id else key for key in role["keys"]})
    return _next(manifest, root)


def witnessed_root(root: RootDocument, policy: str, channels: Iterable[str]) -> dict[str, Any]:
    """Return the document that names these witnesses, and whose `channels` wait for them.

    Args:
        policy: A tlog-policy; empty for no witnesses.
        channels: Channels whose forward moves wait for the quorum; all others do not.

    Raises:
        RootError: an unknown channel, a malformed policy, or channels that wait for nobody.
    """
    manifest, waiting = root.manifest, frozenset(channels)
    unknown = waiting - root.channels.keys()
    if unknown:
        raise RootError(f"root: it names no channel {min(unknown)!r}", hint='"verax root show" lists the channels')
    for channel in manifest["channels"]:
        channel["witness"] = channel["name"] in waiting
    return _next(manifest | {"witness_policy": policy}, root)


@dataclass(frozen=True, slots=True)
class Missing:
    """Signatures that a root change still lacks: persons, by the root that demands them."""

    by_old: int
    by_new: int
    may_sign: frozenset[str]

    @property
    def is_complete(self) -> bool:
        """Whether both thresholds are reached."""
        return self.by_old == self.by_new == 0


def missing_signatures(
    payload: bytes, signatures: Iterable[Signature], old: RootDocument, new: RootDocument
) -> Missing:
    """Say which signatures a root change still lacks before the fold would take it."""
    given = tuple(signatures)
    lacking: list[int] = []
    may_sign: set[str] = set()
    for document in (old, new):
        rule = document.roles["root"]
        signers = verify_signatures(Envelope(payload, given), document) if given else frozenset()
        persons = {signer.person for signer in signers if signer.key_id in rule.keys}
        lacking.append(max(0, rule.threshold - len(persons)))
        if lacking[-1]:
            may_sign |= document.persons_of("root") - persons
    return Missing(lacking[0], lacking[1], frozenset(may_sign))


def _known_id(root: RootDocument, record: Mapping[str, Any]) -> str | None:
    """Return the id under which a key stands already; one key material stands under one id only."""
    for key_id, known in root.manifest["keys"].items():
        if (known["kind"], known["material"]) == (record["kind"], record["material"]):
            return str(key_id)
    return None


def _next(manifest: dict[str, Any], root: RootDocument) -> dict[str, Any]:
    document = {**manifest, "version": root.version + 1}
    document.pop("predecessor", None)
    RootDocument.parse(document)
    return document
