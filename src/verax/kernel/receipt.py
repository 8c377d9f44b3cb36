"""Receipts and their checks (protocol clauses 11 and 12).

* A receipt is CJ of ``{v: 1, record, proof, open {evidence?, reply?, request?}}``; `proof` is a tlog-proof
  for the record's leaf without ``extra``; `open` holds salts, never the turn's secret.
* At most 64 KB when read; at most 4 KB as made, where the checkpoint has no cosignatures.
* Checks are numbered as the stand-alone script `conformance/check_receipt.py` prints them; the
  two share no code, and one set of vectors holds them to the same answers.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from verax.kernel import canonical
from verax.kernel.checkpoint import Checkpoint, open_checkpoint
from verax.kernel.cosignature import Policy, check_policy
from verax.kernel.errors import KernelError, ProofError, ReceiptError
from verax.kernel.merkle import leaf_hash, root_from_proof
from verax.kernel.note import VerifierKey
from verax.kernel.proof import LogProof
from verax.kernel.record import SALT_BYTES, Record, commit_with_salt, entry_of

__all__ = ["MAX_RECEIPT_BYTES", "Check", "CheckState", "Receipt", "ReceiptChecks", "verify_receipt"]

MAX_RECEIPT_BYTES = 65_536

CheckState = Literal["verified", "not checked", "failed"]
_OPENABLE = frozenset({"evidence", "reply", "request"})
_REQUIRED_STEPS = frozenset({1, 2, 3, 4})


@dataclass(frozen=True, slots=True)
class Receipt:
    """One turn's record, its proof in a reply log, and the salts its owner chose to share.

    Attributes:
        open: Salts of 16 bytes by part name; ``evidence``, ``reply`` and ``request`` are the only ones.
    """

    record: Record
    proof: LogProof
    open: Mapping[str, bytes]

    def __post_init__(self) -> None:
        if self.proof.extra:
            raise ReceiptError("receipt.proof: expected no extra data")
        for name, salt in self.open.items():
            if name not in _OPENABLE or len(salt) != SALT_BYTES:
                parts = ", ".join(sorted(_OPENABLE))
                raise ReceiptError(f"receipt.open: expected salts of {SALT_BYTES} bytes for {parts} only")

    def to_bytes(self) -> bytes:
        """Return the receipt file.

        Raises:
            ReceiptError: the checkpoint is not UTF-8, or the whole is larger than 64 KB.
        """
        try:
            proof = self.proof.to_bytes().decode("utf-8")
        except UnicodeDecodeError:
            raise ReceiptError("receipt.proof: the checkpoint is not UTF-8") from None
        salts: dict[str, canonical.Json] = {name: salt.hex() for name, salt in self.open.items()}
        data = canonical.encode({"v": 1, "record": self.record.to_dict(), "proof": proof, "open": salts})
        _check_size(data)
        return data

    @classmethod
    def parse(cls, data: bytes) -> Receipt:
        """Parse a receipt file; steps 1 and 2 of clause 12.

        Raises:
            CanonicalError: not canonical JSON.
            RecordError: the record is not one of clause 9.
            ProofError: the proof is malformed.
            ReceiptError: anything else is not as clause 11 says.
        """
        _check_size(data)
        value = canonical.decode(data)
        if not isinstance(value, dict) or set(value) != {"v", "record", "proof", "open"}:
            raise ReceiptError("receipt: expected exactly the fields v, record, proof and open")
        if type(value["v"]) is not int or value["v"] != 1:
            raise ReceiptError("receipt.v: expected 1")
        if not isinstance(value["proof"], str):
            raise ReceiptError("receipt.proof: expected text")
        proof = LogProof.parse(value["proof"].encode("utf-8"))
        return cls(Record.from_dict(value["record"]), proof, _parse_open(value["open"]))


@dataclass(frozen=True, slots=True)
class Check:
    """One step of clause 12 and how it ended; `detail` is a sentence for people."""

    step: int
    name: str
    state: CheckState
    detail: str


@dataclass(frozen=True, slots=True)
class ReceiptChecks:
    """The outcome of a verification.

    Attributes:
        checks: Steps 1 to 7, in order.
        checkpoint: The tree head that the log signed, once step 3 holds.
    """

    checks: tuple[Check, ...]
    checkpoint: Checkpoint | None

    @property
    def is_verified(self) -> bool:
        """Steps 1 to 4 hold and nothing failed; what was not checked is not thereby proved."""
        states = {check.step: check.state for check in self.checks}
        return "failed" not in states.values() and all(states[step] == "verified" for step in _REQUIRED_STEPS)


def verify_receipt(
    receipt: Receipt,
    keys: Iterable[VerifierKey],
    reply: bytes | None = None,
    policy: Policy | None = None,
) -> ReceiptChecks:
    """Check a parsed receipt against a log's keys: steps 1 to 6 of clause 12, never raising.

    Args:
        receipt: The receipt; `Receipt.parse` has done steps 1 and 2.
        keys: Verifier keys; those whose name is `record.log` count.
        reply: The exact bytes delivered, None to leave step 5 out.
        policy: Witness policy, None to leave step 6 out.

    Step 7 needs the governance log and is always "not checked" here.
    """
    run = _Run(receipt, tuple(keys))
    run.note("record", "verified", "the record is complete and its leaf was computed")
    run.note("proof", "verified", f"the proof is well formed, for leaf {receipt.proof.index}")
    run.check_signature()
    run.check_inclusion()
    run.check_reply(reply)
    run.check_policy(policy)
    run.note("governance", "not checked", "that this release served the channel takes the governance log")
    return ReceiptChecks(tuple(run.checks), run.checkpoint)


class _Run:
    def __init__(self, receipt: Receipt, keys: tuple[VerifierKey, ...]) -> None:
        self.checks: list[Check] = []
        self.checkpoint: Checkpoint | None = None
        self._receipt, self._keys = receipt, keys

    def note(self, name: str, state: CheckState, detail: str) -> None:
        self.checks.append(Check(len(self.checks) + 1, name, state, detail))

    def check_signature(self) -> None:
        origin = self._receipt.record.log
        try:
            self.checkpoint = open_checkpoint(self._receipt.proof.checkpoint, origin, self._keys)
        except KernelError as error:
            self.note("signature", "failed", error.message)
        else:
            self.note("signature", "verified", f"the log {origin} signed its tree of {self.checkpoint.size} leaves")

    def check_inclusion(self) -> None:
        if self.checkpoint is None:
            self.note("inclusion", "not checked", "there is no signed tree to look in")
            return
        proof, size = self._receipt.proof, self.checkpoint.size
        try:
            root = root_from_proof(leaf_hash(entry_of(self._receipt.record)), proof.index, size, proof.path)
        except ProofError as error:
            self.note("inclusion", "failed", error.message)
            return
        if root == self.checkpoint.root:
            self.note("inclusion", "verified", f"the record is leaf {proof.index} of {size}")
        else:
            self.note("inclusion", "failed", "the record does not lead to the signed root")

    def check_reply(self, reply: bytes | None) -> None:
        salt = self._receipt.open.get("reply")
        if reply is None:
            self.note("reply", "not checked", "no reply was given")
        elif salt is None:
            self.note("reply", "failed", "the receipt does not open the reply")
        elif hmac.compare_digest(commit_with_salt(salt, "reply", reply), self._receipt.record.reply):
            self.note("reply", "verified", "the reply is the one that was recorded, to the byte")
        else:
            self.note("reply", "failed", "the reply is not the one that was recorded")

    def check_policy(self, policy: Policy | None) -> None:
        if policy is None:
            self.note("witnesses", "not checked", "no witness policy was given")
            return
        if self.checkpoint is None:
            self.note("witnesses", "not checked", "there is no signed tree to look in")
            return
        try:
            result = check_policy(self._receipt.proof.checkpoint, policy, self._keys)
        except KernelError as error:
            self.note("witnesses", "failed", error.message)
            return
        names = ", ".join(sorted(result.times_s)) or "nobody"
        if result.is_met:
            self.note("witnesses", "verified", f"the quorum {policy.quorum} is met; cosigned by {names}")
        else:
            self.note("witnesses", "failed", f"the quorum {policy.quorum} is not met; cosigned by {names}")


def _parse_open(value: Any) -> dict[str, bytes]:
    if not isinstance(value, dict):
        raise ReceiptError("receipt.open: expected an object")
    salts: dict[str, bytes] = {}
    for name, text in value.items():
        if not isinstance(text, str):
            raise ReceiptError("receipt.open: expected salts as hex text")
        salts[name] = canonical.hex_decode(text, SALT_BYTES)
    return salts


def _check_size(data: bytes) -> None:
    if len(data) > MAX_RECEIPT_BYTES:
        raise ReceiptError(f"receipt: expected at most {MAX_RECEIPT_BYTES} bytes, found {len(data)}")
