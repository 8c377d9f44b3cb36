"""Step 9, record: every turn, finished or not, leaves a record (invariant 9, clauses 9 and 10).

Life of a turn's record:

1. Before the first byte leaves: a durable *open* row with id, release and prompt.
2. After the last byte: the record is built from what was sent and what left, made durable
   together with the turn's secret, and its entry is queued, in one transaction.
3. The promise is signed; record, secret and promise go into the completion event.
4. A row that is still open when a process starts becomes a ``failed`` record.

What never reached a model has the digest of no segments as its prompt and the commitment
to no bytes as `sent`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from verax.kernel import canonical
from verax.kernel.record import BackendRef, GovernanceRef, Record, ReplyForm, Status, TurnSecret
from verax.kernel.release import Release
from verax.kernel.segments import Segment, close_segments, prompt_digest
from verax.models.base import BackendIdentity, Options
from verax.turn.events import Choice
from verax.turn.judging import Judging
from verax.turn.request import InputItem, TurnRequest
from verax.turn.resolve import Resolution

__all__ = ["Draft", "build_record", "delivered_bytes", "request_bytes"]


@dataclass
class Draft:
    """What is known of a turn so far.

    Attributes:
        guard: Findings of the policies by category, text of nobody.
        claims: Verdicts by kind.
        judging: What the release's collections say; None where it names none.
        evidence: What the record commits to as `evidence`, CJ; empty where nothing was looked for.
        withheld: Sentences that a strict release held back.
        kept: The first record, built when the prompt is sent.
    """

    turn_id: str
    secret: TurnSecret
    request: TurnRequest
    resolution: Resolution
    time_ms: int
    seed: int
    segments: tuple[Segment, ...] = ()
    options: Options | None = None
    identity: BackendIdentity = field(default_factory=lambda: BackendIdentity("none", "unknown"))
    sent: bytes = b""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    guard: Counter[str] = field(default_factory=Counter)
    claims: Counter[str] = field(default_factory=Counter)
    judging: Judging | None = None
    evidence: bytes = b""
    withheld: int = 0
    kept: Record | None = None


def build_record(draft: Draft, log: str, status: Status, choices: Sequence[Choice]) -> Record:
    """Build the record of a turn that has ended, or the one to keep if its process ends first.

    What does not change after the prompt was sent is committed to once.

    Args:
        log: Origin of the reply log.
        choices: The reply exactly as it left.
    """
    form, data = delivered_bytes(choices)
    reply = draft.secret.commit("reply", data)
    if draft.kept is not None:
        evidence = draft.secret.commit("evidence", draft.evidence) if draft.evidence else None
        return draft.kept.ended(status, reply, form, evidence)
    resolution, secret = draft.resolution, draft.secret
    draft.kept = Record(
        log=log,
        id=draft.turn_id,
        channel=resolution.channel,
        arm=resolution.arm,
        mode=resolution.mode,
        release=resolution.release.id,
        runtime=resolution.runtime,
        governance=GovernanceRef(resolution.tree.size, resolution.tree.root.hex()),
        backend=BackendRef(draft.identity.kind, draft.identity.weights),
        prompt=prompt_digest(close_segments(draft.segments, secret)),
        sent=secret.commit("sent", draft.sent),
        request=secret.commit("request", request_bytes(draft.request)),
        reply=reply,
        reply_form=form,
        status=status,
        seed=draft.seed,
        time_ms=draft.time_ms,
        salt=secret.salt("record").hex(),
        params=_changed_params(resolution.release, draft.options, stream=draft.request.stream),
    )
    return draft.kept


def delivered_bytes(choices: Sequence[Choice]) -> tuple[ReplyForm, bytes]:
    """Return the reply form and the bytes it commits to.

    ``text`` is the exact UTF-8 of one choice without tool calls; ``items`` is CJ of all
    choices, each ``{text, finish, calls?: [{id, name, arguments}]}``.
    """
    if len(choices) == 1 and not choices[0].tool_calls:
        return "text", choices[0].text.encode("utf-8")
    if not choices:
        return "text", b""
    return "items", canonical.encode([_choice_item(choice) for choice in choices])


def request_bytes(request: TurnRequest) -> bytes:
    """Return CJ of the parsed input items, tools, demanded format and stop strings.

    Of a trimmed conversation these are the items that the model reads, and ``left_out`` says
    how many stood above them.
    """
    value: dict[str, canonical.Json] = {"items": [_input_item(item) for item in request.items]}
    if request.older:
        value["left_out"] = request.older
    if request.tools:
        value["tools"] = _json_text(list(request.tools))
        choice = request.tool_choice
        value["tool_choice"] = choice if isinstance(choice, str) else list(choice)
    if request.response_format.kind != "text":
        value["format"] = request.response_format.kind
        value["schema"] = _json_text(request.response_format.schema or {})
    if request.sampling.stop:
        value["stop"] = list(request.sampling.stop)
    return canonical.encode(value)


def _input_item(item: InputItem) -> dict[str, canonical.Json]:
    value: dict[str, canonical.Json] = {"role": item.role, "text": item.text}
    if item.tool_calls:
        value["calls"] = [{"id": c.call_id, "name": c.name, "arguments": c.arguments} for c in item.tool_calls]
    if item.tool_call_id:
        value["call"] = item.tool_call_id
    if item.files:
        value["files"] = [{"name": file.name, "kind": file.kind, "sha256": file.digest} for file in item.files]
    return value


def _choice_item(choice: Choice) -> dict[str, canonical.Json]:
    value: dict[str, canonical.Json] = {"text": choice.text, "finish": choice.finish_reason}
    if choice.tool_calls:
        value["calls"] = [{"id": c.call_id, "name": c.name, "arguments": c.arguments} for c in choice.tool_calls]
    return value


def _json_text(value: object) -> str:
    """Return JSON text with sorted keys: schemas may hold floats and null, which CJ has not."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _changed_params(
    release: Release, options: Options | None, *, stream: bool
) -> Mapping[str, str | int | bool] | None:
    """Return the effective values that differ from the release; decimals as strings.

    ``stream`` stands there when it is false: it is part of what a remote server is sent.
    """
    if options is None:
        return None
    base = release.sampling
    decimals = {
        "temperature": (options.temperature, base.temperature),
        "top_p": (options.top_p, base.top_p),
        "presence_penalty": (options.presence_penalty, base.presence_penalty),
        "frequency_penalty": (options.frequency_penalty, base.frequency_penalty),
    }
    changed: dict[str, str | int | bool] = {
        name: repr(mine) for name, (mine, theirs) in decimals.items() if mine != theirs
    }
    if options.max_tokens != base.max_tokens:
        changed["max_tokens"] = options.max_tokens
    if options.n != 1:
        changed["n"] = options.n
    if options.top_logprobs is not None:
        changed["top_logprobs"] = options.top_logprobs
    if not stream:
        changed["stream"] = False
    return changed or None
