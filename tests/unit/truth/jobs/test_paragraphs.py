"""Lines of a page become paragraphs where they were broken only because they were full."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from verax.truth.jobs.paragraphs import HYPHEN, Line, Look, join_lines

LEFT, HEIGHT, LETTER, LEADING = 70.0, 10.0, 5.0, 12.0
PLAIN, BOLD, HIGH = Look(HEIGHT, 400), Look(HEIGHT, 700), Look(1.4 * HEIGHT, 400)
FULL = "these are words " * 3 + "up to an edge"


def line(
    text: str,
    baseline: float,
    *,
    left: float = LEFT,
    looks: Sequence[Look] = (PLAIN, PLAIN, PLAIN),
    gap: float = LETTER,
    right: float | None = None,
) -> Line:
    """Return a line whose letters are all `LETTER` wide."""
    words = text.split()
    ends = left + len(text) * LETTER if right is None else right
    return Line(text, left, ends, baseline, tuple(looks), len(words[0]) * LETTER, (gap,) * (len(words) - 1))


def page(*texts: str) -> list[Line]:
    """Return lines one below the other."""
    return [line(text, 700 - LEADING * number) for number, text in enumerate(texts)]


def test_a_line_that_is_full_goes_on_in_the_next() -> None:
    assert join_lines(page(FULL, FULL, "and the end.")) == f"{FULL} {FULL} and the end."


def test_a_line_behind_which_the_next_word_would_have_fitted_ends_there() -> None:
    assert join_lines(page(FULL, "A short one", FULL)) == f"{FULL} A short one\n{FULL}"


def test_where_every_line_is_short_no_line_is_full() -> None:
    assert join_lines(page("Apples and", "pears from", "the garden")) == "Apples and\npears from\nthe garden"


def test_a_word_that_was_hyphenated_is_put_together() -> None:
    divided = "x" * 56 + f" ex{HYPHEN}"
    assert join_lines(page(divided, "ample.")) == f"{divided}ample."
    assert join_lines(page("x" * 55 + " root-", "XML " + "x" * 56)) == "x" * 55 + " root-XML " + "x" * 56


@pytest.mark.parametrize("looks", [(BOLD, BOLD, BOLD), (HIGH, HIGH, HIGH)], ids=["bold", "high"])
def test_a_heading_stays_a_line_of_its_own(looks: Sequence[Look]) -> None:
    lines = [line(FULL, 700, looks=looks), *(line(FULL, 688 - LEADING * number) for number in range(3))]
    assert join_lines(lines) == f"{FULL}\n\n{FULL} {FULL} {FULL}"


def test_a_bold_word_at_a_lines_end_makes_no_heading() -> None:
    lines = [line(FULL, 700, looks=(PLAIN, PLAIN, BOLD)), line(FULL, 688, looks=(PLAIN, BOLD, PLAIN))]
    assert join_lines(lines) == f"{FULL} {FULL}"


def test_more_room_than_usual_ends_a_paragraph() -> None:
    lines = [line(FULL, place) for place in (700, 688, 676, 652, 640, 628)]
    assert join_lines(lines) == f"{FULL} {FULL} {FULL}\n\n{FULL} {FULL} {FULL}"


def test_lines_that_are_all_far_apart_are_one_paragraph() -> None:
    assert join_lines([line(FULL, place) for place in (700, 672, 644)]) == f"{FULL} {FULL} {FULL}"


def test_an_indented_line_behind_a_sentences_end_begins_a_paragraph() -> None:
    first = "x" * 59 + "."
    assert join_lines([line(first, 700), line(FULL, 688, left=LEFT + 15)]) == f"{first}\n\n{FULL}"
    assert join_lines([line(FULL, 700), line(first, 688, left=LEFT + 15)]) == f"{FULL} {first}"


def test_an_item_of_a_list_begins_a_line_and_goes_on_over_the_next() -> None:
    item = "• " + FULL
    assert join_lines(page(item, FULL, "• second")) == f"{item} {FULL}\n• second"
    assert join_lines(page(FULL[:-1] + ":", "1. " + FULL, "2) second")) == f"{FULL[:-1]}:\n1. {FULL}\n2) second"


def test_a_number_that_was_wrapped_to_a_lines_start_begins_no_item() -> None:
    assert join_lines(page(FULL, "12. That was the day.")) == f"{FULL} 12. That was the day."


def test_rows_of_a_table_stay_lines() -> None:
    rows = [Line("Uelzen 42 1914", LEFT, 370, 700 - 12 * number, (PLAIN,) * 3, 30, (80.0, 30.0)) for number in range(3)]
    assert join_lines(rows) == "Uelzen 42 1914\nUelzen 42 1914\nUelzen 42 1914"
    contents = "1 Introduction . . . . . . . . . . . . . . . . . . . . . . . . . 1"
    assert join_lines(page(contents, contents)) == f"{contents}\n{contents}"


def test_a_line_that_was_stretched_is_no_row_and_is_full() -> None:
    lines = [line(FULL, 700), line("the wide words here", 688, gap=40, right=LEFT + 60 * LETTER), line("end.", 676)]
    assert join_lines(lines) == f"{FULL} the wide words here end."


def test_a_sentence_goes_on_in_the_next_column() -> None:
    columns = [line(FULL, 700), line(FULL, 688), line("goes " + FULL, 700, left=400), line("end.", 688, left=400)]
    assert join_lines(columns) == f"{FULL} {FULL} goes {FULL} end."
    columns[2] = line("New " + FULL, 700, left=400)
    assert join_lines(columns) == f"{FULL} {FULL}\n\nNew {FULL} end."


def test_chinese_lines_are_put_together_without_a_blank() -> None:
    text = "桥于一九三二年通车" * 5
    lines = [Line(text, LEFT, LEFT + 450, 700 - 14 * n, (PLAIN,) * 3, 10.0, ()) for n in range(2)]
    assert join_lines(lines) == text * 2


def test_a_page_without_lines_has_no_text() -> None:
    assert join_lines([]) == ""
