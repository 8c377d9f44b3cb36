"""Answers from the collection, for the two older bands: pages, stories and what to look at instead."""

from __future__ import annotations

from dataclasses import dataclass

from verax.guard.audience import Audience
from verax.products.junior.collection.articles import Article
from verax.products.junior.collection.shelf import Found, Shelf
from verax.products.junior.pictures import draw, list_pictures
from verax.products.junior.says import pick
from verax.products.junior.session import Kind, OpenChoice, Profile, Reply, Said, Session, Step, Tap

__all__ = ["Reading", "page_of"]

_SUGGESTIONS = 3
_PAGE, _TALE = "page/", "tale/"


@dataclass(frozen=True, slots=True)
class Reading:
    """The collection as one band reads it."""

    shelf: Shelf
    band: Audience

    def find(self, question: str, profile: Profile) -> list[Found]:
        """Return the articles that answer a question, the best first."""
        return self.shelf.find(question, self.band, profile.held_back)

    def covers(self, question: str, profile: Profile) -> bool:
        """Say whether a page covers everything that matters in a question."""
        return self.shelf.covers(question, self.band, profile.held_back)

    def open_choice(self, said: Said, profile: Profile) -> OpenChoice | None:
        """Return titles to choose from, where more than one page covers as much of the question."""
        found = self.find(said.text, profile)
        best = [item.article.title for item in found if item.share == found[0].share]
        return OpenChoice(said.text, tuple(best)) if len(best) > 1 else None

    def answer(self, found: list[Found], session: Session, choice: str = "") -> Step:
        """Return the page that was chosen, or the best one; `found` is not empty."""
        chosen = next((item.article for item in found if item.article.title == choice), found[0].article)
        return Step(page_of(chosen), Session(session.turn + 1))

    def open_tap(self, tap: str, session: Session, profile: Profile) -> Step | None:
        """Return the page or story that a tap names, None for another tap."""
        for prefix, kind in ((_PAGE, "fact"), (_TALE, "story")):
            for article in self.shelf.of(self.band, kind, profile.held_back):
                if tap == prefix + article.name:
                    return Step(page_of(article), Session(session.turn + 1))
        return None

    def tell(self, session: Session, profile: Profile) -> Step:
        """Return a story, another one each turn; without any, what there is instead."""
        stories = self.shelf.of(self.band, "story", profile.held_back)
        if not stories:
            return self.no_page(session, profile)
        return Step(page_of(stories[session.turn % len(stories)]), Session(session.turn + 1))

    def has_stories(self, profile: Profile) -> bool:
        """Say whether there is a story that is not held back."""
        return bool(self.shelf.of(self.band, "story", profile.held_back))

    def no_page(self, session: Session, profile: Profile) -> Step:
        """Say that there is no page on that, with something that there is, unless everything is held back."""
        taps = self.suggestions(session, profile)
        text = pick(self.band, "no_page" if taps else "none_left", session.turn, profile.held_back)
        return Step(Reply("no_page", text, taps=taps), Session(session.turn + 1))

    def suggestions(self, session: Session, profile: Profile) -> tuple[Tap, ...]:
        """Return some pages to tap, others each turn."""
        facts = self.shelf.of(self.band, "fact", profile.held_back)
        step = max(1, len(facts) // _SUGGESTIONS)
        chosen = [facts[(session.turn + step * number) % len(facts)] for number in range(_SUGGESTIONS)] if facts else []
        return tuple(Tap(_PAGE + article.name, article.title) for article in chosen)


def page_of(article: Article) -> Reply:
    """Return an article as it stands, with its sources and a picture where one fits its title."""
    words = f"{article.name} {article.title}".lower().replace("?", "").replace("-", " ").split()
    pictures = tuple(draw(name) for name in list_pictures() if name in words or f"{name}s" in words)
    kind: Kind = "fact" if article.kind == "fact" else "play"
    return Reply(kind, f"{article.title}\n\n{article.text}", pictures=pictures[:1], sources=article.sources)
