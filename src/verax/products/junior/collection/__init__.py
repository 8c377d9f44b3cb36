"""The vetted collection: what Junior knows, word for word.

>>> shipped = ship()
>>> shipped.find("why is the sky blue?", Audience.EIGHT_TO_TWELVE)[0].article.title
'Why is the sky blue?'
"""

from verax.guard.audience import Audience
from verax.products.junior.collection.articles import Article, Source, find_problems, load_folder, parse_article
from verax.products.junior.collection.shelf import Found, Shelf, ship
from verax.products.junior.topics import TOPICS

__all__ = [
    "TOPICS",
    "Article",
    "Audience",
    "Found",
    "Shelf",
    "Source",
    "find_problems",
    "load_folder",
    "parse_article",
    "ship",
]
