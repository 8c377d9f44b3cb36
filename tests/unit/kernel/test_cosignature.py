"""Cosignatures and witness policies (clauses 2 and 12, C2SP tlog-cosignature and tlog-policy)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.canonical import b64_encode
from verax.kernel.checkpoint import Checkpoint
from verax.kernel.cosignature import (
    MAX_TIME_S,
    CosignatureSigner,
    Policy,
    check_policy,
    cosignature_text,
    verify_cosignature,
)
from verax.kernel.errors import CheckpointError, KernelError, NoteError
from verax.kernel.note import NoteSignature, NoteSigner, VerifierKey, add_signature, parse_note, sign_note

ORIGIN = "verax.example/replies/0"
LOG = NoteSigner(ORIGIN, bytes(32))
TEXT = Checkpoint(ORIGIN, 7, bytes(range(32))).to_text()
NOTE = sign_note(TEXT, LOG)
WITNESSES = {
    name: CosignatureSigner(f"{name}.example", name.encode() * 16, 1_700_000_000) for name in ("w1", "w2", "w3")
}
LINES = "".join(f"witness {name} {witness.verifier}\n" for name, witness in WITNESSES.items())

# The example of the tlog-cosignature standard: a log's checkpoint with one witness's line. Its keys are not
# published with it, so only the framing can be read here.
STANDARD_LINE = (
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA=="
)


def cosigned(*names: str) -> bytes:
    note = NOTE
    for name in names:
        note = add_signature(note, WITNESSES[name])
    return note


def line_of(note: bytes, number: int = 1) -> NoteSignature:
    return parse_note(note).signatures[number]


def test_the_message_is_two_lines_before_the_checkpoint() -> None:
    assert cosignature_text("origin\n5\nroot\n", 1_679_315_147) == (
        b"cosignature/v1\ntime 1679315147\norigin\n5\nroot\n"
    )


def test_the_example_of_the_standard_is_framed_as_we_read_it() -> None:
    note = TEXT + f"\n— witness.example.com/w1 {STANDARD_LINE}\n"
    signature = line_of(note.encode(), 0).signature
    assert len(signature) == 72
    assert int.from_bytes(signature[:8], "big") == 1_679_315_147


def test_a_cosignature_states_its_time() -> None:
    key = WITNESSES["w1"].verifier
    cosignature = verify_cosignature(key, TEXT, line_of(cosigned("w1")))
    assert (cosignature.key, cosignature.time_s) == (key, 1_700_000_000)
    assert key.key_id != VerifierKey(key.name, key.public_bytes).key_id


def test_a_cosignature_by_another_key_on_another_text_or_at_another_time_is_refused() -> None:
    key, line = WITNESSES["w1"].verifier, line_of(cosigned("w1"))
    with pytest.raises(NoteError, match="expected one by"):
        verify_cosignature(WITNESSES["w2"].verifier, TEXT, line)
    with pytest.raises(NoteError, match="expected one by"):
        verify_cosignature(LOG.verifier, TEXT, line_of(NOTE, 0))
    with pytest.raises(NoteError, match="wrong"):
        verify_cosignature(key, TEXT.replace("7", "8"), line)
    earlier = (1_699_999_999).to_bytes(8, "big") + line.signature[8:]
    with pytest.raises(NoteError, match="wrong"):
        verify_cosignature(key, TEXT, NoteSignature(line.name, line.key_id, earlier))
    with pytest.raises(NoteError, match="range"):
        verify_cosignature(key, TEXT, NoteSignature(line.name, line.key_id, b"\xff" * 72))
    with pytest.raises(NoteError, match="wrong"):
        verify_cosignature(key, TEXT, NoteSignature(line.name, line.key_id, b"\x00"))


def test_a_time_out_of_range_cannot_be_signed() -> None:
    for time_s in (-1, MAX_TIME_S + 1):
        with pytest.raises(NoteError, match="range"):
            CosignatureSigner("w", bytes(32), time_s).sign(TEXT.encode())
    assert CosignatureSigner("w", bytes(32), MAX_TIME_S).sign(TEXT.encode())[:8] == b"\x7f" + b"\xff" * 7
    with pytest.raises(NoteError, match="seed"):
        CosignatureSigner("w", b"short", 0)


def test_a_policy_is_read_with_its_comments_blanks_and_addresses() -> None:
    policy = Policy.parse(
        f"# a comment\n\n \tlog {LOG.verifier} https://log.example/\n{LINES}"
        "\tgroup pair 2 w1 w2\ngroup one any pair w3 \n  # another\nquorum\t one"
    )
    assert policy.logs == (LOG.verifier,)
    assert sorted(policy.witnesses) == ["w1", "w2", "w3"]
    assert policy.groups["pair"].threshold == 2
    assert policy.quorum == "one"


@pytest.mark.parametrize(
    ("rule", "met", "unmet"),
    [
        ("quorum w1", [{"w1"}, {"w1", "w2"}], [set(), {"w2"}]),
        ("group g any w1 w2\nquorum g", [{"w1"}, {"w2"}], [set(), {"w3"}]),
        ("group g all w1 w2\nquorum g", [{"w1", "w2"}], [{"w1"}, {"w1", "w3"}]),
        ("group g 2 w1 w2 w3\nquorum g", [{"w1", "w3"}, {"w1", "w2", "w3"}], [{"w3"}]),
        ("group a 1 w1 w2\ngroup b all a w3\nquorum b", [{"w1", "w3"}, {"w2", "w3"}], [{"w1", "w2"}, {"w3"}]),
        ("quorum none", [set(), {"w1"}], []),
    ],
)
def test_a_quorum_counts_members_as_its_groups_say(rule: str, met: list[set[str]], unmet: list[set[str]]) -> None:
    policy = Policy.parse(f"{LINES}{rule}\n")
    for names in met:
        assert policy.is_met_by(names)
        assert check_policy(cosigned(*sorted(names)), policy, [LOG.verifier]).is_met
    for names in unmet:
        assert not policy.is_met_by(names)
        assert not check_policy(cosigned(*sorted(names)), policy, [LOG.verifier]).is_met


def test_a_name_that_is_no_witness_meets_nothing() -> None:
    policy = Policy.parse(f"{LINES}group g any w1 w2\nquorum g\n")
    assert not policy.is_met_by(["g", "stranger"])


OTHER_LOG = NoteSigner("other/replies/0", b"o" * 32).verifier
RENAMED = VerifierKey("renamed", WITNESSES["w1"].verifier.public_bytes, 4)


@pytest.mark.parametrize(
    "text",
    [
        "",
        LINES,
        "quorum w1\n",
        f"quorum w1\n{LINES}",
        f"{LINES}quorum none\nquorum none\n",
        f"{LINES}quorum\n",
        f"{LINES}quorum w1 w2\n",
        f"{LINES}unknown line\nquorum none\n",
        f"{LINES}quorum none\r\n",
        f"{LINES}quorum none\x00\n",
        f"{LINES}quorum none\x7f\n",
        f"log\n{LINES}quorum none\n",
        f"log {LOG.verifier} url url\nquorum none\n",
        f"log {LOG.verifier}\nlog {LOG.verifier}\nquorum none\n",
        f"log {WITNESSES['w1'].verifier}\nquorum none\n",
        f"witness w1\n{LINES}quorum none\n",
        f"witness w1 {LOG.verifier}\nquorum none\n",
        f"witness none {WITNESSES['w1'].verifier}\nquorum none\n",
        f"{LINES}witness w1 {WITNESSES['w1'].verifier}\nquorum none\n",
        f"{LINES}witness w4 {RENAMED}\nquorum none\n",
        f"{LINES}group g 1\nquorum none\n",
        f"{LINES}group g 0 w1\nquorum none\n",
        f"{LINES}group g 3 w1 w2\nquorum none\n",
        f"{LINES}group g 01 w1 w2\nquorum none\n",
        f"{LINES}group g some w1 w2\nquorum none\n",
        f"{LINES}group g any w1 w1\nquorum none\n",
        f"{LINES}group g any g\nquorum none\n",
        f"{LINES}group g any none\nquorum none\n",
        f"{LINES}group none any w1\nquorum none\n",
        f"{LINES}group w1 any w2\nquorum none\n",
        f"{LINES}group a any w1\ngroup b any w1\nquorum b\n",
        f"{LINES}group a any b\ngroup b any w1\nquorum b\n",
        "#\n" * 1001,
    ],
)
def test_a_policy_that_is_not_fully_understood_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Policy.parse(text)


def test_a_log_that_the_policy_does_not_list_is_refused() -> None:
    policy = Policy.parse(f"log {OTHER_LOG}\nquorum none\n")
    with pytest.raises(NoteError):
        check_policy(NOTE, policy, [LOG.verifier])
    listed = Policy.parse(f"log {OTHER_LOG}\nlog {LOG.verifier}\nquorum none\n")
    assert check_policy(NOTE, listed).checkpoint.size == 7


def test_a_policy_without_logs_takes_the_callers_key() -> None:
    policy = Policy.parse("quorum none\n")
    assert check_policy(NOTE, policy, [LOG.verifier]).is_met
    with pytest.raises(NoteError):
        check_policy(NOTE, policy)


def test_one_wrong_cosignature_by_a_known_witness_refuses_the_checkpoint() -> None:
    witness = WITNESSES["w1"].verifier
    line = f"— {witness.name} {b64_encode(witness.key_id + bytes(72))}\n".encode()
    with pytest.raises(NoteError, match="wrong"):
        check_policy(cosigned("w1", "w2") + line, Policy.parse(f"{LINES}quorum w2\n"), [LOG.verifier])


def test_the_newest_of_one_witnesss_cosignatures_counts() -> None:
    later = CosignatureSigner("w1.example", b"w1" * 16, 1_800_000_000)
    for note in (add_signature(cosigned("w1"), later), add_signature(add_signature(NOTE, later), WITNESSES["w1"])):
        result = check_policy(note, Policy.parse(f"{LINES}quorum w1\n"), [LOG.verifier])
        assert result.times_s == {"w1": 1_800_000_000}


def test_a_cosigned_note_that_is_no_checkpoint_is_refused() -> None:
    with pytest.raises(CheckpointError):
        check_policy(sign_note("text\n", LOG), Policy.parse("quorum none\n"), [LOG.verifier])


@given(st.text(alphabet="log witnesgrupqm\n\t#0123w", max_size=80))
def test_any_text_is_a_policy_or_a_kernel_error(text: str) -> None:
    try:
        policy = Policy.parse(text)
    except KernelError:
        return
    assert policy.quorum == "none" or policy.quorum in {*policy.witnesses, *policy.groups}
