"""Articles of the vetted collection: files that people can read and review.

A file is Markdown behind a head in TOML, the two between lines of ``+++``::

    +++
    title = "Why is the sky blue?"
    band = "8-12"
    kind = "fact"
    topic = "weather"
    asks = ["why is the sky blue"]
    sources = [{ title = "Sky", publisher = "Encyclopaedia Britannica" }]
    +++
    Sunlight looks white, but many colours are mixed in it. …

* ``kind`` is ``fact`` or ``story``. A fact names at least one source, a story of our own none.
* Keys that nobody knows, a band or topic that does not exist, and an empty text are errors.
* `find_problems` says what about an article is over the limits of its band; a folder of a family or
  school is held to the same.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from verax.guard.audience import Audience
from verax.kernel.errors import ConfigError
from verax.products.junior.limits import BANDS, limits_of
from verax.products.junior.topics import TOPICS

__all__ = ["Article", "Source", "find_problems", "load_folder", "parse_article"]

Kind = Literal["fact", "story"]

_FENCE = "+++"
_KEYS = {"title", "band", "kind", "topic", "asks", "sources"}
_MAX_FILE_BYTES = 20_000
_ADDRESS = re.compile(r"https?://|www\.|\S@\S")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact can be looked up: a work or page by its title, and who publishes it."""

    title: str
    publisher: str

    def __str__(self) -> str:
        return f"{self.title} ({self.publisher})"


@dataclass(frozen=True, slots=True)
class Article:
    """One text of the collection.

    Attributes:
        name: Name of its file without the ending; unique in a band.
        asks: Questions of children that it answers, in their words.
        text: Paragraphs, a blank line between two.
    """

    name: str
    title: str
    band: Audience
    kind: Kind
    topic: str
    asks: tuple[str, ...]
    sources: tuple[Source, ...]
    text: str


def parse_article(name: str, data: str) -> Article:
    """Read one file.

    Args:
        name: Its name without the ending, for the article and for messages.

    Raises:
        ConfigError: the head cannot be read, or says something that does not exist.
    """
    before, fence, rest = data.partition(_FENCE + "\n")
    head, closing, text = rest.partition("\n" + _FENCE + "\n")
    if before.strip() or not fence or not closing:
        raise _wrong(name, "expected a head between two lines of +++")
    try:
        read = tomllib.loads(head)
        article = _article_of(name, read, text.strip())
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise _wrong(name, f"its head cannot be read: {error}") from None
    if unknown := set(read) - _KEYS:
        raise _wrong(name, f"unknown key {min(unknown)!r}")
    if article.topic not in TOPICS or article.band not in BANDS or article.kind not in ("fact", "story"):
        raise _wrong(name, f"no such band, kind or topic: {article.band}, {article.kind}, {article.topic}")
    if not article.text:
        raise _wrong(name, "it holds no text")
    return article


def load_folder(folder: Path) -> tuple[Article, ...]:
    """Read every ``*.md`` of a folder and its subfolders, in order of their names.

    Raises:
        ConfigError: a file is unreadable, too large or wrong, or two of a band have one name.
    """
    articles = []
    for path in sorted(folder.rglob("*.md")):
        try:
            if path.stat().st_size > _MAX_FILE_BYTES:
                raise _wrong(path.stem, f"over {_MAX_FILE_BYTES} bytes")
            articles.append(parse_article(path.stem, path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            raise _wrong(path.stem, f"cannot be read: {error}") from None
    names = [(article.band, article.name) for article in articles]
    if doubled := [name for name in names if names.count(name) > 1]:
        raise _wrong(doubled[0][1], "two files of one band have this name")
    return tuple(articles)


def find_problems(article: Article) -> Iterator[str]:
    """Yield what about an article does not fit its band, or is missing."""
    yield from limits_of(article.band).problems(article.text)
    if _ADDRESS.search(article.text):
        yield "the text holds an address"
    if article.kind == "fact" and not article.sources:
        yield "a fact without a source"
    if article.kind == "fact" and not article.asks:
        yield "a fact without a question that it answers"
    if article.kind == "story" and article.sources:
        yield "a story of our own has no source"


def _article_of(name: str, head: dict[str, Any], text: str) -> Article:
    asks, sources = head.get("asks", []), head.get("sources", [])
    if not all(isinstance(item, str) for item in [head["title"], head["topic"], *asks]):
        raise TypeError("title, topic and asks are texts")
    read = tuple(Source(**source) for source in sources)
    return Article(name, head["title"], Audience(head["band"]), head["kind"], head["topic"], tuple(asks), read, text)


def _wrong(name: str, what: str) -> ConfigError:
    return ConfigError(f"article {name}: {what}", code="junior/article")
