"""Co-play for two to four: songs, stories, animals, colours and numbers, a page at a time.

* Every word of a reply is a word of the library: lines are taken from it, and their slots are filled from it. What a
  child or grown-up says only chooses.
* A tap says exactly what is wanted. Words are looked up in the library; where none fits, a model may choose among
  everything that there is, and without one the menu comes.
* Danger, Junior itself and good-bye come before play.
* A topic that guardians hold back takes its whole kind of play away (songs are music, stories words, colours art),
  and everything that names or shows it in the other kinds.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

from verax.guard.audience import Audience
from verax.guard.normal import normalise
from verax.guard.readability import find_words
from verax.products.junior.pictures import draw
from verax.products.junior.says import alerts_of, kind_of, pick_line
from verax.products.junior.screen import Concern, concern_of
from verax.products.junior.session import Kind, OpenChoice, Profile, Reply, Said, Session, Step, Tap
from verax.products.junior.toddler.library import Library, Piece, load_library
from verax.products.junior.topics import topics_of

__all__ = ["ToddlerEngine"]

_LINE_OF = {
    "self_harm": "hurt",
    "abuse": "hurt",
    "bullying": "hurt",
    "worry": "hurt",
    "emergency": "danger",
    "unsafe": "redirect",
    "parent": "redirect",
    "orders": "redirect",
}
_BEGINNING = re.compile(r"\A\w|(?<=[.!?] )\w")
_SAD = frozenset("sad cry crying scared afraid ouch owie boo hurts sick".split())
_KINDS = {"song": "song sing music", "story": "story tell book read", "animals": "animal animals says sound zoo farm"}
_MORE = {
    "colours": "colour colours color colors",
    "count": "count number numbers counting how many",
    "next": "more next",
}
_MENU_PICTURES = {
    "song": ("star", "hand", "ball"),
    "story": ("book", "boot", "ball"),
    "animals": ("cow",),
    "colours": ("flower", "apple", "ball"),
    "count": ("apple", "star", "ball"),
}
_MENU = tuple(_MENU_PICTURES)


class ToddlerEngine:
    """Implements `verax.products.junior.session.Engine`."""

    band = Audience.TWO_TO_FOUR

    def __init__(self, library: Library | None = None) -> None:
        self._library = library or load_library()

    def greet(self, profile: Profile) -> Step:
        """Begin: says that it is a computer."""
        return self._say("hello", "hello", Session(), profile)

    def open_choice(self, profile: Profile, session: Session, said: Said) -> OpenChoice | None:  # noqa: ARG002
        """Return every id of the library that is not held back, where neither a tap nor a word says what is wanted."""
        if said.tap or not said.text.strip() or concern_of(said).name or self._wanted(said.text):
            return None
        return OpenChoice(said.text, self._ids(profile))

    def reply(self, profile: Profile, session: Session, said: Said, choice: str = "") -> Step:
        """Answer in words of the library."""
        concern = concern_of(said)
        if concern.name and not said.tap:
            return self._respond(concern, session, profile)
        if not said.tap and _SAD & set(find_words(normalise(said.text).text)):
            return self._say("care", "sad", session, profile)
        wanted = said.tap or self._wanted(said.text) or (choice if choice in self._ids() else "")
        going_on = session.activity if wanted == "next" else wanted
        if self._is_held(going_on, profile):
            return self._say("play", "menu", session, profile)
        return self._play(wanted, session, profile)

    def _is_held(self, wanted: str, profile: Profile) -> bool:
        """Say whether an id is held back, or all of the kind of play that a tap names."""
        topics = self._library.topics
        if wanted in topics:
            return bool(topics[wanted] & profile.held_back)
        return wanted in _MENU and not any(key.startswith(f"{wanted}/") for key in self._ids(profile))

    def _respond(self, concern: Concern, session: Session, profile: Profile) -> Step:
        kind, place = kind_of(concern), profile.place
        step = self._say(kind, _LINE_OF.get(concern.name, concern.name), session, profile)
        return replace(
            step, reply=replace(step.reply, alerts=alerts_of(concern, place), is_private=concern.is_private(place))
        )

    def _play(self, wanted: str, session: Session, profile: Profile) -> Step:
        library = self._library
        if wanted == "next":
            return self._go_on(session, profile)
        if wanted in library.pieces:
            return self._page(library.pieces[wanted], 0, session, profile)
        kind, _, name = wanted.partition("/")
        if kind == "animals" and name in library.sounds:
            return self._fill("sound", session, name, animal=name, sound=library.sounds[name])
        if kind == "colours" and name in library.things:
            return self._fill("colour", session, library.things[name], colour=name, thing=library.things[name])
        if kind == "count" and name in library.numbers:
            return self._count(library.numbers.index(name), session, profile)
        if kind in _MENU:
            ids = [key for key in self._ids(profile) if key.startswith(f"{kind}/")]
            return self._play(ids[session.turn % len(ids)], session, profile)
        return self._say("play", "menu", session, profile)

    def _go_on(self, session: Session, profile: Profile) -> Step:
        """Turn the page, or take the next animal, colour or number."""
        activity, picks = session.activity, session.picks
        if activity in self._library.pieces:
            return self._page(self._library.pieces[activity], int(picks[0]) + 1, session, profile)
        if activity == "count":
            return self._count(int(picks[0]) + 1, session, profile)
        return self._play(activity, session, profile)

    def _page(self, piece: Piece, number: int, session: Session, profile: Profile) -> Step:
        if number >= len(piece.pages):
            return self._say("play", "done", session, profile)
        after = Session(session.turn + 1, piece.id, (str(number),))
        return Step(self._reply("play", piece.pages[number], (piece.picture,), self._taps("next", "menu")), after)

    def _count(self, index: int, session: Session, profile: Profile) -> Step:
        if index >= len(self._library.numbers):
            return self._say("play", "done", session, profile)
        counted = [thing for thing in self._library.counted if not profile.held_back & topics_of(names=(thing,))]
        thing = counted[index % len(counted)]
        lines = self._library.says["count"]
        text = lines[session.turn % len(lines)].format(number=self._library.numbers[index])
        reply = self._reply("play", _capital(text), (thing,) * (index + 1), self._taps("next", "menu"))
        return Step(reply, Session(session.turn + 1, "count", (str(index),)))

    def _fill(self, name: str, session: Session, picture: str, **slots: str) -> Step:
        lines = self._library.says[name]
        text = _capital(lines[session.turn % len(lines)].format_map(slots))
        activity = {"sound": "animals", "colour": "colours"}[name]
        reply = self._reply("play", text, (picture,), self._taps("next", "menu"))
        return Step(reply, Session(session.turn + 1, activity))

    def _say(self, kind: Kind, name: str, session: Session, profile: Profile) -> Step:
        lines = self._library.says[name]
        is_care = kind == "care"
        text = pick_line(lines, session.turn, frozenset() if is_care else profile.held_back)
        taps = () if kind == "bye" else self._menu(profile)
        return Step(self._reply(kind, text, (), taps), Session(session.turn + 1))

    def _reply(self, kind: Kind, text: str, pictures: tuple[str, ...], taps: tuple[Tap, ...]) -> Reply:
        return Reply(kind, text, pictures=tuple(map(draw, pictures)), taps=taps)

    def _taps(self, *names: str) -> tuple[Tap, ...]:
        return tuple(Tap(name, self._library.titles[name]) for name in names)

    def _menu(self, profile: Profile) -> tuple[Tap, ...]:
        """Return the kinds of play that are open, each with its first picture that is not held back."""
        return tuple(
            Tap(name, self._library.titles[name], next(filter(partial(_is_shown, profile.held_back), pictures), ""))
            for name, pictures in _MENU_PICTURES.items()
            if not self._is_held(name, profile)
        )

    def _ids(self, profile: Profile | None = None) -> tuple[str, ...]:
        """Return every id of the library, or those that are not held back."""
        topics = self._library.topics
        return tuple(key for key in topics if profile is None or not topics[key] & profile.held_back)

    def _wanted(self, text: str) -> str:
        """Return the id that words name: a title first, then a word of an id, then a kind of play."""
        words = set(find_words(normalise(text).text))
        for piece in self._library.pieces.values():
            if {word.lower() for word in find_words(piece.title)} <= words:
                return piece.id
        for key in reversed(self._ids()):
            name = key.partition("/")[2]
            if words & {name, f"{name}s"}:
                return key
        kinds = {**_KINDS, **_MORE}
        return next((kind for kind, names in kinds.items() if words & set(names.split())), "")


def _is_shown(held_back: frozenset[str], picture: str) -> bool:
    return not held_back & topics_of(names=(picture,))


def _capital(text: str) -> str:
    """Return a text in which every sentence begins with a capital."""
    return _BEGINNING.sub(lambda found: found[0].upper(), text)
