"""Shared collections for tests, filled without converting anything, and a release that answers from one.

>>> async def example(library):
...     await fill(library, "bridge", Page("The bridge opened in 1932.", page=3))
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from verax.kernel.release import Release
from verax.store.collections_types import Label, NewDocument, NewPassage
from verax.testing.releases import make_release
from verax.truth.knowledge.library import Library
from verax.truth.knowledge.words import index_words

__all__ = ["NOT_FOUND", "PASSAGE_WORDING", "Page", "answering_release", "fill"]

NOT_FOUND = "I looked in the papers about the bridge and did not find that."

PASSAGE_WORDING = """
[retrieval.passages]
limit = 3
head = "Passages that may help:\\n"
item_head = "From "
page_head = ", page "
item_body = ": "
item_tail = "\\n"
tail = "End of the passages.\\n"
"""
"""A section that puts passages into the prompt; give it as part of `rest`, behind ``[retrieval]``."""


@dataclass(frozen=True, slots=True)
class Page:
    """A document of one passage."""

    text: str
    page: int | None = None
    heading: str = ""
    name: str = "bridge.pdf"
    label: Label = ""


def answering_release(
    mode: str, *, collection: str = "bridge", wording: str = PASSAGE_WORDING, truth: str = "", retrieval: str = ""
) -> Release:
    """Return a release that draws on one collection, none for an empty name.

    Args:
        mode: Its truth mode.
        truth, retrieval: Further lines of these sections.
    """
    lines = f'[truth]\nmode = "{mode}"\n{truth}\n' + (f'not_found = "{NOT_FOUND}"\n' if mode == "strict" else "")
    names = f'["{collection}"]' if collection else "[]"
    allow = '[sampling]\nallow = ["n", "logprobs", "temperature", "max_tokens"]'
    rest = f"[retrieval]\ncollections = {names}\n{retrieval}\n{wording}\n{lines}\n{allow}"
    return make_release("You answer briefly.", rest=rest)


async def fill(library: Library, name: str, *pages: Page, owner: str = "keeper") -> str:
    """Share a new collection of these documents and return its id."""
    made = await library.collections.create(owner, name, is_shared=True)
    for number, page in enumerate(pages):
        digest = hashlib.sha256(page.text.encode()).hexdigest()
        document = NewDocument(
            source=f"{number}/{page.name}",
            name=page.name,
            label=page.label,
            kind="text",
            media_type="text/plain",
            digest=digest,
            leaf=digest,
            size_bytes=len(page.text),
            text=page.text,
            passages=[NewPassage(0, len(page.text), page.page, page.heading, index_words(page.text))],
        )
        await library.collections.add(made.collection_id, owner, document)
    return made.collection_id
