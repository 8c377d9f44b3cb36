"""Eight to twelve: hints first, exact checks, facts word for word, puzzles, a robot that runs nobody's code."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verax.guard.audience import Audience
from verax.products.junior.collection import ship
from verax.products.junior.limits import limits_of
from verax.products.junior.scholar import ScholarEngine
from verax.products.junior.scholar.puzzles import load_puzzles
from verax.products.junior.scholar.robot import MAX_STEPS, Run, run
from verax.products.junior.scholar.spelling import read_spelling
from verax.products.junior.scholar.sums import read_sum
from verax.products.junior.scholar.task import read_number, show
from verax.products.junior.scholar.units import read_units
from verax.products.junior.session import Profile, Said, Session, Step

BAND = Audience.EIGHT_TO_TWELVE
ENGINE, PROFILE = ScholarEngine(), Profile(BAND)


def say(text: str, session: Session | None = None) -> Step:
    return ENGINE.reply(PROFILE, session or Session(), Said(text))


def assert_fits(text: str) -> None:
    assert list(limits_of(BAND).problems(text)) == [], text


@pytest.mark.parametrize(
    ("text", "asks", "answer"),
    [
        ("what is 7 x 8?", "7 × 8", "56"),
        ("345 plus 278", "345 + 278", "623"),
        ("1,200 - 450", "1200 - 450", "750"),
        ("3 minus 10", "3 - 10", "-7"),
        ("17 divided by 5", "17 ÷ 5", "3 remainder 2, or 3.4"),
        ("1/2 + 1/3", "1/2 + 1/3", "5/6"),
        ("3/4 x 2/3", "3/4 × 2/3", "1/2"),
        ("1/2 divided by 1/4", "1/2 ÷ 1/4", "2"),
        ("½ + ¼", "1/2 + 1/4", "3/4"),
        ("0.5 * 0.2", "0.5 × 0.2", "0.1"),
        ("2.75 + 1.5", "2.75 + 1.5", "4.25"),
    ],
)
def test_sums_are_read_and_solved_exactly(text: str, asks: str, answer: str) -> None:
    step = say(text)
    assert step.session.picks == (asks, "0")
    for _ in range(2):
        step = say("hint", step.session)
    step = say("i don't know", step.session)
    assert answer in step.reply.text


@pytest.mark.parametrize("text", ["5 / 0", "1 + 2 + 3", "what is love", "12345678901 + 1", "7 8", "2024-01-05", ""])
def test_what_is_no_sum_of_ours_is_not_read_as_one(text: str) -> None:
    assert read_sum(text) is None


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 9_999), st.sampled_from("+-×÷"), st.integers(1, 999))
def test_every_sum_of_whole_numbers_has_hints_within_the_limits_and_a_right_answer(a: int, sign: str, b: int) -> None:
    task = read_sum(f"{a} {sign} {b}")
    assert task is not None
    value = {"+": Fraction(a + b), "-": Fraction(a - b), "×": Fraction(a * b), "÷": Fraction(a, b)}[sign]
    assert task.value == value
    assert task.is_right(show(value))
    assert not task.is_right(show(value + 1))
    for hint in task.hints:
        assert_fits(hint)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 12), st.integers(1, 12), st.sampled_from("+-×÷"), st.integers(1, 12), st.integers(1, 12))
def test_fractions_are_exact(a: int, b: int, sign: str, c: int, d: int) -> None:
    task = read_sum(f"{a}/{b} {sign} {c}/{d}")
    one, two = Fraction(a, b), Fraction(c, d)
    values = {"+": one + two, "-": one - two, "×": one * two, "÷": one / two}
    assert task is not None
    assert task.value == values[sign]
    assert read_sum(task.asks) is not None
    for hint in task.hints:
        assert_fits(hint)


@pytest.mark.parametrize(
    ("text", "value"),
    [("56", 56), ("1,200", 1200), ("3 km", 3), ("1 1/2", "3/2"), ("-1 1/2", "-3/2"), ("0.50", "1/2"), ("6/4", "3/2")],
)
def test_numbers_are_read_as_children_write_them(text: str, value: int | str) -> None:
    assert read_number(text) == Fraction(value)


@pytest.mark.parametrize("text", ["", "x", "1/0", "9" * 100, "1e9999999", "١٢ apples and pears"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert read_number(text) is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("3 km in m", "3000 m"),
        ("how many minutes are in 2 hours?", "120 minutes"),
        ("250 cm to m", "2.5 m"),
        ("how many days are in a week", "7 days"),
        ("1.5 kg in grams", "1500 g"),
        ("how many inches in 2 feet", "24 inches"),
        ("90 minutes in hours", "1.5 hours"),
    ],
)
def test_units_are_changed_exactly(text: str, answer: str) -> None:
    task = read_units(text)
    assert task is not None
    assert task.answer == answer
    assert task.is_right(answer)
    assert read_units(task.asks) == task
    for hint in task.hints:
        assert_fits(hint)


def test_units_of_different_kinds_are_not_changed() -> None:
    assert read_units("3 km in kg") is None
    assert read_units("3 km in km") is None


def test_spelling_is_helped_with_words_of_our_lists_only() -> None:
    task = read_spelling("How do you spell becaus?")
    assert task is not None
    assert task.answer == "because"
    assert "because" not in " ".join(task.hints)
    assert task.is_right("Because")
    assert read_spelling("how do you spell xqzzle") is None
    step = say("how do you spell friend")
    assert say("friend", step.session).reply.text.startswith("Yes")
    assert say("freind", step.session).reply.text.startswith("Not yet")


def test_the_answer_comes_after_three_hints_and_not_before() -> None:
    step = say("what is 7 x 8")
    for wrong in ("54", "58"):
        assert "56" not in step.reply.text
        step = say(wrong, step.session)
    assert "56" not in step.reply.text
    assert "56" in say("just tell me", step.session).reply.text
    assert say("56", step.session).reply.text.startswith("Yes")


def test_a_new_question_leaves_the_task() -> None:
    step = say("what is 7 x 8")
    assert say("why is the sky blue?", step.session).reply.sources
    assert say("9 x 9", step.session).session.picks == ("9 × 9", "0")


def test_a_fact_is_a_page_word_for_word() -> None:
    for article in ship().of(BAND)[::10]:
        reply = say(article.asks[0]).reply
        assert reply.text == f"{article.title}\n\n{article.text}"
        assert reply.sources == article.sources


def test_every_puzzle_can_be_solved_and_fits() -> None:
    for name, puzzle in load_puzzles().items():
        asked = Session(1, "puzzle", (name, "0"))
        assert say(puzzle.answers[0], asked).reply.text == f"Yes! {puzzle.tells}"
        for text in (puzzle.asks, puzzle.tells, *puzzle.hints):
            assert_fits(text)
        step = say("99999", asked)
        assert step.reply.text.startswith("Not yet")
        for _ in puzzle.hints:
            step = say("hint", step.session)
        assert puzzle.tells in step.reply.text


def test_every_level_of_the_robot_can_be_done() -> None:
    programs = {
        0: "repeat 3 forward",
        1: "forward forward right forward forward",
        2: "right forward left forward forward left forward",
        3: "forward left forward right repeat 3 forward left repeat 3 forward",
        4: "right forward left repeat 4 forward left forward",
    }
    for level, program in programs.items():
        step = say(program, Session(1, "robot", (str(level),)))
        assert "got there" in step.reply.text, (level, step.reply.text)
    for level in programs:
        assert_fits(say("robot", Session(level)).reply.text)


def test_the_robot_bumps_and_reads_nothing_but_its_words() -> None:
    assert run("forward", (0, 4), ()).bumped
    assert run("right forward", (0, 0), {(1, 0)}).bumped
    assert run("import os", (0, 0), ()) == Run(((0, 0),), unread=True)
    assert run("forward; __import__('os')", (0, 0), ()).unread
    assert run(f"repeat {MAX_STEPS + 1} left", (0, 0), ()).unread
    assert run("repeat 99999999999 left", (0, 0), ()).unread
    assert run("right " * 4 + "forward", (0, 0), ()).path[-1] == (0, 1)


def test_a_child_can_leave_the_robot_and_the_puzzle() -> None:
    for activity, picks in (("robot", ("0",)), ("puzzle", ("double", "0"))):
        reply = say("how do bees make honey?", Session(1, activity, picks)).reply
        assert reply.sources


@pytest.mark.parametrize(("activity", "picks"), [("robot", ("0",)), ("puzzle", ("double", "0"))])
def test_a_question_or_a_sum_leaves_what_is_open_also_without_its_sign(activity: str, picks: tuple[str, ...]) -> None:
    session = Session(3, activity, picks)
    assert say("how do bees make honey", session).reply.kind == "fact"
    assert say("ok, why is the sky blue", session).reply.kind == "fact"
    assert say("12 x 13", session).session.activity == "task"
    assert say("no idea", session).session.activity == activity
