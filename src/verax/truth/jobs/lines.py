"""What a job that reads marked-up text tells of it, and in which order."""

from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Extract", "Tell", "tell_extract"]

Tell = Callable[[str, object], None]

_PART_CHARS = 200_000
_MAX_TITLE = 200


@dataclass(slots=True)
class Extract:
    """The text of a document as it grows.

    Attributes:
        parts: Pieces of the text, to be joined.
        length: Characters in `parts`.
        headings: Offset, level from 1, and words of each heading.
        hidden: Characters that a reader would not have seen, and that were left out.
        unread: Files inside the document that were not read.
        title: What the document calls itself; empty where it does not.
    """

    parts: list[str] = field(default_factory=list)
    length: int = 0
    headings: list[tuple[int, int, str]] = field(default_factory=list)
    hidden: int = 0
    unread: int = 0
    title: str = ""

    def add(self, text: str) -> None:
        """Add text at the end."""
        if text:
            self.parts.append(text)
            self.length += len(text)

    def end_line(self, lines: int = 1) -> None:
        """See to it that the text ends with at least so many line ends, if there is any."""
        if not self.parts:
            return
        tail = self.parts[-1][-2:] if len(self.parts[-1]) > 1 else "".join(self.parts[-2:])[-2:]
        missing = lines - (len(tail) - len(tail.rstrip("\n")))
        self.add("\n" * max(0, missing))

    def add_heading(self, level: int, words: str) -> None:
        """Add a heading as a paragraph of its own."""
        self.end_line(2)
        self.headings.append((self.length, level, words[:_MAX_TITLE]))
        self.add(words)
        self.end_line(2)


def tell_extract(extract: Extract, max_chars: int, tell: Tell) -> None:
    """Tell a whole extract: its text in parts, its headings, what was left out, the end."""
    text = "".join(extract.parts)
    for start in range(0, min(len(text), max_chars), _PART_CHARS):
        tell("text", text[start : min(start + _PART_CHARS, max_chars)])
    kept = [[start, level, words] for start, level, words in extract.headings if start < max_chars]
    for first in range(0, len(kept), 1_000):
        tell("headings", kept[first : first + 1_000])
    tell("about", {"title": extract.title[:_MAX_TITLE], "hidden": extract.hidden, "unread": extract.unread})
    tell("end", {"length": len(text)})
