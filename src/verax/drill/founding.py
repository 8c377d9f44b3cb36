"""Founding the machine of a drill: one person first, then a team of three, a witness and a gate machine elsewhere.

1. ``verax up`` of the copied code makes the installation, and Ann's keys in her keyring.
2. As the root is still solo, Ann connects the scripted model: that is the first release of the drill.
3. Accounts for Ben, Cyd and the gate machine; each draws a signing key on a keyring of their own.
4. A root change, signed by Ann and Ben: three people, two approvals by others than the author, two signatures for a
   root; gates on every channel, signed by the gate machine's key alone; forward moves wait for the witness.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from verax.drill.build import Build
from verax.drill.machine import CHANNEL, DAY, GATE, PEOPLE, Machine
from verax.drill.model import Lines, ScriptedModel
from verax.drill.people import Person
from verax.drill.witness import NAME, make_witness
from verax.kernel.dsse import sign_envelope
from verax.kernel.note import VerifierKey
from verax.kernel.release import Release
from verax.kernel.root import RUNTIME_CHANNEL, RootDocument
from verax.kernel.root_drafts import Member, TeamPlan, key_id_of, team_root, witnessed_root
from verax.kernel.statement import RootChange, payload_of
from verax.store.accounts import Accounts
from verax.store.database import open_database
from verax.surfaces.cli.changes import propose_and_admit
from verax.surfaces.cli.keyring import Credentials
from verax.surfaces.cli.processes import SERVER_LOG

__all__ = ["GATES", "Gates", "found_machine", "know_nothing"]

Gates = Mapping[str, Sequence[Mapping[str, Any]]]

GATES: Gates = {
    CHANNEL: [{"suite": "prompt_leak", "floors": {"score": "0.95"}}],
    RUNTIME_CHANNEL: [{"suite": "assembly", "floors": {"score": "1"}}],
}
"""The cheapest suites of each kind: the first seven drills are about keys, files and code, not about replies."""

_APPROVALS = 2
_ROLES = ("author", "reviewer", "operator")
_GATE_ROLES = ("auditor", "operator")
_RELEASE = """
v = 1
name = "drill"
audience = "adult"
[model]
backend = "remote"
name = "script"
url = "{url}"
context_tokens = 8192
[prompt]
system = "You answer briefly and politely. Today is {day}."
variables = {{ today = {{ type = "date", source = "clock" }} }}
[sampling]
max_tokens = 256
allow = ["max_tokens", "seed"]
[guard]
input = [{{ detector = "hidden_text", action = "mark" }}]
output = [{{ detector = "secrets", action = "rewrite" }}]
"""


def know_nothing(_: Lines) -> str:
    """Answer every prompt in the same words, which no gate of `GATES` minds."""
    return "I do not know."


def found_machine(
    folder: Path, model: ScriptedModel, gates: Gates = GATES, prepare: Callable[[Build], None] = lambda _: None
) -> Machine:
    """Found a machine in `folder`, which must not exist, and return it stopped.

    Args:
        gates: Suites with floors by channel.
        prepare: Called with the copied code before its first start: what it leaves there is the admitted code.

    Raises:
        VeraxError: a step failed; what was started is ended.
    """
    machine = Machine(folder.resolve(), model)
    machine.outside.mkdir(parents=True)
    prepare(Build.make(machine.build.folder))
    machine.home.path.mkdir()
    try:
        machine.found()
        _connect(machine)
        _make_team(machine, gates)
    finally:
        machine.close()
    (machine.home.path / SERVER_LOG).unlink()  # it holds what a first start shows once
    return machine


def _connect(machine: Machine) -> None:
    """Let Ann, alone for the last time, put the scripted model behind the channel."""
    release = Release.from_toml(_RELEASE.format(url=machine.model.url, day=DAY))
    with machine.person(PEOPLE[0]).at(machine.url) as author:
        propose_and_admit(author, CHANNEL, release.data, "The drill's model.")


def _make_team(machine: Machine, gates: Gates) -> None:
    ann = machine.person(PEOPLE[0])
    joined = asyncio.run(_join(machine, ann.identity.credentials, ann.identity.log_keys()))
    ben, cyd, gate = joined
    log_keys = [VerifierKey.parse(line) for line in ann.identity.log_keys()]
    witness = make_witness(machine.witness_folder, log_keys)
    with ann.at(machine.url) as author:
        document = _team(author.history.state.root, (ann, ben, cyd), gate, gates, f"witness {NAME} {witness}\n")
        payload = payload_of(RootChange(author.basis(), document))
        signers = [(person.identity.credentials.key_id, person.identity.daily_seed()) for person in (ann, ben)]
        author.post(sign_envelope(payload, signers), {})


def _team(root: RootDocument, members: Sequence[Person], gate: Person, gates: Gates, witness: str) -> dict[str, Any]:
    plan = TeamPlan(
        [Member(person.name, [person.key]) for person in members],
        approvals=_APPROVALS,
        gates=gates,
        owner=members[0].name,
    )
    team = RootDocument.parse(team_root(root, plan))
    document = witnessed_root(team, f"{witness}quorum {NAME}\n", team.channels)
    gate_id = gate.identity.credentials.key_id
    del document["keys"]["gate"]  # the server's own, which the insider reads
    document["keys"][gate_id] = {**gate.key, "person": gate.name}
    document["roles"]["gate"]["keys"] = [gate_id]
    return {**document, "version": root.version + 1}


async def _join(machine: Machine, ann: Credentials, log_keys: list[str]) -> list[Person]:
    """Make accounts and keyrings for everybody but Ann."""
    database = open_database(machine.home.database_path)
    try:
        accounts = Accounts(database)
        joined = []
        for name in (*PEOPLE[1:], GATE):
            user = await accounts.create_user(name, roles=_GATE_ROLES if name == GATE else _ROLES)
            made = await accounts.create_key("drill", user.user_id)
            credentials = Credentials(ann.name, "", fingerprint=ann.fingerprint, person=name, api_key=made.plain)
            person = Person.join(machine.outside / name, credentials, log_keys)
            joined.append(Person(name, person.identity.update(key_id=key_id_of(person.key))))
        return joined
    finally:
        database.close()
