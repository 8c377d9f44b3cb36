"""Checkpoints (clause 2, C2SP tlog-checkpoint)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.checkpoint import Checkpoint, open_checkpoint
from verax.kernel.errors import CheckpointError, NoteError
from verax.kernel.merkle import EMPTY_ROOT, MAX_SIZE
from verax.kernel.note import NoteSigner, sign_note

ROOT = bytes(range(32))
ORIGIN = "verax.example/governance"
SIGNER = NoteSigner(ORIGIN, bytes(32))
TEXT = f"{ORIGIN}\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"


def test_a_checkpoint_is_three_lines() -> None:
    checkpoint = Checkpoint(ORIGIN, 7, ROOT)
    assert checkpoint.to_text() == TEXT
    assert Checkpoint.parse(TEXT) == checkpoint


def test_the_example_of_the_standard_is_read() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    checkpoint = Checkpoint.parse(text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert checkpoint.to_text() == text


@given(
    st.text(alphabet=st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1),
    st.integers(1, MAX_SIZE),
    st.binary(min_size=32, max_size=32),
    st.lists(st.text(alphabet=st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1), max_size=3),
)
def test_a_checkpoint_gives_its_parts_back(origin: str, size: int, root: bytes, extensions: list[str]) -> None:
    checkpoint = Checkpoint(origin, size, root, tuple(extensions))
    assert Checkpoint.parse(checkpoint.to_text()) == checkpoint


def test_the_empty_tree_has_one_root() -> None:
    assert Checkpoint(ORIGIN, 0, EMPTY_ROOT).size == 0
    with pytest.raises(CheckpointError, match="nothing"):
        Checkpoint(ORIGIN, 0, ROOT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        TEXT[:-1],
        TEXT + "\n",
        TEXT + "extension\n\n",
        "\n" + TEXT,
        TEXT.replace("\n7\n", "\n07\n"),
        TEXT.replace("\n7\n", "\n+7\n"),
        TEXT.replace("\n7\n", "\n-7\n"),
        TEXT.replace("\n7\n", "\n 7\n"),
        TEXT.replace("\n7\n", "\n\n"),
        TEXT.replace("\n7\n", "\n٧\n"),
        TEXT.replace("\n7\n", f"\n{MAX_SIZE + 1}\n"),
        TEXT.replace("Hh8=", "Hh8"),
        TEXT.replace("Hh8=", "Hh9="),
        TEXT.replace("Hh8=", "Hh8=="),
        TEXT.replace("Hh8=", "Hg=="),
        TEXT.replace("AAEC", "AA*C"),
        TEXT.replace("verax", "ve\trax"),
    ],
)
def test_a_checkpoint_written_otherwise_is_refused(text: str) -> None:
    with pytest.raises(CheckpointError):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    ("origin", "size", "root", "extensions"),
    [
        ("", 1, ROOT, ()),
        ("a\nb", 1, ROOT, ()),
        (ORIGIN, -1, ROOT, ()),
        (ORIGIN, MAX_SIZE + 1, ROOT, ()),
        (ORIGIN, 1, b"short", ()),
        (ORIGIN, 1, ROOT, ("",)),
        (ORIGIN, 1, ROOT, ("a\nb",)),
    ],
)
def test_a_checkpoint_out_of_range_cannot_be_made(
    origin: str, size: int, root: bytes, extensions: tuple[str, ...]
) -> None:
    with pytest.raises(CheckpointError):
        Checkpoint(origin, size, root, extensions)


def test_a_signed_checkpoint_opens_for_its_own_log() -> None:
    assert open_checkpoint(sign_note(TEXT, SIGNER), ORIGIN, [SIGNER.verifier]) == Checkpoint(ORIGIN, 7, ROOT)


def test_a_key_whose_name_is_not_the_origin_does_not_count() -> None:
    stranger = NoteSigner("verax.example/replies/0", bytes(32))
    with pytest.raises(NoteError):
        open_checkpoint(sign_note(TEXT, stranger), ORIGIN, [stranger.verifier])


def test_a_checkpoint_of_another_log_signed_by_this_ones_key_is_refused() -> None:
    text = TEXT.replace("governance", "replies/0")
    with pytest.raises(CheckpointError, match="another log"):
        open_checkpoint(sign_note(text, SIGNER), ORIGIN, [SIGNER.verifier])
