"""The installation that is attacked, founded by the product's own code, and what its readers hold outside.

A team governs four channels and the code. Two persons admit changes, the server's own keys sign gate results and
alarms, and a witness that the attacker cannot reach follows both logs:

========== ===================================================================================
assistant  a second release serves 40 % of the users as a canary
companion  its second release was rolled back, so that release and its sentences are banned; a change with
           everything that it needs waits to be admitted, another one has no review
junior     frozen
news       its second release is the head; forward moves wait for the witness
runtime    the code
========== ===================================================================================

Turns of several users are stored with their receipts. Only the model is scripted: it says a digest of
the prompt that it was sent, so that every byte of a prompt shows in the reply.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import random
import secrets
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verax.config import Config
from verax.gates.rollout.plan import RolloutPlan
from verax.kernel import canonical
from verax.kernel.drafting import (
    Draft,
    draft_admit,
    draft_back,
    draft_change,
    draft_review,
    draft_root,
)
from verax.kernel.dsse import sign_envelope
from verax.kernel.fold import State
from verax.kernel.release import Release
from verax.kernel.root import ROLES
from verax.kernel.runtime import InstanceManifest, PortableRuntime, source_digest
from verax.kernel.statement import FULL_SHARE_BP, Basis, Gate, Statement, payload_of
from verax.models.base import Backend
from verax.store.clock import SystemClock
from verax.store.home import Home
from verax.store.keys import load_server_keys
from verax.surfaces.cli.runtimes import PortableCode, measure_code
from verax.surfaces.founding import found
from verax.surfaces.installation import Installation, Surroundings
from verax.testing.releases import manifest_toml
from verax.testing.scripted import ScriptedBackend
from verax.testing.turns import FixedRuntime, OneBackend
from verax.testing.witness_link import SimulatedLink
from verax.turn.events import Completed
from verax.turn.request import Caller, InputItem, TurnRequest

__all__ = ["CHANNELS", "USERS", "StoredReply", "World", "make_world", "opened", "scripted_model"]

CHANNELS = ("assistant", "companion", "junior", "news")
USERS = ("user-a", "user-b", "user-c")
WITNESS = "harbour"
SUITE = "format"

_SAMPLING = '[sampling]\nmax_tokens = 256\nallow = ["max_tokens", "seed"]\n'
_PEOPLE = ("ann", "ben", "cai")
_CANARY_BP = 4_000
_FACTS = "world.json"


@dataclass(frozen=True, slots=True)
class StoredReply:
    """A reply that its owner took home: text, record as canonical bytes, and the question."""

    turn_id: str
    user_id: str
    channel: str
    question: str
    reply: str
    record: str


@dataclass(frozen=True, slots=True)
class World:
    """The installation at rest, and what others hold of it.

    Attributes:
        folder: ``home`` is the data folder, ``witness`` the witness's, ``older/<n>`` copies of ``home`` from before.
        log_keys: Verifier keys that readers pinned at the first start.
        checkpoint: The newest governance checkpoint that a reader holds.
        size: Entries of the governance log.
    """

    folder: Path
    log_keys: tuple[str, ...]
    checkpoint: str
    size: int
    replies: tuple[StoredReply, ...]
    people: Mapping[str, str]

    @property
    def home(self) -> Path:
        """The data folder."""
        return self.folder / "home"

    @property
    def older(self) -> list[Path]:
        """Copies of the data folder, oldest first."""
        return sorted((self.folder / "older").iterdir())

    def save(self) -> None:
        """Write down what is held outside."""
        facts = {**asdict(self), "folder": ""}
        (self.folder / _FACTS).write_text(json.dumps(facts, indent=1))

    @classmethod
    def load(cls, folder: Path) -> World:
        """Take up a world that was made before."""
        facts: dict[str, Any] = json.loads((folder / _FACTS).read_text())
        facts |= {"folder": folder, "log_keys": tuple(facts["log_keys"])}
        facts["replies"] = tuple(StoredReply(**item) for item in facts["replies"])
        return cls(**facts)


def scripted_model() -> ScriptedBackend:
    """Return the model whose reply is a digest of the bytes that it was sent."""
    return ScriptedBackend(obey=lambda prompt: f"I read {hashlib.sha256(prompt.encode()).hexdigest()}.")


@contextlib.asynccontextmanager
async def opened(
    folder: Path,
    backend: Backend | None = None,
    config: Config | None = None,
    runtime: FixedRuntime | None = None,
    *,
    is_cut_off: bool = False,
) -> AsyncIterator[Installation]:
    """Open the installation below `folder` as ``verax up`` does, with the witness that lies beside it.

    Args:
        is_cut_off: The witness does not answer.

    Raises:
        VeraxError: the start is refused.
    """
    config, link = config or config_of(folder), _link(folder)
    if is_cut_off:
        link.down.add(WITNESS)
    around = Surroundings(runtime or runtime_of({}), OneBackend(backend or scripted_model()), witnesses=link)
    if load_server_keys(config.home / "keys") is None:
        await found(config, _code().portable.data, around)
    installation = await Installation.open(config, around)
    try:
        yield installation
    finally:
        await installation.close()


@cache
def _code() -> PortableCode:
    """Measure the code of this process, once."""
    return measure_code()


def runtime_of(changes: Mapping[str, bytes | None]) -> FixedRuntime:
    """Return the runtime as it would be measured with some files of the package changed.

    Args:
        changes: New bytes by path, ``verax/…``; None for a file that is gone.
    """
    code = _code()
    if not changes:
        return FixedRuntime(code.portable.digest, _manifest(code.portable).digest)
    lines = code.listing.decode("utf-8").splitlines()[1:]
    digests = {line[65:]: line[:64] for line in lines}
    for path, data in changes.items():
        digests.pop(path, None)
        digests |= {} if data is None else {path: hashlib.sha256(data).hexdigest()}
    portable = PortableRuntime(source_digest(digests), code.portable.lock)
    return FixedRuntime(portable.digest, _manifest(portable).digest)


def _manifest(portable: PortableRuntime) -> InstanceManifest:
    return InstanceManifest(portable, "cpython of a benchmark", "platform of a benchmark", "dd" * 32)


def config_of(folder: Path) -> Config:
    """Return the settings of a data folder, as they are with nothing set."""
    return Config(home=folder / "home", keyring=folder / "keyring")


async def make_world(folder: Path, seed: int) -> World:
    """Found the installation, govern it, use it, and leave it at rest."""
    rng = random.Random(f"world {seed}")
    people = {name: rng.randbytes(32) for name in _PEOPLE}
    around = Surroundings(runtime_of({}), OneBackend(scripted_model()), random_bytes=rng.randbytes)
    releases = {channel: _release(channel, 1) for channel in CHANNELS}
    founding = await found(config_of(folder), _code().portable.data, around, releases)
    if founding is None or founding.genesis is None:
        raise RuntimeError(f"{folder}: expected an empty folder")
    keys = load_server_keys(Home(folder / "home").keys_dir)
    if keys is None:
        raise RuntimeError(f"{folder}: the founding left no keys")
    signers = (keys.governance_signer(), keys.replies_signer())
    link = _link(folder)
    link.add(WITNESS, *(signer.verifier for signer in signers))
    replies: list[StoredReply] = []
    owner = (founding.genesis.daily_key_id, founding.genesis.daily_seed)
    for stage in (_found_team, _govern, _use):
        _keep_older(folder)
        async with opened(folder) as installation:
            installation.blobs.put(_manifest(_code().portable).data)
            await stage(_Office(installation, people, keys.seeds, owner), replies)
            await _settle(installation)
            size, checkpoint = installation.governance.state.size, installation.governance_log.checkpoint()
    world = World(
        folder=folder,
        log_keys=tuple(str(signer.verifier) for signer in signers),
        checkpoint=checkpoint.decode(),
        size=size,
        replies=tuple(replies),
        people={name: seed.hex() for name, seed in people.items()},
    )
    world.save()
    return world


def _link(folder: Path) -> SimulatedLink:
    """Return the way to the witness, whose folder lies beside the data folder."""
    link = SimulatedLink(folder / "witness", SystemClock())
    if (folder / "witness" / WITNESS).is_dir():
        link.add(WITNESS)
    return link


def _release(channel: str, number: int) -> Release:
    return Release.from_toml(manifest_toml(_wording(channel, number), name=f"{channel}-{number}", rest=_SAMPLING))


def _wording(channel: str, number: int) -> str:
    return f"You answer briefly and kindly. Whoever asks on {channel} hears that this is edition {number}."


@dataclass
class _Office:
    """Signs statements of people and machines on an open installation."""

    installation: Installation
    people: Mapping[str, bytes]
    machines: Mapping[str, bytes]
    owner: tuple[str, bytes]

    @property
    def state(self) -> State:
        return self.installation.governance.state

    def basis(self) -> Basis:
        state = self.state.as_folded()
        return Basis(state.root.origin, state.root.version, state.size, state.tree_root.hex(), secrets.token_hex(16), 1)

    async def sign(self, draft: Draft, *keys: tuple[str, bytes]) -> str:
        envelope = sign_envelope(draft.payload, sorted(keys))
        await self.installation.governance.submit(envelope, draft.blobs)
        return draft.id

    def person(self, name: str) -> tuple[str, bytes]:
        return f"{name}_key", self.people[name]

    async def propose(self, channel: str, number: int) -> str:
        state = self.state.as_folded()
        draft = draft_change(state, self.basis(), channel, _release(channel, number).data, f"Edition {number}.")
        return await self.sign(draft, self.person("ann"))

    async def review(self, change: str) -> None:
        await self.sign(draft_review(self.state.changes[change], self.basis(), "approve"), self.person("ben"))

    async def pass_gate(self, change: str) -> None:
        seed = self.state.changes[change].seed
        report = canonical.encode({"suite": SUITE, "change": change})
        digest = canonical.hex_digest(report)
        gate: Statement = Gate(
            self.basis(), change, SUITE, seed, runtime_of({}).digest, 10, is_passed=True, report=digest
        )
        await self.sign(Draft(gate, payload_of(gate), {digest: report}), ("gate", self.machines["gate"]))

    async def admit(self, channel: str, number: int, share_bp: int = FULL_SHARE_BP) -> None:
        change = await self.propose(channel, number)
        await self.review(change)
        await self.pass_gate(change)
        plan = RolloutPlan.of_shares([share_bp, 8_000], 86_400, 20).to_bytes() if share_bp < FULL_SHARE_BP else b""
        draft = draft_admit(self.state.changes[change], self.basis(), share_bp, plan)
        await self.sign(draft, self.person("cai"))

    async def move_back(self, channel: str, act: Any, to_id: str) -> None:
        draft = draft_back(self.state.as_folded(), self.basis(), channel, act, to_id, "By hand.")
        await self.sign(draft, self.person("cai"))


async def _found_team(office: _Office, replies: list[StoredReply]) -> None:  # noqa: ARG001 - as every stage
    """Let two persons hold the root; the owner's key goes."""
    document = office.state.root.manifest
    holders = {name: (f"{name}_key", name, office.people[name]) for name in _PEOPLE}
    machines = {name: (name, name, office.machines[name]) for name in ("monitor", "gate", "recorder", "operator")}
    held = {
        "root": ("ann", "ben"), "author": ("ann", "ben"), "reviewer": ("ann", "ben"),
        "operator": ("cai", "operator"), "monitor": ("monitor",), "gate": ("gate",), "recorder": ("recorder",),
    }  # fmt: skip
    everybody = holders | machines
    document |= {
        "version": 2,
        "solo": False,
        "keys": {key_id: _key_record(person, seed) for key_id, person, seed in everybody.values()},
        "roles": {
            role: {"keys": sorted(everybody[name][0] for name in held[role]), "threshold": 2 if role == "root" else 1}
            for role in ROLES
        },
        "witness_policy": _link(office.installation.config.home.parent).policy(f"quorum {WITNESS}"),
    }
    for channel in document["channels"]:
        channel |= {"approvals": 1, "gates": [{"suite": SUITE, "floors": {"score": "0.9"}}]}
        channel["witness"] = channel["name"] == "news"
    draft = draft_root(office.basis(), document)
    await office.sign(draft, office.owner, office.person("ann"), office.person("ben"))


async def _govern(office: _Office, replies: list[StoredReply]) -> None:
    """Admit, roll back and freeze, until every channel is as the module's docstring says."""
    await _talk(office.installation, replies)
    first = str(office.state.channels["companion"].head)
    await office.admit("companion", 2)
    await office.move_back("companion", "rollback", first)
    await office.admit("news", 2)
    await office.move_back("junior", "freeze", str(office.state.channels["junior"].head))
    await office.admit("assistant", 2, _CANARY_BP)
    for number in (3, 4):
        change = await office.propose("companion", number)
        if number == 3:
            await office.review(change)
            await office.pass_gate(change)
    await _settle(office.installation)
    await _talk(office.installation, replies)


async def _use(office: _Office, replies: list[StoredReply]) -> None:
    """Fill the tables that people fill: conversations, votes, sessions, settings."""
    installation = office.installation
    await installation.governance.alarm("attempt/refused", "assistant", {"kind": "move", "reason": "approvals"})
    user = await installation.accounts.create_user("mia", roles=["member"])
    await installation.accounts.create_key("a program", user.user_id)
    await installation.accounts.create_session(user.user_id)
    conversation = await installation.messages.create(user.user_id, channel="assistant", title="A talk")
    await installation.messages.rename(conversation, user.user_id, "A talk about bread")
    for reply in replies[-2:]:
        await installation.watchers.rollouts.votes.vote(reply.turn_id, reply.user_id, is_up=True)


async def _talk(installation: Installation, replies: list[StoredReply]) -> None:
    """Let every user ask on every channel that answers, and keep what they take home."""
    for channel in CHANNELS:
        if installation.governance.state.channels[channel].frozen:
            continue
        for user in USERS:
            question = f"What is new on {channel}, asks {user}?"
            request = TurnRequest(channel, Caller(user), (InputItem("user", question),))
            events = [event async for event in installation.engine.run(request)]
            done = events[-1]
            if not isinstance(done, Completed):
                raise TypeError(f"{channel}: expected a reply, found {done}")
            record = canonical.encode(done.record).decode()
            replies.append(StoredReply(done.turn_id, user, channel, question, done.choices[0].text, record))


async def _settle(installation: Installation) -> None:
    """Wait until both logs are published and the witness has cosigned the newest of them."""
    async with asyncio.timeout(60):
        while True:
            waiting = installation.governance_log.log.pending_now() + installation.replies.live.log.pending_now()
            described = installation.witnessing.describe()
            behind = [
                log for log in described["logs"] if log["witnessed_size"] != log["size"] and described["witnesses"]
            ]
            is_first = installation.governance.state.root.is_solo
            if not waiting and (is_first or not [log for log in behind if log["log"].endswith("governance")]):
                return
            await asyncio.sleep(0.02)


def _keep_older(folder: Path) -> None:
    older = folder / "older"
    older.mkdir(exist_ok=True)
    shutil.copytree(folder / "home", older / str(len(list(older.iterdir()))))


def _key_record(person: str, seed: bytes) -> dict[str, str]:
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return {"person": person, "kind": "ed25519", "material": canonical.b64_encode(public)}
