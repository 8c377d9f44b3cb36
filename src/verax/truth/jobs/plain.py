"""Bytes of text in the encoding that they say, else in one that fits."""

import codecs
import re

__all__ = ["decode_markup", "decode_text"]

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_CHARSET = re.compile(rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?([A-Za-z0-9_.:-]{1,40})""")
_HEAD_BYTES = 4096  # HTML (WHATWG), section 13.2.3.2: browsers look at 1024


def decode_text(data: bytes) -> str:
    """Return text by its mark, as UTF-8, else as Windows-1252, which takes any byte."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def decode_markup(data: bytes) -> str:
    """Return markup in the encoding that it names, else as `decode_text` does."""
    named = _CHARSET.search(data[:_HEAD_BYTES])
    if named and not data.startswith(tuple(mark for mark, _ in _MARKS)):
        encoding = named[1].decode("ascii").lower()
        if encoding in ENCODINGS:
            return data.decode(encoding, errors="replace")
    return decode_text(data)


ENCODINGS = frozenset(
    "utf-8 utf8 iso-8859-1 iso-8859-2 iso-8859-15 latin1 us-ascii ascii windows-1250 windows-1251 windows-1252 "
    "gb2312 gbk gb18030 big5 shift_jis euc-jp euc-kr koi8-r".split()
)
"""Encodings that are loaded before files are given up; a page that names another is read as `decode_text` does."""
for _name in ENCODINGS:
    codecs.lookup(_name)
