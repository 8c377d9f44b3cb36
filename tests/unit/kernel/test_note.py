"""Signed notes, verifier keys and strict Ed25519 (clauses 2 and 12, C2SP signed-note)."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.canonical import b64_encode
from verax.kernel.errors import NoteError
from verax.kernel.note import (
    COSIGNATURE_V1,
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    NoteSignature,
    NoteSigner,
    VerifierKey,
    add_signature,
    open_note,
    parse_note,
    parse_verifier_keys,
    sign_note,
    verify_ed25519,
)

ORDER = 2**252 + 27742317777372353535851937790883648493
FIELD = 2**255 - 19
SIGNER = NoteSigner("verax.example/replies/0", bytes(range(32)))
OTHER = NoteSigner("other.example", bytes(32))
TEXT = "verax.example/replies/0\n1\nAAAA\n"
NOTE = sign_note(TEXT, SIGNER)

# The example note and key of Go's sumdb/note package, made by another implementation.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()


# --- keys


def test_a_key_of_another_implementation_opens_its_note() -> None:
    key = VerifierKey.parse(GO_KEY)
    opened = open_note(GO_NOTE, [key])
    assert opened.verified == (key,)
    assert opened.text.startswith("If you think")
    assert str(key) == GO_KEY


def test_a_key_id_is_the_hash_of_name_type_and_key() -> None:
    key = SIGNER.verifier
    assert key.key_id == hashlib.sha256(key.name.encode() + b"\n\x01" + key.public_bytes).digest()[:4]
    assert VerifierKey(key.name, key.public_bytes, COSIGNATURE_V1).key_id != key.key_id


def test_a_key_is_written_in_one_way_only() -> None:
    text = str(SIGNER.verifier)
    assert VerifierKey.parse(text) == SIGNER.verifier
    name, key_id, encoded = text.split("+", 2)
    for changed in (
        f"{name}+{key_id.upper()}+{encoded}",
        f"{name}+{key_id}+{encoded}\n",
        f" {text}",
        f"{name}+{key_id}+{encoded}=",
        f"{name}+{key_id}",
        f"{name}x+{key_id}+{encoded}",
        f"+{key_id}+{encoded}",
        f"{name}+00000000+{encoded}",
        "",
    ):
        with pytest.raises(NoteError):
            VerifierKey.parse(changed)


def test_a_key_of_another_type_or_length_is_refused() -> None:
    witness = VerifierKey("w", SIGNER.verifier.public_bytes, COSIGNATURE_V1)
    assert VerifierKey.parse(str(witness), COSIGNATURE_V1) == witness
    with pytest.raises(NoteError, match="type"):
        VerifierKey.parse(str(witness))
    with pytest.raises(NoteError, match="unsupported"):
        VerifierKey("w", SIGNER.verifier.public_bytes, 0x06)
    with pytest.raises(NoteError, match="32 bytes"):
        VerifierKey("w", b"short")


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\tb", "a\u2003b", "a\u00a0b", "a\nb", "a\x01b", "a\u2028b"])
def test_a_key_name_holds_no_white_space_and_no_plus(name: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey(name, SIGNER.verifier.public_bytes)


def test_a_key_file_holds_one_key_a_line_and_nothing_else() -> None:
    lines = f"{SIGNER.verifier}\n{OTHER.verifier}"
    assert parse_verifier_keys(lines) == parse_verifier_keys(lines + "\n") == (SIGNER.verifier, OTHER.verifier)
    for text in ("", "\n", lines + "\n\n", f"# a comment\n{lines}", lines.replace("\n", "\r\n")):
        with pytest.raises(NoteError):
            parse_verifier_keys(text)


# --- Ed25519


def test_the_first_vector_of_rfc_8032_verifies() -> None:
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"
    )
    assert verify_ed25519(public, b"", signature)
    assert not verify_ed25519(public, b"x", signature)


def test_a_signature_with_s_not_below_the_order_is_refused() -> None:
    signature = SIGNER.sign(b"message")
    assert verify_ed25519(SIGNER.verifier.public_bytes, b"message", signature)
    s = int.from_bytes(signature[32:], "little")
    for grown in range(s + ORDER, 2**256, ORDER):
        malleable = signature[:32] + grown.to_bytes(32, "little")
        assert not verify_ed25519(SIGNER.verifier.public_bytes, b"message", malleable)


@pytest.mark.parametrize(
    "y", [*range(FIELD, 2**255), 1 | 1 << 255, (FIELD - 1) | 1 << 255], ids=lambda y: f"{y:064x}"[:2] + f"{y:064x}"[-2:]
)
def test_a_point_that_is_not_canonical_is_refused_as_key_and_as_r(y: int) -> None:
    point = y.to_bytes(32, "little")
    with pytest.raises(NoteError, match="canonical"):
        VerifierKey("name", point)
    assert not verify_ed25519(point, b"message", SIGNER.sign(b"message"))
    assert not verify_ed25519(SIGNER.verifier.public_bytes, b"message", point + SIGNER.sign(b"message")[32:])


def test_a_key_of_small_order_is_refused_though_libraries_accept_its_signatures() -> None:
    identity = (1).to_bytes(32, "little")
    forged = identity + bytes(32)
    assert not verify_ed25519(identity, b"any message", forged)
    with pytest.raises(NoteError, match="full order"):
        VerifierKey("name", identity)


def test_bytes_that_are_no_point_are_refused() -> None:
    with pytest.raises(NoteError, match="canonical"):
        VerifierKey("name", (2).to_bytes(32, "little"))
    assert not verify_ed25519((2).to_bytes(32, "little"), b"message", SIGNER.sign(b"message"))


@pytest.mark.parametrize("length", [0, 31, 33, 63, 65])
def test_keys_and_signatures_of_another_length_are_refused(length: int) -> None:
    public, signature = SIGNER.verifier.public_bytes, SIGNER.sign(b"m")
    assert not verify_ed25519((public * 3)[:length], b"m", signature)
    assert not verify_ed25519(public, b"m", (signature * 2)[:length])


@given(st.binary(max_size=200), st.integers(0, 511))
def test_any_flipped_bit_of_a_signature_refuses_it(message: bytes, bit: int) -> None:
    signature = bytearray(SIGNER.sign(message))
    assert verify_ed25519(SIGNER.verifier.public_bytes, message, bytes(signature))
    signature[bit // 8] ^= 1 << bit % 8
    assert not verify_ed25519(SIGNER.verifier.public_bytes, message, bytes(signature))


# --- notes


def test_a_note_opens_to_the_text_that_was_signed() -> None:
    opened = open_note(NOTE, [OTHER.verifier, SIGNER.verifier])
    assert opened == type(opened)(TEXT, (SIGNER.verifier,), ())


def test_a_text_may_hold_empty_lines_and_ends_at_the_last_one() -> None:
    for text in ("\n", "a\n\n", "a\n\n\nb\n", "— looks like a signature\n\n— too\n", "ünïcödé\n"):
        assert open_note(sign_note(text, SIGNER), [SIGNER.verifier]).text == text


@pytest.mark.parametrize("text", ["", "no line end", "tab\there\n", "return\r\n", "nul\x00\n"])
def test_a_text_with_control_characters_or_no_line_end_is_not_signed(text: str) -> None:
    with pytest.raises(NoteError):
        sign_note(text, SIGNER)


def test_a_note_needs_a_signer() -> None:
    with pytest.raises(NoteError):
        sign_note(TEXT)


def test_a_seed_is_32_bytes() -> None:
    with pytest.raises(NoteError):
        NoteSigner("name", b"short")


def test_a_signature_by_an_unknown_key_is_kept_and_says_nothing() -> None:
    both = add_signature(NOTE, OTHER)
    assert both == sign_note(TEXT, SIGNER, OTHER)
    opened = open_note(both, [SIGNER.verifier])
    assert opened.verified == (SIGNER.verifier,)
    assert [line.name for line in opened.unverified] == ["other.example"]
    with pytest.raises(NoteError, match="found none"):
        open_note(both, [])


def test_a_key_that_shares_only_a_name_or_only_an_id_is_unknown() -> None:
    key = SIGNER.verifier
    assert NoteSignature(key.name, key.key_id, b"").is_by(key)
    assert not NoteSignature(key.name, b"\x00" * 4, b"").is_by(key)
    assert not NoteSignature("other.example", key.key_id, b"").is_by(key)


def test_a_wrong_signature_by_a_known_key_refuses_the_whole_note() -> None:
    wrong = sign_note("another text\n", OTHER).decode().split("\n\n")[1]
    note = NOTE + wrong.encode()
    assert open_note(note, [SIGNER.verifier]).verified == (SIGNER.verifier,)
    with pytest.raises(NoteError, match="wrong"):
        open_note(note, [SIGNER.verifier, OTHER.verifier])


def test_two_signatures_by_one_key_are_refused() -> None:
    with pytest.raises(NoteError, match="two signatures"):
        open_note(add_signature(NOTE, SIGNER), [SIGNER.verifier])


def test_a_cosigner_key_signs_no_notes() -> None:
    witness = VerifierKey("w", SIGNER.verifier.public_bytes, COSIGNATURE_V1)
    line = f"— w {b64_encode(witness.key_id + SIGNER.sign(TEXT.encode()))}\n"
    with pytest.raises(NoteError, match="wrong"):
        open_note((TEXT + "\n" + line).encode(), [witness])


def test_a_hundred_signatures_are_taken_and_no_more() -> None:
    line = add_signature(NOTE, OTHER)[len(NOTE) :]
    assert len(parse_note(NOTE + line * (MAX_SIGNATURES - 1)).signatures) == MAX_SIGNATURES
    with pytest.raises(NoteError, match="signatures"):
        parse_note(NOTE + line * MAX_SIGNATURES)


def test_a_note_of_over_a_million_bytes_is_refused() -> None:
    with pytest.raises(NoteError, match="at most"):
        parse_note(b"x" * (MAX_NOTE_BYTES + 1))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\n\n",
        b"text\n",
        b"text\n\n",
        NOTE[:-1],
        NOTE + b"\n",
        NOTE + b"trailing\n",
        NOTE.replace("— ".encode(), b"- "),
        NOTE.replace("— ".encode(), "—".encode()),
        NOTE.replace("— ".encode(), "—  ".encode()),
        NOTE.replace(b"\n\n", b"\n"),
        NOTE.replace(b"verax.example", b"verax\texample"),
        NOTE.replace(b"verax.example", b"verax\xffexample"),
        NOTE[:-1] + b" \n",
        NOTE[:-2] + b"\n",
        NOTE[:-1] + b"=\n",
        NOTE[:-1] + b"\r\n",
        TEXT.encode() + b"\n" + "— name AAAA\n".encode(),
        TEXT.encode() + b"\n" + "— name AAAAAA==\n".encode(),
        TEXT.encode() + b"\n" + "—  AAAAAAAA\n".encode(),
        TEXT.encode() + b"\n" + "— na+me AAAAAAAA\n".encode(),
    ],
)
def test_a_malformed_note_is_refused(data: bytes) -> None:
    with pytest.raises(NoteError):
        open_note(data, [SIGNER.verifier])


def test_any_changed_byte_of_a_note_refuses_it() -> None:
    for position in range(len(NOTE)):
        for change in (0x01, 0x20, 0x80):
            data = bytearray(NOTE)
            data[position] ^= change
            with pytest.raises(NoteError):
                open_note(bytes(data), [SIGNER.verifier])


@given(
    st.text(alphabet=st.characters(min_codepoint=32, exclude_categories=["Cs"])), st.binary(min_size=32, max_size=32)
)
def test_any_text_without_control_characters_can_be_signed(text: str, seed: bytes) -> None:
    signer = NoteSigner("name", seed)
    assert open_note(sign_note(text + "\n", signer), [signer.verifier]).text == text + "\n"
