"""Witnesses of one installation: whom its logs ask, what became of it, and what is done about a contradiction.

* The governance log is cosigned at once, the reply log at a pace (`Config.witness_interval_s`).
* At start every witness that answers is asked for the newest checkpoint it has seen of each log; a
  larger or another tree, signed by our own key, ends the start: ``log/rolled-back``. One that does
  not answer ends nothing.
* Of several processes the one that leads asks. The others compare only, every `_FOLLOW_S`.
* The same, found while the server runs, ends new turns. Where our log is not the shorter one, the
  alarm ``log/forked`` enters it first, and the evidence is kept.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verax.kernel.canonical import Json
from verax.kernel.checkpoint import Checkpoint
from verax.kernel.errors import CorruptStore, IntegrityError, KernelError, RequestError, VeraxError, WitnessError
from verax.kernel.note import parse_note
from verax.kernel.split_view import Prefix, SplitView, find_split_view
from verax.kernel.statement import NONE
from verax.kernel.witness import origin_digest
from verax.store.clock import Clock
from verax.store.cosigning import AskPace, Cosigner, Reports, WitnessLink
from verax.store.evidence import EvidenceShelf
from verax.store.governance import GovernanceStore
from verax.store.governance_adopt import has_quorum
from verax.store.tlog import TileLog
from verax.store.tlog_live import LiveLog
from verax.store.witness_plan import WitnessBoard, WitnessPlan

__all__ = ["Witnessing", "WitnessingParts"]

_log = logging.getLogger(__name__)
_SURVEY_LIMIT_S = 3.0
_FOLLOW_S = 30.0


@dataclass(frozen=True, slots=True)
class WitnessingParts:
    """What witnesses are asked about, and how.

    Attributes:
        replies: The reply log of new turns.
        link: The way to witnesses.
        evidence: Where split views are kept.
        addresses: Addresses that settings give instead of the root's, by the witness's name.
        interval_s: Least time between two cosigned checkpoints of the reply log.
    """

    governance: GovernanceStore
    replies: LiveLog
    link: WitnessLink
    evidence: EvidenceShelf
    clock: Clock
    addresses: Mapping[str, str]
    interval_s: float


class Witnessing:
    """Asks the witnesses that the root in force names, for both logs."""

    def __init__(self, parts: WitnessingParts) -> None:
        self._parts = parts
        self._board = WitnessBoard()
        logs = ((parts.governance.live, AskPace()), (parts.replies, AskPace(interval_s=parts.interval_s)))
        self._logs = [live for live, _ in logs]
        self._cosigners = [
            Cosigner(live, self.plan, parts.link, self._board, parts.clock, self._reports(live), pace)
            for live, pace in logs
        ]
        self._judged: tuple[bytes, int] | None = None
        self._judgement = False
        self._following: asyncio.Task[None] | None = None

    def plan(self) -> WitnessPlan:
        """Return whom the root in force names."""
        return WitnessPlan.of(self._parts.governance.state.root_in_force, self._parts.addresses)

    async def survey(self, limit_s: float = _SURVEY_LIMIT_S) -> None:
        """Compare our logs with what each witness that answers in time has seen.

        Raises:
            RolledBack: one of them saw more, or something else, that a log key of ours signed.
        """
        plan = self.plan()
        asked = [
            asyncio.create_task(self._compare(name, address, live))
            for name, address in plan.addresses.items()
            for live in self._logs
        ]
        if not asked:
            return
        done, late = await asyncio.wait(asked, timeout=limit_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        for error in [task.exception() for task in done]:
            if error is not None:
                raise error

    def follow(self) -> None:
        """Start comparing what witnesses have seen, until `start`: another process asks them."""
        self._following = asyncio.get_running_loop().create_task(self._follow(), name="compare with witnesses")

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(_FOLLOW_S)
            try:
                await self.survey()
            except IntegrityError as error:
                for live in self._logs:
                    live.refuse(error)
                self._parts.governance.refuse_and_tell(error)
                return
            except VeraxError as error:
                _log.warning("witnesses: %s", error)

    def start(self) -> None:
        """Start asking."""
        if self._following is not None:
            self._following.cancel()
            self._following = None
        for cosigner in self._cosigners:
            cosigner.start()
            self._parts.governance.on_adopted(cosigner.wake)

    async def close(self) -> None:
        """Stop asking and comparing."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
        for cosigner in self._cosigners:
            await cosigner.close()

    def is_witnessed(self, note: bytes) -> bool:
        """Say whether a checkpoint of the reply log carries the quorum of the root in force."""
        root = self._parts.governance.state.root_in_force
        if root is None:
            return False
        judged = (note, root.version)
        if judged != self._judged:
            self._judgement = has_quorum(note, root, self._parts.replies.log.origin)
            self._judged = judged
        return self._judgement

    def summary(self) -> str:
        """Return one line for people: how many witnesses cosigned lately, and whether they make the quorum."""
        plan = self.plan()
        if plan.is_empty:
            return "the root names no witnesses"
        if self._following is not None:
            return "another process asks the witnesses"
        origin = self._logs[0].log.origin
        well = [name for name in plan.policy.witnesses if self._board.of(origin, name).time_s is not None]
        well = [name for name in well if not self._board.of(origin, name).problem]
        met = "quorum met" if plan.policy.is_met_by(well) else "quorum not met"
        return f"{len(well)} of {len(plan.policy.witnesses)} witnesses cosign, {met}"

    def describe(self) -> dict[str, Any]:
        """Return how every witness stands with every log, for people and programs; nothing in it is secret."""
        plan, state = self.plan(), self._parts.governance.state
        logs = [_describe_log(live.log) for live in self._logs]
        witnesses = [
            {
                "name": name,
                "key": str(key),
                "address": plan.addresses.get(name),
                "logs": [self._describe_standing(live.log.origin, name, plan) for live in self._logs],
            }
            for name, key in plan.policy.witnesses.items()
        ]
        return {
            "quorum": plan.policy.quorum,
            "waiting": sorted(state.held),
            "logs": logs,
            "witnesses": witnesses,
            "evidence": self._parts.evidence.list(),
        }

    async def take_evidence(self, view: SplitView) -> str:
        """Keep evidence that somebody brings, raise the alarm, and return its digest.

        Raises:
            RequestError: it proves nothing against a log of ours.
            StoreFull, StorageError: it could not be kept.
        """
        for live in self._logs:
            try:
                proved = view.verify(live.log.all_verifiers)
            except KernelError:
                continue
            digest = await asyncio.to_thread(self._parts.evidence.keep, view.to_bytes())
            detail: dict[str, Json] = {"log": _label(live), "size": proved.first.size, "evidence": digest}
            await self._alarm("log/forked", detail)
            return digest
        raise RequestError(
            "evidence: it does not show two histories that a log of this installation signed",
            hint='"verax log compare" makes evidence where there is any',
            code="witness/no-evidence",
        )

    def evidence(self, digest: str) -> bytes | None:
        """Return evidence that was kept."""
        return self._parts.evidence.get(digest)

    def _describe_standing(self, origin: str, name: str, plan: WitnessPlan) -> dict[str, Any]:
        standing = self._board.of(origin, name)
        problem = standing.problem or ("" if name in plan.addresses else "neither the root nor a setting says where")
        return {"log": origin, "size": standing.size, "time_s": standing.time_s, "problem": problem}

    async def _compare(self, name: str, address: str, live: LiveLog) -> None:
        try:
            note = await self._parts.link.newest(address, origin_digest(live.log.origin))
            if note is not None:
                await live.check_mark(f"witness {name}", note)
        except (WitnessError, CorruptStore) as error:
            _log.warning("log %s, witness %s: %s", live.log.origin, name, error.message)

    def _reports(self, live: LiveLog) -> Reports:
        is_governance = live is self._parts.governance.live

        async def on_cosigned() -> None:
            if is_governance:
                await self._parts.governance.take_cosignatures()

        async def on_contradiction(name: str, note: bytes | None, error: IntegrityError) -> None:
            await self._contradicted(live, name, note, error)

        async def on_quorum_missing() -> None:
            _log.warning("log %s: the witness quorum is missing", live.log.origin)
            await self._alarm("witness/quorum-missing", {"log": _label(live)})

        return Reports(on_cosigned, on_contradiction, on_quorum_missing)

    async def _contradicted(self, live: LiveLog, name: str, note: bytes | None, error: IntegrityError) -> None:
        key = self.plan().policy.witnesses.get(name)
        detail: dict[str, Json] = {"log": _label(live), "witness": "" if key is None else key.key_id.hex()}
        if note is None:
            # Its word alone ends nothing: a witness could stop us by naming a large number.
            await self._alarm(error.reason_code, detail)
            return
        theirs = Checkpoint.parse(parse_note(note).text)
        if theirs.size <= live.published.size:
            digest = await asyncio.to_thread(self._keep_evidence, live.log, note)
            await self._alarm("log/forked", {**detail, "size": theirs.size, "evidence": digest})
        # A larger tree means that ours is an older one: nothing more is written to it, not even an alarm.
        live.refuse(error)
        self._parts.governance.refuse(error)

    def _keep_evidence(self, log: TileLog, note: bytes) -> str:
        def open_ours(size: int) -> Prefix:
            return Prefix(log.root_at(size), tuple(log.consistency_now(size)))

        try:
            found = find_split_view([log.published.checkpoint, note], log.origin, log.all_verifiers, open_ours)
            return "" if found is None else self._parts.evidence.keep(found.to_bytes())
        except VeraxError as error:
            _log.error("log %s: the evidence could not be kept: %s", log.origin, error)
            return ""

    async def _alarm(self, code: str, detail: Mapping[str, Json]) -> None:
        await self._parts.governance.alarm(code, NONE, detail)


def _describe_log(log: TileLog) -> dict[str, Any]:
    witnessed = log.witnessed
    return {
        "log": log.origin,
        "size": log.published.size,
        "witnessed_size": None if witnessed is None else witnessed.size,
    }


def _label(live: LiveLog) -> str:
    """Return which log it is, without the installation's name: ``governance`` or ``replies/<k>``."""
    return "/".join(live.log.origin.rsplit("/", 2)[-2:]) if "/replies/" in live.log.origin else "governance"
