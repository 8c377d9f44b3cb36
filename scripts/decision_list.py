"""The list of decisions, docs/adr/README.md, made from the titles of the pages."""

from __future__ import annotations

from pathlib import Path

__all__ = ["DECISIONS", "decision_list"]

DECISIONS = Path(__file__).resolve().parent.parent / "docs" / "adr"

HEAD = """# Decisions

One page each: status, options, decision. A page is not rewritten; a later one supersedes it.
`make docs` writes this list.

"""


def decision_list() -> str:
    """Return the text of the list."""
    lines = []
    for path in sorted(DECISIONS.glob("[0-9]*.md")):
        number, _, title = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ").partition(": ")
        lines.append(f"- [{number}]({path.name}): {title[:1].lower()}{title[1:]}\n")
    return HEAD + "".join(lines)
