"""The assistant's owner is not looked up for questions that do not ask about them.

* A query names the owner by any telling word of a name: ``Ann Roe`` by *Ann*, by *Roe* and by both.
  Case, accents and forms of letters do not count, nor do words that every text holds.
* What the question itself says may be looked for, the owner's name too.
* Who the owner is, the administrator says (``web_owner_names``) and the root document: the persons who
  may change it, propose and review.

Some queries are refused that meant somebody else of that name. Only a query that is not the question
itself can be: whoever is refused asks the question as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable

from verax.kernel.errors import RequestError
from verax.truth.knowledge.words import query_words

__all__ = ["check_owner_unnamed"]


def check_owner_unnamed(query: str, question: str, owner_names: Iterable[str]) -> None:
    """Refuse a query that names the owner where the question does not.

    Raises:
        RequestError: always then; the message does not repeat the name.
    """
    own = {word.rstrip("*") for name in owner_names for word in query_words(name)}
    asked = _all_words(question)
    if own & (_all_words(query) - asked):
        raise RequestError(
            "query: it names the assistant's owner, and the question does not",
            hint="ask the question as it stands",
            param="query",
            code="search/names-owner",
        )


def _all_words(text: str) -> set[str]:
    """Return all words, however many: `query_words` stops at some number of them."""
    return {word.rstrip("*") for piece in text.split() for word in query_words(piece)}
