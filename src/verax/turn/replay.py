"""A recorded turn answered again by a model at hand, and compared with what the record commits to.

* Only a deterministic model says something about the reply: the same prompt, options and seed
  then give the same bytes. What is compared is the reply after the release's output policy.
* A turn that was cut (cancelled, withdrawn, failed) must be a beginning of what the model says.
* No record names stop strings or JSON schemas; the caller says which stop strings it sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Literal

from verax.guard.audience import Audience
from verax.guard.guarding import Guarding, policy_of
from verax.kernel.record import Record, Status, TurnSecret
from verax.kernel.release import Release
from verax.kernel.segments import Segment
from verax.models.base import Backend, Delta, Finish, ModelCall, ToolDelta
from verax.turn.generate import generate
from verax.turn.guard import GuardedReply, Reader
from verax.turn.rejoin import offers_tools, recorded_options

__all__ = ["Replayed", "Verdict", "replay", "why_not"]

Verdict = Literal["match", "no match", "cannot be replayed"]

_CUT = frozenset({"cancelled", "withdrawn", "failed"})


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay found.

    Attributes:
        first_difference: Offset of the first byte that differs, None where nothing does or
            the delivered reply is not at hand.
    """

    verdict: Verdict
    detail: str
    first_difference: int | None = None


def why_not(release: Release, record: Record, segments: Sequence[Segment]) -> str:
    """Return why this turn cannot be replayed, empty where it can."""
    model = release.model
    if model.backend == "remote":
        return "the model runs on a remote server, and nobody knows its weights; prompt and sent were checked"
    if not model.deterministic:
        return "the release does not ask for a deterministic model; the same prompt may give another reply"
    if not segments:
        return "no model was asked"
    if record.reply_form != "text":
        return "the reply holds several choices or tool calls, whose ids were drawn at random"
    if release.truth.mode == "strict":
        return "the release holds sentences back by what its collections said then, and no record keeps those"
    if release.truth.drafts > 1:
        return "the release keeps the best supported of several drafts, by what its collections said then"
    if release.truth.mode != "off" and release.retrieval.has_sources and record.status == "rewritten":
        return "what was taken out of the reply depends on what was found then"
    if offers_tools(release, segments):
        return "tools were offered, and no record names the caller's choice among them"
    return ""


async def replay(
    release: Release,
    record: Record,
    secret: TurnSecret,
    segments: Sequence[Segment],
    backend: Backend,
    *,
    stop: tuple[str, ...] = (),
    delivered: bytes | None = None,
    guarding: Guarding | None = None,
) -> Replayed:
    """Answer the turn again with `backend` and compare.

    Args:
        stop: The stop strings that the caller sent.
        delivered: The reply as it came; tells where the first difference stands.
        guarding: What reads sentences for the output policy; without it exact rules alone do.

    Raises:
        ModelError: the model at hand failed.
    """
    refusal = why_not(release, record, segments)
    if refusal:
        return Replayed("cannot be replayed", refusal)
    if backend.identity.weights != record.backend.weights:
        return Replayed("no match", "the record names other weights than its release")
    options = replace(recorded_options(release, record), stop=stop, n=1)
    book = (guarding or Guarding()).book(release)
    reply = GuardedReply(policy_of(release, "output"), options.n, Reader(Audience(release.audience)), book.scores)
    call = ModelCall(release, tuple(segments), options)
    async with aclosing(generate(backend, call, "none", lambda: "")) as events:
        async for event in events:
            if isinstance(event, Delta | ToolDelta | Finish):
                await book.learn(reply.unread(event))
                reply.take(event)
            if reply.is_cut:
                break
    await book.learn(reply.unread(None))
    reply.close()
    return _compare(record, secret, reply, delivered)


def _compare(record: Record, secret: TurnSecret, reply: GuardedReply, delivered: bytes | None) -> Replayed:
    text = reply.choices()[0].text
    data = text.encode("utf-8")
    if record.status in _CUT:
        for end in range(len(text), -1, -1):
            if secret.commit("reply", text[:end].encode("utf-8")) == record.reply:
                return Replayed("match", f"the turn was {record.status}; what left is the beginning of this reply")
    elif secret.commit("reply", data) == record.reply:
        status = _status(reply)
        if status == record.status:
            return Replayed("match", f"the {len(data)} bytes are those that the record commits to")
        return Replayed("no match", f"the bytes match, but this reply is {status} and the record says {record.status}")
    if delivered is None or secret.commit("reply", delivered) != record.reply:
        return Replayed("no match", f"the {len(data)} bytes are not those that the record commits to")
    first = next((i for i, (a, b) in enumerate(zip(data, delivered, strict=False)) if a != b), None)
    first = min(len(data), len(delivered)) if first is None else first
    return Replayed("no match", f"byte {first} is the first that differs from the delivered reply", first)


def _status(reply: GuardedReply) -> Status:
    if reply.refusal:
        return "refused"
    if reply.is_rewritten:
        return "rewritten"
    return "length" if reply.is_length else "complete"
