"""Pictures for children: drawings made for this project, as SVG.

* A drawing is a list of shapes in `drawings.toml`; code turns them into SVG. Nothing else gets into the file, so a
  picture holds no script, no link and no text.
* Every picture has words for those who do not see it.

>>> draw("star").alt
'A star'
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from verax.kernel.errors import UnknownObject

__all__ = ["Picture", "draw", "list_pictures"]

_COLOUR = re.compile(r"#[0-9a-f]{6}\Z")


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: a name, words for it, and a whole SVG document."""

    name: str
    alt: str
    svg: str


def list_pictures() -> tuple[str, ...]:
    """Return the names of all pictures, in order."""
    return tuple(sorted(_drawings()))


@cache
def draw(name: str) -> Picture:
    """Return a picture.

    Raises:
        UnknownObject: there is no drawing of that name.
    """
    drawings = _drawings()
    if name not in drawings:
        raise UnknownObject(f"junior: no picture {name!r}")
    shapes = "".join(map(_shape, drawings[name]["shapes"]))
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" role="img">{shapes}</svg>'
    return Picture(name, drawings[name]["alt"], svg)


@cache
def _drawings() -> dict[str, dict[str, str]]:
    return tomllib.loads(files(__package__).joinpath("drawings.toml").read_text(encoding="utf-8"))


def _shape(line: str) -> str:
    sign, *values, colour = line.split()
    if not _COLOUR.match(colour):
        raise ValueError(f"drawing: expected a colour at the end of {line!r}")
    return _SHAPES[sign](values, colour)


def _numbers(values: Sequence[str], *names: str) -> str:
    return " ".join(f'{name}="{float(value):g}"' for name, value in zip(names, values, strict=True))


def _polygon(values: Sequence[str], colour: str) -> str:
    points = " ".join(",".join(f"{float(part):g}" for part in point.split(",")) for point in values)
    return f'<polygon points="{points}" fill="{colour}"/>'


def _line(values: Sequence[str], colour: str) -> str:
    ends = _numbers(values, "x1", "y1", "x2", "y2", "stroke-width")
    return f'<line {ends} stroke="{colour}" stroke-linecap="round"/>'


_SHAPES: dict[str, Callable[[Sequence[str], str], str]] = {
    "c": lambda values, colour: f'<circle {_numbers(values, "cx", "cy", "r")} fill="{colour}"/>',
    "e": lambda values, colour: f'<ellipse {_numbers(values, "cx", "cy", "rx", "ry")} fill="{colour}"/>',
    "r": lambda values, colour: f'<rect {_numbers(values, "x", "y", "width", "height")} fill="{colour}"/>',
    "p": _polygon,
    "l": _line,
}
