"""The text of a Markdown document: made HTML by `markdown-it-py` (CommonMark, with tables), then read as HTML."""

from collections.abc import Sequence

from markdown_it import MarkdownIt

from verax.truth.jobs.html import extract_html
from verax.truth.jobs.lines import Tell, tell_extract
from verax.truth.jobs.plain import decode_text

_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_PARSER.render("# Warm\n\n| a |\n|---|\n| `b` |\n")  # what is compiled at first use


def run(data: bytes, arguments: Sequence[str], tell: Tell) -> None:
    """Read one document; `arguments` is the most characters."""
    text = decode_text(data).replace("\r\n", "\n").replace("\r", "\n")
    tell_extract(extract_html(_PARSER.render(text)), int(arguments[0]), tell)
