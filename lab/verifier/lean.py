"""A classifier on an encoder as one small ONNX graph of 8-bit weights, and back again: the verifier, the guard.

* A text or pair is scored alone and never padded, so the graph has no masks: inputs ``ids`` and, of a pair, ``types``,
  int64, (texts, tokens); output ``logits``, (texts, classes).
* Matrices are int8 with one scale for each output channel, embeddings uint8 with one scale and zero point for the whole
  table; activations are quantised as they come, with one scale for a tensor. Query, key and value are one product.
* Initialisers have the names of the model's weights, with ``.q`` (integers), ``.s`` (scale) and ``.z`` (zero point), so
  that `unpack` can give the weights back: a run can begin with the weights that ship.

Attention is onnxruntime's own operator for it (``com.microsoft``), all else is plain ONNX that onnxruntime fuses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Weights = Mapping[str, NDArray[np.float32]]
INPUTS = ("ids", "types")
OUTPUT = "logits"
_OPSET, _IR_VERSION = 20, 10
_EMBEDDINGS = ("word_embeddings", "token_type_embeddings", "position_embeddings")
_AT = "encoder.embeddings."
_SELF = ("query", "key", "value")


def write_lean(weights: Weights, heads: int, epsilon: float, target: Path, inputs: Sequence[str] = INPUTS) -> str:
    """Write a model, whole or not at all; return the file's SHA-256.

    Args:
        weights: By the names that `lab.verifier.model.CrossEncoder` gives them.
        heads: Attention heads of each layer.
        epsilon: What the layer norms add to a variance.
        inputs: Without ``types`` every token is of the first kind.
    """
    partial = target.with_suffix(".onnx.partial")
    onnx.save(_Graph(weights, heads, epsilon, inputs).model(), str(partial))
    partial.replace(target)
    return hashlib.sha256(target.read_bytes()).hexdigest()


def unpack(source: Path) -> dict[str, NDArray[np.float32]]:
    """Return the weights of a model that `write_lean` wrote, as exact as 8 bits are."""
    held = {item.name: numpy_helper.to_array(item) for item in onnx.load(str(source)).graph.initializer}
    found: dict[str, NDArray[np.float32]] = {}
    for name, value in held.items():
        if name.endswith(".q"):
            base = name.removesuffix(".q")
            exact = (value.astype(np.float32) - held[f"{base}.z"].astype(np.float32)) * held[f"{base}.s"]
            found |= {base: exact} if base.startswith(_AT) else _split(base, np.ascontiguousarray(exact.T))
        elif name.endswith((".weight", ".bias")):
            found |= _split(name, value)
    return found


def _split(base: str, value: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """Return query, key and value apart."""
    if ".self." not in base:
        return {base: value}
    return {base.replace("qkv", name): part for name, part in zip(_SELF, np.split(value, 3), strict=True)}


class _Graph:
    def __init__(self, weights: Weights, heads: int, epsilon: float, inputs: Sequence[str]) -> None:
        self._weights, self._heads, self._epsilon, self._inputs = weights, heads, epsilon, inputs
        self._nodes: list[onnx.NodeProto] = []
        self._held: dict[str, onnx.TensorProto] = {}
        self._made = 0

    def model(self) -> onnx.ModelProto:
        """Return the whole model."""
        hidden = self._embedded()
        layers = sorted({int(name.split(".")[3]) for name in self._weights if name.startswith("encoder.encoder.")})
        for layer in layers:
            hidden = self._layer(hidden, f"encoder.encoder.layer.{layer}.")
        first = self._add("Gather", [hidden, self._hold("first", np.array(0, np.int64))], axis=1)
        mean = self._add("ReduceMean", [hidden, self._hold("tokens", np.array([1], np.int64))], keepdims=0)
        joined = self._add("Concat", [first, mean], axis=-1)
        logits = self._linear(self._gelu(self._linear(joined, "inner")), "output")
        self._nodes.append(helper.make_node("Identity", [logits], [OUTPUT]))
        shape = ["texts", "tokens"]
        classes = len(self._weights["output.bias"])
        graph = helper.make_graph(
            self._nodes,
            "classifier",
            [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in self._inputs],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["texts", classes])],
            list(self._held.values()),
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)

    def _embedded(self) -> str:
        scales = {name: self._table(f"{_AT}{name}.weight") for name in _EMBEDDINGS}
        word, kind, place = _EMBEDDINGS
        length = self._add("Shape", ["ids"], start=1, end=2)
        zero = self._hold("zero", np.array([0], np.int64))
        kinds = f"{_AT}{kind}.weight.q"
        if "types" in self._inputs:
            types = self._add("Gather", [kinds, "types"])
        else:
            types = self._add("Slice", [kinds, zero, self._hold("one", np.array([1], np.int64)), zero])
        places = self._add("Slice", [f"{_AT}{place}.weight.q", zero, length, zero])
        rows = [self._add("Gather", [f"{_AT}{word}.weight.q", "ids"]), types, places]
        exact = [self._add("DequantizeLinear", [row, *scales[name]]) for row, name in zip(rows, scales, strict=True)]
        summed = self._add("Add", [self._add("Add", exact[:2]), exact[2]])
        return self._norm(summed, f"{_AT}LayerNorm")

    def _layer(self, hidden: str, at: str) -> str:
        quantised, scale, zero = self._quantised(hidden)
        parts = [f"{at}attention.self.{name}" for name in _SELF]
        matrix = np.concatenate([self._weights[f"{part}.weight"] for part in parts])
        bias = np.concatenate([self._weights[f"{part}.bias"] for part in parts])
        name = f"{at}attention.self.qkv"
        integers, scales, zeros = self._matrix(f"{name}.weight", matrix)
        given = [quantised, integers, self._hold(f"{name}.bias", bias), scale, scales, "", zero, zeros]
        seen = self._add("QAttention", given, domain="com.microsoft", num_heads=self._heads)
        seen = self._linear(seen, f"{at}attention.output.dense")
        between = self._norm(self._add("Add", [seen, hidden]), f"{at}attention.output.LayerNorm")
        inner = self._gelu(self._linear(between, f"{at}intermediate.dense"))
        outer = self._linear(inner, f"{at}output.dense")
        return self._norm(self._add("Add", [outer, between]), f"{at}output.LayerNorm")

    def _linear(self, given: str, name: str) -> str:
        quantised, scale, zero = self._quantised(given)
        integers, scales, zeros = self._matrix(f"{name}.weight", self._weights[f"{name}.weight"])
        product = self._add("MatMulInteger", [quantised, integers, zero, zeros])
        exact = self._add("Cast", [product], to=TensorProto.FLOAT)
        scaled = self._add("Mul", [exact, self._add("Mul", [scale, scales])])
        return self._add("Add", [scaled, self._hold(f"{name}.bias", self._weights[f"{name}.bias"])])

    def _gelu(self, given: str) -> str:
        return self._add("Gelu", [given])

    def _norm(self, given: str, name: str) -> str:
        held = [self._hold(f"{name}.{part}", self._weights[f"{name}.{part}"]) for part in ("weight", "bias")]
        return self._add("LayerNormalization", [given, *held], axis=-1, epsilon=self._epsilon)

    def _quantised(self, given: str) -> tuple[str, str, str]:
        names = tuple(f"{given}_{part}" for part in ("q", "s", "z"))
        self._nodes.append(helper.make_node("DynamicQuantizeLinear", [given], names))
        return names[0], names[1], names[2]

    def _matrix(self, name: str, value: NDArray[np.float32]) -> tuple[str, str, str]:
        """Hold a matrix (out, in) as int8, (in, out), with a scale for each output."""
        most = np.maximum(np.abs(value).max(axis=1), np.float32(1e-12))
        scale = (most / np.float32(127)).astype(np.float32)
        integers = np.clip(np.rint(value / scale[:, None]), -127, 127).astype(np.int8)
        return (
            self._hold(f"{name}.q", np.ascontiguousarray(integers.T)),
            self._hold(f"{name}.s", scale),
            self._hold(f"{name}.z", np.zeros(len(scale), np.int8)),
        )

    def _table(self, name: str) -> tuple[str, str]:
        """Hold a table of embeddings as uint8 with one scale; zero is a whole number of steps from its least value."""
        value = self._weights[name]
        least, most = min(0.0, float(value.min())), max(0.0, float(value.max()))
        scale = np.array((most - least) / 255 or 1.0, np.float32)
        zero = np.array(round(-least / float(scale)), np.uint8)
        integers = np.clip(np.rint(value / scale) + zero, 0, 255).astype(np.uint8)
        self._hold(f"{name}.q", integers)
        return self._hold(f"{name}.s", scale), self._hold(f"{name}.z", zero)

    def _hold(self, name: str, value: NDArray[np.generic]) -> str:
        self._held[name] = numpy_helper.from_array(value, name)
        return name

    def _add(self, kind: str, given: Sequence[str], domain: str = "", **attributes: float) -> str:
        self._made += 1
        name = f"v{self._made}"
        self._nodes.append(helper.make_node(kind, given, [name], domain=domain, **attributes))
        return name
