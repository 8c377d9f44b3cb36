"""Root documents: strict fields and the demands of clause 4."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from verax.kernel import canonical
from verax.kernel.errors import RootError
from verax.kernel.note import NoteSigner
from verax.kernel.root import RootDocument
from verax.testing.governance import NAME, channel_rules, key_of, root_document

Edit = Callable[[dict[str, Any]], Any]
POINT = (
    ec.derive_private_key(7, ec.SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
)
POLICY = "log {}\nwitness w {}\nquorum w\n"


def passkey(**changes: Any) -> dict[str, Any]:
    record = {
        "person": "ann", "kind": "passkey", "material": canonical.b64_encode(POINT),
        "rp_id": "localhost", "origins": ["http://localhost:8420"],
    }  # fmt: skip
    return {key: value for key, value in {**record, **changes}.items() if value is not None}


def edited(edit: Edit, **options: Any) -> dict[str, Any]:
    document = root_document(**options)
    edit(document)
    return document


def test_a_document_reads_from_objects_and_from_its_canonical_bytes() -> None:
    document = RootDocument.parse(root_document())
    assert RootDocument.parse(document.data) == document
    assert document.fingerprint == canonical.hex_digest(document.data)
    assert document.manifest == root_document()
    assert document.origin == f"{NAME}/governance"
    assert (document.version, document.rules, document.is_solo, document.retention_days) == (1, 1, False, None)


def test_persons_are_counted_once_however_many_keys_they_hold() -> None:
    document = RootDocument.parse(root_document(solo=True))
    assert len(document.roles["root"].keys) == 2
    assert document.persons_of("root") == {"ann"}


def test_a_threshold_that_only_keys_could_reach_is_refused() -> None:
    def edit(document: dict[str, Any]) -> None:
        document["roles"]["root"]["threshold"] = 2

    with pytest.raises(RootError, match="thresholds count persons"):
        RootDocument.parse(edited(edit, solo=True))


def test_without_solo_two_persons_must_be_reviewers() -> None:
    def edit(document: dict[str, Any]) -> None:
        document["roles"]["reviewer"]["keys"] = ["key_rob"]

    with pytest.raises(RootError, match="two persons are reviewers"):
        RootDocument.parse(edited(edit))
    two_keys_of_one = edited(edit)
    two_keys_of_one["keys"]["key_rob2"] = {**two_keys_of_one["keys"]["key_rita"], "person": "rob"}
    del two_keys_of_one["keys"]["key_rita"]
    two_keys_of_one["roles"]["reviewer"]["keys"] = ["key_rob", "key_rob2"]
    with pytest.raises(RootError, match="two persons are reviewers"):
        RootDocument.parse(two_keys_of_one)


@pytest.mark.parametrize("wanted", [{"approvals": 0}, {"suites": ()}, {"approvals": 0, "suites": ()}])
def test_no_approvals_or_no_gates_are_legal_only_while_solo(wanted: dict[str, Any]) -> None:
    channels = [channel_rules("assistant", **wanted), channel_rules("runtime")]
    with pytest.raises(RootError, match="legal only while solo"):
        RootDocument.parse(root_document(channels=channels))
    RootDocument.parse(root_document(solo=True, channels=[channel_rules("runtime", **wanted)]))


def test_more_approvals_than_reviewers_are_refused() -> None:
    channels = [channel_rules("assistant", approvals=5), channel_rules("runtime")]
    with pytest.raises(RootError, match="only 4 reviewers"):
        RootDocument.parse(root_document(channels=channels))


def test_the_runtime_channel_cannot_be_left_out() -> None:
    with pytest.raises(RootError, match="'runtime' is missing"):
        RootDocument.parse(root_document(channels=[channel_rules("assistant")]))


def test_a_channel_name_may_hold_a_dash_and_one_slash() -> None:
    names = ["assistant-heavy", "companion/iris", "runtime"]
    document = RootDocument.parse(root_document(channels=[channel_rules(name) for name in names]))
    assert list(document.channels) == names


def test_one_key_under_two_ids_would_be_two_persons_and_is_refused() -> None:
    def edit(document: dict[str, Any]) -> None:
        document["keys"]["again"] = {**document["keys"]["key_rob"], "person": "other"}

    with pytest.raises(RootError, match="under two ids"):
        RootDocument.parse(edited(edit))


def test_the_channel_that_waits_for_witnesses_needs_a_policy() -> None:
    def edit(document: dict[str, Any]) -> None:
        document["channels"][0]["witness"] = True

    document = edited(edit)
    with pytest.raises(RootError, match="no witness policy"):
        RootDocument.parse(document)
    document["witness_policy"] = "nonsense"
    with pytest.raises(RootError, match="witness_policy"):
        RootDocument.parse(document)
    document["witness_policy"] = "quorum none\n"
    assert RootDocument.parse(document).channels["assistant"].needs_witness


def test_passkeys_promises_retention_and_a_predecessor_read() -> None:
    def edit(document: dict[str, Any]) -> None:
        document["keys"]["pk"] = passkey(device_bound=True)
        document["retention"] = {"replies_days": 30}
        document["predecessor"] = "ab" * 32
        document["logs"] += [str(NoteSigner(f"{NAME}/{name}", bytes(32)).verifier) for name in ("replies/0", "promise")]

    document = RootDocument.parse(edited(edit))
    assert document.keys["pk"].is_device_bound and document.keys["pk"].rp_id == "localhost"
    assert (document.retention_days, document.predecessor, len(document.logs)) == (30, "ab" * 32, 3)


@pytest.mark.parametrize(
    "record",
    [
        passkey(material=canonical.b64_encode(POINT[:-1])),
        passkey(material=canonical.b64_encode(b"\x02" + POINT[1:])),
        passkey(material=canonical.b64_encode(POINT[:-1] + b"\x00")),
        passkey(material="!"),
        passkey(origins=[]),
        passkey(origins=["localhost"]),
        passkey(origins=None),
        passkey(rp_id=None),
        passkey(rp_id="UPPER"),
        passkey(device_bound="yes"),
        passkey(kind="rsa"),
        passkey(kind="ed25519"),
        passkey(person=""),
        passkey(surprise=1),
        {"person": "a", "kind": "ed25519", "material": canonical.b64_encode(bytes(32))},
        {"person": "a", "kind": "ed25519", "material": canonical.b64_encode(bytes(31))},
        {"person": "a", "kind": "ed25519", "material": "AA"},
    ],
)
def test_a_malformed_key_is_refused(record: dict[str, Any]) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["keys"]["pk"] = record

    with pytest.raises(RootError):
        RootDocument.parse(edited(edit))


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: d.update(version=0),
        lambda d: d.update(version=True),
        lambda d: d.update(name="short"),
        lambda d: d.update(name=NAME + "/x"),
        lambda d: d.update(rules="1"),
        lambda d: d.update(solo=1),
        lambda d: d.update(retention=7),
        lambda d: d.update(retention={"replies_days": 0}),
        lambda d: d.update(surprise=1),
        lambda d: d.update(predecessor="x"),
        lambda d: d.update(predecessor="ab" * 32, version=2),
        lambda d: d.pop("witness_policy"),
        lambda d: d.pop("roles"),
        lambda d: d["roles"].pop("monitor"),
        lambda d: d["roles"].update(king={"keys": [], "threshold": 1}),
        lambda d: d["roles"]["root"].update(keys=[], threshold=1),
        lambda d: d["roles"]["author"].update(threshold=0),
        lambda d: d["roles"]["author"].update(threshold=9),
        lambda d: d["roles"]["monitor"].update(keys=[], threshold=2),
        lambda d: d["roles"]["author"].update(keys=["nobody"]),
        lambda d: d["roles"]["author"].update(keys=["key_ann", "key_ann"]),
        lambda d: d["channels"].reverse(),
        lambda d: d["channels"].append(d["channels"][-1]),
        lambda d: d["channels"][0].update(name="Assistant"),
        lambda d: d["channels"][0].update(name="none"),
        lambda d: d["channels"][0].update(approvals=-1),
        lambda d: d["channels"][0].update(max_head_age_s=0),
        lambda d: d["channels"][0].update(rollback_depth=-1),
        lambda d: d["channels"][0].update(public=None),
        lambda d: d["channels"][0].update(gates=[{"suite": "a", "floors": {}}, {"suite": "a", "floors": {}}]),
        lambda d: d["channels"][0].update(gates=[{"suite": "a"}]),
        lambda d: d["channels"][0].update(gates=[{"suite": "a", "floors": {"x": 0.9}}]),
        lambda d: d["channels"][0].update(gates=[{"suite": "A b", "floors": {}}]),
        lambda d: d.update(channels={}),
        lambda d: d.update(logs=[]),
        lambda d: d.update(logs=["nonsense"]),
        lambda d: d.update(logs=[str(NoteSigner(f"{NAME}/replies/0", bytes(32)).verifier)]),
        lambda d: d["logs"].append(str(NoteSigner("other/replies/0", bytes(32)).verifier)),
        lambda d: d["logs"].append(str(NoteSigner(f"{NAME}/replies/01", bytes(32)).verifier)),
        lambda d: d["logs"].append(d["logs"][0]),
        lambda d: d["keys"].update({"a-b": d["keys"].pop("key_bea")}),
        lambda d: d["keys"].update(x=7),
        lambda d: d.update(keys=[]),
    ],
)
def test_a_document_that_breaks_a_rule_is_refused(edit: Edit) -> None:
    with pytest.raises(RootError):
        RootDocument.parse(edited(edit))


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b'{"a": 1}', b'{"a":1,"a":1}'])
def test_bytes_that_are_no_document_are_refused(data: bytes) -> None:
    with pytest.raises(RootError):
        RootDocument.parse(data)


def test_text_without_a_utf8_form_is_refused() -> None:
    with pytest.raises(RootError, match="lone surrogate"):
        RootDocument.parse(root_document() | {"witness_policy": "\ud800"})


def test_a_role_that_nobody_holds_yet_is_legal() -> None:
    def edit(document: dict[str, Any]) -> None:
        document["roles"]["monitor"] = {"keys": [], "threshold": 1}

    assert RootDocument.parse(edited(edit)).persons_of("monitor") == frozenset()


def test_floors_are_decimal_strings_by_metric() -> None:
    rules = RootDocument.parse(root_document()).channels["assistant"]
    assert rules.gates[0].suite == "basics"
    assert rules.gates[0].floors == {"score": "0.9"}
    assert key_of("ann")[0] in RootDocument.parse(root_document()).keys
