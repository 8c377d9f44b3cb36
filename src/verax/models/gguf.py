"""What a GGUF file says of itself: only the header is read, never a tensor.

A release needs a model's chat template, its special tokens and its context length in its own
text (clause 7); this is where they are copied from when a release is written. The engine
reads the same file on its own.

Format: GGUF version 2 and 3, little-endian (ggml project, ``docs/gguf.md``). Every count and
length is held to a limit before anything is allocated.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from verax.kernel.errors import ModelUnavailable

__all__ = ["GgufHeader", "read_gguf"]

_MAX_KEYS = 4096
_MAX_STRING_BYTES = 1 << 22
_MAX_ARRAY_ITEMS = 1 << 22
_MAX_HEADER_BYTES = 1 << 28
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_CONTROL_TOKEN, _USER_TOKEN = 3, 4
# llama.cpp's `llama_ftype`, the ones in common use.
_FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S",
    12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 32: "BF16",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """The part of a GGUF header that a release is written from.

    Attributes:
        context_tokens: Longest context the model was trained for; 0 where the file does not say.
        embedding_size: Numbers in one hidden state; 0 where the file does not say.
        chat_template: The model's own Jinja template; empty where there is none.
        bos_token: Text of the token that begins a sequence; empty where there is none.
        eos_token: Text of the token that ends one; empty where there is none.
        special_tokens: Texts of all control tokens, in the order of their ids, and of those
            user-defined tokens that look like one (``<|…|>``): some converters mark them so.
        bos_id: Id of `bos_token`; -1 where there is none.
        quantisation: Label of the number format, ``unknown`` where it has no common name.
    """

    architecture: str
    name: str
    context_tokens: int
    embedding_size: int
    chat_template: str
    bos_token: str
    eos_token: str
    special_tokens: tuple[str, ...]
    bos_id: int
    quantisation: str


def read_gguf(path: str | Path) -> GgufHeader:
    """Read the header of a GGUF file.

    Raises:
        ModelUnavailable: the file cannot be read, or is not a GGUF file.
    """
    try:
        with Path(path).open("rb") as handle:
            return _header(_Reader(handle).metadata())
    except OSError as error:
        raise ModelUnavailable(f"weights {Path(path).name}: cannot be read: {error.strerror}") from None
    except (_NotGguf, struct.error, UnicodeDecodeError, RecursionError) as error:
        reason = str(error) if isinstance(error, _NotGguf) else type(error).__name__
        raise ModelUnavailable(
            f"weights {Path(path).name}: not a usable GGUF file: {reason}",
            hint="fetch the file again, or convert the model to GGUF version 3",
            code="model/not-gguf",
        ) from None


class _NotGguf(Exception):
    """The bytes are not a GGUF header."""


class _Reader:
    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._left = _MAX_HEADER_BYTES

    def metadata(self) -> dict[str, Any]:
        if self._take(4) != b"GGUF":
            raise _NotGguf("the first four bytes are not GGUF")
        version = self._number("<I")
        if version not in (2, 3):
            raise _NotGguf(f"expected version 2 or 3, found {version}")
        self._number("<Q")
        count = self._number("<Q")
        if count > _MAX_KEYS:
            raise _NotGguf(f"expected at most {_MAX_KEYS} keys, found {count}")
        return {self._string(): self._value(self._number("<I")) for _ in range(count)}

    def _value(self, kind: int) -> Any:
        if kind == _STRING:
            return self._string()
        if kind == _ARRAY:
            return self._array()
        if kind not in _SCALARS:
            raise _NotGguf(f"unknown value type {kind}")
        return self._number(_SCALARS[kind])

    def _array(self) -> list[Any]:
        kind, count = self._number("<I"), self._number("<Q")
        if count > _MAX_ARRAY_ITEMS:
            raise _NotGguf(f"an array has {count} items")
        if kind in _SCALARS:
            form = f"<{count}{_SCALARS[kind][1]}"
            return list(struct.unpack(form, self._take(struct.calcsize(form))))
        return [self._value(kind) for _ in range(count)]

    def _string(self) -> str:
        size = self._number("<Q")
        if size > _MAX_STRING_BYTES:
            raise _NotGguf(f"a text has {size} bytes")
        # Token texts of some models hold single bytes of a longer character.
        return self._take(size).decode("utf-8", "replace")

    def _number(self, form: str) -> Any:
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _take(self, size: int) -> bytes:
        self._left -= size
        if self._left < 0:
            raise _NotGguf(f"the header is larger than {_MAX_HEADER_BYTES} bytes")
        data = self._handle.read(size)
        if len(data) != size:
            raise _NotGguf("the file ends within its header")
        return data


def _header(found: Mapping[str, Any]) -> GgufHeader:
    architecture = _text(found, "general.architecture")
    tokens = found.get("tokenizer.ggml.tokens", [])
    kinds = found.get("tokenizer.ggml.token_type", [])
    if not architecture or not isinstance(tokens, list) or not isinstance(kinds, list):
        raise _NotGguf("it holds no language model")
    bos_id, bos_token = _token(found, "tokenizer.ggml.bos_token_id", tokens)
    return GgufHeader(
        architecture=architecture,
        name=_text(found, "general.name"),
        context_tokens=_count(found, f"{architecture}.context_length"),
        embedding_size=_count(found, f"{architecture}.embedding_length"),
        chat_template=_text(found, "tokenizer.chat_template"),
        bos_token=bos_token,
        eos_token=_token(found, "tokenizer.ggml.eos_token_id", tokens)[1],
        special_tokens=tuple(
            token
            for token, kind in zip(tokens, kinds, strict=False)
            if isinstance(token, str) and _is_special(token, kind)
        ),
        bos_id=bos_id,
        quantisation=_FILE_TYPES.get(_count(found, "general.file_type", missing=-1), "unknown"),
    )


def _is_special(token: str, kind: object) -> bool:
    return kind == _CONTROL_TOKEN or (kind == _USER_TOKEN and token.startswith("<|") and token.endswith("|>"))


def _text(found: Mapping[str, Any], key: str) -> str:
    value = found.get(key, "")
    return value if isinstance(value, str) else ""


def _count(found: Mapping[str, Any], key: str, *, missing: int = 0) -> int:
    value = found.get(key, missing)
    return value if isinstance(value, int) and not isinstance(value, bool) else missing


def _token(found: Mapping[str, Any], key: str, tokens: list[Any]) -> tuple[int, str]:
    index = _count(found, key, missing=-1)
    if 0 <= index < len(tokens) and isinstance(tokens[index], str):
        return index, tokens[index]
    return -1, ""
