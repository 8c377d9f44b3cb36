from __future__ import annotations

from pathlib import Path

import pytest

from verax.kernel.errors import ModelUnavailable
from verax.kernel.release import Release
from verax.models.registry import Backends, BackendSettings
from verax.models.remote import RemoteBackend
from verax.testing.releases import make_release, manifest_toml
from verax.testing.scripted import ScriptedBackend


def backends(scripted: dict[str, ScriptedBackend] | None = None) -> Backends:
    return Backends(BackendSettings((Path("/nowhere"),)), lambda name: "key", scripted)


def remote(url: str, system: str = "Be brief.") -> Release:
    model = f'backend = "remote"\nname = "m"\nurl = "{url}"\ncontext_tokens = 4096'
    return Release.from_toml(manifest_toml(system, model=model))


async def test_releases_with_one_model_share_one_backend_and_others_do_not() -> None:
    source = backends()
    first = await source.resolve(remote("http://a.example/v1"))
    assert await source.resolve(remote("http://a.example/v1", "Be long.")) is first
    assert await source.resolve(remote("http://b.example/v1")) is not first
    assert isinstance(first, RemoteBackend)
    assert first.identity.details["url"] == "http://a.example/v1"
    await source.close()


async def test_a_scripted_model_exists_only_where_a_test_hands_it_in() -> None:
    model = ScriptedBackend()
    assert await backends({"script": model}).resolve(make_release("Hi")) is model
    with pytest.raises(ModelUnavailable, match="tests only"):
        await backends().resolve(make_release("Hi"))


async def test_closing_closes_every_backend_once_and_then_refuses() -> None:
    model = ScriptedBackend()
    source = backends({"script": model})
    await source.resolve(make_release("Hi"))
    await source.close()
    await source.close()
    assert model.closed
    with pytest.raises(ModelUnavailable):
        await source.resolve(make_release("Hi"))


async def test_a_load_that_failed_is_tried_again() -> None:
    scripted: dict[str, ScriptedBackend] = {}
    source = backends(scripted)
    for _ in range(2):
        with pytest.raises(ModelUnavailable) as raised:
            await source.resolve(make_release("Hi", embedded=True))
        assert raised.value.reason_code == "model/no-weights"
    await source.close()
