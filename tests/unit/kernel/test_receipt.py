"""Receipts and their checks in the kernel (clauses 11 and 12); the vectors test both implementations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from verax.kernel import canonical
from verax.kernel.cosignature import CosignatureSigner, Policy
from verax.kernel.errors import CanonicalError, KernelError, ProofError, ReceiptError, RecordError
from verax.kernel.note import NoteSigner
from verax.kernel.receipt import MAX_RECEIPT_BYTES, Receipt, ReceiptChecks, verify_receipt
from verax.kernel.record import TurnSecret
from verax.testing.simulated_log import SimulatedLog, issue_receipt, sample_record

NAME = "verax-abcdefghijklmnopqrstuvwxyz"
SECRET = TurnSecret(bytes(range(32)))
REPLY = b"Hamlet was written by William Shakespeare."
WITNESS = CosignatureSigner("w.example", b"w" * 32, 1_700_000_000)
POLICY = Policy.parse(f"witness w {WITNESS.verifier}\nquorum w\n")


def issue(log: SimulatedLog, before: int = 9, **changes: Any) -> Receipt:
    for number in range(before):
        log.append(bytes([number]) * 32)
    return issue_receipt(log, sample_record(SECRET, REPLY, log.origin, **changes), SECRET)


LOG = SimulatedLog(f"{NAME}/replies/0", bytes(32))
RECEIPT = issue(LOG)
KEYS = [LOG.signer.verifier]
COSIGNED_LOG = SimulatedLog(f"{NAME}/replies/0", bytes(32), [WITNESS])
COSIGNED = issue(COSIGNED_LOG)


def states(checks: ReceiptChecks) -> list[str]:
    return [check.state for check in checks.checks]


def test_a_receipt_is_read_back_from_its_bytes() -> None:
    data = RECEIPT.to_bytes()
    assert Receipt.parse(data) == RECEIPT
    assert set(canonical.decode(data)) == {"v", "record", "proof", "open"}


def test_a_good_receipt_is_verified_and_says_what_was_not_checked() -> None:
    checks = verify_receipt(RECEIPT, KEYS, REPLY)
    assert checks.is_verified
    assert states(checks) == ["verified"] * 5 + ["not checked"] * 2
    assert [check.step for check in checks.checks] == [1, 2, 3, 4, 5, 6, 7]
    assert checks.checkpoint is not None
    assert checks.checkpoint.size == 10


def test_a_receipt_holds_without_a_reply_to_compare() -> None:
    checks = verify_receipt(RECEIPT, KEYS)
    assert checks.is_verified
    assert states(checks)[4] == "not checked"


def test_another_reply_fails_even_by_one_line_end() -> None:
    for reply in (b"", REPLY + b"\n", REPLY[:-1], REPLY.replace(b"Shakespeare", b"Bacon")):
        checks = verify_receipt(RECEIPT, KEYS, reply)
        assert not checks.is_verified
        assert states(checks)[4] == "failed"


def test_a_reply_cannot_be_compared_when_its_salt_is_not_opened() -> None:
    closed = replace(RECEIPT, open={})
    assert verify_receipt(closed, KEYS).is_verified
    assert states(verify_receipt(closed, KEYS, REPLY))[4] == "failed"


def test_a_receipt_with_another_logs_key_or_none_fails_and_looks_no_further() -> None:
    stranger = NoteSigner(LOG.origin, b"x" * 32).verifier
    elsewhere = NoteSigner(f"{NAME}/replies/1", bytes(32)).verifier
    for keys in ([], [stranger], [elsewhere]):
        checks = verify_receipt(RECEIPT, keys, REPLY, POLICY)
        assert states(checks)[2:4] == ["failed", "not checked"]
        assert states(checks)[5] == "not checked"
        assert not checks.is_verified


def test_a_key_file_may_hold_other_logs_keys_too() -> None:
    governance = NoteSigner(f"{NAME}/governance", b"g" * 32).verifier
    assert verify_receipt(RECEIPT, [governance, *KEYS], REPLY).is_verified


def test_a_changed_record_does_not_lead_to_the_root() -> None:
    changed = replace(RECEIPT, record=replace(RECEIPT.record, release="99" * 32))
    assert states(verify_receipt(changed, KEYS))[3] == "failed"


def test_a_proof_at_another_index_fails() -> None:
    for index in (8, 10, 99):
        moved = replace(RECEIPT, proof=replace(RECEIPT.proof, index=index))
        assert states(verify_receipt(moved, KEYS))[3] == "failed"


def test_a_receipt_of_another_log_fails_though_its_key_is_given() -> None:
    moved = replace(RECEIPT, record=replace(RECEIPT.record, log=f"{NAME}/replies/1"))
    other = NoteSigner(f"{NAME}/replies/1", bytes(32)).verifier
    assert states(verify_receipt(moved, [other, *KEYS]))[2] == "failed"


def test_witnesses_are_counted_when_a_policy_is_given() -> None:
    assert states(verify_receipt(COSIGNED, KEYS, REPLY, POLICY))[5] == "verified"
    assert states(verify_receipt(RECEIPT, KEYS, REPLY, POLICY))[5] == "failed"
    unlisted = Policy.parse(f"log {NoteSigner('other', b'o' * 32).verifier}\nquorum none\n")
    assert states(verify_receipt(COSIGNED, KEYS, REPLY, unlisted))[5] == "failed"


def test_a_receipt_of_a_large_log_is_at_most_4_kb_without_cosignatures() -> None:
    params = {f"parameter_{number}": "0.123456" for number in range(10)}
    record = replace(RECEIPT.record, params=params, evidence="66" * 32, attestation="77" * 32)
    proof = replace(RECEIPT.proof, index=2**33, path=(bytes(32),) * 34)
    salts = {"reply": bytes(16), "request": bytes(16)}
    assert len(Receipt(record, proof, salts).to_bytes()) <= 4096


def test_a_receipt_of_over_64_kb_is_neither_made_nor_read() -> None:
    huge = replace(RECEIPT, proof=replace(RECEIPT.proof, checkpoint=b"x" * MAX_RECEIPT_BYTES))
    with pytest.raises(ReceiptError, match="at most"):
        huge.to_bytes()
    with pytest.raises(ReceiptError, match="at most"):
        Receipt.parse(b" " * (MAX_RECEIPT_BYTES + 1))


def test_extra_data_and_other_salts_have_no_place_in_a_receipt() -> None:
    with pytest.raises(ReceiptError, match="extra"):
        replace(RECEIPT, proof=replace(RECEIPT.proof, extra=b"x"))
    for salts in ({"secret": bytes(16)}, {"reply": bytes(32)}):
        with pytest.raises(ReceiptError, match="salts"):
            replace(RECEIPT, open=salts)


def test_a_checkpoint_that_is_not_text_is_not_written() -> None:
    with pytest.raises(ReceiptError, match="UTF-8"):
        replace(RECEIPT, proof=replace(RECEIPT.proof, checkpoint=b"\xff")).to_bytes()


VALUE: dict[str, Any] = canonical.decode(RECEIPT.to_bytes())


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"v": 2}, ReceiptError),
        ({"v": True}, ReceiptError),
        ({"v": "1"}, ReceiptError),
        ({"more": 1}, ReceiptError),
        ({"proof": 1}, ReceiptError),
        ({"proof": "text"}, ProofError),
        ({"proof": VALUE["proof"].replace("index", "extra YQ==\nindex")}, ReceiptError),
        ({"open": []}, ReceiptError),
        ({"open": {"reply": 5}}, ReceiptError),
        ({"open": {"reply": "00"}}, CanonicalError),
        ({"open": {"reply": "AA" * 16}}, CanonicalError),
        ({"open": {"secret": "00" * 16}}, ReceiptError),
        ({"record": []}, RecordError),
        ({"record": {}}, RecordError),
    ],
)
def test_a_receipt_of_another_form_is_refused(changes: dict[str, Any], error: type[KernelError]) -> None:
    with pytest.raises(error):
        Receipt.parse(canonical.encode({**VALUE, **changes}))


@pytest.mark.parametrize("name", ["v", "record", "proof", "open"])
def test_a_receipt_that_lacks_a_field_is_refused(name: str) -> None:
    with pytest.raises(ReceiptError):
        Receipt.parse(canonical.encode({key: value for key, value in VALUE.items() if key != name}))


def test_a_receipt_is_an_object() -> None:
    with pytest.raises(ReceiptError):
        Receipt.parse(b"[]")


def test_any_changed_byte_of_a_receipt_is_noticed_when_its_reply_is_given() -> None:
    data = RECEIPT.to_bytes()
    for position in range(len(data)):
        for change in (0x01, 0x20):
            changed = bytearray(data)
            changed[position] ^= change
            assert not _verifies(bytes(changed)), (position, change)


def _verifies(data: bytes) -> bool:
    try:
        return verify_receipt(Receipt.parse(data), KEYS, REPLY).is_verified
    except KernelError:
        return False
