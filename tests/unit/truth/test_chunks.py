"""Cutting evidence, checked over many texts."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from itertools import pairwise

import pytest

from verax.truth.chunks import chunks, focus, sentences

TEXTS = [
    " ".join(
        "".join(rng.choice(["alpha", "Beta", "10.5", "e.g.", "你好。", "gamma", "\n", "delta!", "(end.)"]))
        for _ in range(rng.randint(0, 90))
    )
    for rng in map(random.Random, range(24))
]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_sentences_hold_every_character_once_and_in_order(text: str) -> None:
    spans = sentences(text)
    assert all(left.end <= right.start for left, right in pairwise(spans))
    assert "".join("".join(span.of(text) for span in spans).split()) == "".join(text.split())


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize("max_words", [1, 7])
def test_chunks_are_short_enough_and_leave_nothing_out(text: str, max_words: int) -> None:
    spans = chunks(text, max_words)
    assert all(1 <= len(span.of(text).split()) <= max_words for span in spans)
    covered = {place for span in spans for place in range(span.start, span.end)}
    assert all(place in covered for place, character in enumerate(text) if not character.isspace())
    assert len(set(spans)) == len(spans)
    assert not any(left.end >= right.end for left, right in pairwise(spans))


def test_a_decimal_point_ends_no_sentence_and_a_closing_bracket_belongs_to_it() -> None:
    text = "It grew by 2.5 percent (its best year.) Then it fell."
    assert [span.of(text) for span in sentences(text)] == ["It grew by 2.5 percent (its best year.)", "Then it fell."]


def test_chinese_sentences_end_without_a_space() -> None:
    text = "河水上涨。桥梁关闭！"
    assert [span.of(text) for span in sentences(text)] == ["河水上涨。", "桥梁关闭！"]


def test_focus_gathers_what_shares_rare_words_in_the_order_of_the_text() -> None:
    filler = "The meeting went on for a while. " * 20
    text = f"The bridge closed in May. {filler}Nobody was hurt at the harbour. {filler}It opened again in June."
    found = focus(text, "The bridge closed and opened again in June, nobody hurt.", 20)
    assert found == "The bridge closed in May. Nobody was hurt at the harbour. It opened again in June."


def test_focus_on_a_claim_that_shares_nothing_is_empty() -> None:
    assert focus("One thing. Another thing.", "Zebra", 10) == ""


ORDERED = """
import random
from verax.truth.chunks import nearest_sentences
from verax.truth.verifier.judging import corrected
rng = random.Random(5)
words = [f"word{number}" for number in range(60)]
told = [rng.sample(words[: rng.randint(15, 60)], 12) for _ in range(100)]
text = " ".join(" ".join(rng.sample(held, 12)) + "." for held in told for _ in range(4))
print([span.start for span in nearest_sentences(text, " ".join(words), 300)])
print(corrected(0.7123, "Anna met 40 people there on a Friday in 1932.", "Somebody was there."))
"""


def test_every_process_finds_the_same_sentences_and_the_same_bits() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", ORDERED],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1
