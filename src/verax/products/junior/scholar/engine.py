"""Homework by hints, facts with sources, puzzles and a robot, for eight to twelve.

* A task is answered by a hint; the child's answer is checked exactly; after three hints the answer is shown.
* A fact is a page of the collection as it stands, with its sources. There is nothing between the collection
  and the child that could add a sentence.
* What guardians hold back is no page, puzzle or task: sums and units are *numbers*, spelling *words*, the robot
  *machines* and *numbers*, and of every puzzle and word what it names counts besides. One that is open ends.
* Puzzles are checked by code as well. The robot's language has four words, and no other program is run.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from verax.guard.audience import Audience
from verax.guard.normal import normalise, plain
from verax.guard.readability import find_words
from verax.products.junior.collection.shelf import Shelf, ship
from verax.products.junior.pictures import draw
from verax.products.junior.reading import Reading
from verax.products.junior.says import pick, respond, without_held
from verax.products.junior.scholar.puzzles import load_puzzles, load_robot
from verax.products.junior.scholar.robot import run
from verax.products.junior.scholar.spelling import read_spelling
from verax.products.junior.scholar.sums import read_sum
from verax.products.junior.scholar.task import Task
from verax.products.junior.scholar.units import read_units
from verax.products.junior.screen import WEAK, concern_of
from verax.products.junior.session import Kind, OpenChoice, Profile, Reply, Said, Session, Step, Tap
from verax.products.junior.topics import topics_of

__all__ = ["ScholarEngine"]

_MENU = (Tap("puzzle", "A puzzle", "star"), Tap("robot", "Program a robot", "robot"), Tap("tale", "A story", "book"))
_HINT = (Tap("hint", "Another hint"), Tap("puzzle", "Something else", "star"))
_READERS: tuple[Callable[[str], Task | None], ...] = (read_units, read_sum, read_spelling)
_GIVE_UP = re.compile(r"\b(?:hints?|help|don'?t know|no idea|give up|tell me|show me|answer|stuck|idk|next|skip)\b")
_ASKS = re.compile(
    r"(?:(?:and|but|so|ok|okay|please|junior)[ ,]+)*"
    r"(?:why|how|what|who|where|when|which|can|do|does|is|are|tell|explain)\b"
)
_MAX_ANSWER_WORDS = 8
_WORDS = {
    "puzzle": "puzzle puzzles riddle riddles maths math",
    "robot": "robot code coding program programming",
    "tale": "story tale stories",
}
_MENU_WORDS = {"puzzle": "puzzle", "a puzzle": "puzzle", "robot": "robot", "story": "tale", "a story": "tale"}
_HOMEWORK = frozenset("homework sum sums spelling fractions".split())
_TASK_ASKED = {
    frozenset[
        str
    ](): "Homework? Good. Type the sum, the units or the word, such as 24 × 7, 3 km in m, or: spell because.",
    frozenset({"words"}): "Homework? Good. Type the sum or the units, such as 24 × 7 or 3 km in m.",
    frozenset({"numbers"}): "Homework? Good. Type the word, such as: spell because.",
}
_ROBOT_TOPICS = frozenset({"machines", "numbers"})


class ScholarEngine:
    """Implements `verax.products.junior.session.Engine`."""

    band = Audience.EIGHT_TO_TWELVE

    def __init__(self, shelf: Shelf | None = None) -> None:
        self._reading = Reading(shelf or ship(), self.band)

    def greet(self, profile: Profile) -> Step:
        """Begin: says that it is a computer program."""
        line = pick(self.band, "hello", 0, profile.held_back)
        return Step(Reply("hello", line, taps=self._menu(profile)), Session())

    def open_choice(self, profile: Profile, session: Session, said: Said) -> OpenChoice | None:
        """Return titles of pages that cover as much of a question."""
        session = self._sitting(session, profile)
        if said.tap or session.activity or concern_of(said).name or _read_task(said.text):
            return None
        return self._reading.open_choice(said, profile)

    def reply(self, profile: Profile, session: Session, said: Said, choice: str = "") -> Step:
        """Answer with a hint, a page, a puzzle, or something else to do."""
        session = self._sitting(session, profile)
        if said.tap:
            return self._tapped(said.tap, profile, session)
        concern = concern_of(said)
        found = self._reading.find(said.text, profile)
        if concern.name and not (concern.name in WEAK and self._reading.covers(said.text, profile)):
            reply = respond(concern, profile, session.turn)
            return Step(
                replace(reply, taps=() if reply.kind == "bye" else self._menu(profile)), Session(session.turn + 1)
            )
        if (name := plain(said.text).text.strip(" .!?")) in _MENU_WORDS:
            return self._tapped(_MENU_WORDS[name], profile, session)
        if going_on := self._go_on(said.text, session, profile, is_page=bool(found)):
            return going_on
        if task := _read_task(said.text):
            if _task_topics(task) & profile.held_back:
                return self._reading.no_page(session, profile)
            return self._hint(task, 0, session, profile)
        if found:
            return self._with_menu(self._reading.answer(found, session, choice), profile)
        return self._otherwise(said.text, profile, session)

    def _menu(self, profile: Profile) -> tuple[Tap, ...]:
        is_open = {
            "puzzle": bool(self._free_puzzles(profile)),
            "robot": not _ROBOT_TOPICS & profile.held_back,
            "tale": self._reading.has_stories(profile),
        }
        return without_held((tap for tap in _MENU if is_open[tap.id]), profile.held_back)

    def _hint_taps(self, profile: Profile) -> tuple[Tap, ...]:
        """Return another hint, and a way to something else."""
        rest = _HINT[1:] if self._free_puzzles(profile) else self._menu(profile)[:1]
        return without_held((_HINT[0], *rest), profile.held_back)

    def _free_puzzles(self, profile: Profile) -> tuple[str, ...]:
        return tuple(name for name, puzzle in load_puzzles().items() if not puzzle.topics & profile.held_back)

    def _sitting(self, session: Session, profile: Profile) -> Session:
        """Return a session without an activity that is held back, as after a change of settings."""
        if session.activity == "task":
            task = _read_task(session.picks[0])
            is_free = task is None or not _task_topics(task) & profile.held_back
        elif session.activity == "puzzle":
            is_free = session.picks[0] in self._free_puzzles(profile)
        else:
            is_free = session.activity != "robot" or not _ROBOT_TOPICS & profile.held_back
        return session if is_free else Session(session.turn)

    def _go_on(self, text: str, session: Session, profile: Profile, *, is_page: bool) -> Step | None:
        """Take the text as an answer to the task or puzzle that is open; None where it is something else.

        Args:
            is_page: A page answers the text, if it is a question.
        """
        form = plain(text).text.strip()
        is_new = "?" in form or _read_task(text) is not None or (is_page and _ASKS.match(form) is not None)
        if session.activity == "robot" and not is_new:
            return self._walk(form, session, profile)
        if session.activity == "task":
            task = _read_task(session.picks[0])
            if task is not None and task.is_right(form):
                return self._say("homework", f"Yes, that is right. {_solved(task)}", session, profile)
            is_try = task is not None and (form[:1].isdigit() or (task.value is None and len(form.split()) == 1))
            if task is not None and _read_task(text) is None and (is_try or _GIVE_UP.search(form)):
                return self._hint(task, int(session.picks[1]) + 1, session, profile, is_try=is_try)
        if session.activity == "puzzle":
            puzzle = load_puzzles()[session.picks[0]]
            if form.strip(" .!?").removeprefix("it is ") in puzzle.answers:
                return self._say("homework", f"Yes! {puzzle.tells}", session, profile)
            if not is_new and len(find_words(form)) <= _MAX_ANSWER_WORDS:
                return self._clue(int(session.picks[1]), session, profile)
        return None

    def _otherwise(self, text: str, profile: Profile, session: Session) -> Step:
        words = set(find_words(normalise(text).text))
        if not words:
            return self._to_menu(session, profile)
        held = profile.held_back & {"numbers", "words"}
        if words & _HOMEWORK and held in _TASK_ASKED:
            return self._say("homework", _TASK_ASKED[held], session, profile)
        for name, names in _WORDS.items():
            if words & set(names.split()):
                return self._tapped(name, profile, session)
        return self._reading.no_page(session, profile)

    def _tapped(self, tap: str, profile: Profile, session: Session) -> Step:
        if tap == "hint" and session.activity == "task" and (task := _read_task(session.picks[0])):
            return self._hint(task, int(session.picks[1]) + 1, session, profile)
        if tap == "hint" and session.activity == "puzzle":
            return self._clue(int(session.picks[1]), session, profile)
        if tap in ("puzzle", "robot") and tap not in [offered.id for offered in self._menu(profile)]:
            return self._to_menu(session, profile)
        if tap == "puzzle":
            names = self._free_puzzles(profile)
            name = names[session.turn % len(names)]
            after = Session(session.turn + 1, "puzzle", (name, "0"))
            return Step(Reply("homework", load_puzzles()[name].asks, taps=self._hint_taps(profile)), after)
        if tap == "robot":
            return self._level(session, profile)
        if tap == "tale":
            return self._with_menu(self._reading.tell(session, profile), profile)
        page = self._reading.open_tap(tap, session, profile)
        return self._with_menu(page, profile) if page else self._to_menu(session, profile)

    def _with_menu(self, step: Step, profile: Profile) -> Step:
        return step if step.reply.taps else replace(step, reply=replace(step.reply, taps=self._menu(profile)))

    def _to_menu(self, session: Session, profile: Profile) -> Step:
        return self._say("play", pick(self.band, "menu", session.turn, profile.held_back), session, profile)

    def _hint(self, task: Task, number: int, session: Session, profile: Profile, *, is_try: bool = False) -> Step:
        """Give the next hint; after the last one, the answer."""
        if number >= len(task.hints):
            return self._say(
                "homework", f"Let us look at it together. {task.hints[-1]} {_solved(task)}", session, profile
            )
        start = "Not yet. " if is_try else "" if number else f"{_asked(task)} "
        after = Session(session.turn + 1, "task", (task.asks, str(number)))
        return Step(Reply("homework", f"{start}{task.hints[number]}", taps=self._hint_taps(profile)), after)

    def _clue(self, number: int, session: Session, profile: Profile) -> Step:
        puzzle = load_puzzles()[session.picks[0]]
        if number >= len(puzzle.hints):
            return self._say("homework", f"Let us look at it together. {puzzle.tells}", session, profile)
        after = Session(session.turn + 1, "puzzle", (session.picks[0], str(number + 1)))
        return Step(Reply("homework", f"Not yet. {puzzle.hints[number]}", taps=self._hint_taps(profile)), after)

    def _level(self, session: Session, profile: Profile) -> Step:
        data = load_robot()
        number = session.turn % len(data["level"])
        level = data["level"][number]
        (column, row), (to_column, to_row) = level["start"], level["goal"]
        rules = data["robot"]["rules"].format(column=column, row=row, to_column=to_column, to_row=to_row)
        walls = " and ".join(f"column {wall[0]}, row {wall[1]}" for wall in level["walls"])
        about = data["robot"]["walls"].format(walls=walls) if walls else data["robot"]["no_walls"]
        after = Session(session.turn + 1, "robot", (str(number),))
        return Step(Reply("homework", f"{rules} {about}", pictures=(draw("robot"),), taps=self._menu(profile)), after)

    def _walk(self, program: str, session: Session, profile: Profile) -> Step:
        data = load_robot()
        level = data["level"][int(session.picks[0])]
        walls = {(wall[0] - 1, wall[1] - 1) for wall in level["walls"]}
        done = run(program, (level["start"][0] - 1, level["start"][1] - 1), walls)
        column, row = done.path[-1][0] + 1, done.path[-1][1] + 1
        name = "unread" if done.unread else "bumped" if done.bumped else "astray"
        if name == "astray" and [column, row] == level["goal"]:
            return self._say("homework", data["robot"]["home"].format(steps=len(done.path) - 1), session, profile)
        text = data["robot"][name].format(column=column, row=row)
        return Step(
            Reply("homework", text, taps=self._menu(profile)), Session(session.turn + 1, "robot", session.picks)
        )

    def _say(self, kind: Kind, text: str, session: Session, profile: Profile) -> Step:
        return Step(Reply(kind, text, taps=self._menu(profile)), Session(session.turn + 1))


def _read_task(text: str) -> Task | None:
    form = plain(text).text
    return next((task for reader in _READERS if (task := reader(form)) is not None), None)


def _task_topics(task: Task) -> frozenset[str]:
    """Return what a task is about; a word that is spelt counts for what it names."""
    return frozenset({"numbers"}) if task.value is not None else topics_of(names=(task.answer,)) | {"words"}


def _asked(task: Task) -> str:
    return "Let us spell it together." if task.value is None else f"Let us work out {task.asks}."


def _solved(task: Task) -> str:
    if task.value is None:
        return f"The word is spelt {task.answer}."
    return f"{task.asks.partition(' in ')[0]} is {task.answer}." if task.unit else f"{task.asks} = {task.answer}."
