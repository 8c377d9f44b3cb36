"""People's keys: private files, pins, the printed recovery key."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from verax.kernel.errors import ConfigError, IntegrityError, VeraxError
from verax.surfaces.cli.keyring import (
    Credentials,
    Identity,
    Keyring,
    Mark,
    decode_recovery_key,
    encode_recovery_key,
)

SEED = bytes(range(32))


def make(keyring: Path, name: str = "one", **fields: str) -> Identity:
    return Keyring(keyring).create(Credentials(name=name, url="http://localhost:8420", **fields))


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_private_files_are_private(tmp_path: Path) -> None:
    identity = make(tmp_path / "keys", api_key="vx-secret")
    identity.keep_daily_seed(SEED)
    assert mode_of(identity.folder) == 0o700
    assert mode_of(identity.folder / "credentials.json") == 0o600
    assert mode_of(identity.folder / "daily.key") == 0o600
    assert sorted(path.name for path in identity.folder.iterdir()) == ["credentials.json", "daily.key"]


def test_the_signing_key_comes_back_as_it_was_stored(tmp_path: Path) -> None:
    identity = make(tmp_path)
    identity.keep_daily_seed(SEED)
    assert identity.has_daily_key()
    assert identity.daily_seed() == SEED
    assert (identity.folder / "daily.key").read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")


def test_a_signing_key_is_never_overwritten(tmp_path: Path) -> None:
    identity = make(tmp_path)
    identity.keep_daily_seed(SEED)
    with pytest.raises(ConfigError, match="is there already"):
        identity.keep_daily_seed(bytes(32))
    assert identity.daily_seed() == SEED


@pytest.mark.parametrize("name", ["daily.key", "credentials.json"])
def test_a_private_file_that_others_can_read_is_refused(tmp_path: Path, name: str) -> None:
    identity = make(tmp_path)
    identity.keep_daily_seed(SEED)
    (identity.folder / name).chmod(0o640)
    read = identity.daily_seed if name == "daily.key" else Keyring(tmp_path).identities
    with pytest.raises(ConfigError, match="others can read") as caught:
        read()
    assert "chmod 600" in caught.value.hint


def test_complaints_name_each_exposed_file(tmp_path: Path) -> None:
    identity = make(tmp_path)
    identity.keep_daily_seed(SEED)
    assert Keyring(tmp_path).complaints() == []
    (identity.folder / "daily.key").chmod(0o644)
    assert Keyring(tmp_path).complaints() == [f"{identity.folder / 'daily.key'} can be read by others"]


def test_a_missing_or_foreign_signing_key_says_what_to_do(tmp_path: Path) -> None:
    identity = make(tmp_path)
    with pytest.raises(ConfigError, match="no signing key") as caught:
        identity.daily_seed()
    assert caught.value.hint
    key = identity.folder / "daily.key"
    key.write_text("not a key")
    key.chmod(0o600)
    with pytest.raises(ConfigError, match="not a PKCS 8"):
        identity.daily_seed()


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    identity = make(tmp_path)
    key = identity.folder / "daily.key"
    key.write_bytes(X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key.chmod(0o600)
    with pytest.raises(ConfigError, match="expected an Ed25519 key"):
        identity.daily_seed()


def test_an_installation_is_found_by_its_folder_before_its_address(tmp_path: Path) -> None:
    make(tmp_path, "first", home="/data/first")
    keyring = Keyring(tmp_path)
    keyring.create(Credentials(name="second", url="http://localhost:9000", home="/data/second"))

    def name_of(identity: Identity | None) -> str:
        return identity.credentials.name if identity else ""

    assert name_of(keyring.find(home=Path("/data/second"), url="http://localhost:8420")) == "second"
    assert name_of(keyring.find(home=Path("/elsewhere"), url="http://localhost:8420/")) == "first"
    assert name_of(keyring.find(home=Path("/elsewhere"), url="http://far")) == ""
    assert Keyring(tmp_path / "none").identities() == []


def test_a_new_installation_takes_the_place_of_the_one_that_was_there(tmp_path: Path) -> None:
    make(tmp_path, "old", home="/data", api_key="vx-old")
    make(tmp_path, "new", home="/data", api_key="vx-new")
    found = Keyring(tmp_path).find(home=Path("/data"), url="http://localhost:8420")
    assert found is not None
    assert found.credentials.name == "new"
    kept = {item.credentials.name: item.credentials.api_key for item in Keyring(tmp_path).identities()}
    assert kept == {"old": "vx-old", "new": "vx-new"}


def test_credentials_can_be_refreshed_and_do_not_show_the_key(tmp_path: Path) -> None:
    identity = make(tmp_path, api_key="vx-secret").update(url="http://localhost:9000")
    found = Keyring(tmp_path).find(url="http://localhost:9000")
    assert found is not None
    assert found.credentials == identity.credentials
    assert found.credentials.api_key == "vx-secret"
    assert "vx-secret" not in repr(found.credentials)


@pytest.mark.parametrize("name", ["", "..", "../x", "a/../b", ".hidden", "a" * 101, "a\n", "a\\b"])
def test_a_name_cannot_lead_out_of_the_keyring(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="no name of an installation"):
        make(tmp_path, name)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"v": 1}', '{"v": 1, "name": "x", "url": "y", "z": 1}', "\xff"])
def test_a_broken_credentials_file_says_so(tmp_path: Path, text: str) -> None:
    path = make(tmp_path).folder / "credentials.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match="not a credentials file"):
        Keyring(tmp_path).identities()


def test_a_newer_credentials_file_says_so(tmp_path: Path) -> None:
    path = make(tmp_path).folder / "credentials.json"
    path.write_text('{"v": 2}')
    with pytest.raises(ConfigError, match="newer version"):
        Keyring(tmp_path).identities()


def test_pins_and_marks_last(tmp_path: Path) -> None:
    identity = make(tmp_path)
    assert identity.log_keys() == []
    assert identity.mark("n/governance").size == 0
    identity.pin_log_keys(["a+1+x", "b+2+y"])
    identity.keep_mark("n/governance", Mark(6, "cd" * 32))
    identity.keep_mark("n/governance", Mark(7, "ab" * 32))
    identity.keep_mark("n/replies/0", Mark(9, "ef" * 32))
    again = Keyring(tmp_path).identities()[0]
    assert again.log_keys() == ["a+1+x", "b+2+y"]
    assert again.mark("n/governance") == Mark(7, "ab" * 32)
    assert again.mark("n/replies/0") == Mark(9, "ef" * 32)


@pytest.mark.parametrize("text", ["", "[]", '{"n/governance": {}}', '{"n/governance": {"size": "x", "root": ""}}'])
def test_a_broken_mark_is_not_taken_for_an_empty_log(tmp_path: Path, text: str) -> None:
    identity = make(tmp_path)
    (identity.folder / "marks.json").write_text(text)
    with pytest.raises(IntegrityError, match="not written by this program"):
        identity.mark("n/governance")


def test_a_name_with_a_label_gets_a_folder_of_its_own(tmp_path: Path) -> None:
    assert make(tmp_path, "home/abc").folder == tmp_path / "home_abc"


def test_the_recovery_key_survives_paper(tmp_path: Path) -> None:
    printed = encode_recovery_key(SEED)
    assert printed.startswith("vxr-")
    assert decode_recovery_key(printed) == SEED
    assert decode_recovery_key(f"  {printed.upper().replace('-', ' ')}\n") == SEED


def test_any_wrong_letter_of_the_recovery_key_is_found() -> None:
    printed = encode_recovery_key(SEED)
    for index in range(4, len(printed)):
        if printed[index] == "-":
            continue
        other = "b" if printed[index] != "b" else "c"
        with pytest.raises(VeraxError, match="does not fit its check"):
            decode_recovery_key(printed[:index] + other + printed[index + 1 :])


@pytest.mark.parametrize("text", ["", "vxr", "vxr-1", "vxr-" + "a" * 8, "ü", "vxr-" + "a" * 56])
def test_what_is_no_recovery_key_is_refused(text: str) -> None:
    with pytest.raises(VeraxError):
        decode_recovery_key(text)
