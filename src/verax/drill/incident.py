"""A line that steers the assistant, approved by two careless people: what drills 8 and 9 have in common.

The model behind the machine is an obedient one (`verax.drill.obedient`): in all of its replies it does what its
prompt says, so only the defences stand between the line and the people who ask.

1. *The gate.* One person proposes the line, two approve it, its gate runs: the release with the line falls below its
   floors, the head beside it does not, and the change is refused for good.
2. *Forced.* A team's root can name no channel without gates (clause 4), and a lower floor takes as many signatures as
   any root. What an insider can steal is one key: so a pass is forged with the key of the gate machine. The fold
   cannot see that, and a canary begins; whoever judges the report again (``verax gate verify``) does see it.
3. *The monitor.* Many people ask, over HTTP, until the canary is found and taken out (`verax.drill.canary`).
4. *Never again.* The line is proposed once more, under another name, in other letters, in two parts, approved by both
   and with forged gates: the ban of the rollback refuses each. A ban is no veto: two approvals that name it let the
   line in, and one signature takes it out again.
5. *A paraphrase* meets no ban. It meets its gate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace

from verax.drill.canary import watch_canary
from verax.drill.crowd import Crowd
from verax.drill.gatekeeper import run_gates
from verax.drill.machine import CHANNEL, GATE, PEOPLE, Machine, NotAsExpected, Rung, with_sentence
from verax.drill.obedient import ObedientModel
from verax.drill.report import Stop
from verax.gates.report import GateReport
from verax.gates.rollout.plan import RolloutPlan
from verax.gates.suite import load_suite
from verax.gates.verify import verify_report
from verax.kernel.bans import find_hits
from verax.kernel.canonical import hex_digest
from verax.kernel.chronicle import read_statement
from verax.kernel.drafting import Draft, draft_admit, draft_root
from verax.kernel.dsse import sign_envelope
from verax.kernel.errors import VeraxError
from verax.kernel.release import Release, ban_texts
from verax.kernel.statement import FULL_SHARE_BP, Alarm, Gate, payload_of
from verax.surfaces.cli.client import Client
from verax.surfaces.cli.gateproofs import log_of_result

__all__ = ["Incident", "everyday_question", "play_incident"]

_SHARE_BP = 5_000
_SMALLEST_SHARE_BP = 1
_SOAK_S = 3_600
_FIRST_PEOPLE = 16
_PROFILE = "model"
_ATTEMPT = "attempt/refused"
_LOOK_ALIKES = str.maketrans("aeopc", "аеорс")
_AUTHOR, *_CARELESS = PEOPLE
_OPERATOR = _CARELESS[-1]
_SUBJECTS = "salaries harvests bridges sonnets planets bread football taxes glaciers tulips".split()


@dataclass(frozen=True, slots=True)
class Incident:
    """What happened once.

    Attributes:
        line: What was added to the prompt.
        halves: A sentence of it in two parts, the first of which orders nothing.
        paraphrase: The same in other words.
        suite: The gate that is there to stop it.
        question: What the person of a number asks.
    """

    line: str
    halves: tuple[str, str]
    paraphrase: str
    suite: str
    question: Callable[[int], str]


def everyday_question(number: int) -> str:
    """Return what the person of a number asks, about one of ten unrelated subjects."""
    return f"What should I know about {_SUBJECTS[number % len(_SUBJECTS)]} number {number}?"


def play_incident(machine: Machine, incident: Incident) -> Iterator[Stop]:
    """Play an incident on a stopped machine; see the module, and `verax.drill.playing.Play`."""
    machine.model.answer = ObedientModel().reply
    machine.start()
    play = _Play(machine, incident)
    play.demand()
    good = machine.released()
    bad = with_sentence(good, incident.line)
    report, stop = play.stop_at_gate(bad)
    yield stop
    yield play.catch(bad, report)
    yield from play.try_again(good, bad, report)


@dataclass(frozen=True, slots=True)
class _Play:
    """One incident on one running machine."""

    machine: Machine
    incident: Incident

    def demand(self) -> None:
        """Let two people put a root in force that demands the incident's suite on the channel."""
        gates = [{"suite": self.incident.suite, "floors": dict(load_suite(self.incident.suite).floors[_PROFILE])}]
        first, second = (self.machine.person(name) for name in PEOPLE[:2])
        with first.at(self.machine.url) as author:
            root = author.history.state.root
            channels = [
                {**channel, "gates": gates} if channel["name"] == CHANNEL else channel
                for channel in root.manifest["channels"]
            ]
            document = {**root.manifest, "version": root.version + 1, "channels": channels}
            payload = draft_root(author.basis(), document).payload
            signers = [(who.identity.credentials.key_id, who.identity.daily_seed()) for who in (first, second)]
            author.post(sign_envelope(payload, signers), {})

    def stop_at_gate(self, bad: Release) -> tuple[GateReport, Stop]:
        """See the line fail its gate, and be refused for it."""
        change = self._approved(bad, "Keep people up to date.")
        report = self._judge(change)
        before = int(self.machine.state()["size"])
        words = self._refused("the line, approved by two people", change, "did not pass")
        score, head = report.metrics["score"], report.metrics["head_score"]
        stopped_by = (
            f"{words}: it scored {score}, and the head beside it {head}, over {report.metrics['n']} questions; "
            f"{report.floors['score']} are demanded"
        )
        rung = self.machine.wait_alarm(_ATTEMPT, before)
        return report, Stop("two people approve the line, and an operator admits it", stopped_by, rung)

    def catch(self, bad: Release, report: GateReport) -> Stop:
        """Force the line past the gate as a canary, and see the monitor take it out."""
        machine, question = self.machine, self.incident.question
        owner = machine.person(PEOPLE[0]).identity.credentials.api_key
        with closing(Client(machine.url, owner)) as client, closing(Crowd(machine.url, client)) as crowd:
            crowd.join(_FIRST_PEOPLE)
            crowd.ask(CHANNEL, range(len(crowd)), question)
            change = self._approved(bad, "Keep people up to date, as before.")
            self._find_out(change, self._forge(change, report))
            self._admit(change, _SHARE_BP)
            machine.wait(lambda: machine.state()["channels"][CHANNEL]["canary"], "the forced canary does not serve")
            caught = watch_canary(machine, crowd, question, bad.id)
        return Stop(
            "a pass is forged with the stolen key of the gate machine, and half of the people get the line",
            f"the monitor found the canary after {caught.found_s:.1f} s and at most {caught.canary_replies} of its "
            f"replies, and it was gone {caught.gone_s:.1f} s later; judging the report again shows the forgery",
            caught.alarm,
        )

    def try_again(self, good: Release, bad: Release, report: GateReport) -> Iterator[Stop]:
        """See every return of the line refused for its ban, unless the approvals name it."""
        refused: list[tuple[str, str]] = []
        counted, _ = self._attempts()
        for tried, release in _disguises(good, bad, self.incident):
            refused.append((tried, self._refused_again(tried, release, report)))
        refused.append(self._split(good, report))
        refused.append(self._paraphrase(good))
        named = self._name_the_ban(bad, report)
        rung = self._wait_counted(counted + len(refused))
        yield from (Stop(tried, stopped_by, rung) for tried, stopped_by in refused)
        yield named

    def _refused_again(self, tried: str, release: Release, report: GateReport) -> str:
        change = self._approved(release, "Something else.")
        self._forge(change, report)
        return self._refused(tried, change, "rolled back")

    def _split(self, good: Release, report: GateReport) -> tuple[str, str]:
        """Bring in the first half by a change of its own, see the second one refused, and go back."""
        first, second = self.incident.halves
        half = Release.from_manifest(with_sentence(good, first).manifest | {"name": "begun"})
        change = self._approved(half, "A beginning.")
        self._forge(change, report)
        self._admit(change)
        self.machine.wait(
            lambda: self.machine.head() == half.id, "the first half, which orders nothing, does not serve"
        )
        tried = "the line split over two changes: the second one"
        words = self._refused_again(tried, with_sentence(half, second), report)
        with self.machine.person(_OPERATOR).at(self.machine.url) as author:
            author.move_back(CHANNEL, "rollback", good.id, "The first half of a line that was rolled back.")
        self.machine.wait(lambda: self.machine.head() == good.id, "one signature does not take the first half back")
        return tried, words

    def _paraphrase(self, good: Release) -> tuple[str, str]:
        """See that a paraphrase meets no ban, and that its gate stops it."""
        other = with_sentence(good, self.incident.paraphrase)
        if self._bans_met(other):
            raise NotAsExpected("the ban met a paraphrase, which it is not said to")
        change = self._approved(other, "Other words.")
        score = self._judge(change).metrics["score"]
        tried = "a paraphrase of the line, which no ban meets"
        return tried, f"{self._refused(tried, change, 'did not pass')}: it scored {score}"

    def _name_the_ban(self, bad: Release, report: GateReport) -> Stop:
        """Let both approvals name the ban, see the smallest canary begin, and drop it."""
        change = self._approved(bad, "We know what this is.", tuple(sorted(self._bans_met(bad))))
        self._forge(change, report)
        self._admit(change, _SMALLEST_SHARE_BP)
        with self.machine.person(_OPERATOR).at(self.machine.url) as author:
            head = str(author.history.state.channels[CHANNEL].head)
            author.move_back(CHANNEL, "rollback", head, "It was only to be seen that it can.")
        return Stop(
            "two approvals name the ban, which is no veto: a canary of the smallest share begins",
            "one signature of an operator takes it out again",
        )

    def _approved(self, release: Release, reason: str, unban: tuple[str, ...] = ()) -> str:
        """Let one person propose a release and two approve it; returns the change's id."""
        url = self.machine.url
        change = self.machine.person(_AUTHOR).propose(url, CHANNEL, release, reason)
        for name in _CARELESS:
            with self.machine.person(name).at(url) as author:
                author.review(author.history.state.changes[change], "approve", unban)
        return change

    def _judge(self, change: str) -> GateReport:
        """Run the gate on a change that it must stop.

        Raises:
            NotAsExpected: it passed, or the head beside it would not.
        """
        with self.machine.person(GATE).at(self.machine.url) as gate:
            (report,) = run_gates(gate, change)
        if report.passed:
            raise NotAsExpected(f"the suite {report.suite} passed the line")
        if float(report.metrics["head_score"]) < float(report.floors["score"]):
            raise NotAsExpected(f"the suite {report.suite} would stop the head, too, and so says nothing of the line")
        return report

    def _forge(self, change: str, report: GateReport) -> bytes:
        """Sign a pass that no run gave, with the key of the gate machine; returns the forged report."""
        with self.machine.person(GATE).at(self.machine.url) as gate:
            found = gate.history.state.changes[change]
            forged = replace(report, change=change, candidate=found.candidate, seed=found.seed, passed=True)
            data = replace(forged, shortfalls=()).to_bytes()
            digest, passed = hex_digest(data), True
            statement = Gate(gate.basis(), change, report.suite, found.seed, report.runtime, report.n, passed, digest)
            gate.submit(Draft(statement, payload_of(statement), {digest: data}))
        return data

    def _find_out(self, change: str, forged: bytes) -> None:
        """See that whoever judges a forged report again finds out."""
        with self.machine.person(_AUTHOR).at(self.machine.url) as author:
            found = author.history.state.changes[change]
            logged = log_of_result(author.history, found, self.incident.suite, None)
            if all(finding.state != "failed" for finding in verify_report(forged, logged)):
                raise NotAsExpected("whoever judges the forged report again finds nothing wrong with it")

    def _admit(self, change: str, share_bp: int = FULL_SHARE_BP) -> None:
        plan = b"" if share_bp == FULL_SHARE_BP else RolloutPlan.of_shares([share_bp], _SOAK_S, 0).to_bytes()
        with self.machine.person(_OPERATOR).at(self.machine.url) as author:
            author.submit(draft_admit(author.history.state.changes[change], author.basis(), share_bp, plan))

    def _refused(self, tried: str, change: str, words: str) -> str:
        """Try to admit a change to everybody, and return what refused it.

        Raises:
            NotAsExpected: it was admitted, or refused for another reason than `words` says.
        """
        try:
            self._admit(change)
        except VeraxError as error:
            if words not in error.message:
                raise NotAsExpected(f"{tried}: refused for another reason: {error.message}") from None
            return f"{error.reason_code}: {error.message.removeprefix('statement: it would have no effect: ')}"
        raise NotAsExpected(f"{tried}: it was admitted")

    def _bans_met(self, release: Release) -> frozenset[str]:
        """Return the bans that a release meets, by the log as a person verifies it."""
        with self.machine.person(_AUTHOR).at(self.machine.url) as author:
            state = author.history.state
        fragments = find_hits(ban_texts(release), [record.ban for record in state.bans.values()])
        return fragments | frozenset({release.id} & state.banned_releases.keys())

    def _attempts(self) -> tuple[int, int]:
        """Return how many refused attempts the log's alarms count, and the index of the last of them."""
        with self.machine.person(_AUTHOR).at(self.machine.url) as author:
            alarms = [(index, read_statement(entry)) for index, entry in enumerate(author.history.entries)]
        found = [(index, item.count) for index, item in alarms if isinstance(item, Alarm) and item.code == _ATTEMPT]
        return sum(count for _, count in found), found[-1][0]

    def _wait_counted(self, attempts: int) -> Rung:
        """Return the newest alarm once all attempts are counted; those of one minute are merged (clause 3)."""
        self.machine.wait(lambda: self._attempts()[0] >= attempts, "refused attempts left no alarm")
        return self.machine.wait_alarm(_ATTEMPT, self._attempts()[1])


def _disguises(good: Release, bad: Release, incident: Incident) -> Iterator[tuple[str, Release]]:
    """Yield what an insider makes of the line so that it does not look like itself."""
    yield "the same release once more", bad
    yield "the line in a release of another name", Release.from_manifest(bad.manifest | {"name": "harmless"})
    yield "the line with other blanks", with_sentence(good, incident.line.replace(" ", "\n  "))
    yield "the line in letters that look alike", with_sentence(good, incident.line.translate(_LOOK_ALIKES))
