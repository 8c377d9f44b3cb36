"""Founding the machine of a drill: one person first, then a team of three, a witness and a gate machine elsewhere.

1. As ``verax up`` does it, with the copied code as the admitted runtime and the scripted model behind the channel; Ann
   gets the owner's keys.
2. Accounts for Ben, Cyd and the gate machine; each draws a signing key on a keyring of their own.
3. A root change, signed by Ann and Ben: three people, two approvals by others than the author, two signatures for a
   root; gates on every channel, signed by the gate machine's key alone; forward moves wait for the witness.

No server runs meanwhile: the same code writes the first entries in this process.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verax.drill.build import Build
from verax.drill.machine import CHANNEL, DAY, GATE, PEOPLE, Machine
from verax.drill.model import Lines, ScriptedModel
from verax.drill.people import Person
from verax.drill.witness import NAME, make_witness
from verax.kernel.dsse import sign_envelope
from verax.kernel.errors import ConfigError
from verax.kernel.note import VerifierKey
from verax.kernel.release import Release
from verax.kernel.root import RUNTIME_CHANNEL, RootDocument
from verax.kernel.root_drafts import Member, TeamPlan, key_id_of, team_root, witnessed_root
from verax.kernel.statement import NONE, RootChange, payload_of
from verax.store.accounts import Accounts
from verax.store.clock import SystemClock
from verax.store.database import open_database
from verax.surfaces.cli.govern import basis_of
from verax.surfaces.cli.history import read_history
from verax.surfaces.cli.keyring import Credentials, Identity
from verax.surfaces.cli.runtimes import PortableCode, measure_code
from verax.surfaces.cli.serving import keep_keys
from verax.surfaces.cli.session import Session
from verax.surfaces.cli.sources import FolderSource
from verax.surfaces.founding import found
from verax.surfaces.installation import Surroundings
from verax.surfaces.log_opening import GovernanceRooms, require_keys

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
        prepare: Called with the copied code first: what it leaves there is the admitted code.

    Raises:
        VeraxError: a step failed.
    """
    machine = Machine(folder.resolve(), model)
    machine.outside.mkdir(parents=True)
    build = Build.make(machine.build.folder)
    prepare(build)
    session = Session(machine.environment() | {"VERAX_KEYRING": str(machine.outside / PEOPLE[0])})
    asyncio.run(_found(machine, session, measure_code(build.package)))
    asyncio.run(_make_team(machine, gates))
    return machine


@dataclass(frozen=True, slots=True)
class _Copied:
    """The copied code by its name: nothing of it runs while a machine is founded."""

    portable: str
    digest: str = NONE

    def check_sealed(self) -> None:
        """Nothing runs that could have changed."""

    def check_code(self, digests: Mapping[str, str]) -> None:
        """No process of it runs."""


async def _found(machine: Machine, session: Session, code: PortableCode) -> None:
    """Make the installation, and keep what a first start shows its owner once in Ann's keyring."""
    release = Release.from_toml(_RELEASE.format(url=machine.model.url, day=DAY))
    around = Surroundings(_Copied(code.portable.digest))
    founding = await found(session.config, code.portable.data, around, {CHANNEL: release})
    if founding is None:
        raise ConfigError(f"data folder {machine.home.path}: there is an installation already")
    keep_keys(session, founding)


async def _make_team(machine: Machine, gates: Gates) -> None:
    ann = machine.person(PEOPLE[0])
    async with contextlib.AsyncExitStack() as stack:
        database = open_database(machine.home.database_path)
        stack.callback(database.close)
        ben, cyd, gate = await _join(machine, ann.identity, Accounts(database))
        witness = make_witness(machine.witness_folder, list(map(VerifierKey.parse, ann.identity.log_keys())))
        history = read_history(FolderSource(machine.home.path), ann.identity)
        document = _team(history.state.root, (ann, ben, cyd), gate, gates, f"witness {NAME} {witness}\n")
        payload = payload_of(RootChange(basis_of(history), document))
        signers = [(person.identity.credentials.key_id, person.identity.daily_seed()) for person in (ann, ben)]
        rooms = GovernanceRooms(machine.home, database, require_keys(machine.home), SystemClock())
        await (await rooms.open(stack)).submit(sign_envelope(payload, signers), {})


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


async def _join(machine: Machine, owner: Identity, accounts: Accounts) -> list[Person]:
    """Make accounts and keyrings for everybody but Ann."""
    known = owner.credentials
    joined = []
    for name in (*PEOPLE[1:], GATE):
        user = await accounts.create_user(name, roles=_GATE_ROLES if name == GATE else _ROLES)
        made = await accounts.create_key("drill", user.user_id)
        credentials = Credentials(known.name, "", fingerprint=known.fingerprint, person=name, api_key=made.plain)
        person = Person.join(machine.outside / name, credentials, owner.log_keys())
        joined.append(Person(name, person.identity.update(key_id=key_id_of(person.key))))
    return joined
