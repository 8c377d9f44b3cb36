"""Small GGUF headers, made by hand."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

U32, F32, BOOL, STRING, ARRAY, U64 = 4, 6, 7, 8, 9, 10

SMALL: Mapping[str, tuple[int, Any]] = {
    "general.architecture": (STRING, "llama"),
    "general.name": (STRING, "Tiny"),
    "general.file_type": (U32, 3),
    "llama.context_length": (U32, 8192),
    "llama.embedding_length": (U32, 576),
    "llama.rope.freq_base": (F32, 10000.0),
    "tokenizer.chat_template": (STRING, "{{ messages }}"),
    "tokenizer.ggml.add_bos_token": (BOOL, False),
    "tokenizer.ggml.tokens": (ARRAY, (STRING, ["<|end|>", "<|start|>", "a", "<|user|>", "<b>"])),
    "tokenizer.ggml.token_type": (ARRAY, (U32, [3, 3, 1, 4, 4])),
    "tokenizer.ggml.bos_token_id": (U32, 1),
    "tokenizer.ggml.eos_token_id": (U32, 0),
}


def gguf_bytes(values: Mapping[str, tuple[int, Any]] = SMALL, *, version: int = 3, count: int | None = None) -> bytes:
    """Return a GGUF file without tensors."""
    head = b"GGUF" + struct.pack("<IQQ", version, 0, len(values) if count is None else count)
    return head + b"".join(
        _text(key) + struct.pack("<I", kind) + _value(kind, value) for key, (kind, value) in values.items()
    )


def _text(text: str) -> bytes:
    data = text.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def _value(kind: int, value: Any) -> bytes:
    if kind == STRING:
        return _text(value)
    if kind == ARRAY:
        inner, items = value
        return struct.pack("<IQ", inner, len(items)) + b"".join(_value(inner, item) for item in items)
    return struct.pack({U32: "<I", F32: "<f", BOOL: "<?", U64: "<Q"}[kind], value)
