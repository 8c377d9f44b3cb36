"""Story building, letters and *why* for five to seven.

* A story is built from four picks; every sentence of it is one of `parts.toml`.
* Letters: the first sound of a word, rhymes, and sounds to blend, each with words to tap. Right or wrong is told by
  code. A child who taps wrong tries again; nothing is counted.
* *Why* is answered by a page of the collection as it stands, or not at all.
* Danger, Junior itself and personal data come before play.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from verax.guard.audience import Audience
from verax.guard.normal import normalise, plain
from verax.guard.readability import find_words
from verax.products.junior.builder.parts import STEPS, Part, Parts, load_parts
from verax.products.junior.collection.shelf import Shelf, ship
from verax.products.junior.pictures import Picture, draw, list_pictures
from verax.products.junior.reading import WHOLE, Reading
from verax.products.junior.says import pick, respond
from verax.products.junior.screen import WEAK, find_concern
from verax.products.junior.session import OpenChoice, Profile, Reply, Said, Session, Step, Tap

__all__ = ["BuilderEngine"]

_MENU = (Tap("story", "Make a story", "castle"), Tap("letters", "Letters", "book"), Tap("tale", "Read to me", "moon"))
_GAMES = ("sound", "rhyme", "blend")
_WORDS = {
    "story": "make build story stories",
    "letters": "letter letters abc alphabet phonics sounds rhyme rhymes spell read reading",
    "tale": "tell bedtime tale",
}
_MENU_WORDS = {"story": "story", "a story": "story", "make a story": "story", "letters": "letters", "abc": "letters"}
_OFFERED = 3
_QUESTION = re.compile(r"\b(?:why|how|what|who|where|when)\b|\?", re.IGNORECASE)


class BuilderEngine:
    """Implements `verax.products.junior.session.Engine`."""

    band = Audience.FIVE_TO_SEVEN

    def __init__(self, shelf: Shelf | None = None, parts: Parts | None = None) -> None:
        self._reading = Reading(shelf or ship(), self.band)
        self._parts = parts or load_parts()

    def greet(self, profile: Profile) -> Step:  # noqa: ARG002 - of the protocol; nothing here depends on it
        """Begin: says that it is a computer program."""
        return Step(Reply("hello", pick(self.band, "hello", 0), taps=_MENU), Session())

    def open_choice(self, profile: Profile, session: Session, said: Said) -> OpenChoice | None:
        """Return parts of the story for words that name none, or pages that cover as much of a question."""
        if said.tap or find_concern(said.text).name:
            return None
        if session.activity == "story" and not self._reading.find(said.text, profile):
            if self._picked(said.text, session):
                return None
            names = tuple(part.name for part in self._parts.steps[STEPS[len(session.picks)]])
            return OpenChoice(said.text, names)
        return self._reading.open_choice(said, profile)

    def reply(self, profile: Profile, session: Session, said: Said, choice: str = "") -> Step:
        """Answer with a page, a part of a story, a game, or something else to do."""
        if said.tap:
            return self._tapped(said.tap, profile, session)
        concern = find_concern(said.text)
        found = self._reading.find(said.text, profile)
        is_covered = bool(found) and found[0].share >= WHOLE
        if concern.name and not (is_covered and concern.name in WEAK):
            reply = respond(concern, profile, session.turn)
            taps = () if reply.kind == "bye" else _MENU
            return Step(_with_taps(reply, taps), Session(session.turn + 1))
        if (name := plain(said.text).text.strip(" .!?")) in _MENU_WORDS:
            return self._tapped(_MENU_WORDS[name], profile, session)
        if picked := self._picked(said.text, session) or self._chosen(choice, session):
            return self._build(picked, session) if session.activity == "story" else self._check(picked, session)
        if found:
            return self._reading.answer(found, session, choice)
        return self._otherwise(said.text, profile, session)

    def _picked(self, text: str, session: Session) -> str:
        """Return the part or word of a game that a child names; a question names none."""
        if _QUESTION.search(text) or session.activity not in ("story", *_GAMES):
            return ""
        if session.activity == "story":
            return _named(text, [part.name for part in self._parts.steps[STEPS[len(session.picks)]]])
        return _named(text, [tap.label for tap in self._answers(session)])

    def _chosen(self, choice: str, session: Session) -> str:
        """Return what a model chose where it is a part that is open now."""
        if session.activity != "story":
            return ""
        return choice if choice in [part.name for part in self._parts.steps[STEPS[len(session.picks)]]] else ""

    def _otherwise(self, text: str, profile: Profile, session: Session) -> Step:
        words = set(find_words(normalise(text).text))
        if not words:
            return Step(Reply("play", pick(self.band, "menu", session.turn), taps=_MENU), Session(session.turn + 1))
        if "story" in words and words & set(_WORDS["tale"].split()):
            return self._reading.tell(session, profile)
        for name, names in _WORDS.items():
            if words & set(names.split()):
                return self._tapped(name, profile, session)
        return self._reading.no_page(session, profile)

    def _tapped(self, tap: str, profile: Profile, session: Session) -> Step:
        if tap == "story":
            return self._ask((), session)
        if tap == "tale":
            return self._reading.tell(session, profile)
        if tap == "letters":
            return self._game(session)
        kind, _, name = tap.partition(":")
        if kind == "part" and session.activity == "story":
            return self._build(name, session)
        if kind == "word" and session.activity in _GAMES:
            return self._check(name, session)
        page = self._reading.open_tap(tap, session, profile)
        menu = Reply("play", pick(self.band, "menu", session.turn), taps=_MENU)
        return page or Step(menu, Session(session.turn + 1))

    def _build(self, name: str, session: Session) -> Step:
        """Take a pick; a name that is no part asks again."""
        step = STEPS[len(session.picks)]
        if name not in [part.name for part in self._parts.steps[step]]:
            return self._ask(session.picks, session)
        picks = (*session.picks, name)
        return self._ask(picks, session) if len(picks) < len(STEPS) else self._tell(picks, session)

    def _ask(self, picks: tuple[str, ...], session: Session) -> Step:
        step = STEPS[len(picks)]
        text = self._parts.asks[step].format(hero=picks[0] if picks else "")
        taps = tuple(Tap(f"part:{part.name}", part.name, part.picture) for part in self._parts.steps[step])
        return Step(Reply("play", text, taps=taps), Session(session.turn + 1, "story", picks))

    def _tell(self, picks: tuple[str, ...], session: Session) -> Step:
        hero, place, problem, helper = (self._part(step, name) for step, name in zip(STEPS, picks, strict=True))
        end = self._parts.ends[session.turn % len(self._parts.ends)]
        pieces = (hero.text, place.text, problem.text, problem.attempt, helper.text, problem.end, end)
        text = " ".join(pieces).format(he=hero.he)
        pictures = tuple(draw(part.picture) for part in (hero, place, helper))
        return Step(Reply("play", text, pictures=pictures, taps=_MENU), Session(session.turn + 1))

    def _part(self, step: str, name: str) -> Part:
        return next(part for part in self._parts.steps[step] if part.name == name)

    def _game(self, session: Session) -> Step:
        """Begin a game with letters, another one each turn."""
        game = _GAMES[session.turn % len(_GAMES)]
        words = {
            "sound": list(self._parts.words.values()),
            "rhyme": [row[0] for row in self._parts.rhymes],
            "blend": list(self._parts.blends),
        }[game]
        word = words[session.turn // len(_GAMES) % len(words)]
        after = Session(session.turn + 1, game, (word,))
        letter = next((letter for letter, first in self._parts.words.items() if first == word), "")
        line = self._parts.lines[game]
        text = line.format(word=word, letter=letter.upper(), sounds=", ".join(word))
        return Step(Reply("play", text, pictures=_pictures(word), taps=self._answers(after)), after)

    def _check(self, word: str, session: Session) -> Step:
        game, asked = session.activity, session.picks[0]
        if word == self._right(game, asked):
            reply = Reply("play", self._parts.lines["yes"].format(word=word), pictures=_pictures(word), taps=_MENU)
            return Step(reply, Session(session.turn + 1))
        again = Session(session.turn + 1, game, session.picks)
        return Step(Reply("play", self._parts.lines["no"], taps=self._answers(again)), again)

    def _answers(self, session: Session) -> tuple[Tap, ...]:
        """Return the words of a game, the right one among them, in the order of the alphabet."""
        asked = session.picks[0]
        others = {
            "sound": [word for word in self._parts.second.values() if word[0] != asked[0]],
            "rhyme": [row[1] for row in self._parts.rhymes if row[0] != asked],
            "blend": [word for word in self._parts.blends if word != asked],
        }[session.activity]
        right = self._right(session.activity, asked)
        start = sum(map(ord, asked)) % len(others)
        chosen = [right, *(others + others)[start : start + _OFFERED - 1]]
        return tuple(Tap(f"word:{word}", word) for word in sorted(chosen))

    def _right(self, game: str, asked: str) -> str:
        if game == "sound":
            return self._parts.second[asked[0]]
        if game == "rhyme":
            return next(row[1] for row in self._parts.rhymes if row[0] == asked)
        return asked


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
