"""Offline proofs (clauses 11 and 12, C2SP tlog-proof)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.errors import KernelError, NoteError, ProofError
from verax.kernel.merkle import MAX_SIZE, leaf_hash
from verax.kernel.note import NoteSigner
from verax.kernel.proof import MAX_HASHES, MAX_PROOF_BYTES, LogProof, verify_proof
from verax.testing.simulated_log import SimulatedLog

LOG = SimulatedLog("verax.example/replies/0", bytes(32))
for number in range(21):
    LOG.append(bytes([number]) * 32)
PROOF = LOG.prove(9)
DATA = PROOF.to_bytes()
LEAF = leaf_hash(bytes([9]) * 32)
KEYS = [LOG.signer.verifier]


def test_a_proof_reads_as_the_standard_writes_it() -> None:
    head, checkpoint = DATA.split(b"\n\n", 1)
    lines = head.decode().split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 9"]
    assert len(lines) == 7
    assert checkpoint == LOG.checkpoint()
    assert LogProof.parse(DATA) == PROOF


def test_extra_data_stands_before_the_index() -> None:
    proof = replace(PROOF, extra=b"anything")
    assert proof.to_bytes().decode().split("\n")[1] == "extra YW55dGhpbmc="
    assert LogProof.parse(proof.to_bytes()) == proof


@given(
    st.integers(0, MAX_SIZE - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=MAX_HASHES),
    st.binary(min_size=1),
    st.binary(),
)
def test_a_proof_gives_its_parts_back(index: int, path: list[bytes], checkpoint: bytes, extra: bytes) -> None:
    proof = LogProof(index, tuple(path), checkpoint, extra)
    assert LogProof.parse(proof.to_bytes()) == proof


def test_every_leaf_of_a_log_is_proved() -> None:
    for size in range(1, LOG.size + 1):
        for index in range(size):
            proof = LogProof.parse(LOG.prove(index, size).to_bytes())
            checkpoint = verify_proof(proof, leaf_hash(bytes([index]) * 32), LOG.origin, KEYS)
            assert (checkpoint.size, checkpoint.root) == (size, LOG.root(size))


def test_another_leaf_index_log_or_key_is_refused() -> None:
    with pytest.raises(ProofError, match="does not lead"):
        verify_proof(PROOF, leaf_hash(b"other"), LOG.origin, KEYS)
    with pytest.raises(ProofError):
        verify_proof(replace(PROOF, index=8), LEAF, LOG.origin, KEYS)
    with pytest.raises(ProofError):
        verify_proof(replace(PROOF, index=21), LEAF, LOG.origin, KEYS)
    with pytest.raises(NoteError):
        verify_proof(PROOF, LEAF, "verax.example/replies/1", KEYS)
    with pytest.raises(NoteError):
        verify_proof(PROOF, LEAF, LOG.origin, [NoteSigner(LOG.origin, bytes(31) + b"x").verifier])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        DATA.replace(b"@v1", b"@v2"),
        DATA.replace(b"c2sp", b" c2sp"),
        DATA.replace(b"index 9\n", b""),
        DATA.replace(b"index 9\n", b"index 09\n"),
        DATA.replace(b"index 9\n", b"index  9\n"),
        DATA.replace(b"index 9\n", b"index -1\n"),
        DATA.replace(b"index 9\n", b"index 9223372036854775807\n"),
        DATA.replace(b"index 9\n", b"index 9\nindex 9\n"),
        DATA.replace(b"index 9\n", b"extra \nindex 9\n"),
        DATA.replace(b"index 9\n", b"extra YQ\nindex 9\n"),
        DATA.replace(b"index 9\n", b"index 9\nextra YQ==\n"),
        DATA.replace(b"index 9\n", b"index 9\nAAAA\n"),
        DATA.replace(b"index 9\n", b"index 9\n\n"),
        DATA.replace(b"=\n", b"= \n", 1),
        DATA.replace(b"=\n", b"\n", 1),
        DATA.replace(b"\n\n", b"\n", 1),
        DATA.replace(b"\n", b"\r\n"),
        DATA.replace(b"index", "ïndex".encode()),
        DATA.split(b"\n\n")[0] + b"\n",
        DATA.split(b"\n\n")[0] + b"\n\n",
        b"c2sp.org/tlog-proof@v1\n\n" + LOG.checkpoint(),
        b"c2sp.org/tlog-proof@v1\nextra YQ==\n\n" + LOG.checkpoint(),
    ],
)
def test_a_malformed_proof_is_refused(data: bytes) -> None:
    with pytest.raises(KernelError):
        verify_proof(LogProof.parse(data), LEAF, LOG.origin, KEYS)


def test_sizes_are_limited() -> None:
    with pytest.raises(ProofError, match="63 hashes"):
        LogProof(0, (LEAF,) * 64, b"checkpoint")
    with pytest.raises(ProofError, match="32 bytes"):
        LogProof(0, (b"short",), b"checkpoint")
    with pytest.raises(ProofError, match="range"):
        LogProof(MAX_SIZE, (), b"checkpoint")
    with pytest.raises(ProofError, match="nothing"):
        LogProof(0, (), b"")
    with pytest.raises(ProofError, match="at most"):
        LogProof.parse(b"x" * (MAX_PROOF_BYTES + 1))


def test_any_changed_byte_of_a_proof_refuses_it() -> None:
    for position in range(len(DATA)):
        data = bytearray(DATA)
        data[position] ^= 0x01
        with pytest.raises(KernelError):
            verify_proof(LogProof.parse(bytes(data)), LEAF, LOG.origin, KEYS)
