"""What a band's engine can say, as one digest: the weights of a model that is a library.

* Every file of data that the engine of a band reads counts: lines, songs, parts of stories, articles, pictures,
  helplines, and the rules by which a child's words are sorted. Lists of words count for 8 to 12 alone, who are asked to
  spell them; for the others they only check texts before they ship.
* The code that reads them is the runtime's digest, as all code is.

>>> len(library_digest(Audience.FIVE_TO_SEVEN))
64
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from verax.guard.audience import Audience
from verax.kernel import canonical
from verax.products.junior.limits import limits_of

__all__ = ["library_digest", "library_files"]

_PLACES = {
    Audience.TWO_TO_FOUR: ("toddler/*.toml",),
    Audience.FIVE_TO_SEVEN: ("builder/*.toml", "collection/articles/5-7/*.md"),
    Audience.EIGHT_TO_TWELVE: ("scholar/*.toml", "words/*.txt", "collection/articles/8-12/*.md"),
}
_ALL = ("*.toml", "pictures/*.toml")
_ROOT = Path(__file__).parents[2]
_HELPLINES = _ROOT / "guard" / "lists" / "helplines.toml"


def library_files(band: Audience) -> tuple[Path, ...]:
    """Return the files that a band's engine reads, in order of their names; raises `UnknownObject`."""
    places = (*_ALL, *_PLACES[limits_of(band).band])
    found = {path for place in places for path in Path(__file__).parent.glob(place)}
    return tuple(sorted(found | {_HELPLINES}))


@cache
def library_digest(band: Audience) -> str:
    """Return SHA-256 over the names and the digests of a band's files, 64 hex digits; raises `UnknownObject`."""
    found = {
        path.relative_to(_ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in library_files(band)
    }
    lines = [f"{digest} {name}" for name, digest in sorted(found.items())]
    return canonical.hex_digest("\n".join(["verax/junior-library/v1", *lines]).encode())
