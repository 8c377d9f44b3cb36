"""What of the server's log administrators see, and what never gets there."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator

import pytest

from verax.kernel import canonical
from verax.kernel.errors import CanonicalError
from verax.surfaces.server_lines import LogLines

_log = logging.getLogger("verax.test")


@pytest.fixture
def lines() -> Iterator[LogLines]:
    handler = LogLines(capacity=5)
    root, level = logging.getLogger(), _log.level
    root.addHandler(handler)
    _log.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    _log.setLevel(level)


def test_lines_are_numbered_and_a_reader_goes_on_behind_the_last(lines: LogLines) -> None:
    for number in range(1, 4):
        _log.info("line %d", number)
    assert [(line.number, line.message) for line in lines.after(0, 10)] == [(1, "line 1"), (2, "line 2"), (3, "line 3")]
    assert [line.number for line in lines.after(1, 1)] == [2]
    assert lines.after(3, 10) == []
    assert lines.last == 3


def test_only_so_many_are_kept(lines: LogLines) -> None:
    for number in range(12):
        _log.info("line %d", number)
    assert [line.number for line in lines.after(0, 100)] == [8, 9, 10, 11, 12]


def test_a_reader_may_ask_for_important_lines_only(lines: LogLines) -> None:
    _log.debug("small")
    _log.warning("large")
    _log.error("larger")
    assert [line.level for line in lines.after(0, 10, logging.WARNING)] == ["warning", "error"]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("key vx-0123456789abcdef refused", "key ******** refused"),
        ("Authorization: Bearer abc.def", "Authorization: ********"),
        ("open http://localhost:8420/welcome#SeCrEt_code-1 once", "open http://localhost:8420******** once"),
        ("postgresql://ann:pass@db/x", "postgresql********db/x"),
    ],
)
def test_what_looks_like_a_credential_is_masked(lines: LogLines, message: str, shown: str) -> None:
    _log.warning("%s", message)
    assert lines.after(0, 1)[0].message == shown


def test_messages_of_other_packages_are_not_kept(lines: LogLines) -> None:
    logging.getLogger("aiohttp.client").warning("body was: what a person wrote")
    [line] = lines.after(0, 1)
    assert (line.logger, line.level) == ("aiohttp.client", "warning")
    assert "person" not in line.message


def test_of_an_exception_only_type_and_place_are_kept(lines: LogLines) -> None:
    try:
        canonical.decode(b"what a person wrote")
    except CanonicalError:
        _log.exception("an endpoint failed")
    [line] = lines.after(0, 1)
    assert line.place.startswith("CanonicalError at verax/kernel/canonical.py:")
    assert "person" not in repr(line)


def test_an_exception_from_elsewhere_names_no_file(lines: LogLines) -> None:
    try:
        int("what a person wrote")
    except ValueError:
        _log.exception("it failed")
    [line] = lines.after(0, 1)
    assert line.place.startswith("ValueError")
    assert "person" not in repr(line)


def test_a_message_that_cannot_be_formatted_is_a_line_all_the_same(lines: LogLines) -> None:
    record = logging.LogRecord("verax.test", logging.INFO, __file__, 1, "%d", ("x",), None)
    lines.handle(record)
    assert lines.after(0, 1)[0].message == "a message that could not be formatted"


def test_a_huge_message_is_cut(lines: LogLines) -> None:
    _log.info("x" * 100_000)
    assert len(lines.after(0, 1)[0].message) == 2000


def test_each_run_has_a_name_of_its_own() -> None:
    assert LogLines().run != LogLines().run


def test_a_line_without_an_exception_has_no_place(lines: LogLines) -> None:
    _log.error("plain", exc_info=sys.exc_info())
    assert lines.after(0, 1)[0].place == ""
