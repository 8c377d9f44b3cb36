"""The throw-away machine of a drill: a server that an insider may ruin, and what stands outside of it.

::

    <folder>/
      inside/build/     a copy of the code with its environment (`verax.drill.build`)
      inside/home/      the server's data folder
      inside/owner/     an empty keyring: the server's user has no keys of people
      outside/<name>/   the keyring of each person, and of the gate machine
      outside/witness/  the witness's folder

* The insider reaches everything inside, and nothing outside.
* A machine is founded once (`verax.drill.founding`), stopped, and copied for each drill.
* Only what a machine started is ended.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from verax.drill.build import Build
from verax.drill.gatekeeper import run_gates
from verax.drill.model import Lines, ScriptedModel
from verax.drill.people import Person
from verax.drill.witness import NAME, WitnessProcess, end_process
from verax.gates.running import GateBroken
from verax.kernel.chronicle import read_statement
from verax.kernel.errors import VeraxError
from verax.kernel.release import Release
from verax.kernel.statement import Alarm
from verax.store.home import Home
from verax.store.refusals import read_refusals
from verax.surfaces.cli.client import Client
from verax.surfaces.cli.processes import start_in_background

__all__ = ["CHANNEL", "DAY", "GATE", "PEOPLE", "Answer", "Machine", "NotAsExpected", "Rung"]

CHANNEL = "assistant"
PEOPLE = ("ann", "ben", "cyd")
"""Ann founded the installation; all three propose, review and admit."""
GATE = "gatekeeper"

DAY = "{{ today }}"
"""Where the release's template shows the date of the clock."""

_START_LIMIT_S = 300.0
_POLL_S = 0.1
_PAUSE_FACTOR = 2
_ERROR = re.compile(r"^error: (.*)$", re.MULTILINE)

T = TypeVar("T")


class NotAsExpected(Exception):
    """A drill failed: an attempt had an effect, left no alarm, or the machine does not work any more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One turn as somebody saw it from outside.

    Attributes:
        text: The reply.
        release: The release that the record names.
        time_ms: When it began, as the record says.
        prompt: The lines as they came to the model.
    """

    text: str
    release: str
    time_ms: int
    prompt: Lines

    @property
    def system(self) -> str:
        """The first line of the prompt, which no user wrote."""
        return self.prompt[0]["content"]


@dataclass(frozen=True, slots=True)
class Rung:
    """An alarm as it stands in the governance log.

    Attributes:
        detail: What its detail blob says.
    """

    index: int
    code: str
    detail: Mapping[str, Any]


@dataclass
class Machine:
    """A machine in its folder; started with `start` and ended with `stop`.

    Attributes:
        model: The scripted model that its release names.
        patience_s: How long something that must happen is waited for.
    """

    folder: Path
    model: ScriptedModel
    patience_s: float = 180.0
    url: str = ""
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _witness: WitnessProcess | None = field(default=None, repr=False)

    @property
    def build(self) -> Build:
        """The code that the server runs."""
        return Build(self.folder / "inside" / "build")

    @property
    def home(self) -> Home:
        """The server's data folder."""
        return Home(self.folder / "inside" / "home")

    @property
    def outside(self) -> Path:
        """Where the insider does not reach."""
        return self.folder / "outside"

    @property
    def witness_folder(self) -> Path:
        """The witness's data folder."""
        return self.outside / "witness"

    def person(self, name: str) -> Person:
        """Return one of `PEOPLE`, or the gate machine."""
        return Person.load(self.outside / name)

    def copy(self, folder: Path) -> Machine:
        """Copy a stopped machine; the copy knows nothing of this one."""
        folder.mkdir(parents=True)
        self.build.copy(folder / "inside" / "build")
        shutil.copytree(self.home.path, folder / "inside" / "home")
        shutil.copytree(self.outside, folder / "outside")
        return Machine(folder, self.model, self.patience_s)

    @contextlib.contextmanager
    def running(self) -> Iterator[Machine]:
        """Start, and end whatever was started when the block ends."""
        try:
            self.start()
            yield self
        finally:
            self.close()

    def start(self, variables: Mapping[str, str] | None = None) -> None:
        """Start the server, and the witness before it, and wait until both answer.

        Args:
            variables: More of the environment.

        Raises:
            VeraxError: the server ended before it answered; ``server/not-started``.
        """
        self._start(self.build.command("up"), variables or {})

    def stop(self) -> None:
        """End the server; the witness goes on. Safe to call twice."""
        if self._process is not None:
            end_process(self._process)
            self._process = None

    def close(self) -> None:
        """End the server and the witness; safe to call twice."""
        self.stop()
        if self._witness is not None:
            self._witness.stop()
            self._witness = None

    def refused_start(self, variables: Mapping[str, str] | None = None, *, typed: bool = False) -> str:
        """Start, see that it is refused, and return the code and the words of the refusal.

        Args:
            typed: Start as a person does at a prompt; that process then starts the isolated one.

        Raises:
            NotAsExpected: the server started, or noted no refusal.
        """
        before = read_refusals(self.home.path)
        command = self.build.typed_command("up") if typed else self.build.command("up")
        try:
            self._start(command, variables or {})
        except VeraxError as error:
            noted = read_refusals(self.home.path)
            fresh = [code for code, count in noted.items() if count > before.get(code, 0)]
            words = _ERROR.findall(error.message)
            if len(fresh) != 1 or not words:
                raise NotAsExpected(f"the start ended and noted {len(fresh)} refusals: {error.message}") from None
            return f"{fresh[0]}: {self._shorten(words[-1])}"
        raise NotAsExpected("the server started")

    def ask(self, question: str = "Which river runs through the town?") -> Answer:
        """Ask one question as Ann's program would, and return the answer with the prompt that the model got.

        Raises:
            VeraxError: the server refused the turn.
        """
        client = Client(self.url, self.person(PEOPLE[0]).identity.credentials.api_key, timeout_s=self.patience_s)
        body = {"model": CHANNEL, "messages": [{"role": "user", "content": question}]}
        try:
            answer = client.post_json("/v1/chat/completions", body)
        finally:
            client.close()
        text, verax = str(answer["choices"][0]["message"]["content"]), answer["verax"]
        return Answer(text, str(verax["release"]), int(verax["record"]["time_ms"]), self.model.prompts[-1])

    def ask_as_released(self, release: Release) -> Answer:
        """Ask one question, and see that the model got the released prompt and nothing else.

        Raises:
            NotAsExpected: another release answered, or another prompt came to the model.
            VeraxError: the server refused the turn.
        """
        answer = self.ask()
        day = datetime.fromtimestamp(answer.time_ms / 1000, UTC).date().isoformat()
        released = release.prompt.system.replace(DAY, day)
        if (answer.release, answer.system, len(answer.prompt)) != (release.id, released, 2):
            raise NotAsExpected(f"the model was told: {answer.system}")
        return answer

    def refused_turn(self, release: Release, code: str) -> str:
        """Ask until a turn is refused for that reason; return code and words of the refusal.

        Raises:
            NotAsExpected: turns go on, one of them was not answered as released, or ended for another reason.
        """

        def attempt() -> str:
            try:
                self.ask_as_released(release)
            except VeraxError as error:
                words = f"{error.reason_code}: {self._shorten(error.message)}"
                if error.reason_code != code:
                    raise NotAsExpected(f"a turn ended for another reason than {code}: {words}") from None
                return words
            return ""

        return self.wait(attempt, "turns go on")

    def alarms(self) -> list[Rung]:
        """Return the alarms of the log as a person verifies it."""
        with self.person(PEOPLE[0]).at(self.url) as author:
            history = author.history
            stated = [(index, read_statement(entry)) for index, entry in enumerate(history.entries)]
            found = [(index, item) for index, item in stated if isinstance(item, Alarm)]
            return [Rung(index, item.code, json.loads(history.blob(item.detail))) for index, item in found]

    def wait_alarm(self, code: str, after: int = 0, cause: str = "") -> Rung:
        """Return the first alarm of that code at an index of `after` or more, once it is there.

        Args:
            cause: The code that its detail must name, of a refused start for instance; empty for any.

        Raises:
            NotAsExpected: there is none.
        """

        def find() -> Rung | None:
            fitting = (rung for rung in self.alarms() if rung.code == code and rung.index >= after)
            return next((rung for rung in fitting if cause in ("", rung.detail.get("code"))), None)

        return self.wait(find, f"no alarm {code}{cause and ' about '}{cause} in the log")

    def wait(self, find: Callable[[], T | None], otherwise: str) -> T:
        """Return what `find` returns once that is true.

        To look may be to read and verify a whole log: after a look of some length follows a pause of twice that.

        Raises:
            NotAsExpected: it is not within `patience_s`; `otherwise` says what then.
        """
        deadline = time.monotonic() + self.patience_s
        while True:
            began = time.monotonic()
            found = find()
            if found:
                return found
            looked = time.monotonic()
            if looked > deadline:
                raise NotAsExpected(f"{otherwise}, {self.patience_s:.0f} s later")
            time.sleep(max(_POLL_S, _PAUSE_FACTOR * (looked - began)))

    def state(self) -> dict[str, Any]:
        """Return what the server says that it obeys."""
        client = Client(self.url)
        try:
            found: dict[str, Any] = client.get_json("/v1/governance/state")
        finally:
            client.close()
        return found

    def head(self) -> str:
        """Return the release that the server says it serves on `CHANNEL`."""
        return str(self.state()["channels"][CHANNEL]["release"])

    def released(self) -> Release:
        """Return the release that the log, verified by a person, puts at the head of `CHANNEL`."""
        with self.person(PEOPLE[0]).at(self.url) as author:
            return author.history.release(str(author.history.state.channels[CHANNEL].head))

    def run_gates(self, change: str) -> None:
        """Let the gate machine judge a change.

        Raises:
            NotAsExpected: it did not pass, or could not be run.
        """
        with self.person(GATE).at(self.url) as gate:
            try:
                reports = run_gates(gate, change)
            except GateBroken as error:
                raise NotAsExpected(f"the gates could not be run: {error}") from None
        for report in reports:
            if not report.passed:
                raise NotAsExpected(f"the suite {report.suite} did not pass: {report.shortfalls}")

    def change_properly(self, sentence: str) -> Answer:
        """Let two people approve a third one's change, and see it serve.

        Raises:
            NotAsExpected: it does not go live.
            VeraxError: a step was refused.
        """
        ann, ben, cyd = map(self.person, PEOPLE)
        release = with_sentence(self.released(), sentence)
        change = ben.propose(self.url, CHANNEL, release, "A drill's proper change.")
        self.run_gates(change)
        for reviewer in (ann, cyd):
            reviewer.approve(self.url, change)
        cyd.admit(self.url, change)
        self.wait(lambda: self.head() == release.id, "the admitted release does not serve")
        return self.ask_as_released(release)

    def environment(self) -> dict[str, str]:
        """Return the variables that its server is started with, without those of its neighbours' addresses."""
        inside = self.folder / "inside"
        return {
            "HOME": str(inside),
            "VERAX_HOME": str(self.home.path),
            "VERAX_KEYRING": str(inside / "owner"),
            "VERAX_HOST": "127.0.0.1",
            "VERAX_RATE_PER_MINUTE": "none",
        }

    def _start(self, command: list[str], variables: Mapping[str, str]) -> None:
        if self._witness is None:
            self._witness = WitnessProcess(self.witness_folder)
            self._witness.start()
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        reached = {"VERAX_PORT": str(port), "VERAX_WITNESS_ADDRESSES": f"{NAME}={self._witness.url}"}
        environ = {**self.environment(), **reached, **variables}
        with contextlib.closing(Client(self.url)) as client:
            self._process = start_in_background(command, environ, self.home.path, client.is_up, wait_s=_START_LIMIT_S)

    def _shorten(self, words: str) -> str:
        """Leave the place of the throw-away folder and the installation's random name out of a message."""
        name = self.person(PEOPLE[0]).identity.credentials.name
        for dropped in (f"{self.folder.resolve()}/", f"{self.folder}/", f"{name}/"):
            words = words.replace(dropped, "")
        return words


def with_sentence(release: Release, sentence: str) -> Release:
    """Return the release whose system prompt has one more sentence."""
    manifest = release.manifest
    manifest["prompt"]["system"] += f" {sentence}"
    return Release.from_manifest(manifest)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
