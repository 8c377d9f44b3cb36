from __future__ import annotations

import contextlib
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.errors import ModelUnavailable
from verax.models.gguf import GgufHeader, read_gguf

from .gguf_files import ARRAY, SMALL, STRING, U32, U64, gguf_bytes


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gguf") / "tiny.gguf"


def read(path: Path, data: bytes) -> GgufHeader:
    path.write_bytes(data)
    return read_gguf(path)


def test_a_header_gives_what_a_release_is_written_from(path: Path) -> None:
    assert read(path, gguf_bytes()) == GgufHeader(
        architecture="llama",
        name="Tiny",
        context_tokens=8192,
        embedding_size=576,
        chat_template="{{ messages }}",
        bos_token="<|start|>",
        eos_token="<|end|>",
        special_tokens=("<|end|>", "<|start|>", "<|user|>"),
        bos_id=1,
        quantisation="Q4_1",
    )


def test_what_the_file_does_not_say_is_empty(path: Path) -> None:
    found = read(path, gguf_bytes({"general.architecture": (STRING, "llama")}))
    assert (found.context_tokens, found.chat_template, found.bos_token, found.bos_id) == (0, "", "", -1)
    assert (found.special_tokens, found.quantisation) == ((), "unknown")


def test_a_token_id_outside_the_vocabulary_names_no_token(path: Path) -> None:
    assert read(path, gguf_bytes({**SMALL, "tokenizer.ggml.bos_token_id": (U32, 99)})).bos_id == -1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GG",
        b"PK\x03\x04" + bytes(100),
        gguf_bytes(version=1),
        gguf_bytes(version=99),
        gguf_bytes(count=2**40),
        gguf_bytes({}),
        gguf_bytes({"general.architecture": (U32, 1)}),
        gguf_bytes({**SMALL, "tokenizer.ggml.tokens": (STRING, "none")}),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 2**62),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"k" + struct.pack("<I", 77),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"k" + struct.pack("<IIQ", ARRAY, U64, 2**60),
        b"GGUF"
        + struct.pack("<IQQ", 3, 0, 1)
        + struct.pack("<Q", 1)
        + b"k"
        + struct.pack("<I", ARRAY)
        + struct.pack("<IQ", ARRAY, 1) * 5000,
    ],
)
def test_what_is_no_gguf_file_is_refused(path: Path, data: bytes) -> None:
    with pytest.raises(ModelUnavailable) as raised:
        read(path, data)
    assert raised.value.reason_code == "model/not-gguf"


@given(end=st.integers(0, len(gguf_bytes()) - 1))
def test_a_header_cut_anywhere_is_refused(path: Path, end: int) -> None:
    with pytest.raises(ModelUnavailable):
        read(path, gguf_bytes()[:end])


@given(position=st.integers(0, len(gguf_bytes()) - 1), byte=st.integers(0, 255))
def test_a_changed_byte_never_breaks_the_reader(path: Path, position: int, byte: int) -> None:
    data = bytearray(gguf_bytes())
    data[position] = byte
    with contextlib.suppress(ModelUnavailable):
        read(path, bytes(data))


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        read_gguf(tmp_path / "none.gguf")
