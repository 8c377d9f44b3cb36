"""Witnesses without a network: real ones behind a link that a test can cut, delay or tamper with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from verax.kernel.errors import RequestError, UnknownObject, WitnessError
from verax.kernel.note import VerifierKey
from verax.kernel.split_view import SplitView
from verax.store.clock import Clock
from verax.store.cosigning import LinkAnswer
from verax.store.witness import Witness, WitnessFolder, WitnessKey
from verax.testing.disk import UnsyncedDisk

__all__ = ["NoWitnesses", "SimulatedLink", "key_of_witness"]

Tamper = Callable[[LinkAnswer], LinkAnswer]


def key_of_witness(name: str) -> WitnessKey:
    """Return the key of a witness; always the same for a name."""
    return WitnessKey(f"{name}.test", name.encode().ljust(32, b"."))


class SimulatedLink:
    """Implements `verax.store.cosigning.WitnessLink`; the address of a witness is ``sim:`` and its name.

    Args:
        folder: Where the witnesses' folders lie.
        clock: What they take for the time.

    Attributes:
        down: Names of witnesses that cannot be reached.
        hanging: Names of witnesses that never answer.
        tampers: What happens to the answer of a witness on its way, by name.
        asked: Name and body of each submission, in order.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._witnesses: dict[str, Witness] = {}
        self.down: set[str] = set()
        self.hanging: set[str] = set()
        self.tampers: dict[str, Tamper] = {}
        self.shows_newest = True
        self.asked: list[tuple[str, bytes]] = []

    def add(self, name: str, *keys: VerifierKey) -> Witness:
        """Make a witness that follows the logs of `keys`."""
        folder = WitnessFolder(self._folder / name, UnsyncedDisk())
        folder.make()
        for key in keys:
            folder.follow([key])
        self._witnesses[name] = Witness(folder, key_of_witness(name), self._clock)
        return self._witnesses[name]

    def folder(self, name: str) -> WitnessFolder:
        """Return the state of a witness."""
        return WitnessFolder(self._folder / name, UnsyncedDisk())

    def policy(self, quorum: str) -> str:
        """Return a policy that names every witness with its address, and this rule."""
        lines = [f"witness {name} {key_of_witness(name).verifier} sim:{name}" for name in self._witnesses]
        return "".join(f"{line}\n" for line in (*lines, *quorum.split("; ")))

    async def add_checkpoint(self, address: str, body: bytes) -> LinkAnswer:
        """Hand a submission to the witness."""
        name = await self._reach(address)
        self.asked.append((name, body))
        answer = self._witnesses[name].add_checkpoint(body)
        sent = LinkAnswer(answer.status, answer.content_type, answer.body)
        tamper = self.tampers.get(name)
        return sent if tamper is None else tamper(sent)

    async def newest(self, address: str, digest: str) -> bytes | None:
        """Return the newest checkpoint that the witness shows."""
        name = await self._reach(address)
        try:
            return self._witnesses[name].newest(digest) if self.shows_newest else None
        except UnknownObject:
            return None

    async def _reach(self, address: str) -> str:
        name = address.removeprefix("sim:")
        if name in self.hanging:
            await asyncio.get_running_loop().create_future()
        if name in self.down or name not in self._witnesses:
            raise WitnessError("it cannot be reached: ClientConnectorError")
        return name


class NoWitnesses:
    """Implements `verax.surfaces.http.ports.WitnessDesk` for an installation whose root names nobody.

    Attributes:
        kept: Evidence by its digest, as a test puts it there.
    """

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def describe(self) -> Mapping[str, Any]:
        """Return that there is nobody."""
        return {"quorum": "none", "waiting": [], "logs": [], "witnesses": [], "evidence": sorted(self.kept)}

    async def take_evidence(self, view: SplitView) -> str:
        """Refuse: there is no log that it could be about."""
        raise RequestError(f"evidence: no log here signed these {len(view.first)} bytes", code="witness/no-evidence")

    def evidence(self, digest: str) -> bytes | None:
        """Return what a test put there."""
        return self.kept.get(digest)
