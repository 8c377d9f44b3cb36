"""The text of a table (CSV): a line for each row, each value after the name of its column.

``Name: Ada; Born: 1815`` says by itself what a bare row would only say below its heading, so a
row can be a passage. A file of one column, or without a heading that can be told, is read as text.
"""

import csv
import io
from collections.abc import Sequence

from verax.truth.jobs.lines import Extract, Tell, tell_extract
from verax.truth.jobs.plain import decode_text

_SAMPLE_CHARS = 20_000
_MAX_FIELD_CHARS = 100_000


def run(data: bytes, arguments: Sequence[str], tell: Tell) -> None:
    """Read one table; `arguments` is the most characters."""
    text, max_chars = decode_text(data), int(arguments[0])
    csv.field_size_limit(_MAX_FIELD_CHARS)
    extract = Extract()
    try:
        rows = csv.reader(io.StringIO(text, newline=""), _dialect(text), strict=False)
        names = [name.strip() for name in next(rows, [])]
        for row in rows:
            _add_row(names, row, extract)
            if extract.length > max_chars:
                break
        if not extract.parts:
            extract.add("; ".join(names))
    except csv.Error:
        tell("problem", "broken")
        return
    tell_extract(extract, max_chars, tell)


def _dialect(text: str) -> type[csv.Dialect]:
    try:
        return csv.Sniffer().sniff(text[:_SAMPLE_CHARS], delimiters=",;\t|")
    except csv.Error:
        return csv.excel


def _add_row(names: Sequence[str], row: Sequence[str], extract: Extract) -> None:
    values = [" ".join(value.split()) for value in row]
    said = [
        f"{names[index]}: {value}" if index < len(names) and names[index] else value
        for index, value in enumerate(values)
        if value
    ]
    if said:
        extract.add("; ".join(said))
        extract.add("\n")
