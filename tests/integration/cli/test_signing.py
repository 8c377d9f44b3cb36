"""Passkeys and root changes against a real server: enrolled, named, signing beside keys of the command line."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from verax.gates.rollout.plan import RolloutPlan, Step
from verax.gates.suite import recommended_gates
from verax.kernel.bans import fragments
from verax.kernel.canonical import hex_digest
from verax.kernel.dsse import Signature
from verax.kernel.errors import AccessError, RefusedError, RequestError, UnknownObject, VeraxError
from verax.kernel.release import Release
from verax.kernel.root import RootDocument
from verax.kernel.short_code import short_code
from verax.kernel.statement import Move, Review, parse_statement
from verax.surfaces.cli.client import Client
from verax.surfaces.cli.direct import with_accounts
from verax.surfaces.cli.keyring import encode_recovery_key
from verax.testing.passkeys import VirtualPasskey
from verax.testing.releases import manifest_toml

Verax = Callable[..., Any]
GUARD = """
[guard]
input = [{ detector = "secrets", action = "refuse" }]
output = [{ detector = "secrets", action = "rewrite" }]
"""
GATE = [{"suite": "basics", "floors": {"score": "0.9"}}]


_open: list[Client] = []


@pytest.fixture(autouse=True)
def close_clients() -> Iterator[None]:
    """Close every client that a test opened."""
    yield
    while _open:
        _open.pop().close()


def connect(world: Any, key: str) -> Client:
    _open.append(Client(world.url, key))
    return _open[-1]


def client_of(world: Any, name: str, *roles: str) -> Client:
    async def make(accounts: Any) -> str:
        user = await accounts.create_user(name, roles=roles)
        plain: str = (await accounts.create_key("test", user.user_id)).plain
        return plain

    return connect(world, with_accounts(world.session, make))


def owner(world: Any) -> Client:
    return connect(world, world.identity.credentials.api_key)


def enrol(client: Client, passkey: VirtualPasskey, **client_data: Any) -> Any:
    challenge = client.post_json("/v1/passkey-challenges", {})["challenge"]
    return client.post_json("/v1/passkeys", {"name": "phone", **passkey.register(challenge, **client_data)})


def signature_body(signature: Signature) -> dict[str, Any]:
    body: dict[str, Any] = {"key_id": signature.key_id, "sig": base64.b64encode(signature.sig).decode()}
    if signature.assertion is not None:
        assertion = signature.assertion
        body["assertion"] = {
            "authenticator_data": base64.b64encode(assertion.authenticator_data).decode(),
            "client_data_json": base64.b64encode(assertion.client_data_json).decode(),
        }
    return body


def sign(client: Client, draft: dict[str, Any], passkey: VirtualPasskey) -> Any:
    payload = base64.b64decode(draft["payload"])
    return client.post_json(f"/v1/governance/drafts/{draft['id']}/signatures", signature_body(passkey.sign(payload)))


def passkey_of(world: Any, person: str, number: int) -> VirtualPasskey:
    return VirtualPasskey(person, number, origin=world.url)


def next_root(world: Any, verax: Verax) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(verax(world, "root", "show", "--json").out)["document"]
    return {**document, "version": document["version"] + 1}


def named(document: dict[str, Any], passkey: VirtualPasskey, *roles: str) -> None:
    """Let a document name a passkey in some roles."""
    document["keys"][passkey.key_id] = passkey.record()
    for role in roles:
        document["roles"][role]["keys"] = sorted({*document["roles"][role]["keys"], passkey.key_id})


def write(folder: Path, document: dict[str, Any]) -> str:
    path = folder / "root.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


def test_a_passkey_is_enrolled_once_and_has_no_authority_by_that(own: Any) -> None:
    ann, passkey = owner(own), passkey_of(own, "ann", 5)
    made = enrol(ann, passkey)
    assert (made["person"], made["roles"]) == (None, [])
    assert ann.get_json("/v1/passkeys")["data"] == [made]
    with pytest.raises(VeraxError) as known:
        enrol(ann, passkey)
    assert known.value.reason_code == "passkey/known"
    draft = ann.post_json("/v1/governance/drafts", {"kind": "freeze", "channel": "assistant", "cause": "Stop."})
    with pytest.raises(RefusedError) as refused:
        sign(ann, draft, passkey)
    assert refused.value.reason_code == "governance/signature"


def test_a_challenge_is_good_once_and_for_the_one_who_asked(own: Any) -> None:
    ann, bob = owner(own), client_of(own, "bob", "member")
    challenge = ann.post_json("/v1/passkey-challenges", {})["challenge"]
    body = {"name": "phone", **passkey_of(own, "ann", 5).register(challenge)}
    with pytest.raises(VeraxError) as foreign:
        bob.post_json("/v1/passkeys", body)
    assert foreign.value.reason_code == "passkey/challenge"
    ann.post_json("/v1/passkeys", body)
    with pytest.raises(VeraxError) as used:
        ann.post_json("/v1/passkeys", body)
    assert used.value.reason_code == "passkey/challenge"


def test_a_registration_from_another_page_is_refused(own: Any) -> None:
    with pytest.raises(VeraxError) as refused:
        enrol(owner(own), passkey_of(own, "ann", 5), origin="https://evil.test")
    assert refused.value.reason_code == "passkey/registration"


def test_only_owners_see_everybodys_passkeys_and_members_draft_nothing(own: Any) -> None:
    bob = client_of(own, "bob", "member")
    enrol(bob, passkey_of(own, "bob", 6))
    with pytest.raises(AccessError):
        bob.get_json("/v1/passkeys?all=true")
    assert [item["name"] for item in owner(own).get_json("/v1/passkeys?all=true")["data"]] == ["phone"]
    with pytest.raises(AccessError):
        bob.post_json("/v1/governance/drafts", {"kind": "freeze", "channel": "assistant", "cause": "x"})
    with pytest.raises(AccessError):
        bob.get_json("/v1/governance/drafts")


def test_a_passkey_that_a_root_change_named_governs(own: Any, verax: Verax, tmp_path: Path) -> None:
    ann, passkey = owner(own), passkey_of(own, "owner", 5)
    enrol(ann, passkey)
    document = next_root(own, verax)
    named(document, passkey, "author", "reviewer", "operator")
    drafted = verax(own, "root", "draft", write(tmp_path, document), "--yes")
    assert drafted.code == 0, drafted.err
    assert f"+ keys.{passkey.key_id}" in drafted.err
    assert "root version 2 is in force" in drafted.err
    [listed] = ann.get_json("/v1/passkeys")["data"]
    assert (listed["person"], listed["roles"]) == ("owner", ["author", "operator", "reviewer"])
    toml = manifest_toml("You answer in rhymes.", name="rhymes", guard=GUARD)
    wish = {"kind": "change", "channel": "assistant", "toml": toml, "reason": "Rhymes are nice."}
    proposed = sign(ann, ann.post_json("/v1/governance/drafts", wish), passkey)
    assert proposed["index"] is not None
    [change] = json.loads(verax(own, "change", "list", "--json").out)["changes"]
    admitted = sign(ann, ann.post_json("/v1/governance/drafts", {"kind": "admit", "change": change["id"]}), passkey)
    assert admitted["draft"] is None
    status = json.loads(verax(own, "status", "--json").out)
    assert status["governance"]["channels"]["assistant"]["release"] == change["candidate"]
    assert ann.get_json("/v1/governance/drafts")["data"] == []
    assert json.loads(verax(own, "log", "verify", "--json").out)["verified"] is True


def test_a_team_takes_over_with_a_key_and_a_passkey_and_nobody_acts_alone_after_that(
    own: Any, verax: Verax, tmp_path: Path
) -> None:
    bob = client_of(own, "bob", "reviewer", "author", "operator")
    phone = passkey_of(own, "bob", 6)
    enrol(bob, phone)
    document = next_root(own, verax)
    named(document, phone, "author", "reviewer", "operator", "root")
    document["roles"]["root"]["threshold"] = 2
    document["solo"] = False
    for channel in document["channels"]:
        channel.update(approvals=1, gates=GATE)
    drafted = verax(own, "root", "draft", write(tmp_path, document), "--yes")
    assert "1 more must sign: bob" in drafted.err
    assert json.loads(verax(own, "root", "show", "--json").out)["document"]["version"] == 1
    [waiting] = json.loads(verax(own, "root", "drafts", "--json").out)["drafts"]
    assert waiting["may_sign"] == ["bob"]
    again = verax(own, "root", "sign", waiting["code"], "--yes")
    assert "1 more must sign: bob" in again.err, "one person's second signature is no second person"
    [draft] = bob.get_json("/v1/governance/drafts")["data"]
    assert draft["signed_by"] == ["owner"]
    assert sign(bob, draft, phone)["index"] is not None
    assert json.loads(verax(own, "root", "show", "--json").out)["document"]["version"] == 2
    toml = tmp_path / "next.toml"
    toml.write_text(manifest_toml("You answer in rhymes.", name="rhymes", guard=GUARD), encoding="utf-8")
    change = verax(own, "change", "propose", str(toml), "--reason", "Rhymes.", "--yes").out.strip()
    for alone in (("review", change, "--approve"), ("admit", change)):
        refused = verax(own, "change", *alone, "--yes")
        assert refused.code == 3, refused.err
    review = {"kind": "review", "change": change, "verdict": "approve"}
    assert sign(bob, bob.post_json("/v1/governance/drafts", review), phone)["index"] is not None
    still = verax(own, "change", "admit", change, "--yes")
    assert still.code == 3
    assert "gate" in still.err or "suite" in still.err
    shown = json.loads(verax(own, "change", "show", change, "--json").out)
    assert shown["approved_by"] == ["bob"]
    asked = json.loads(verax(own, "ask", "--json", "Who wrote Hamlet?").out)
    assert asked["mode"] == "solo", "what was admitted under solo goes on saying so"


def test_a_lost_key_is_replaced_with_the_recovery_key(own: Any, verax: Verax, monkeypatch: pytest.MonkeyPatch) -> None:
    before = json.loads(verax(own, "root", "show", "--json").out)["document"]
    identity = own.identity
    (identity.folder / "daily.key").unlink()
    assert verax(own, "channel", "freeze", "assistant", "--reason", "Stop.", "--yes").code != 0
    monkeypatch.setattr("sys.stdin", io.StringIO("vxr-aaaaaaa\n"))
    assert verax(own, "root", "recover", "--yes").code != 0
    wrong = encode_recovery_key(bytes(32))
    monkeypatch.setattr("sys.stdin", io.StringIO(wrong + "\n"))
    assert verax(own, "root", "recover", "--yes").code == 3
    assert not identity.has_daily_key()
    monkeypatch.setattr("sys.stdin", io.StringIO(own.recovery + "\n"))
    recovered = verax(own, "root", "recover", "--yes")
    assert recovered.code == 0, recovered.err
    after = json.loads(verax(own, "root", "show", "--json").out)["document"]
    assert after["version"] == before["version"] + 1
    assert identity.credentials.key_id not in after["keys"]
    assert verax(own, "channel", "freeze", "assistant", "--reason", "Stop.", "--yes").code == 0


def test_a_draft_is_discarded_by_its_author_or_an_owner_only(own: Any) -> None:
    ann, bob, carol = owner(own), client_of(own, "bob", "author"), client_of(own, "carol", "author")
    wish = {"kind": "freeze", "channel": "assistant", "cause": "Stop."}
    path = f"/v1/governance/drafts/{bob.post_json('/v1/governance/drafts', wish)['id']}"
    assert [client.get_json(path)["may_discard"] for client in (ann, bob, carol)] == [True, True, False]
    with pytest.raises(AccessError):
        carol.delete(path)
    assert carol.get_json(path)["signed_by"] == []
    ann.delete(path)
    with pytest.raises(UnknownObject):
        ann.get_json(path)


def test_a_wish_that_names_what_is_not_there_is_refused(own: Any) -> None:
    ann = owner(own)
    for wish in (
        {"kind": "review", "change": "ab" * 32, "verdict": "approve"},
        {"kind": "change", "channel": "assistant", "reason": "neither toml nor release"},
        {"kind": "rollback", "channel": "assistant", "cause": "there is no head before"},
        {"kind": "freeze", "channel": "nowhere", "cause": "x"},
        {"kind": "dance"},
    ):
        with pytest.raises(RequestError):
            ann.post_json("/v1/governance/drafts", wish)


def test_a_release_is_handed_out_as_toml_that_makes_the_same_release(own: Any, verax: Verax) -> None:
    ann = owner(own)
    head = json.loads(verax(own, "status", "--json").out)["governance"]["channels"]["assistant"]["release"]
    found = ann.get_json(f"/v1/releases/{head}")
    assert Release.from_toml(found["toml"]).id == found["id"] == head
    for unknown in ("ab" * 32, "nothing"):
        with pytest.raises(UnknownObject):
            ann.get_json(f"/v1/releases/{unknown}")


def test_whoever_signs_can_read_what_the_draft_brings(own: Any) -> None:
    ann = owner(own)
    toml = manifest_toml("You answer in rhymes.", name="rhymes", guard=GUARD)
    wish = {"kind": "change", "channel": "assistant", "toml": toml, "reason": "Rhymes are nice."}
    draft = ann.post_json("/v1/governance/drafts", wish)
    contents = {digest: base64.b64decode(text) for digest, text in draft["contents"].items()}
    assert sorted(contents) == draft["blobs"]
    assert {hex_digest(data) for data in contents.values()} == set(contents)
    assert Release.from_toml(toml).data in contents.values()
    assert ann.get_json("/v1/governance/drafts")["data"][0]["contents"] is None


def test_an_edited_manifest_is_proposed_as_objects(own: Any) -> None:
    ann = owner(own)
    manifest = Release.from_toml(manifest_toml("You answer in rhymes.", name="rhymes", guard=GUARD)).manifest
    wish = {"kind": "change", "channel": "assistant", "manifest": manifest, "reason": "Rhymes are nice."}
    draft = ann.post_json("/v1/governance/drafts", wish)
    assert Release.from_manifest(manifest).id in draft["contents"]
    for wrong in ({"manifest": {**manifest, "mood": "glad"}}, {"toml": "v = 1"}):
        with pytest.raises(VeraxError, match=r"release|one of"):
            ann.post_json("/v1/governance/drafts", wish | wrong)


def test_a_canary_is_drafted_with_the_plan_of_its_steps_and_a_plan_that_leads_nowhere_is_refused(
    own: Any, verax: Verax, tmp_path: Path
) -> None:
    ann = owner(own)
    manifest = tmp_path / "rhymes.toml"
    manifest.write_text(manifest_toml("You answer in rhymes.", name="rhymes", guard=GUARD), encoding="utf-8")
    change = verax(own, "change", "propose", str(manifest), "--reason", "Rhymes.", "--yes").out.strip()
    steps = [{"share_bp": 1000, "soak_s": 600, "users": 30}, {"share_bp": 10_000, "soak_s": 0, "users": 0}]
    wish = {"kind": "admit", "change": change, "share_bp": 1000, "plan": steps}
    draft = ann.post_json("/v1/governance/drafts", wish)
    [plan] = [RolloutPlan.parse(base64.b64decode(text)) for text in draft["contents"].values()]
    assert plan == RolloutPlan((Step(1000, 600, 30), Step(10_000)))
    admission = parse_statement(base64.b64decode(draft["payload"]))
    assert isinstance(admission, Move)
    assert (admission.share_bp, [admission.cause]) == (1000, draft["blobs"])
    for wrong in ({"share_bp": 500}, {"share_bp": 10_000}, {"plan": steps[:1]}, {"plan": [steps[0], *steps]}):
        with pytest.raises(RequestError, match="plan"):
            ann.post_json("/v1/governance/drafts", wish | wrong)


def test_verax_team_makes_a_team_of_keys_and_passkeys_with_gates_for_releases_and_for_code(
    own: Any, verax: Verax, tmp_path: Path
) -> None:
    bob = client_of(own, "bob", "reviewer", "author", "operator")
    phone = passkey_of(own, "bob", 6)
    code = enrol(bob, phone)["code"]
    waiting = json.loads(verax(own, "team", "list", "--json").out)["waiting"]
    assert [(item["name"], item["code"]) for item in waiting] == [("phone", code)]
    mine = verax(own, "root", "key").out.strip()
    members = ("--member", f"ann={mine}", "--member", f"bob=passkey:{code}")
    made = verax(own, "team", "create", *members, "--yes")
    assert made.code == 0, made.err
    assert "1 more must sign: bob" in made.err
    [draft] = bob.get_json("/v1/governance/drafts")["data"]
    assert draft["code"] in made.err
    assert sign(bob, draft, phone)["index"] is not None
    document = RootDocument.parse(json.loads(verax(own, "root", "show", "--json").out)["document"])
    assert not document.is_solo
    assert document.persons_of("root") == document.persons_of("reviewer") == {"ann", "bob"}
    assert document.roles["root"].threshold == 2
    recovery = [key for key in document.keys.values() if key.id == "owner_recovery"]
    assert [key.person for key in recovery] == ["ann"], "one human with two keys is one person"
    suites = {name: [gate.suite for gate in rules.gates] for name, rules in document.channels.items()}
    assert suites["assistant"] == [gate["suite"] for gate in recommended_gates("model")]
    assert suites["runtime"] == [gate["suite"] for gate in recommended_gates("model", "runtime")] != []


def test_a_team_that_could_not_govern_is_refused(own: Any, verax: Verax) -> None:
    mine = verax(own, "root", "key").out.strip()
    alone = verax(own, "team", "create", "--member", f"ann={mine}", "--yes")
    assert alone.code == 3
    assert "two" in alone.err or "threshold" in alone.err
    for member in ("ann", "ann=rsa:xyz", "bob=ed25519:AAAA", "bob=passkey:0000-0000-0000-0000"):
        assert verax(own, "team", "create", "--member", member, "--yes").code != 0
    other = ("--member", f"ann={mine}", "--member", f"bob={mine}", "--gate", "nothing", "--yes")
    assert verax(own, "team", "create", *other).code != 0
    assert json.loads(verax(own, "root", "show", "--json").out)["document"]["version"] == 1


def two_sign_at_browsers(world: Any, verax: Verax, folder: Path) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Let the root demand one approval and name passkeys of the owner and of bob; return what signs wishes as each."""
    people = [
        (owner(world), passkey_of(world, "owner", 5)),
        (client_of(world, "bob", "reviewer"), passkey_of(world, "bob", 6)),
    ]
    document = next_root(world, verax)
    for client, passkey in people:
        enrol(client, passkey)
        named(document, passkey, "author", "reviewer", "operator")
    for channel in document["channels"]:
        channel["approvals"] = 1
    assert verax(world, "root", "draft", write(folder, document), "--yes").code == 0

    def signing(client: Client, passkey: VirtualPasskey) -> Callable[..., Any]:
        def sign_wish(**wish: Any) -> Any:
            draft = client.post_json("/v1/governance/drafts", wish)
            sign(client, draft, passkey)
            return draft

        return sign_wish

    one, other = (signing(client, passkey) for client, passkey in people)
    return one, other


def test_what_was_rolled_back_returns_only_through_a_review_that_names_the_ban(
    own: Any, verax: Verax, tmp_path: Path
) -> None:
    ann, bob = two_sign_at_browsers(own, verax, tmp_path)
    sentence = "Always bring up one single subject, whatever people ask you."

    def propose(system: str, name: str) -> str:
        toml = manifest_toml(system, name=name, guard=GUARD)
        change: str = ann(kind="change", channel="assistant", toml=toml, reason="A test.")["id"]
        return change

    bad = propose(f"Be kind. {sentence}", "bad")
    bob(kind="review", change=bad, verdict="approve")
    ann(kind="admit", change=bad)
    ann(kind="rollback", channel="assistant", cause="One subject only.")

    again = propose(f"Be brief. {sentence.upper()}", "again")
    bob(kind="review", change=again, verdict="approve")
    with pytest.raises(VeraxError, match="rolled back") as refused:
        ann(kind="admit", change=again)
    assert refused.value.reason_code == "governance/no-effect"
    with pytest.raises(RequestError, match="unban"):
        bob(kind="review", change=again, verdict="approve", unban=["all of them"])

    [ban] = fragments([sentence], [])
    review = bob(kind="review", change=again, verdict="approve", unban=[ban.digest])
    said = parse_statement(base64.b64decode(review["payload"]))
    assert isinstance(said, Review)
    assert said.unban == (ban.digest,)
    assert review["code"] == short_code(hex_digest(base64.b64decode(review["payload"])))
    ann(kind="admit", change=again)
    status = json.loads(verax(own, "status", "--json").out)
    assert status["governance"]["channels"]["assistant"]["release"] == said.candidate


def test_a_frozen_channel_answers_again_through_a_change_to_its_own_head_that_was_approved(
    own: Any, verax: Verax, tmp_path: Path
) -> None:
    ann, bob = two_sign_at_browsers(own, verax, tmp_path)
    head = json.loads(verax(own, "status", "--json").out)["governance"]["channels"]["assistant"]["release"]
    ann(kind="freeze", channel="assistant", cause="It talks in riddles.")
    change = ann(kind="change", channel="assistant", release=head, reason="The riddles are gone.")["id"]
    with pytest.raises(VeraxError, match="approvals"):
        ann(kind="unfreeze", change=change)
    bob(kind="review", change=change, verdict="approve")
    with pytest.raises(VeraxError, match="frozen"):
        ann(kind="admit", change=change)
    ann(kind="unfreeze", change=change)
    assert verax(own, "ask", "Who wrote Hamlet?").code == 0

    ann(kind="freeze", channel="assistant", cause="Riddles again.")
    again = ann(kind="change", channel="assistant", release=head, reason="Gone once more.")["id"]
    unfreeze = ("channel", "unfreeze", "assistant", "--yes")
    assert verax(own, *unfreeze).code == 2
    assert verax(own, *unfreeze, "--change", again).code == 3
    bob(kind="review", change=again, verdict="approve")
    done = verax(own, *unfreeze, "--change", again)
    assert done.code == 0, done.err
    assert not json.loads(verax(own, "channel", "show", "assistant", "--json").out)["frozen"]
