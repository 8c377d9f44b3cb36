"""Story building, letters and *why* for five to seven.

* A story is built from four picks; every sentence of it is one of `parts.toml`.
* Letters: the first sound of a word, rhymes, and sounds to blend, each with words to tap. Right or wrong is told by
  code. A child who taps wrong tries again; nothing is counted.
* *Why* is answered by a page of the collection as it stands, or not at all.
* Danger, Junior itself and personal data come before play.
* What guardians hold back is in no menu, part, word, picture or page (`Offers`); a story or game that holds it ends.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from verax.guard.audience import Audience
from verax.guard.normal import normalise, plain
from verax.guard.readability import find_words
from verax.products.junior.builder.offers import Offers
from verax.products.junior.builder.parts import GAMES, STEPS, Parts, load_parts
from verax.products.junior.collection.shelf import Shelf, ship
from verax.products.junior.pictures import Picture, draw, list_pictures
from verax.products.junior.reading import Reading
from verax.products.junior.says import pick, pick_line, respond, without_held
from verax.products.junior.screen import WEAK, concern_of
from verax.products.junior.session import OpenChoice, Profile, Reply, Said, Session, Step, Tap

__all__ = ["BuilderEngine"]

_MENU = (Tap("story", "Make a story", "castle"), Tap("letters", "Letters", "book"), Tap("tale", "Read to me", "moon"))
_WORDS = {
    "story": "make build story stories",
    "letters": "letter letters abc alphabet phonics sounds rhyme rhymes spell read reading",
    "tale": "tell bedtime tale",
}
_MENU_WORDS = {"story": "story", "a story": "story", "make a story": "story", "letters": "letters", "abc": "letters"}
_QUESTION = re.compile(r"\b(?:why|how|what|who|where|when)\b|\?", re.IGNORECASE)


class BuilderEngine:
    """Implements `verax.products.junior.session.Engine`."""

    band = Audience.FIVE_TO_SEVEN

    def __init__(self, shelf: Shelf | None = None, parts: Parts | None = None) -> None:
        self._reading = Reading(shelf or ship(), self.band)
        self._parts = parts or load_parts()

    def greet(self, profile: Profile) -> Step:
        """Begin: says that it is a computer program."""
        line = pick(self.band, "hello", 0, profile.held_back)
        return Step(Reply("hello", line, taps=self._menu(profile)), Session())

    def open_choice(self, profile: Profile, session: Session, said: Said) -> OpenChoice | None:
        """Return parts of the story for words that name none, or pages that cover as much of a question."""
        if said.tap or concern_of(said).name:
            return None
        session = self._offers(profile).sitting(session)
        if session.activity == "story" and not self._reading.find(said.text, profile):
            if self._picked(said.text, session, profile):
                return None
            names = tuple(part.name for part in self._offers(profile).parts(STEPS[len(session.picks)]))
            return OpenChoice(said.text, names)
        return self._reading.open_choice(said, profile)

    def reply(self, profile: Profile, session: Session, said: Said, choice: str = "") -> Step:
        """Answer with a page, a part of a story, a game, or something else to do."""
        session = self._offers(profile).sitting(session)
        if said.tap:
            return self._tapped(said.tap, profile, session)
        concern = concern_of(said)
        found = self._reading.find(said.text, profile)
        if concern.name and not (concern.name in WEAK and self._reading.covers(said.text, profile)):
            reply = respond(concern, profile, session.turn)
            taps = () if reply.kind == "bye" else self._menu(profile)
            return Step(_with_taps(reply, taps), Session(session.turn + 1))
        if (name := plain(said.text).text.strip(" .!?")) in _MENU_WORDS:
            return self._tapped(_MENU_WORDS[name], profile, session)
        if picked := self._picked(said.text, session, profile) or self._chosen(choice, session, profile):
            if session.activity == "story":
                return self._build(picked, session, profile)
            return self._check(picked, session, profile)
        if found:
            return self._with_menu(self._reading.answer(found, session, choice), profile)
        return self._otherwise(said.text, profile, session)

    def _offers(self, profile: Profile) -> Offers:
        return Offers(self._parts, profile.held_back)

    def _menu(self, profile: Profile) -> tuple[Tap, ...]:
        is_open = {
            **dict.fromkeys(("story", "letters"), False),
            **dict.fromkeys(self._offers(profile).activities, True),
            "tale": self._reading.has_stories(profile),
        }
        return without_held((tap for tap in _MENU if is_open[tap.id]), profile.held_back)

    def _to_menu(self, session: Session, profile: Profile) -> Step:
        line = pick(self.band, "menu", session.turn, profile.held_back)
        return Step(Reply("play", line, taps=self._menu(profile)), Session(session.turn + 1))

    def _picked(self, text: str, session: Session, profile: Profile) -> str:
        """Return the part or word of a game that a child names; a question names none."""
        if _QUESTION.search(text) or session.activity not in ("story", *GAMES):
            return ""
        offers = self._offers(profile)
        if session.activity == "story":
            return _named(text, [part.name for part in offers.parts(STEPS[len(session.picks)])])
        return _named(text, offers.answers(session.activity, session.picks[0]))

    def _chosen(self, choice: str, session: Session, profile: Profile) -> str:
        """Return what a model chose where it is a part that is open now."""
        if session.activity != "story":
            return ""
        return (
            choice if choice in [part.name for part in self._offers(profile).parts(STEPS[len(session.picks)])] else ""
        )

    def _otherwise(self, text: str, profile: Profile, session: Session) -> Step:
        words = set(find_words(normalise(text).text))
        if not words:
            return self._to_menu(session, profile)
        if "story" in words and words & set(_WORDS["tale"].split()):
            return self._tapped("tale", profile, session)
        for name, names in _WORDS.items():
            if words & set(names.split()):
                return self._tapped(name, profile, session)
        return self._reading.no_page(session, profile)

    def _tapped(self, tap: str, profile: Profile, session: Session) -> Step:
        if tap in ("story", "letters") and tap not in self._offers(profile).activities:
            return self._to_menu(session, profile)
        if tap == "story":
            return self._ask((), session, profile)
        if tap == "tale":
            return self._with_menu(self._reading.tell(session, profile), profile)
        if tap == "letters":
            return self._game(session, profile)
        kind, _, name = tap.partition(":")
        if kind == "part" and session.activity == "story":
            return self._build(name, session, profile)
        if kind == "word" and session.activity in GAMES:
            return self._check(name, session, profile)
        page = self._reading.open_tap(tap, session, profile)
        return self._with_menu(page, profile) if page else self._to_menu(session, profile)

    def _with_menu(self, step: Step, profile: Profile) -> Step:
        """Return a page with something to tap behind it: a child who cannot write yet goes on from there."""
        if step.reply.taps:
            return step
        return replace(step, reply=replace(step.reply, taps=self._menu(profile)))

    def _build(self, name: str, session: Session, profile: Profile) -> Step:
        """Take a pick; a name that is no part asks again."""
        if name not in [part.name for part in self._offers(profile).parts(STEPS[len(session.picks)])]:
            return self._ask(session.picks, session, profile)
        picks = (*session.picks, name)
        return self._ask(picks, session, profile) if len(picks) < len(STEPS) else self._tell(picks, session, profile)

    def _ask(self, picks: tuple[str, ...], session: Session, profile: Profile) -> Step:
        step = STEPS[len(picks)]
        text = self._parts.asks[step].format(hero=picks[0] if picks else "")
        taps = tuple(Tap(f"part:{part.name}", part.name, part.picture) for part in self._offers(profile).parts(step))
        return Step(Reply("play", text, taps=taps), Session(session.turn + 1, "story", picks))

    def _tell(self, picks: tuple[str, ...], session: Session, profile: Profile) -> Step:
        hero, place, problem, helper = (self._parts.part(step, name) for step, name in zip(STEPS, picks, strict=True))
        end = pick_line(self._parts.ends, session.turn, profile.held_back)
        pieces = (hero.text, place.text, problem.text, problem.attempt, helper.text, problem.end, end)
        text = " ".join(pieces).format(he=hero.he)
        pictures = tuple(draw(part.picture) for part in (hero, place, helper))
        return Step(Reply("play", text, pictures=pictures, taps=self._menu(profile)), Session(session.turn + 1))

    def _game(self, session: Session, profile: Profile) -> Step:
        """Begin a game with letters, another one each turn."""
        offers = self._offers(profile)
        games = [game for game in GAMES if offers.words(game)]
        game = games[session.turn % len(games)]
        words = offers.words(game)
        word = words[session.turn // len(games) % len(words)]
        after = Session(session.turn + 1, game, (word,))
        letter = next((letter for letter, first in self._parts.words.items() if first == word), "")
        text = self._parts.lines[game].format(word=word, letter=letter.upper(), sounds=", ".join(word))
        return Step(Reply("play", text, pictures=_pictures(word), taps=_words(offers, after)), after)

    def _check(self, word: str, session: Session, profile: Profile) -> Step:
        game, asked = session.activity, session.picks[0]
        if word == self._parts.right(game, asked):
            text = self._parts.lines["yes"].format(word=word)
            reply = Reply("play", text, pictures=_pictures(word), taps=self._menu(profile))
            return Step(reply, Session(session.turn + 1))
        again = Session(session.turn + 1, game, session.picks)
        return Step(Reply("play", self._parts.lines["no"], taps=_words(self._offers(profile), again)), again)


def _words(offers: Offers, session: Session) -> tuple[Tap, ...]:
    return tuple(Tap(f"word:{word}", word) for word in offers.answers(session.activity, session.picks[0]))


def _with_taps(reply: Reply, taps: tuple[Tap, ...]) -> Reply:
    return Reply(reply.kind, reply.text, taps=taps, alerts=reply.alerts, is_private=reply.is_private)


def _named(text: str, names: Sequence[str]) -> str:
    """Return the name of which a telling word stands in a text, empty for none."""
    words = set(find_words(normalise(text).text))
    for name in names:
        telling = {word.lower() for word in find_words(name)} - {"a", "an", "the", "on", "in", "is", "out", "of", "to"}
        if words & telling:
            return name
    return ""


def _pictures(word: str) -> tuple[Picture, ...]:
    return (draw(word),) if word in list_pictures() else ()
