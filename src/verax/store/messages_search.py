"""Search over one user's titles and messages.

A plain scan with LIKE over folded text: it needs no second index that erasing would have to
clean as well, matches inside words, and works alike for every script on both databases.
"""

from __future__ import annotations

from verax.kernel.errors import RequestError
from verax.store.database import Row, Tx
from verax.store.messages_rows import fold
from verax.store.messages_types import SearchHit

__all__ = ["search"]

_MAX_WORDS = 8
_MAX_LENGTH = 200
_SNIPPET = 160

_TITLES = """
SELECT id, title, '', '', title, updated_ms FROM conversations
WHERE user_id = ? AND kind = 'chat' AND {match} ORDER BY updated_ms DESC, id DESC LIMIT ?
"""

_MESSAGES = """
SELECT c.id, c.title, m.id, m.role, m.text, m.created_ms
FROM conversations c JOIN messages m ON m.conversation_id = c.id
WHERE c.user_id = ? AND c.kind = 'chat' AND {match} ORDER BY m.id DESC LIMIT ?
"""


def search(tx: Tx, user_id: str, words: str, limit: int) -> list[SearchHit]:
    """Return titles, then messages that hold all words.

    Raises:
        RequestError: no word, or too many.
    """
    terms = fold(words).split()
    if not terms or len(terms) > _MAX_WORDS or len(words) > _MAX_LENGTH:
        raise RequestError(
            f"search: expected 1 to {_MAX_WORDS} words of {_MAX_LENGTH} characters together", param="words"
        )
    patterns = [f"%{_escaped(term)}%" for term in terms]
    found: list[Row] = []
    for sql, column in ((_TITLES, "folded_title"), (_MESSAGES, "m.folded")):
        match = " AND ".join(rf"{column} LIKE ? ESCAPE '\'" for _ in terms)
        found += tx.execute(sql.format(match=match), (user_id, *patterns, limit - len(found)))
    return [
        SearchHit(conversation_id, title, message_id, role, _snippet(text, terms[0]), at_ms)
        for conversation_id, title, message_id, role, text, at_ms in found
    ]


def _escaped(term: str) -> str:
    return term.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _snippet(text: str, term: str) -> str:
    """Cut a window around the term; around the beginning where folding moved it."""
    start = max(0, text.casefold().find(term) - _SNIPPET // 4)
    cut = text[start : start + _SNIPPET]
    return ("…" if start else "") + cut.strip() + ("…" if start + _SNIPPET < len(text) else "")
