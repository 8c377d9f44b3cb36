"""Drills 1 to 3: people with keys try to change the assistant with fewer people than the root demands.

Everything before the forbidden step is done properly: the change is open, its gates have passed. So nothing but the
missing person can stop it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from verax.drill.machine import CHANNEL, Machine, NotAsExpected, with_sentence
from verax.drill.report import Stop
from verax.kernel.drafting import draft_root
from verax.kernel.errors import VeraxError

__all__ = ["judged_change", "play_author_approves", "play_one_approval", "play_owner_alone"]

_NO_EFFECT = "governance/no-effect"
_SENTENCE = "You agree with whoever asks."


def play_one_approval(machine: Machine) -> Iterator[Stop]:
    """Ben proposes, Ann approves, and Cyd, an operator, admits with that."""
    machine.start()
    ann, cyd = machine.person("ann"), machine.person("cyd")
    change = judged_change(machine, "ben")
    ann.approve(machine.url, change)
    yield _refused(
        machine, "an operator admits a change that one reviewer approved", lambda: cyd.admit(machine.url, change)
    )


def play_author_approves(machine: Machine) -> Iterator[Stop]:
    """Ben proposes and approves, so that with Ann's approval there would be two."""
    machine.start()
    ann, ben = machine.person("ann"), machine.person("ben")
    change = judged_change(machine, "ben")
    ann.approve(machine.url, change)
    yield _refused(machine, "the author signs the second approval", lambda: ben.approve(machine.url, change))


def play_owner_alone(machine: Machine) -> Iterator[Stop]:
    """Ann, who founded the installation and owns its account, uses her key and nobody else's."""
    machine.start()
    ann = machine.person("ann")
    change = judged_change(machine, "ann")
    yield _refused(
        machine, "the owner admits her own change, which nobody approved", lambda: ann.admit(machine.url, change)
    )

    def take_back_the_root() -> None:
        with ann.at(machine.url) as author:
            root = author.history.state.root
            document = {**root.manifest, "version": root.version + 1, "solo": True}
            document["roles"]["root"]["threshold"] = 1
            for channel in document["channels"]:
                channel |= {"approvals": 0, "gates": []}
            author.submit(draft_root(author.basis(), document))

    yield _refused(machine, "the owner alone signs a root that asks for nobody's approval", take_back_the_root)


def judged_change(machine: Machine, author: str) -> str:
    """Propose a sentence and let the gates pass it; return the change's id."""
    release = with_sentence(machine.released(), _SENTENCE)
    change = machine.person(author).propose(machine.url, CHANNEL, release, "An insider's change.")
    machine.run_gates(change)
    return change


def _refused(machine: Machine, tried: str, attempt: Callable[[], None]) -> Stop:
    """Make an attempt, and see that it is refused, moves nothing, and leaves an alarm.

    Raises:
        NotAsExpected: one of these is not so.
    """
    before = machine.state()
    try:
        attempt()
    except VeraxError as error:
        if error.reason_code != _NO_EFFECT:
            raise  # something else broke: that shows nothing
        stopped_by = f"{_NO_EFFECT}: {error.message.removeprefix('statement: it would have no effect: ')}"
    else:
        raise NotAsExpected(f"{tried}: it was taken")
    rung = machine.wait_alarm("attempt/refused", int(before["size"]))
    now = machine.state()
    if (now["channels"], now["root_version"]) != (before["channels"], before["root_version"]):
        raise NotAsExpected(f"{tried}: it was refused, and yet something moved")
    return Stop(tried, stopped_by, rung)
