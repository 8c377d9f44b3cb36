"""What a witness is asked, when it signs, and what an asker believes (C2SP tlog-witness)."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.canonical import b64_encode
from verax.kernel.checkpoint import Checkpoint
from verax.kernel.cosignature import CosignatureSigner, Policy, with_cosignatures
from verax.kernel.errors import CheckpointError, KernelError, NoteError, ProofError
from verax.kernel.merkle import MAX_SIZE
from verax.kernel.note import NoteSignature, NoteSigner, add_signature, parse_note, sign_note
from verax.kernel.witness import (
    MAX_ANSWER_BYTES,
    MAX_HASHES,
    MAX_SKEW_S,
    MAX_SUBMISSION_BYTES,
    SeenTree,
    Submission,
    judge_growth,
    judge_signature,
    origin_digest,
    parse_answer,
    parse_size,
)
from verax.testing.simulated_log import SimulatedLog

ORIGIN = "verax.test/log"
NOW_S = 1_760_000_000
WITNESS = CosignatureSigner("w1.test", b"w" * 32, NOW_S)
OTHER = CosignatureSigner("w2.test", b"v" * 32, NOW_S)
KEYS = {"one": WITNESS.verifier, "two": OTHER.verifier}


def grown(size: int, seed: bytes = bytes(32), salt: bytes = b"") -> SimulatedLog:
    log = SimulatedLog(ORIGIN, seed)
    for number in range(size):
        log.append(hashlib.sha256(salt + b"entry %d" % number).digest())
    return log


def submission(log: SimulatedLog, old: int, new: int) -> Submission:
    return Submission(old, tuple(log.consistency(old, new)), log.checkpoint(new))


def test_a_submission_is_written_as_the_standard_says() -> None:
    log = grown(3)
    path = log.consistency(1, 3)
    data = Submission(1, tuple(path), log.checkpoint()).to_bytes()
    head, _, note = data.partition(b"\n\n")
    assert head.decode().split("\n") == ["old 1", *(b64_encode(item) for item in path)]
    assert note == log.checkpoint()
    assert Submission.parse(data) == Submission(1, tuple(path), log.checkpoint())


def test_a_first_submission_has_no_hashes() -> None:
    log = grown(3)
    data = submission(log, 0, 3).to_bytes()
    assert data.startswith(b"old 0\n\nverax.test/log\n3\n")
    parsed = Submission.parse(data)
    assert (parsed.old_size, parsed.path, parsed.checkpoint().size) == (0, (), 3)


NOTE = b"verax.test/log\n0\n\n"
HASH = b64_encode(bytes(32)).encode() + b"\n"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"old 5",
        b"old 5\n",
        b"old 5\n\n",
        b"old 5" + NOTE,
        b"5\n\n" + NOTE,
        b"old\n\n" + NOTE,
        b"old \n\n" + NOTE,
        b"old  5\n\n" + NOTE,
        b"old 5 \n\n" + NOTE,
        b"old 05\n\n" + NOTE,
        b"old +5\n\n" + NOTE,
        b"old -5\n\n" + NOTE,
        b"old 5.0\n\n" + NOTE,
        b"old 0x5\n\n" + NOTE,
        "old \u0665\n\n".encode() + NOTE,
        b"old 9223372036854775808\n\n" + NOTE,
        b"old " + b"9" * 5000 + b"\n\n" + NOTE,
        b"old 5\r\n\r\n" + NOTE,
        b"old 5\n" + HASH + b" \n" + NOTE,
        b"old 5\n" + HASH[:-2] + b"\n\n" + NOTE,
        b"old 5\n" + b64_encode(bytes(31)).encode() + b"\n\n" + NOTE,
        b"old 5\n" + b64_encode(bytes(33)).encode() + b"\n\n" + NOTE,
        b"old 5\n" + HASH.replace(b"A", b"_", 1) + b"\n" + NOTE,
        b"old 5\n" + HASH.replace(b"A=", b"B=") + b"\n" + NOTE,
        b"old 5\n" + HASH * 64 + b"\n" + NOTE,
        b"old 5\nold 5\n\n" + NOTE,
        b"\xffold 5\n\n" + NOTE,
        b"old 5\n\n" + bytes(MAX_SUBMISSION_BYTES),
    ],
)
def test_a_malformed_submission_is_refused(data: bytes) -> None:
    with pytest.raises(ProofError):
        Submission.parse(data)


def test_as_many_hashes_as_the_standard_allows_are_taken() -> None:
    assert len(Submission.parse(b"old 5\n" + HASH * MAX_HASHES + b"\n" + NOTE).path) == MAX_HASHES
    assert Submission.parse(f"old {MAX_SIZE}\n\n".encode() + NOTE).old_size == MAX_SIZE


@given(st.binary(max_size=300))
def test_any_bytes_are_a_submission_or_a_kernel_error(data: bytes) -> None:
    try:
        parsed = Submission.parse(b"old 1\n" + data)
        parsed.checkpoint()
    except KernelError:
        return
    assert parsed.to_bytes() == b"old 1\n" + data


def test_what_is_no_checkpoint_is_found_before_anything_is_judged() -> None:
    for note in (b"no note", sign_note("text\n", WITNESS), sign_note("a\n01\nAA==\n", WITNESS)):
        with pytest.raises((NoteError, CheckpointError)):
            Submission(0, (), note).checkpoint()


def test_only_the_keys_of_the_log_count() -> None:
    log = grown(3)
    good = submission(log, 0, 3)
    keys = [log.signer.verifier]
    assert judge_signature(good, ORIGIN, keys) is None
    with_stranger = replace(good, note=add_signature(good.note, NoteSigner("stranger", b"s" * 32)))
    assert judge_signature(with_stranger, ORIGIN, keys) is None
    for bad, known in (
        (good, [NoteSigner(ORIGIN, b"x" * 32).verifier]),
        (good, []),
        (good, [NoteSigner("verax.test/other", bytes(32)).verifier]),
        (replace(good, note=good.note.replace(b"\n3\n", b"\n4\n")), keys),
        (replace(good, note=good.note + good.note.split(b"\n\n")[1]), keys),
    ):
        refusal = judge_signature(bad, ORIGIN, known)
        assert refusal is not None and (refusal.status, refusal.size, refusal.is_fork) == (403, None, False)


def test_every_pair_of_sizes_is_judged_as_the_standard_says() -> None:
    log, limit = grown(9), 9
    for seen_size in range(limit + 1):
        seen = SeenTree(seen_size, log.root(seen_size))
        for old in range(limit + 1):
            for new in range(limit + 1):
                path = tuple(log.consistency(old, new)) if old <= new else ()
                asked = Submission(old, path, log.checkpoint(new))
                refusal = judge_growth(asked, asked.checkpoint(), seen)
                found = None if refusal is None else (refusal.status, refusal.size)
                expected = (400, None) if old > new else (409, seen_size) if old != seen_size else None
                assert found == expected, (seen_size, old, new)


def test_a_proof_that_does_not_lead_there_is_refused() -> None:
    log = grown(9)
    seen = SeenTree(3, log.root(3))
    good = submission(log, 3, 9)
    wrong = [
        replace(good, path=good.path[:-1]),
        replace(good, path=(*good.path, bytes(32))),
        replace(good, path=good.path[::-1]),
        replace(good, path=()),
        replace(good, path=(bytes(32), *good.path[1:])),
    ]
    for asked in wrong:
        refusal = judge_growth(asked, asked.checkpoint(), seen)
        assert refusal is not None and (refusal.status, refusal.is_fork) == (422, False)
    for old, new in ((0, 9), (9, 9)):
        asked = Submission(old, (bytes(32),), log.checkpoint(new))
        refusal = judge_growth(asked, asked.checkpoint(), SeenTree(old, log.root(old)))
        assert refusal is not None and refusal.status == 422


def test_a_second_history_is_a_conflict_at_one_size_and_no_proof_leads_to_it_at_others() -> None:
    first, second = grown(5), grown(9, salt=b"another ")
    seen = SeenTree(5, first.root())
    same = submission(second, 5, 5)
    refusal = judge_growth(same, same.checkpoint(), seen)
    assert refusal is not None and (refusal.status, refusal.size, refusal.is_fork) == (409, None, True)
    longer = submission(second, 5, 9)
    refusal = judge_growth(longer, longer.checkpoint(), seen)
    assert refusal is not None and refusal.status == 422


@pytest.mark.parametrize("data", [b"", b"5", b"05\n", b"+5\n", b" 5\n", b"5\n\n", b"5\r\n", b"-1\n", b"x\n", b"9" * 40])
def test_a_size_is_one_decimal_and_a_newline(data: bytes) -> None:
    assert parse_size(b"17\n") == 17
    with pytest.raises(ProofError):
        parse_size(data)


def test_a_size_out_of_range_is_refused() -> None:
    assert parse_size(f"{MAX_SIZE}\n".encode()) == MAX_SIZE
    with pytest.raises(ProofError):
        parse_size(f"{MAX_SIZE + 1}\n".encode())


def lines_of(text: str, *signers: CosignatureSigner) -> bytes:
    return sign_note(text, *signers).partition(b"\n\n")[2] if signers else b""


def test_the_cosignature_of_the_witness_that_was_asked_is_taken() -> None:
    text = Checkpoint(ORIGIN, 3, grown(3).root()).to_text()
    answer = lines_of(text, WITNESS)
    assert answer.startswith("— w1.test ".encode())
    found = parse_answer(answer, text, KEYS, NOW_S)
    assert list(found) == ["one"] and found["one"][1] == NOW_S
    assert list(parse_answer(lines_of(text, OTHER, WITNESS), text, KEYS, NOW_S)) == ["one", "two"]
    stranger = CosignatureSigner("w3.test", b"u" * 32, 5)
    assert list(parse_answer(lines_of(text, stranger, OTHER), text, KEYS, NOW_S)) == ["two"]


def test_an_answer_that_proves_nothing_is_refused() -> None:
    text = Checkpoint(ORIGIN, 3, grown(3).root()).to_text()
    other_text = Checkpoint(ORIGIN, 3, grown(3, salt=b"x").root()).to_text()
    forged = NoteSignature("w1.test", WITNESS.verifier.key_id, NOW_S.to_bytes(8, "big") + bytes(64)).to_line().encode()
    stranger = CosignatureSigner("w1.test", b"u" * 32, NOW_S)
    answers = {
        "for another checkpoint": lines_of(other_text, WITNESS),
        "forged": forged,
        "forged behind a good one": lines_of(text, WITNESS) + forged,
        "by another key of the name": lines_of(text, stranger),
        "nothing": b"",
        "no lines": b"<html>\n",
        "without an end": lines_of(text, WITNESS)[:-1],
        "another text before it": b"evil\n\n" + lines_of(text, stranger),
        "not UTF-8": b"\xff\n",
        "too long": bytes(MAX_ANSWER_BYTES + 1),
    }
    for what, answer in answers.items():
        with pytest.raises(NoteError):
            pytest.fail(f"{what}: {parse_answer(answer, text, KEYS, NOW_S)}")


@pytest.mark.parametrize("skew", [MAX_SKEW_S + 1, -MAX_SKEW_S - 1, 10**9, -NOW_S])
def test_a_time_that_is_not_now_is_refused(skew: int) -> None:
    text = Checkpoint(ORIGIN, 3, grown(3).root()).to_text()
    with pytest.raises(NoteError, match="from ours"):
        parse_answer(lines_of(text, CosignatureSigner("w1.test", b"w" * 32, NOW_S + skew)), text, KEYS, NOW_S)


def test_the_newest_of_two_lines_by_one_witness_is_taken() -> None:
    text = Checkpoint(ORIGIN, 3, grown(3).root()).to_text()
    later = CosignatureSigner("w1.test", b"w" * 32, NOW_S + 7)
    assert parse_answer(lines_of(text, later, WITNESS), text, KEYS, NOW_S)["one"][1] == NOW_S + 7


def test_cosignatures_stand_behind_the_logs_own_lines_and_nothing_else_does() -> None:
    log = grown(3)
    note = add_signature(add_signature(log.checkpoint(), NoteSigner("junk", b"j" * 32)), OTHER)
    line = parse_note(add_signature(log.checkpoint(), WITNESS)).signatures[1]
    clean = with_cosignatures(note, [log.signer.verifier], [line])
    assert clean == add_signature(log.checkpoint(), WITNESS)
    assert with_cosignatures(note, [log.signer.verifier], []) == log.checkpoint()


def test_a_policys_addresses_are_kept_by_the_witnesses_names() -> None:
    policy = Policy.parse(f"witness a {KEYS['one']} https://w.test/x\nwitness b {KEYS['two']}\nquorum a\n")
    assert policy.addresses == {"a": "https://w.test/x"}


def test_a_logs_address_at_a_witness_is_the_hash_of_its_origin() -> None:
    assert origin_digest(ORIGIN) == hashlib.sha256(ORIGIN.encode()).hexdigest()
