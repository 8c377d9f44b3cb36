"""Clause 1: bytes that are not canonical."""

from __future__ import annotations

from typing import Any

from cases.build import DATA, SECRET, VALUE, Vector, loose, vector, with_proof, with_record

__all__ = ["clause_1"]


def clause_1() -> list[Vector]:
    """Receipts whose bytes are not canonical."""
    text = DATA.decode()
    deep: Any = 1
    for _ in range(33):
        deep = [deep]
    changed = {
        "space": text.replace(":", ": ", 1),
        "line-end": text + "\n",
        "leading-space": " " + text,
        "byte-order-mark": "\ufeff" + text,
        "key-order": text.replace('{"open"', '{"v":1,"open"', 1).replace(',"v":1}}', "}}").replace(',"v":1}', "}"),
        "duplicate-key": text[:-1] + ',"v":1}',
        "escaped-letter": text.replace('"assistant"', '"\\u0061ssistant"'),
        "escaped-slash": text.replace("/replies/0", "\\/replies\\/0", 1),
        "escaped-dash": text.replace("—", "\\u2014"),
        "float": text.replace('"seed":7', '"seed":7.0'),
        "exponent": text.replace('"seed":7', '"seed":7e0'),
        "not-a-number": text.replace('"seed":7', '"seed":NaN'),
        "null": text.replace('"seed":7', '"seed":null'),
        "negative-zero": text.replace('"seed":7', '"seed":-0'),
        "leading-zero": text.replace('"seed":7', '"seed":07'),
        "large-integer": text.replace('"seed":7', '"seed":9007199254740992'),
        "huge-integer": text.replace('"seed":7', '"seed":' + "9" * 5000),
        "trailing-comma": text[:-1] + ",}",
        "cut-off": text[:-1],
        "two-values": text + text,
        "empty": "",
        "array": "[]",
        "brackets": "[" * 60_000,
        "key-with-hyphen": text[:-1] + ',"x-y":1}',
        "too-deep": loose({**VALUE, "more": deep}).decode(),
    }
    vectors = [vector(name, "canonical JSON", data.encode(), 1) for name, data in changed.items()]
    vectors += [
        vector("lone-surrogate", "Unicode scalar values only", text.replace('"assistant"', '"\\ud800"').encode(), 1),
        vector("raw-surrogate", "UTF-8", DATA.replace(b'"assistant"', b'"\xed\xa0\x80"'), 1),
        vector("not-utf-8", "UTF-8", DATA.replace(b'"assistant"', b'"\xff"'), 1),
        vector("upper-case-hex", "lower-case hex", with_record(release="AA" * 32), 1),
        vector(
            "upper-case-salt",
            "lower-case hex",
            loose({**VALUE, "open": {"reply": SECRET.salt("reply").hex().upper()}}),
            1,
        ),
    ]
    first = VALUE["proof"].split("\n")[2]
    sloppy = {
        "base64-no-padding": first.rstrip("="),
        "base64-double-padding": first + "=",
        "base64-slack-bits": first[:-2] + chr(ord(first[-2]) + 1) + "=",
        "base64-url-alphabet": "_" + first[1:],
        "base64-space": first[:10] + " " + first[10:],
        "base64-one-letter-more": first + "A",
        "base64-not-ascii": "ä" + first[1:],
    }
    vectors += [
        vector(name, "strict base64", with_proof(lambda text, line=line: text.replace(first, line)), 2)
        for name, line in sloppy.items()
    ]
    vectors += [
        vector(
            f"decimal-{name}", "strict decimals", with_proof(lambda text, line=line: text.replace("index 9", line)), 2
        )
        for name, line in (
            ("leading-zero", "index 09"),
            ("plus", "index +9"),
            ("minus", "index -9"),
            ("space", "index  9"),
            ("other-digits", "index ٩"),
            ("underscore", "index 0_9"),
            ("too-large", "index 9223372036854775807"),
            ("huge", "index " + "9" * 5000),
        )
    ]
    return vectors
