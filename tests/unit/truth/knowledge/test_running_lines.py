"""Running heads and page numbers are no part of a document's text."""

from __future__ import annotations

from verax.truth.knowledge.normal import join_pages
from verax.truth.knowledge.running_lines import without_running_lines

BODIES = [f"A sentence of {town}.\nAnother one about {town} ends" for town in "Celle Stade Peine Hameln Goslar".split()]


def test_page_numbers_and_a_running_head_are_left_out_but_for_the_head_that_begins_the_document() -> None:
    pages = [f"On bridges\n\n{BODIES[number]}\n\n{number + 4}" for number in range(4)]
    assert without_running_lines(pages) == [
        f"On bridges\n\n{BODIES[0]}",
        *(BODIES[number] for number in (1, 2, 3)),
    ]


def test_a_number_beside_words_has_to_count_the_pages() -> None:
    counted = [f"{BODIES[number]}\nPage {number} of 9" for number in range(1, 5)]
    assert without_running_lines(counted) == BODIES[1:]
    years = [f"Report {2019 + number}\n{BODIES[number]}" for number in range(4)]
    assert without_running_lines(years) == years
    uneven = [f"Part {number * number}\n{BODIES[number]}" for number in range(4)]
    assert without_running_lines(uneven) == uneven


def test_two_pages_alike_prove_nothing() -> None:
    pages = [f"On bridges\n{BODIES[number]}" for number in range(2)]
    assert without_running_lines(pages) == pages


def test_sentences_that_come_again_and_pages_of_one_line_stay() -> None:
    pages = [f"It is closed.\n{BODIES[number]}" for number in range(4)]
    assert without_running_lines(pages) == pages
    assert without_running_lines(["12", "13", "14"]) == ["12", "13", "14"]


def test_a_sentence_goes_on_over_a_pages_end() -> None:
    text, starts = join_pages(["The bridge was", "opened in May.", "The end."])
    assert text == "The bridge was\nopened in May.\n\nThe end."
    assert [text[start:].split()[0] for start in starts] == ["The", "opened", "The"]


def test_an_empty_page_keeps_its_place() -> None:
    assert join_pages(["One.", None, "Three."]) == ("One.\n\n\n\nThree.", (0, 6, 8))
