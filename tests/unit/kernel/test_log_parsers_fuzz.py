"""Whatever bytes arrive, the parsers of the log side answer with a value or a `KernelError`.

Inputs are random bytes and, since those seldom get far, good inputs with bytes changed,
lines moved, repeated and cut.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verax.kernel import canonical
from verax.kernel.checkpoint import Checkpoint
from verax.kernel.cosignature import CosignatureSigner, Policy
from verax.kernel.errors import KernelError
from verax.kernel.note import VerifierKey, add_signature, open_note, parse_note, parse_verifier_keys
from verax.kernel.promise import parse_promise, promise_text
from verax.kernel.proof import LogProof
from verax.kernel.receipt import Receipt, verify_receipt
from verax.kernel.record import Record, TurnSecret
from verax.kernel.tiles import parse_bundle, parse_tile, parse_tile_path
from verax.testing.simulated_log import SimulatedLog, issue_receipt, sample_record

SECRET = TurnSecret(bytes(32))
LOG = SimulatedLog("verax.example/replies/0", bytes(32))
for number in range(5):
    LOG.append(bytes([number]) * 32)
RECEIPT = issue_receipt(LOG, sample_record(SECRET, b"reply", LOG.origin), SECRET)
KEY = LOG.signer.verifier
WITNESS = CosignatureSigner("w", bytes(32), 5)


def text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def check_receipt(data: bytes) -> None:
    verify_receipt(Receipt.parse(data), [KEY], b"reply", Policy(witnesses={"w": WITNESS.verifier}, quorum="w"))


PARSERS: dict[str, tuple[Callable[[bytes], Any], bytes]] = {
    "canonical": (canonical.decode, RECEIPT.to_bytes()),
    "checkpoint": (lambda data: Checkpoint.parse(text(data)), parse_note(LOG.checkpoint()).text.encode()),
    "key": (lambda data: VerifierKey.parse(text(data)), str(KEY).encode()),
    "keys": (lambda data: parse_verifier_keys(text(data)), f"{KEY}\n{KEY}\n".encode()),
    "note": (lambda data: open_note(data, [KEY]), add_signature(LOG.checkpoint(), WITNESS)),
    "promise": (lambda data: parse_promise(text(data)), promise_text(LOG.origin, bytes(32), 5).encode()),
    "proof": (LogProof.parse, LOG.prove(2).to_bytes()),
    "receipt": (check_receipt, RECEIPT.to_bytes()),
    "record": (lambda data: Record.from_dict(canonical.decode(data)), canonical.encode(RECEIPT.record.to_dict())),
    "policy": (lambda data: Policy.parse(text(data)), f"witness w {WITNESS.verifier}\nquorum w\n".encode()),
    "bundle": (lambda data: parse_bundle(data, 3), b"\x00\x01a\x00\x00\x00\x02bc"),
    "tile": (lambda data: parse_tile(data, 2), bytes(64)),
    "tile path": (lambda data: parse_tile_path(text(data)), b"tile/0/x001/000.p/5"),
}


@st.composite
def mutations(draw: st.DrawFn, good: bytes) -> bytes:
    """Return `good` after one to four random edits."""
    data = bytearray(good)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        match draw(st.sampled_from(["change", "cut", "repeat", "insert", "lines"])):
            case "change" if start < len(data):
                data[start] = draw(st.integers(0, 255))
            case "cut":
                del data[start:end]
            case "repeat":
                data[start:start] = data[start:end]
            case "insert":
                data[start:start] = draw(
                    st.binary(max_size=6) | st.sampled_from([b"\n", b"\n\n", b"=", b"+", b" ", b"null"])
                )
            case _:
                lines = bytes(data).split(b"\n")
                data = bytearray(b"\n".join(draw(st.permutations(lines)) if len(lines) < 8 else lines[::-1]))
    return bytes(data)


@pytest.mark.parametrize("name", sorted(PARSERS))
def test_a_good_input_is_taken(name: str) -> None:
    parse, good = PARSERS[name]
    parse(good)


@pytest.mark.parametrize("name", sorted(PARSERS))
@settings(max_examples=60)
@given(data=st.data())
def test_random_bytes_give_a_value_or_a_kernel_error(name: str, data: st.DataObject) -> None:
    _parse(name, data.draw(st.binary(max_size=200)))


@pytest.mark.parametrize("name", sorted(PARSERS))
@settings(max_examples=150)
@given(data=st.data())
def test_edited_good_inputs_give_a_value_or_a_kernel_error(name: str, data: st.DataObject) -> None:
    _parse(name, data.draw(mutations(PARSERS[name][1])))


def _parse(name: str, data: bytes) -> None:
    with contextlib.suppress(KernelError):
        PARSERS[name][0](data)
