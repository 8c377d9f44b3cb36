"""Who gets past the door of administration: every call, every role."""

from __future__ import annotations

import httpx
import pytest
from starlette.routing import Route

from verax.store.accounts_types import ROLES
from verax.surfaces.http.admin_gate import ADMIN_ROLES
from verax.surfaces.http.app import create_app
from verax.testing.http_installation import FakeInstallation

OWN = {"origin": "http://localhost:8420"}
OTHERS = [role for role in ROLES if role not in ADMIN_ROLES]


def admin_calls(installation: FakeInstallation) -> list[tuple[str, str]]:
    """Return method and path of every call below /v1/admin."""
    found = []
    for route in create_app(installation)._router.routes:
        assert isinstance(route, Route)
        if route.path.startswith("/v1/admin"):
            path = route.path.replace(":path", "").replace("{id}", "0").replace("{name}", "0")
            found += [(method, path) for method in sorted(route.methods or ()) if method != "HEAD"]
    return found


def code_of(response: httpx.Response) -> str:
    return str(response.json()["error"]["code"])


def test_there_are_calls_to_test(installation: FakeInstallation) -> None:
    calls = admin_calls(installation)
    assert ("DELETE", "/v1/admin/users/0") in calls
    assert ("PUT", "/v1/admin/models/keys/0") in calls
    assert len(calls) >= 18


async def test_every_call_refuses_whoever_is_nobody(
    installation: FakeInstallation, anonymous: httpx.AsyncClient
) -> None:
    for method, path in admin_calls(installation):
        response = await anonymous.request(method, path, json={})
        assert (response.status_code, code_of(response)) == (401, "access/unauthenticated"), (method, path)


@pytest.mark.parametrize("role", OTHERS)
@pytest.mark.parametrize("credential", ["key", "session"])
async def test_every_call_refuses_every_other_role(
    installation: FakeInstallation, anonymous: httpx.AsyncClient, role: str, credential: str
) -> None:
    key = await installation.make_key("eve", [role])
    headers: dict[str, str] = {"authorization": f"Bearer {key}"}
    if credential == "session":
        user = await installation.accounts.user("eve")
        session = await installation.accounts.create_session(user.user_id)
        headers = {"cookie": f"verax_session={session.token}", **OWN}
    for method, path in admin_calls(installation):
        response = await anonymous.request(method, path, json={}, headers=headers)
        assert (response.status_code, code_of(response)) == (403, "access/forbidden"), (method, path)


async def test_a_key_narrower_than_its_owner_is_refused(
    installation: FakeInstallation, anonymous: httpx.AsyncClient
) -> None:
    user = await installation.accounts.create_user("eve", roles=["owner", "member"])
    made = await installation.accounts.create_key("laptop", user.user_id, roles=["member"])
    for method, path in admin_calls(installation):
        headers = {"authorization": f"Bearer {made.plain}"}
        response = await anonymous.request(method, path, json={}, headers=headers)
        assert response.status_code == 403, (method, path)


async def test_no_foreign_page_administers_anything(
    installation: FakeInstallation, anonymous: httpx.AsyncClient
) -> None:
    user = await installation.accounts.create_user("eve", roles=["owner"])
    session = await installation.accounts.create_session(user.user_id)
    headers = {"cookie": f"verax_session={session.token}", "origin": "https://evil.example"}
    writes = [(method, path) for method, path in admin_calls(installation) if method != "GET"]
    assert len(writes) >= 8
    for method, path in writes:
        response = await anonymous.request(method, path, json={}, headers=headers)
        assert (response.status_code, code_of(response)) == (403, "access/origin"), (method, path)


@pytest.mark.parametrize("role", sorted(ADMIN_ROLES))
async def test_every_reading_call_answers_administrators(
    installation: FakeInstallation, anonymous: httpx.AsyncClient, role: str
) -> None:
    headers = {"authorization": f"Bearer {await installation.make_key('eve', [role])}"}
    for method, path in admin_calls(installation):
        if method == "GET" and "/0" not in path:
            response = await anonymous.get(path, headers=headers)
            assert response.status_code == 200, (path, response.text)
            assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["users", "keys", "models", "channels", "settings", "usage", "health", "alarms", "logs"]
)
async def test_an_unknown_parameter_is_refused(
    installation: FakeInstallation, anonymous: httpx.AsyncClient, path: str
) -> None:
    headers = {"authorization": f"Bearer {await installation.make_key('eve', ['owner'])}"}
    response = await anonymous.get(f"/v1/admin/{path}?extra=1", headers=headers)
    assert response.status_code == 400


async def test_a_backup_takes_an_owner(installation: FakeInstallation, anonymous: httpx.AsyncClient) -> None:
    headers = {"authorization": f"Bearer {await installation.make_key('oli', ['operator', 'member'])}"}
    body = {"passphrase": "correct horse battery"}
    for method, path in (("POST", "/v1/admin/backups"), ("GET", "/v1/admin/backups/0")):
        response = await anonymous.request(method, path, json=body, headers=headers)
        assert (response.status_code, code_of(response)) == (403, "access/forbidden")
