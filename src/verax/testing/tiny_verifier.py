"""A verifier of a few hundred bytes that really runs: ONNX written by hand, so that tests need no weights and no lab.

It holds a claim for supported where the evidence has at least four fifths of its word pieces (the commonest 17 do not
count), and for contradicted where one of the two says "not" and the other does not. It knows nothing else.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path

from verax.truth.verifier.model import CALIBRATION, WEIGHTS, Manifest, write_manifest

__all__ = ["tiny_model", "write_tiny_verifier"]

_FLOAT, _INT64 = 1, 7
_COMMONEST = 2012  # pieces of the vocabulary up to "by" are marks, letters, and the commonest words
_NOT = 2025
_IR_VERSION, _OPSET = 10, 20


def write_tiny_verifier(folder: Path) -> Manifest:
    """Write weights, calibration and manifest into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WEIGHTS).write_bytes(tiny_model())
    (folder / CALIBRATION).write_text(json.dumps({"slope": 1.0, "offset": 0.0}))
    return write_manifest(folder, "tiny", max_words=120, max_pieces=192)


def tiny_model() -> bytes:
    """Return the model's bytes; the inputs and the output are those of the lab's export."""
    nodes = [
        _node("Cast", ["types"], "in_evidence", to=_FLOAT),
        _node("Sub", ["one", "in_evidence"], "in_claim"),
        _node("Greater", ["ids", "commonest"], "is_telling"),
        _node("Cast", ["is_telling"], "telling", to=_FLOAT),
        _node("Mul", ["in_claim", "telling"], "wanted"),
        _node("Reshape", ["ids", "column"], "ids_column"),
        _node("Equal", ["ids_column", "ids"], "are_equal"),
        _node("Cast", ["are_equal"], "equal", to=_FLOAT),
        _node("Reshape", ["in_evidence", "column"], "evidence_column"),
        _node("Mul", ["equal", "evidence_column"], "said"),
        _node("ReduceMax", ["said", "first_axis"], "is_said", keepdims=1),
        _node("Mul", ["is_said", "wanted"], "hit"),
        _node("ReduceSum", ["hit"], "hits", keepdims=0),
        _node("ReduceSum", ["wanted"], "all", keepdims=0),
        _node("Max", ["all", "one"], "at_least_one"),
        _node("Div", ["hits", "at_least_one"], "share"),
        _node("Equal", ["ids", "not"], "are_not"),
        _node("Cast", ["are_not"], "nots", to=_FLOAT),
        _node("Mul", ["nots", "in_claim"], "claim_nots"),
        _node("ReduceMax", ["claim_nots"], "claim_not", keepdims=0),
        _node("Mul", ["nots", "in_evidence"], "evidence_nots"),
        _node("ReduceMax", ["evidence_nots"], "evidence_not", keepdims=0),
        _node("Sub", ["claim_not", "evidence_not"], "signed"),
        _node("Abs", ["signed"], "opposed"),
        _node("Mul", ["opposed", "thirty"], "against"),
        _node("Sub", ["share", "enough"], "above"),
        _node("Mul", ["above", "forty"], "for"),
        _node("Sub", ["for", "against"], "supported"),
        _node("Mul", ["against", "share"], "shared_against"),
        _node("Sub", ["shared_against", "twenty"], "contradicted"),
        _node("Sub", ["share", "share"], "not_found"),
        _node("Reshape", ["supported", "single"], "supported_1"),
        _node("Reshape", ["contradicted", "single"], "contradicted_1"),
        _node("Reshape", ["not_found", "single"], "not_found_1"),
        _node("Concat", ["supported_1", "contradicted_1", "not_found_1"], "logits", axis=1),
    ]
    floats = {"one": 1.0, "thirty": 30.0, "forty": 40.0, "twenty": 20.0, "enough": 0.8}
    numbers: dict[str, tuple[Sequence[int], Sequence[int]]] = {
        "commonest": ([], [_COMMONEST]),
        "not": ([], [_NOT]),
        "column": ([2], [-1, 1]),
        "single": ([2], [1, 1]),
        "first_axis": ([1], [0]),
    }
    graph = b"".join(_bytes(1, node) for node in nodes) + _text(2, "tiny")
    graph += b"".join(_bytes(5, _tensor(name, _FLOAT, [], struct.pack("<f", value))) for name, value in floats.items())
    graph += b"".join(
        _bytes(5, _tensor(name, _INT64, dims, struct.pack(f"<{len(values)}q", *values)))
        for name, (dims, values) in numbers.items()
    )
    graph += b"".join(_bytes(11, _value(name, _INT64, ("pairs", "tokens"))) for name in ("ids", "types"))
    graph += _bytes(12, _value("logits", _FLOAT, ("pairs", "three")))
    return _number(1, _IR_VERSION) + _bytes(7, graph) + _bytes(8, _text(1, "") + _number(2, _OPSET))


def _node(kind: str, inputs: Sequence[str], output: str, **attributes: int) -> bytes:
    made = b"".join(_text(1, name) for name in inputs) + _text(2, output) + _text(3, output) + _text(4, kind)
    for name, value in attributes.items():
        made += _bytes(5, _text(1, name) + _number(3, value) + _number(20, 2))
    return made


def _tensor(name: str, kind: int, dims: Sequence[int], data: bytes) -> bytes:
    return b"".join(_number(1, dim) for dim in dims) + _number(2, kind) + _text(8, name) + _bytes(9, data)


def _value(name: str, kind: int, dims: Sequence[str]) -> bytes:
    shape = b"".join(_bytes(1, _text(2, dim)) for dim in dims)
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, shape)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _text(field: int, text: str) -> bytes:
    return _bytes(field, text.encode())


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*made, value])
