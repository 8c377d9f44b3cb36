"""A conversation of any length, with branches, written straight into a store.

>>> conversation_id = fill_conversation(database, "user_1", 10_000)

The texts are made up from a seed: plain sentences, lists, code, tables and formulas, in English
and Chinese, short and long as people and models write them. No turn stands behind the answers.
100,000 messages take some seconds.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial

from verax.store import messages_rows as rows
from verax.store.database import Database, Tx
from verax.store.messages_types import Line

__all__ = ["fill_conversation"]

_CHAIN = 1_000
_FORK_EVERY = 40
_STEP_MS = 30_000

_WORDS = (
    "the log holds every leaf and nobody can move a head alone because each change needs reviews that name a release "
    "while the server signs what it said and a witness keeps the newest checkpoint so a reader may check it later "
    "without asking us again which is why people trust numbers more than words in a long evening of questions"
).split()
_CHINESE = "每个回答都有一张收据任何人都可以检查它是由哪个版本给出的以及谁批准了这个版本"
_CODE = "```python\ndef {name}(items: list[int]) -> int:\n    return sum(item * {n} for item in items)\n```"
_TABLE = "| quantity | value |\n|---|---|\n| {name} | {n} |\n| total | {m} |"
_FORMULA = "The sum is $\\sum_{{i=1}}^{{{n}}} i = {m}$."


def fill_conversation(
    database: Database,
    user_id: str,
    count: int,
    *,
    channel: str = "assistant",
    title: str = "A long conversation",
    seed: int = 1,
) -> str:
    """Write a conversation of `count` messages, one in forty of them a second try or an edit; return its id.

    The path that is shown is the longest one. Blocks: call it outside of an event loop's thread,
    or where blocking does no harm.
    """
    draw = random.Random(seed)  # noqa: S311 - the same data each time, no secret
    start_ms = 1_750_000_000_000
    conversation_id = database.write_now(lambda tx: rows.insert_conversation(tx, user_id, channel, title, start_ms))
    forks = count // _FORK_EVERY
    spine: list[str] = []
    while len(spine) < count - forks:
        lines = [_line(draw, len(spine) + offset) for offset in range(min(_CHAIN, count - forks - len(spine)))]
        now_ms, parent_id = start_ms + _STEP_MS * len(spine), spine[-1] if spine else ""
        chain = partial(
            _append,
            conversation_id=conversation_id,
            user_id=user_id,
            parent_id=parent_id,
            lines=lines,
            now_ms=now_ms,
        )
        spine += database.write_now(chain)
    depths = sorted(draw.sample(range(len(spine)), min(forks, len(spine))))
    end_ms = start_ms + _STEP_MS * len(spine)

    def fork(tx: Tx) -> None:
        for depth in depths:
            parent_id = spine[depth - 1] if depth else ""
            _append(tx, conversation_id, user_id, parent_id, [_line(draw, depth)], end_ms)
        if spine:
            tx.execute("UPDATE conversations SET leaf_id = ? WHERE id = ?", (spine[-1], conversation_id))

    database.write_now(fork)
    return conversation_id


def _append(tx: Tx, conversation_id: str, user_id: str, parent_id: str, lines: list[Line], now_ms: int) -> list[str]:
    added = rows.append_lines(tx, conversation_id, user_id, parent_id, lines, now_ms)
    return [message.message_id for message in added]


def _line(draw: random.Random, depth: int) -> Line:
    if depth % 2 == 0:
        return Line("user", f"{depth // 2 + 1}. {_sentence(draw, 12)}?")
    return Line("assistant", "\n\n".join(_paragraphs(draw)))


def _paragraphs(draw: random.Random) -> Iterator[str]:
    for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 6))):
        kind, n = draw.random(), draw.randrange(2, 900)
        if kind < 0.7:
            yield " ".join(f"{_sentence(draw, 16)}." for _ in range(draw.randrange(1, 5)))
        elif kind < 0.8:
            yield "\n".join(f"- **{draw.choice(_WORDS)}**: {_sentence(draw, 8)}" for _ in range(draw.randrange(2, 6)))
        elif kind < 0.86:
            yield _CODE.format(name=draw.choice(_WORDS), n=n)
        elif kind < 0.9:
            yield _TABLE.format(name=draw.choice(_WORDS), n=n, m=n * 3)
        elif kind < 0.94:
            yield _FORMULA.format(n=n, m=n * (n + 1) // 2)
        else:
            begin = draw.randrange(len(_CHINESE) - 8)
            yield _CHINESE[begin : begin + draw.randrange(8, 30)] + "。"


def _sentence(draw: random.Random, words: int) -> str:
    text = " ".join(draw.choice(_WORDS) for _ in range(draw.randrange(4, words)))
    return text[:1].upper() + text[1:]
