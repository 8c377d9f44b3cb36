"""Differences as lines."""

from __future__ import annotations

from verax.kernel.release_diff import FieldDiff, Run
from verax.surfaces.cli.differences import difference_lines


def lines(*runs: Run) -> list[str]:
    return list(difference_lines(FieldDiff("prompt.system", "", "", runs)))


def test_a_short_field_stands_on_one_line() -> None:
    runs = (Run("same", "be "), Run("removed", "kind"), Run("added", "brief"))
    assert [line.replace("\x1b[0m", "").replace("\x1b[31m", "").replace("\x1b[32m", "") for line in lines(*runs)] == [
        "prompt.system: be [-kind-]{+brief+}"
    ]


def test_of_long_text_only_what_differs_is_shown_with_a_line_around_it() -> None:
    text = "".join(f"line {number}\n" for number in range(5))
    shown = lines(Run("same", text), Run("removed", "old"), Run("same", "\n" + text))
    assert shown[0] == "prompt.system:"
    assert shown[1:3] == ["  …", "  line 4"]
    assert "[-old-]" in shown[3]
    assert shown[4:] == ["  line 0", "  …"]


def test_a_removed_line_break_is_seen() -> None:
    shown = lines(Run("same", "one"), Run("removed", "\n"), Run("same", "two"))
    assert any("[-" in line for line in shown)
