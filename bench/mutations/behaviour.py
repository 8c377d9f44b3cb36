"""What an installation does: the questions that are put to it, and what counts as an answer.

*Behaviour* is everything that the log decides and a reader can observe:

* of each channel its head, canary with share, whether it is frozen, what is withdrawn; the root in
  force, every change with its approvals and gates, every ban;
* for fixed requests of fixed users the arm, release and mode that answered, the exact bytes that the model
  was sent, the sampling values, the reply; or the code of the refusal;
* the receipts of stored turns: record, commitments and proof, checked with the keys that readers pinned.

*Data* is what people may change by themselves every day, and it is no behaviour: texts and titles of conversations,
accounts, names, roles, credentials, sessions, settings, quotas, usage, votes, attachments, and which account a
stored turn belongs to. None of it reaches the engine other than through a request, and the requests here are fixed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TypeAlias

from bench.mutations.world import StoredReply, World
from verax.kernel import canonical
from verax.kernel.errors import VeraxError
from verax.kernel.fold import State
from verax.kernel.join import rejoin
from verax.kernel.note import VerifierKey
from verax.kernel.receipt import Receipt, verify_receipt
from verax.surfaces.installation import Installation
from verax.testing.scripted import ScriptedBackend
from verax.turn.events import Completed, Failed
from verax.turn.request import Caller, InputItem, TurnRequest

__all__ = ["Behaviour", "Difference", "differences", "observe"]

REFUSED = "refused "
"""What an answer begins with where there is none; the code of the refusal follows."""

Behaviour: TypeAlias = Mapping[str, str]
"""Answer by question. Every answer is text; equal texts are the same behaviour."""

_PATH = "/v1/chat/completions"
_RECEIPTS = 3
_ASKED = (("assistant", "user-a"), ("assistant", "user-b"), ("companion", "user-a"), ("junior", "user-a"))
"""Of the first two one is in the canary, the other is not; ``news`` is asked to go on with a conversation."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A question that is answered otherwise than before."""

    question: str
    before: str
    now: str

    @property
    def is_refusal(self) -> bool:
        """Whether it is not answered at all now, with a code."""
        return self.now.startswith(REFUSED)

    @property
    def is_erasure(self) -> bool:
        """Whether a stored turn is not there any more."""
        return self.question.startswith("receipt ") and self.now == f"{REFUSED}request/not-found"


def differences(before: Behaviour, now: Behaviour) -> list[Difference]:
    """Return what changed."""
    return [
        Difference(question, answer, now.get(question, "nothing"))
        for question, answer in before.items()
        if now.get(question, "nothing") != answer
    ]


async def observe(installation: Installation, model: ScriptedBackend, world: World) -> Behaviour:
    """Put every question to an open installation."""
    found = dict(_describe(installation.governance.state))
    for name, request in _requests(world):
        found[name] = await _ask(installation, model, request)
    for reply in _kept(world):
        found[f"receipt {reply.turn_id}"] = await _open_receipt(installation, world, reply)
    return found


def _describe(state: State) -> Iterator[tuple[str, str]]:
    yield (
        "root",
        f"{state.fingerprint} {state.root.version} {canonical.hex_digest(canonical.encode(state.root.manifest))}",
    )
    for name, channel in sorted(state.channels.items()):
        canary = channel.canary
        share = "none" if canary is None else f"{canary.release} {canary.share_bp} {canary.mode}"
        withdrawn = ",".join(sorted(channel.withdrawn))
        yield f"channel {name}", f"{channel.head} {channel.mode} canary={share} frozen={channel.frozen} {withdrawn}"
    for change in state.changes.values():
        approvals = sorted(f"{person}:{opinion.approves}" for person, opinion in change.opinions.items())
        gates = sorted(f"{suite}:{result.passed}" for suite, result in change.gates.items())
        yield f"change {change.id[:12]}", f"{state.status_of(change.id)} {approvals} {gates}"
    yield "changes", str(len(state.changes))
    yield "bans", canonical.hex_digest("\n".join(sorted([*state.bans, *state.banned_releases])).encode())


def _requests(world: World) -> Iterator[tuple[str, TurnRequest]]:
    """Yield the fixed requests by name."""
    for channel, user in _ASKED:
        yield f"ask {channel} {user}", _request(channel, user, InputItem("user", "Who wrote Hamlet?"))
    held = next(reply for reply in world.replies if (reply.channel, reply.user_id) == ("news", "user-b"))
    lines = (
        InputItem("user", held.question),
        InputItem("assistant", held.reply, reply_id=held.turn_id),
        InputItem("user", "And then?"),
    )
    yield "go on news user-b", _request("news", held.user_id, *lines)


def _request(channel: str, user: str, *items: InputItem) -> TurnRequest:
    return TurnRequest(channel, Caller(user), items)


async def _ask(installation: Installation, model: ScriptedBackend, request: TurnRequest) -> str:
    """Run one turn as the HTTP surface does, alarms about errors included."""
    model.calls.clear()
    try:
        events = [event async for event in installation.engine.run(request)]
    except VeraxError as error:
        installation.bell.heard(error, _PATH, request.caller.user_id)
        return REFUSED + error.reason_code
    done = events[-1]
    if isinstance(done, Failed):
        return REFUSED + done.code
    if not isinstance(done, Completed):
        return f"ended in {type(done).__name__}"
    call = model.calls[-1]
    sent = hashlib.sha256(rejoin(call.release, call.segments)).hexdigest()
    options = {**asdict(call.options), "seed": 0}
    record = done.record
    served = f"{record['release']} {record['arm']} {record['mode']} {record['runtime']} {record['log']}"
    return f"{served} {sent} {options} {done.status} {[choice.text for choice in done.choices]}"


def _kept(world: World) -> list[StoredReply]:
    """Return a few replies of early and of late."""
    step = max(1, len(world.replies) // _RECEIPTS)
    return list(world.replies[::step])


async def _open_receipt(installation: Installation, world: World, reply: StoredReply) -> str:
    """Check the receipt of a stored turn against what its owner took home."""
    keys = [VerifierKey.parse(text) for text in world.log_keys]
    try:
        data = await installation.receipts.receipt(reply.turn_id, ("reply", "request"))
        opened = await installation.turns.opened(reply.turn_id)
    except VeraxError as error:
        installation.bell.heard(error, f"/v1/receipts/{reply.turn_id}", reply.user_id)
        return REFUSED + error.reason_code
    receipt = Receipt.parse(data)
    if canonical.encode(receipt.record.to_dict()).decode() != reply.record:
        return "another record"
    if not verify_receipt(receipt, keys, reply.reply.encode()).is_verified:
        return "a receipt that does not verify"
    said = [segment["text"] for segment in opened.segments if segment.get("by") == "user"]
    return f"opens {said}"
