"""A channel that is not public: what strangers may read, and what their audit says."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from verax.kernel.canonical import decode
from verax.kernel.dsse import sign_envelope
from verax.kernel.statement import RootChange, payload_of
from verax.surfaces.cli.client import Client
from verax.surfaces.cli.govern import open_author

Verax = Callable[..., Any]


def set_public(world: Any, channel: str, *, is_public: bool) -> None:
    """Change one rule of the root document, signed by the owner."""
    session = world.session
    author = open_author(session)
    document = decode(author.history.state.root.data)
    document["version"] += 1
    for rules in document["channels"]:
        rules["public"] = is_public if rules["name"] == channel else rules["public"]
    payload = payload_of(RootChange(author.basis(), document))
    key_id = world.identity.credentials.key_id
    envelope = sign_envelope(payload, [(key_id, world.identity.daily_seed())])
    body = {"envelope": base64.b64encode(envelope).decode("ascii"), "blobs": {}}
    state = author.client.post_json("/v1/governance/entries", body)["state"]
    session.close()
    assert state["root_version"] == document["version"]


@contextmanager
def stranger(world: Any, folder: Path, key: str = "") -> Iterator[None]:
    """Look at the server from another machine, with a keyring of its own."""
    before = dict(world.environ)
    world.environ.update(VERAX_URL=world.url, VERAX_KEYRING=str(folder / "strangers-keys"))
    world.environ.update({"VERAX_API_KEY": key} if key else {})
    try:
        yield
    finally:
        world.environ.clear()
        world.environ.update(before)


@pytest.fixture
def closed(own: Any) -> Any:
    """An installation whose only channel is not public."""
    set_public(own, "assistant", is_public=False)
    return own


def test_the_site_says_which_channels_are_public(closed: Any) -> None:
    client = Client(closed.url)
    site = client.get_json("/v1/site")
    client.close()
    assert site["channels"] == [{"name": "assistant", "is_public": False}]


def test_a_strangers_audit_is_incomplete_and_fails_nothing(closed: Any, verax: Verax, tmp_path: Path) -> None:
    with stranger(closed, tmp_path):
        ran = verax(closed, "log", "verify", "--url", closed.url)
        assert ran.code == 0, ran.out
        assert "incomplete: 2 blobs are not public" in ran.err
        assert "2 blobs are not public" in ran.out
        found = json.loads(verax(closed, "log", "verify", "--json").out)
    assert (found["verified"], found["incomplete"]) == (False, 2)
    states = {step["name"]: step["state"] for step in found["steps"]}
    assert states == {
        "governance log": "verified",
        "root document": "verified",
        "fold": "incomplete",
        "reply log 0": "verified",
    }


def test_with_a_key_of_any_account_the_audit_is_whole(closed: Any, verax: Verax, tmp_path: Path) -> None:
    verax(closed, "user", "add", "bob", "--no-password")
    key = verax(closed, "key", "create", "laptop", "--user", "bob").out.strip()
    with stranger(closed, tmp_path, key):
        found = json.loads(verax(closed, "log", "verify", "--json").out)
    assert (found["verified"], found["incomplete"]) == (True, 0)


def test_other_commands_of_a_stranger_say_what_is_missing(closed: Any, verax: Verax, tmp_path: Path) -> None:
    with stranger(closed, tmp_path):
        ran = verax(closed, "release", "show", "assistant")
    assert ran.code == 3
    assert "2 blobs are not public" in ran.err
    assert "VERAX_API_KEY" in ran.err


def test_what_is_opened_again_is_whole_again(closed: Any, verax: Verax, tmp_path: Path) -> None:
    set_public(closed, "assistant", is_public=True)
    with stranger(closed, tmp_path):
        found = json.loads(verax(closed, "log", "verify", "--json").out)
    assert found["verified"] is True


def test_an_older_audit_of_the_same_log_still_counts(own: Any, verax: Verax, tmp_path: Path) -> None:
    with stranger(own, tmp_path):
        assert json.loads(verax(own, "log", "verify", "--json").out)["verified"] is True
    set_public(own, "assistant", is_public=False)
    with stranger(own, tmp_path):
        found = json.loads(verax(own, "log", "verify", "--json").out)
    assert found["incomplete"] == 2
    assert "failed" not in {step["state"] for step in found["steps"]}
