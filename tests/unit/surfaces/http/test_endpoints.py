"""Every other call: channels, receipts, governance, logs, sessions, embeddings, stored responses."""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from verax.kernel.merkle import leaf_hash
from verax.kernel.note import VerifierKey
from verax.kernel.proof import LogProof
from verax.kernel.receipt import Receipt, verify_receipt
from verax.kernel.record import entry_of
from verax.surfaces.http import reply_models
from verax.surfaces.http.app import create_app
from verax.surfaces.http.openapi import OPERATIONS, openapi_document
from verax.surfaces.http.pages import WebApp
from verax.testing.http_installation import FakeChannel, FakeInstallation, FakeState
from verax.testing.releases import make_release

CHAT = "/v1/chat/completions"
HELLO: dict[str, Any] = {"model": "assistant", "messages": [{"role": "user", "content": "Hello"}]}


async def ask(client: httpx.AsyncClient) -> dict[str, Any]:
    body: dict[str, Any] = (await client.post(CHAT, json=HELLO)).json()
    return body


async def test_channels_are_the_models(client: httpx.AsyncClient) -> None:
    body = (await client.get("/v1/models")).json()
    reply_models.ModelList.model_validate(body)
    assert [model["id"] for model in body["data"]] == ["assistant", "companion/iris"]
    one = (await client.get("/v1/models/companion/iris")).json()
    reply_models.Model.model_validate(one)
    assert one == body["data"][1]


async def test_a_channel_says_what_its_head_is(installation: FakeInstallation, client: httpx.AsyncClient) -> None:
    installation.fake_governance.shown_release = make_release("You answer.", name="iris", embedded=True)
    found = (await client.get("/v1/models/companion/iris")).json()["verax"]
    assert found["title"] == "iris"
    assert found["model"] == "smollm2-135m"
    assert (found["truth_mode"], found["audience"], found["context_tokens"]) == ("off", "adult", 2048)
    assert found["sees"] == ["text"]
    installation.fake_governance.shown = FakeState(channels={"empty": FakeChannel(head=None)})
    empty = (await client.get("/v1/models/empty")).json()
    reply_models.Model.model_validate(empty)
    assert empty["verax"]["model"] is None
    assert empty["verax"]["sees"] == []


@pytest.mark.parametrize("name", ["runtime", "gpt-4o"])
async def test_the_runtime_and_unknown_names_are_no_models(client: httpx.AsyncClient, name: str) -> None:
    assert (await client.get(f"/v1/models/{name}")).status_code == 404


async def test_a_receipt_is_promised_first_and_proved_later(
    installation: FakeInstallation, client: httpx.AsyncClient
) -> None:
    verax = (await ask(client))["verax"]
    promised = await client.get(verax["receipt"])
    assert promised.status_code == 202
    reply_models.ReceiptPromised.model_validate(promised.json())
    assert promised.json()["promise"] == verax["promise"]
    assert promised.json()["record"] == verax["record"]
    assert promised.headers["retry-after"] == "1"
    assert (await client.get(f"{verax['receipt']}/proof")).status_code == 409
    installation.fake_receipts.integrate()
    integrated = await client.get(verax["receipt"])
    assert integrated.status_code == 200
    reply_models.ReceiptBody.model_validate(integrated.json())
    receipt = Receipt.parse(integrated.content)
    keys = [VerifierKey.parse(line) for line in (await client.get("/log/key")).text.splitlines()]
    assert verify_receipt(receipt, keys, b"Hello there").is_verified
    assert not verify_receipt(receipt, keys, b"Hello there.").is_verified


async def test_the_secret_and_the_salts_are_the_owners_alone(
    installation: FakeInstallation, client: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    verax = (await ask(client))["verax"]
    other = {"authorization": f"Bearer {await installation.make_key('bob', ['owner', 'operator'])}"}
    assert (await client.get(verax["receipt"])).json()["secret"] == verax["secret"]
    for headers in ({}, other):
        assert "secret" not in (await anonymous.get(verax["receipt"], headers=headers)).json()
    installation.fake_receipts.integrate()
    for headers in ({}, other):
        receipt = await anonymous.get(verax["receipt"], headers=headers)
        assert receipt.json()["open"] == {}
        assert verax["secret"] not in receipt.text
        assert (await anonymous.get(f"{verax['receipt']}?open=reply", headers=headers)).status_code == 401
    assert (await anonymous.get(f"{verax['receipt']}/secret")).status_code == 401
    assert (await anonymous.get(f"{verax['receipt']}/secret", headers=other)).status_code == 403
    assert (await client.get(f"{verax['receipt']}/secret")).json() == {"id": verax["id"], "secret": verax["secret"]}


@pytest.mark.parametrize(
    ("query", "opened"),
    [("", {"reply"}), ("?open=", set()), ("?open=request", {"request"}), ("?open=reply,request", {"reply", "request"})],
)
async def test_an_owner_chooses_what_a_receipt_opens(
    installation: FakeInstallation, client: httpx.AsyncClient, query: str, opened: set[str]
) -> None:
    verax = (await ask(client))["verax"]
    installation.fake_receipts.integrate()
    receipt = Receipt.parse((await client.get(verax["receipt"] + query)).content)
    assert set(receipt.open) == opened


@pytest.mark.parametrize("query", ["?open=secret", "?open=reply,reply", "?opened=reply", "?open=reply&open=request"])
async def test_other_parts_are_refused(client: httpx.AsyncClient, query: str) -> None:
    verax = (await ask(client))["verax"]
    assert (await client.get(verax["receipt"] + query)).status_code == 400


async def test_a_proof_is_served_for_other_tools(installation: FakeInstallation, client: httpx.AsyncClient) -> None:
    verax = (await ask(client))["verax"]
    installation.fake_receipts.integrate()
    response = await client.get(f"{verax['receipt']}/proof")
    receipt = Receipt.parse((await client.get(verax["receipt"])).content)
    assert LogProof.parse(response.content) == receipt.proof
    assert response.headers["x-verax-leaf"] == leaf_hash(entry_of(receipt.record)).hex()


async def test_a_bundle_that_cannot_be_made_is_not_found(
    installation: FakeInstallation, client: httpx.AsyncClient
) -> None:
    verax = (await ask(client))["verax"]
    response = await client.get(f"{verax['receipt']}/governance")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "receipt/no-bundle"


@pytest.mark.parametrize("turn_id", ["0" * 32, "x", "A" * 32, "0" * 31, "..%2f..%2fetc"])
async def test_an_unknown_turn_is_not_found(client: httpx.AsyncClient, turn_id: str) -> None:
    for path in (f"/v1/receipts/{turn_id}", f"/v1/receipts/{turn_id}/secret", f"/v1/turns/{turn_id}/segments"):
        assert (await client.get(path)).status_code == 404


async def test_owners_open_the_segments_of_their_own_turns(
    installation: FakeInstallation, client: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    verax = (await ask(client))["verax"]
    path = f"/v1/turns/{verax['id']}/segments"
    body = (await client.get(path)).json()
    reply_models.OpenedSegments.model_validate(body)
    assert body["segments"] == [{"by": "user", "role": "user", "text": "Hi"}]
    assert body["prompt"] == verax["record"]["prompt"]
    assert (await anonymous.get(path)).status_code == 401
    other = {"authorization": f"Bearer {await installation.make_key('bob', ['owner'])}"}
    assert (await anonymous.get(path, headers=other)).status_code == 403


async def test_an_owner_erases_a_turn_and_nobody_else_does(
    installation: FakeInstallation, client: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    verax = (await ask(client))["verax"]
    path = f"/v1/turns/{verax['id']}"
    other = {"authorization": f"Bearer {await installation.make_key('bob', ['owner'])}"}
    assert (await anonymous.delete(path)).status_code == 401
    assert (await anonymous.delete(path, headers=other)).status_code == 404
    erased = await client.delete(path)
    reply_models.TurnErased.model_validate(erased.json())
    assert (await client.get(verax["receipt"])).status_code == 404
    assert (await client.delete(path)).status_code == 404


async def test_the_governance_state_is_public(anonymous: httpx.AsyncClient) -> None:
    body = (await anonymous.get("/v1/governance/state")).json()
    reply_models.GovernanceState.model_validate(body)
    assert body["channels"]["assistant"]["release"] == "11" * 32
    assert body["runtime"] == "22" * 32
    assert body["solo"] is True


def entry(envelope: bytes = b"{}", **blobs: bytes) -> dict[str, Any]:
    packed = {digest: base64.b64encode(data).decode() for digest, data in blobs.items()}
    return {"envelope": base64.b64encode(envelope).decode(), "blobs": packed}


async def test_a_statement_is_taken_from_a_role_that_opens_the_call(
    installation: FakeInstallation, client: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    body = entry(b"\x00envelope", **{digest: b"{}"})
    assert (await anonymous.post("/v1/governance/entries", json=body)).status_code == 401
    assert (await client.post("/v1/governance/entries", json=body)).status_code == 403
    owner = {"authorization": f"Bearer {await installation.make_key('eve', ['owner'])}"}
    response = await anonymous.post("/v1/governance/entries", json=body, headers=owner)
    assert response.status_code == 201
    reply_models.EntryAppended.model_validate(response.json())
    assert response.json()["index"] == 4
    assert installation.fake_governance.submitted == [(b"\x00envelope", {digest: b"{}"})]


@pytest.mark.parametrize(
    "body",
    [
        {"envelope": "!!"},
        {"envelope": "abc"},
        {"envelope": 5},
        {},
        {"envelope": "", "blobs": {"x": ""}},
        {"envelope": "e30=", "blobs": {"0" * 64: "e30="}},
        {"envelope": "e30=", "more": 1},
    ],
)
async def test_a_malformed_statement_is_refused(
    installation: FakeInstallation, anonymous: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    owner = {"authorization": f"Bearer {await installation.make_key('eve', ['owner'])}"}
    response = await anonymous.post("/v1/governance/entries", json=body, headers=owner)
    assert response.status_code == 400
    assert installation.fake_governance.submitted == []


async def test_a_statement_without_effect_is_refused_with_the_folds_reason(
    installation: FakeInstallation, anonymous: httpx.AsyncClient
) -> None:
    installation.fake_governance.refusal = "move: the change has no approval"
    owner = {"authorization": f"Bearer {await installation.make_key('eve', ['owner'])}"}
    response = await anonymous.post("/v1/governance/entries", json=entry(), headers=owner)
    assert response.json()["error"]["message"] == "move: the change has no approval"


async def test_logs_are_served_as_tiles_without_a_credential(
    installation: FakeInstallation, anonymous: httpx.AsyncClient
) -> None:
    for number in range(300):
        installation.simulated.append(b"entry %d" % number)
    checkpoint = await anonymous.get("/log/checkpoint")
    assert checkpoint.content == installation.simulated.checkpoint()
    assert checkpoint.headers["cache-control"] == "no-cache"
    assert checkpoint.headers["content-type"] == "text/plain; charset=utf-8"
    for path, data in installation.simulated.files().items():
        response = await anonymous.get(f"/log/{path}")
        assert response.content == data
        if path != "checkpoint":
            assert response.headers["content-type"] == "application/octet-stream"
            assert ("immutable" in response.headers["cache-control"]) is (".p/" not in path)


async def test_keys_of_all_logs_stand_one_a_line_governance_first(
    installation: FakeInstallation, anonymous: httpx.AsyncClient
) -> None:
    lines = (await anonymous.get("/log/key")).text.splitlines()
    assert [VerifierKey.parse(line).name.rpartition("/")[2] for line in lines] == ["governance", "0"]
    assert (await anonymous.get("/replies/0/key")).text.splitlines() == lines[1:]


@pytest.mark.parametrize(
    "path",
    [
        "/log/tile/0/0",
        "/log/tile/0/000.p/256",
        "/log/tile/0/000",
        "/log/tile/9/000",
        "/log/tile/entries/../../../etc/passwd",
        "/log/tile/0/x001/0",
        "/log/blob/" + "0" * 64,
        "/log/blob/x",
        "/replies/1/checkpoint",
        "/replies/00/key",
        "/replies/x/tile/0/000",
    ],
)
async def test_what_a_log_does_not_hold_is_not_found(anonymous: httpx.AsyncClient, path: str) -> None:
    response = await anonymous.get(path)
    assert response.status_code == 404
    assert response.headers["cache-control"] == "no-store"


async def test_a_blob_is_served_for_ever(installation: FakeInstallation, anonymous: httpx.AsyncClient) -> None:
    digest = installation.blobs.put(b"a manifest")
    response = await anonymous.get(f"/log/blob/{digest}")
    assert response.content == b"a manifest"
    assert "immutable" in response.headers["cache-control"]


ANN = {"name": "ann", "password": "correct horse battery"}
OWN = {"origin": "http://localhost:8420"}


async def test_a_session_signs_in_asks_and_signs_out(key: str, anonymous: httpx.AsyncClient) -> None:
    signed_in = await anonymous.post("/v1/session", json=ANN, headers=OWN)
    assert signed_in.status_code == 200
    reply_models.Session.model_validate(signed_in.json())
    cookie = signed_in.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=strict", "path=/"))
    assert "secure" not in cookie
    assert (await anonymous.get("/v1/session")).json()["roles"] == ["member"]
    assert (await anonymous.post(CHAT, json=HELLO, headers=OWN)).status_code == 200
    assert (await anonymous.delete("/v1/session", headers=OWN)).status_code == 204
    assert (await anonymous.get("/v1/session")).status_code == 401


async def test_a_session_that_was_ended_is_ended_for_every_copy_of_its_cookie(
    key: str, anonymous: httpx.AsyncClient
) -> None:
    token = (await anonymous.post("/v1/session", json=ANN)).cookies["verax_session"]
    await anonymous.delete("/v1/session", headers=OWN)
    anonymous.cookies.set("verax_session", token)
    assert (await anonymous.get("/v1/session")).status_code == 401


@pytest.mark.parametrize("origin", [None, "https://evil.example", "http://localhost:9999", "null", "http://localhost"])
async def test_a_foreign_page_cannot_write_with_a_session(
    key: str, installation: FakeInstallation, anonymous: httpx.AsyncClient, origin: str | None
) -> None:
    await anonymous.post("/v1/session", json=ANN)
    headers = {} if origin is None else {"origin": origin}
    for method, path in (("POST", CHAT), ("DELETE", "/v1/session")):
        response = await anonymous.request(method, path, json=HELLO, headers=headers)
        assert response.status_code == 403
        assert response.json()["error"]["code"] == "access/origin"
    assert installation.engine.requests == []
    assert (await anonymous.get("/v1/session", headers=headers)).status_code == 200


async def test_a_foreign_page_cannot_sign_a_browser_in(key: str, anonymous: httpx.AsyncClient) -> None:
    response = await anonymous.post("/v1/session", json=ANN, headers={"origin": "https://evil.example"})
    assert response.status_code == 403
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize("body", [{"name": "ann", "password": "wrong"}, {"name": "nobody", "password": "x"}])
async def test_a_wrong_password_does_not_say_what_was_wrong(
    key: str, anonymous: httpx.AsyncClient, body: dict[str, str]
) -> None:
    response = await anonymous.post("/v1/session", json=body)
    assert response.status_code == 401
    assert "set-cookie" not in response.headers
    assert body["name"] not in response.json()["error"]["message"]


async def test_guessing_a_password_is_slowed_down(key: str, anonymous: httpx.AsyncClient) -> None:
    tries = [await anonymous.post("/v1/session", json={"name": "ann", "password": f"{i}"}) for i in range(7)]
    assert tries[-1].status_code == 429
    assert int(tries[-1].headers["retry-after"]) > 0


@pytest.mark.parametrize("cookie", ["verax_session=x", "verax_session=", "\x00=;;;", 'verax_session="', "a=b"])
async def test_a_malformed_cookie_is_no_session(anonymous: httpx.AsyncClient, cookie: str) -> None:
    response = await anonymous.get("/v1/models", headers={b"cookie": cookie.encode()})
    assert response.status_code == 401


async def test_embeddings_come_as_numbers_and_as_base64(
    installation: FakeInstallation, client: httpx.AsyncClient
) -> None:
    body = {"model": "assistant", "input": ["a", "bcd"], "encoding_format": "float"}
    numbers = (await client.post("/v1/embeddings", json=body)).json()
    reply_models.EmbeddingList.model_validate(numbers)
    assert [item["embedding"] for item in numbers["data"]] == [[1.0, 0.5], [3.0, 0.5]]
    packed = (await client.post("/v1/embeddings", json={**body, "encoding_format": "base64"})).json()
    assert struct.unpack("<2f", base64.b64decode(packed["data"][1]["embedding"])) == (3.0, 0.5)
    assert numbers["verax"]["release"] == "11" * 32
    assert installation.engine.embedded[0][1] == ("a", "bcd")


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": [1, 2]}, "input[0]"),
        ({"input": [[1, 2]]}, "input[0]"),
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": ["x"] * 2049}, "input"),
        ({"dimensions": 3}, "dimensions"),
        ({"encoding_format": "hex"}, "encoding_format"),
    ],
)
async def test_a_wrong_embedding_request_names_the_field(
    client: httpx.AsyncClient, fields: dict[str, Any], param: str
) -> None:
    response = await client.post("/v1/embeddings", json={"model": "assistant", "input": "x", **fields})
    assert response.status_code == 400
    assert response.json()["error"]["param"] == param


async def respond(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    body: dict[str, Any] = (await client.post("/v1/responses", json={"model": "assistant", **fields})).json()
    return body


async def test_a_response_is_stored_continued_retrieved_and_deleted(
    installation: FakeInstallation, client: httpx.AsyncClient
) -> None:
    first = await respond(client, input="One", instructions="Be brief.")
    second = await respond(client, input="Two", previous_response_id=first["id"])
    lines = installation.engine.requests[1].items
    assert [(line.role, line.text) for line in lines] == [
        ("user", "One"),
        ("assistant", "Hello there"),
        ("user", "Two"),
    ]
    assert lines[1].reply_id == first["verax"]["id"]
    stored = (await client.get(f"/v1/responses/{second['id']}")).json()
    reply_models.ResponseObject.model_validate(stored)
    assert stored["verax"].pop("secret", None) is None
    second["verax"].pop("secret")
    assert stored == second
    deleted = await client.delete(f"/v1/responses/{second['id']}")
    assert deleted.json() == {"id": second["id"], "object": "response", "deleted": True}
    assert (await client.get(f"/v1/responses/{second['id']}")).status_code == 404
    assert (await client.delete(f"/v1/responses/{second['id']}")).status_code == 404


async def test_a_streamed_response_is_stored_before_its_last_event(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/responses", json={"model": "assistant", "input": "One", "stream": True})
    last = json.loads(response.text.strip().split("\n\n")[-1].split("data: ", 1)[1])
    assert last["type"] == "response.completed"
    assert (await client.get(f"/v1/responses/{last['response']['id']}")).json()["output"] == last["response"]["output"]


async def test_a_response_that_must_not_be_stored_is_not(client: httpx.AsyncClient) -> None:
    body = await respond(client, input="One", store=False)
    assert body["store"] is False
    assert (await client.get(f"/v1/responses/{body['id']}")).status_code == 404


async def test_nobody_reads_or_continues_the_response_of_another(
    installation: FakeInstallation, client: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    mine = await respond(client, input="One")
    other = {"authorization": f"Bearer {await installation.make_key('bob', ['owner'])}"}
    path = f"/v1/responses/{mine['id']}"
    assert (await anonymous.get(path, headers=other)).status_code == 404
    assert (await anonymous.delete(path, headers=other)).status_code == 404
    body = {"model": "assistant", "input": "x", "previous_response_id": mine["id"]}
    assert (await anonymous.post("/v1/responses", json=body, headers=other)).status_code == 404
    assert (await anonymous.get(path)).status_code == 401
    assert (await client.get(path)).status_code == 200


def test_every_call_is_described_and_every_description_is_a_call(
    installation: FakeInstallation, tmp_path: Path
) -> None:
    served = {("POST", CHAT)}
    for route in create_app(installation, WebApp(tmp_path))._router.routes:
        assert isinstance(route, Route)
        path = route.path.replace(":path}", "}")
        served |= {(method, path) for method in (route.methods or ()) if method != "HEAD"}
    described = [(operation.method, operation.path) for operation in OPERATIONS]
    assert sorted(described) == sorted(served)
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS)


async def test_the_openapi_document_describes_what_validates(anonymous: httpx.AsyncClient) -> None:
    document = (await anonymous.get("/openapi.json")).json()
    assert document == openapi_document()
    schemas = document["components"]["schemas"]
    assert set(schemas["ChatRequest"]["required"]) == {"model", "messages"}
    assert schemas["ChatRequest"]["additionalProperties"] is False
    references = json.dumps(document).count('"$ref"')
    assert references > 50
    for name in {part.split('"')[0] for part in json.dumps(document).split("#/components/schemas/")[1:]}:
        assert name in schemas
