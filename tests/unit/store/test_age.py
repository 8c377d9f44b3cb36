"""Encrypted files: held to another implementation of age, and to everything that can happen to a file."""

from __future__ import annotations

import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verax.kernel.errors import AccessError, CorruptStore
from verax.store import age
from verax.store.age import CHUNK_BYTES, MAGIC, AgeKey, decrypt, encrypt, new_age_key

PASSPHRASE = "correct horse battery"
SIZES = (0, 1, 100, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 7)


@pytest.fixture(autouse=True)
def _quick_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Derive keys in a millisecond: how long it takes protects nothing here."""
    monkeypatch.setattr(age, "_LOG_N", 2)


def content(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def sealed(data: bytes, passphrase: str = PASSPHRASE, key: AgeKey | None = None) -> bytes:
    pieces = [data[start : start + 1000] for start in range(0, len(data), 1000)]
    return b"".join(encrypt(pieces, key or new_age_key(passphrase)))


def opened(data: bytes, passphrase: str = PASSPHRASE) -> bytes:
    return b"".join(decrypt(io.BytesIO(data).read, passphrase))


@pytest.mark.parametrize("size", SIZES)
def test_what_is_sealed_is_opened(size: int) -> None:
    assert opened(sealed(content(size))) == content(size)


@pytest.mark.parametrize("size", SIZES)
def test_another_implementation_reads_it(size: int) -> None:
    pyrage = pytest.importorskip("pyrage", reason="needs the package pyrage")
    assert pyrage.passphrase.decrypt(sealed(content(size)), PASSPHRASE) == content(size)


@pytest.mark.parametrize("size", [0, CHUNK_BYTES, CHUNK_BYTES + 1])
def test_what_another_implementation_wrote_is_read(size: int) -> None:
    pyrage = pytest.importorskip("pyrage", reason="needs the package pyrage")
    assert opened(pyrage.passphrase.encrypt(content(size), PASSPHRASE)) == content(size)


def test_the_pieces_may_come_as_they_like() -> None:
    data, key = content(3 * CHUNK_BYTES), new_age_key(PASSPHRASE)
    whole = b"".join(encrypt([data], key))
    assert opened(whole) == data
    assert opened(b"".join(encrypt([b"", data[:1], b"", data[1:]], key))) == data

    source = io.BytesIO(whole)

    def drip(size: int) -> bytes:
        return source.read(min(size, 37))

    assert b"".join(decrypt(drip, PASSPHRASE)) == data


@pytest.mark.parametrize("wrong", ["", "correct horse batterY", PASSPHRASE + " ", "ünïcode"])
def test_a_wrong_passphrase_opens_nothing(wrong: str) -> None:
    with pytest.raises(AccessError) as caught:
        opened(sealed(b"secret"), wrong)
    assert caught.value.reason_code == "backup/passphrase"
    assert "secret" not in str(caught.value)


def test_a_passphrase_of_any_script_opens_again() -> None:
    assert opened(sealed(b"x", "密码 пароль 🔑 ünï"), "密码 пароль 🔑 ünï") == b"x"


@pytest.mark.parametrize("size", [0, 10, CHUNK_BYTES, CHUNK_BYTES + 10, 3 * CHUNK_BYTES])
def test_a_file_that_is_cut_off_anywhere_is_refused(size: int) -> None:
    whole = sealed(content(size))
    ends = {0, 1, len(MAGIC), 100, len(whole) - 1, len(whole) - 16, len(whole) // 2}
    ends |= {end for end in (len(whole) - size % CHUNK_BYTES - 16, 182 + CHUNK_BYTES, 182) if 0 <= end < len(whole)}
    for end in ends:
        with pytest.raises(CorruptStore) as caught:
            opened(whole[:end])
        assert caught.value.reason_code == "backup/damaged"


def test_a_file_cut_off_between_two_chunks_is_said_to_lack_its_end() -> None:
    whole = sealed(content(2 * CHUNK_BYTES + 5))
    head = len(whole) - (2 * CHUNK_BYTES + 5 + 3 * 16)
    with pytest.raises(CorruptStore, match="end is missing"):
        opened(whole[: head + CHUNK_BYTES + 16])


@given(place=st.integers(min_value=0), bit=st.integers(min_value=0, max_value=7))
@settings(max_examples=150, deadline=None)
def test_a_flipped_bit_is_found_wherever_it_is(place: int, bit: int) -> None:
    whole = bytearray(_WHOLE)
    whole[place % len(whole)] ^= 1 << bit
    with pytest.raises((CorruptStore, AccessError)):
        opened(bytes(whole))


@pytest.mark.parametrize("addition", [b"\0", b"x" * 16, b"x" * (CHUNK_BYTES + 16)])
def test_something_behind_the_end_is_refused(addition: bytes) -> None:
    with pytest.raises(CorruptStore):
        opened(sealed(content(100)) + addition)


def test_chunks_cannot_be_moved_left_out_or_doubled() -> None:
    whole = sealed(content(4 * CHUNK_BYTES - 100))
    head = len(whole) - (4 * CHUNK_BYTES - 100 + 4 * 16)
    chunks = [whole[start : start + CHUNK_BYTES + 16] for start in range(head, len(whole), CHUNK_BYTES + 16)]
    assert opened(whole[:head] + b"".join(chunks)) == content(4 * CHUNK_BYTES - 100)
    for order in ([1, 0, 2, 3], [0, 2, 3], [0, 0, 1, 2, 3], [0, 1, 2], [3], [0, 1, 2, 3, 3]):
        with pytest.raises(CorruptStore):
            opened(whole[:head] + b"".join(chunks[index] for index in order))


def test_nothing_of_a_chunk_is_given_out_before_it_is_authentic() -> None:
    whole = bytearray(sealed(content(3 * CHUNK_BYTES)))
    whole[-1] ^= 1
    pieces = decrypt(io.BytesIO(bytes(whole)).read, PASSPHRASE)
    assert next(pieces) + next(pieces) == content(3 * CHUNK_BYTES)[: 2 * CHUNK_BYTES]
    with pytest.raises(CorruptStore):
        next(pieces)


def test_the_chunks_of_one_file_do_not_fit_another() -> None:
    one, other = sealed(content(100)), sealed(content(100))
    with pytest.raises(CorruptStore):
        opened(one[:-116] + other[-116:])


def test_no_two_files_have_a_key_in_common() -> None:
    keys = [new_age_key(PASSPHRASE) for _ in range(8)]
    assert len({key.file_key for key in keys}) == len({key.header for key in keys}) == 8
    assert keys[0].file_key.hex() not in repr(keys[0])
    assert str(keys[0].file_key) not in repr(keys[0])


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"age-encryption.org/v2\n",
        b"-----BEGIN AGE ENCRYPTED FILE-----\n",
        MAGIC + b"-> X25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nAAAA\n--- AAAA\n",
        MAGIC + b"-> scrypt AAAAAAAAAAAAAAAAAAAAAA 02\n" + b"A" * 43 + b"\n--- " + b"A" * 43 + b"\n",
        MAGIC + b"-> scrypt AAAAAAAAAAAAAAAAAAAAAB 2\n" + b"A" * 43 + b"\n--- " + b"A" * 43 + b"\n",
        MAGIC + b"-> scrypt AAAAAAAAAAAAAAAAAAAAAA 2\n" + b"A" * 43 + b"\n-> grease\n\n--- " + b"A" * 43 + b"\n",
        MAGIC + b"-> scrypt " + b"A" * 2000,
        bytes(500),
    ],
)
def test_what_is_no_header_of_ours_is_refused(header: bytes) -> None:
    with pytest.raises(CorruptStore, match="header"):
        opened(header + bytes(100))


def test_a_file_cannot_make_us_spend_all_memory() -> None:
    header = MAGIC + b"-> scrypt AAAAAAAAAAAAAAAAAAAAAA 21\n" + b"A" * 43 + b"\n--- " + b"A" * 43 + b"\n"
    with pytest.raises(CorruptStore, match="at most"):
        opened(header + bytes(100))


def test_a_changed_header_is_refused_though_the_passphrase_is_right() -> None:
    whole = sealed(b"x")
    place = whole.index(b"--- ") + 4
    changed = bytes([whole[place] ^ 1])
    with pytest.raises(CorruptStore, match="header"):
        opened(whole[:place] + changed + whole[place + 1 :])


def test_the_real_work_factor_is_what_owasp_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert b" 17\n" in new_age_key(PASSPHRASE).header


def _make_whole() -> bytes:
    salt, file_key = bytes(range(16)), bytes(range(16, 32))
    body = age.ChaCha20Poly1305(age._wrap_key(PASSPHRASE, salt, 2)).encrypt(bytes(12), file_key, None)
    text = b"%b-> scrypt %b 2\n%b\n---" % (MAGIC, age._b64(salt), age._b64(body))
    header = b"%b %b\n" % (text, age._b64(age._header_mac(file_key, text)))
    return b"".join(encrypt([content(CHUNK_BYTES + 50)], AgeKey(header, file_key)))


_WHOLE = _make_whole()
