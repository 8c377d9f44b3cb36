"""Keys of remote models."""

from __future__ import annotations

from pathlib import Path

import pytest

from verax.kernel.errors import ConfigError, ModelUnavailable
from verax.store.model_keys import ModelKeys


def test_a_key_is_kept_replaced_and_forgotten(tmp_path: Path) -> None:
    keys = ModelKeys(tmp_path)
    assert keys.names() == []
    keys.keep("vendor", "secret-1")
    keys.keep("vendor", "secret-2")
    assert ModelKeys(tmp_path).key_of("vendor") == "secret-2"
    assert keys.names() == ["vendor"]
    assert keys.forget("vendor")
    assert not keys.forget("vendor")


def test_only_the_owner_of_the_folder_can_read_them(tmp_path: Path) -> None:
    ModelKeys(tmp_path).keep("vendor", "secret")
    assert [path.stat().st_mode & 0o077 for path in tmp_path.iterdir()] == [0]
    assert "secret" not in repr(ModelKeys(tmp_path))


def test_a_name_without_a_key_says_how_to_store_one(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="vendor") as caught:
        ModelKeys(tmp_path).key_of("vendor")
    assert "verax model add" in caught.value.hint


@pytest.mark.parametrize(("name", "key"), [("", "k"), ("a b", "k"), ("a", ""), ("a", "k\n"), ("a", "schlüssel")])
def test_what_could_never_be_sent_is_refused(tmp_path: Path, name: str, key: str) -> None:
    with pytest.raises(ConfigError):
        ModelKeys(tmp_path).keep(name, key)


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"a": 1}', b"\xff"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model-keys.json").write_bytes(content)
    with pytest.raises(ConfigError, match=r"model-keys\.json"):
        ModelKeys(tmp_path).names()
