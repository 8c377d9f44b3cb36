"""A release as TOML that a person can edit: the way back from `Release.from_toml`.

* What is written reads back as the same release, to the id; that is checked before it leaves.
* Every field stands there, defaults included, so nothing has to be looked up.
* Text of several lines is written as such. What cannot be seen (control characters, zero-width
  ones, spaces other than the usual one) is written as ``\\u…``, so that it is seen.

>>> from verax.kernel.release_parts import AUDIENCES
>>> write_value(list(AUDIENCES[:2]))
'["adult", "13+"]'
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from verax.kernel.errors import ReleaseError
from verax.kernel.release import Release

__all__ = ["release_toml", "write_value"]

_SECTIONS = ("model", "prompt", "sampling", "tools", "retrieval", "truth", "guard")
_FIRST = ("v", "backend", "name", "audience", "system", "style", "role", "type", "kind", "detector")
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_WIDTH = 100
# Three quotes in a row would end a text of several lines, and so would one before the three that end it.
_ENDING_QUOTES = re.compile(r'"""|"\Z')


def release_toml(release: Release) -> str:
    """Return the whole manifest of `release` as TOML.

    Raises:
        ReleaseError: the manifest is so close to its limit of size that its TOML is beyond it.
    """
    manifest = release.manifest
    plain = {key: value for key, value in manifest.items() if key not in _SECTIONS}
    lines = [f"# Written from release {release.id}.", *_pairs(plain)]
    for name in _SECTIONS:
        lines += _table(name, manifest[name])
    text = "\n".join(lines) + "\n"
    if Release.from_toml(text).data != release.data:
        raise ReleaseError(f"release {release.short_id}: its TOML does not read back as the same release")
    return text


def write_value(value: Any) -> str:
    """Return a text, integer, flag, list or object as a TOML value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        inner = ", ".join(_pairs(value))
        return f"{{ {inner} }}" if inner else "{}"
    return _list(value)


def _table(name: str, section: Mapping[str, Any]) -> Iterator[str]:
    """Yield a section; objects in it that hold anything follow as sections of their own."""
    inner = {key: value for key, value in section.items() if isinstance(value, Mapping) and value}
    yield ""
    yield f"[{name}]"
    yield from _pairs({key: value for key, value in section.items() if key not in inner})
    for key in sorted(inner):
        yield ""
        yield f"[{name}.{key}]"
        yield from _pairs(inner[key])


def _pairs(section: Mapping[str, Any]) -> Iterator[str]:
    """Yield ``key = value`` of each field; keys of canonical objects need no quotes (clause 1)."""
    known = [key for key in _FIRST if key in section]
    for key in [*known, *sorted(section.keys() - set(known))]:
        yield f"{key} = {write_value(section[key])}"


def _list(items: Sequence[Any]) -> str:
    written = [write_value(item) for item in items]
    line = f"[{', '.join(written)}]"
    if len(line) <= _WIDTH and "\n" not in line and not any(isinstance(item, Mapping) for item in items):
        return line
    return "\n".join(["[", *(f"    {item}," for item in written), "]"]) if written else "[]"


def _text(text: str) -> str:
    if "\n" not in text.strip():
        return '"' + "".join(map(_escaped, text)).replace('"', '\\"') + '"'
    seen = all(character == "\n" or (character != "\t" and character.isprintable()) for character in text)
    if "\\" in text and seen and "'''" not in text and not text.endswith("'"):
        return f"'''\n{text}'''"
    body = "\n".join("".join(map(_escaped, line)) for line in text.split("\n"))
    return '"""\n' + _ENDING_QUOTES.sub(lambda match: match[0][:-1] + '\\"', body) + '"""'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
