"""How a text is read before a classifier sees it."""

from __future__ import annotations

import pytest

from verax.guard.classifiers.chinese import BUCKETS, buckets
from verax.guard.classifiers.english import MAX_PIECES, parts
from verax.guard.classifiers.reading import Language, language_of, readable


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What is the capital of France?", Language.ENGLISH),
        ("hello", Language.ENGLISH),
        ("12345 !!", Language.ENGLISH),
        ("你好，今天天气不错", Language.CHINESE),
        ("我喜欢 Python 编程", Language.CHINESE),
        ("Wie komme ich von hier zum Bahnhof und zurück?", Language.UNREAD),
        ("Quelle heure est-il maintenant dans cette ville", Language.UNREAD),
        ("Привет, как дела?", Language.UNREAD),
        ("مرحبا كيف حالك", Language.UNREAD),
    ],
)
def test_a_text_is_english_chinese_or_unread(text: str, language: Language) -> None:
    assert language_of(readable(text)) is language


def test_an_emoji_is_read_as_its_name() -> None:
    assert readable("I would 🔪 a 🐀").split() == ["i", "would", "hocho", "a", "rat"]
    assert "dark skin" in readable("👩🏿")


def test_letters_on_discs_and_squares_are_letters() -> None:
    assert readable("ⓚⓘⓛⓛ 🅣🅗🅔🅜 🅰🅻🅻") == "kill them all"


def test_spelling_tricks_are_undone_before_reading() -> None:
    assert readable("I will k i l l y0u") == "i will kill you"


def test_a_long_text_is_read_in_parts_that_overlap_and_leave_nothing_out() -> None:
    ids = [1, *range(10, 200), 2]
    found = list(parts(ids))
    assert all(part[0] == 1 and part[-1] == 2 and len(part) <= MAX_PIECES for part in found)
    assert {number for part in found for number in part} == set(ids)
    assert list(parts([1, 5, 2])) == [[1, 5, 2]]


def test_the_buckets_of_a_text_are_the_same_every_time_and_in_range() -> None:
    assert buckets("你好") == buckets("你好")
    assert all(0 <= bucket < BUCKETS for bucket in buckets("你好，世界"))
    assert buckets("ＡＢＣ") == buckets("abc")
