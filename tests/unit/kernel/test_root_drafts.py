"""The next root document, and what it still lacks."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verax.kernel import canonical
from verax.kernel.drafting import draft_root
from verax.kernel.dsse import Envelope, Signature, signature_by
from verax.kernel.errors import RootError
from verax.kernel.root import RootDocument
from verax.kernel.root_drafts import Member, TeamPlan, key_id_of, missing_signatures, replace_key, team_root
from verax.kernel.statement import Basis
from verax.testing.governance import SimulatedHistory, key_of, root_document
from verax.testing.passkeys import VirtualPasskey

GATES = {"": [{"suite": "basics", "floors": {"score": "0.9"}}]}


def record(holder: str) -> dict[str, Any]:
    public = Ed25519PrivateKey.from_private_bytes(key_of(holder)[1]).public_key().public_bytes_raw()
    return {"kind": "ed25519", "material": canonical.b64_encode(public)}


@pytest.fixture
def solo() -> RootDocument:
    return RootDocument.parse(root_document(solo=True))


def plan(**changes: Any) -> TeamPlan:
    members = [Member("ann", [record("ann3")]), Member("bob", [record("bob")])]
    return TeamPlan(**{"members": members, "gates": GATES, **changes})


def test_a_team_is_no_longer_solo_and_takes_the_roles_from_the_old_keys(solo: RootDocument) -> None:
    made = RootDocument.parse(team_root(solo, plan()))
    assert not made.is_solo
    assert made.version == solo.version + 1
    assert made.persons_of("root") == made.persons_of("reviewer") == {"ann", "bob"}
    assert made.roles["root"].threshold == 2
    assert key_of("ann")[0] not in made.keys
    assert all(channel.approvals == 1 and channel.gates for channel in made.channels.values())
    for machine in ("monitor", "gate", "recorder"):
        assert made.roles[machine] == solo.roles[machine]


def test_a_recovery_key_that_is_kept_counts_for_its_member_and_not_as_another_person(solo: RootDocument) -> None:
    kept = key_of("ann2")[0]
    made = RootDocument.parse(team_root(solo, plan(owner="bob", kept_root_keys=frozenset({kept}))))
    assert made.keys[kept].person == "bob"
    assert made.persons_of("root") == {"ann", "bob"}
    assert kept not in made.roles["reviewer"].keys


@pytest.mark.parametrize(
    "changes",
    [
        {"members": [Member("ann", [record("ann3")])]},
        {"members": [Member("ann", [record("ann3")]), Member("ann", [record("bob")])]},
        {"gates": {}},
        {"approvals": 3},
        {"root_threshold": 3},
        {"kept_root_keys": frozenset({"key_ann2"})},
        {"owner": "ann", "kept_root_keys": frozenset({"nobody"})},
    ],
)
def test_a_plan_that_breaks_a_rule_of_clause_4_is_refused(solo: RootDocument, changes: dict[str, Any]) -> None:
    with pytest.raises(RootError):
        team_root(solo, plan(**changes))


def test_a_key_that_is_known_keeps_its_id(solo: RootDocument) -> None:
    members = [Member("ann", [record("ann")]), Member("bob", [record("bob")])]
    made = RootDocument.parse(team_root(solo, plan(members=members)))
    assert made.keys[key_of("ann")[0]].person == "ann"
    assert key_id_of(record("bob")) in made.keys


def test_a_lost_key_is_replaced_wherever_it_stood(solo: RootDocument) -> None:
    old = key_of("ann")[0]
    made = RootDocument.parse(replace_key(solo, old, record("ann9")))
    assert old not in made.keys
    fresh = key_id_of(record("ann9"))
    assert made.keys[fresh].person == "ann"
    for role, rule in solo.roles.items():
        assert made.roles[role].keys == {fresh if key == old else key for key in rule.keys}
    with pytest.raises(RootError):
        replace_key(solo, "nobody", record("ann9"))


def test_both_thresholds_are_asked_for_until_the_fold_would_take_the_change(solo: RootDocument) -> None:
    passkey = VirtualPasskey("bob")
    members = [Member("ann", [record("ann3")]), Member("bob", [_without_person(passkey)])]
    document = team_root(solo, plan(members=members))
    new = RootDocument.parse(document)
    payload = draft_root(Basis(solo.origin, 1, 0, "00" * 32, "00" * 16, 0), document).payload
    old_key = signature_by(*key_of("ann"), payload)
    by_ann = signature_by(key_id_of(record("ann3")), key_of("ann3")[1], payload)
    by_bob = passkey.sign(payload)
    given: list[Signature] = []
    lacking = []
    for signature in (by_ann, by_bob, old_key):
        missing = missing_signatures(payload, given, solo, new)
        lacking.append((missing.by_old, missing.by_new))
        assert not missing.is_complete
        given.append(signature)
    assert lacking == [(1, 2), (1, 1), (1, 0)]
    assert missing_signatures(payload, given, solo, new).is_complete
    assert missing_signatures(payload, [by_ann], solo, new).may_sign == {"ann", "bob"}


def test_what_is_complete_is_what_the_fold_takes() -> None:
    log = SimulatedHistory()
    root = log.state.root
    document = root.manifest | {"version": root.version + 1, "retention": {"replies_days": 30}}
    draft = draft_root(log.basis(), document)
    given = [signature_by(*key_of(holder), draft.payload) for holder in ("ada", "bea")]
    new = RootDocument.parse(document)
    for count, is_enough in ((1, False), (2, True)):
        envelope = Envelope(draft.payload, tuple(given[:count])).to_bytes()
        assert missing_signatures(draft.payload, given[:count], root, new).is_complete is is_enough
        assert log.folder.preview(envelope).effective is is_enough


def _without_person(passkey: VirtualPasskey) -> dict[str, Any]:
    return {name: value for name, value in passkey.record().items() if name != "person"}
