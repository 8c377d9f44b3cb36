"""What Junior can say here, and its digest: the weights of a model that is a library.

* Every file of data that the engine of a band reads counts: lines, songs, parts of stories, articles, pictures,
  helplines, and the rules by which a child's words are sorted. Lists of words count for 8 to 12 alone, who are asked to
  spell them; for the others they only check texts before they ship.
* A family's or school's own articles count like those that ship: the release names them all, so nobody adds one
  without a change of the channel. They are read once; files that change later change nothing until a start.
* The code that reads them is the runtime's digest, as all code is.

>>> len(SHIPPED.digest(Audience.FIVE_TO_SEVEN))
64
"""

from __future__ import annotations

import hashlib
from functools import cache, cached_property
from pathlib import Path

from verax.guard.audience import Audience
from verax.kernel import canonical
from verax.kernel.errors import ConfigError, ModelUnavailable
from verax.products.junior.collection.articles import Article, load_folder
from verax.products.junior.collection.shelf import Shelf, ship
from verax.products.junior.engines import engine_of
from verax.products.junior.limits import limits_of
from verax.products.junior.session import Engine

__all__ = ["SHIPPED", "Library", "library_files", "load_own"]

_PLACES = {
    Audience.TWO_TO_FOUR: ("toddler/*.toml",),
    Audience.FIVE_TO_SEVEN: ("builder/*.toml", "collection/articles/5-7/*.md"),
    Audience.EIGHT_TO_TWELVE: ("scholar/*.toml", "words/*.txt", "collection/articles/8-12/*.md"),
}
_ALL = ("*.toml", "pictures/*.toml")
_ROOT = Path(__file__).parents[2]
_HELPLINES = _ROOT / "guard" / "lists" / "helplines.toml"


class Library:
    """The texts that ship, with a folder of one's own.

    Args:
        folder: Articles of a family or school; None for none.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def digest(self, band: Audience) -> str:
        """Return SHA-256 over what a band can say, 64 hex digits.

        Raises:
            UnknownObject: Junior has no such band.
            ModelUnavailable: the folder cannot be read.
        """
        own = [article for article in self._own if article.band == band]
        more = [f"own {Shelf(own).digest}"] if own else []
        return canonical.hex_digest("\n".join(["verax/junior-library/v1", *_shipped_lines(band), *more]).encode())

    def engine(self, band: Audience) -> Engine:
        """Return the engine of a band; raises as `digest`."""
        return engine_of(band, self._shelf)

    @cached_property
    def _own(self) -> tuple[Article, ...]:
        if self._folder is None:
            return ()
        try:
            return load_own(self._folder)
        except ConfigError as error:
            raise ModelUnavailable(
                f"junior: {error.message}", hint='"verax junior check" says what is wrong'
            ) from error

    @cached_property
    def _shelf(self) -> Shelf:
        return Shelf((*ship().articles, *self._own)) if self._own else ship()


SHIPPED = Library()
"""What ships with Verax and nothing else."""


def load_own(folder: Path) -> tuple[Article, ...]:
    """Read a folder of one's own.

    Raises:
        ConfigError: it is none, a file is no article, its band has no articles, or one that ships has its name.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: expected a folder of articles")
    taken = {(article.band, article.name) for article in ship().articles}
    articles = load_folder(folder)
    for article in articles:
        if article.band is Audience.TWO_TO_FOUR:
            raise ConfigError(f"article {article.name}: the band 2-4 reads no articles", code="junior/article")
        if (article.band, article.name) in taken:
            raise ConfigError(f"article {article.name}: one that ships has this name", code="junior/article")
    return articles


def library_files(band: Audience) -> tuple[Path, ...]:
    """Return the files that ship and that a band's engine reads, in order; raises `UnknownObject`."""
    places = (*_ALL, *_PLACES[limits_of(band).band])
    found = {path for place in places for path in Path(__file__).parent.glob(place)}
    return tuple(sorted(found | {_HELPLINES}))


@cache
def _shipped_lines(band: Audience) -> tuple[str, ...]:
    """Return a digest and a name for each file that ships."""
    found = {
        path.relative_to(_ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in library_files(band)
    }
    return tuple(f"{digest} {name}" for name, digest in sorted(found.items()))
