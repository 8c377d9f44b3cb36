"""Bulk runs: many items asked of a running server from many places at once; scored here, signed by nobody.

* A *shard* is a list of samples that one process takes. Whoever takes it needs the server's address, a token that
  opens previews, and this package; it makes the items again from the seed, as a gate's worker does.
* What comes back is each turn's record with the secret that opens it, so every reply is held against its commitment
  before it is scored (`verax.gates.evidence`).
* How shards are spread is a `Spread`: threads of this process, or a Ray cluster (`verax.gates.ray_spread`).
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias
from urllib.parse import urlsplit

from verax.gates.asking import CHAT, ServerError, ask_over
from verax.gates.evidence import Basis, CallLog, Collected, SampleLog, find_problem
from verax.gates.plan import Plan, task_key
from verax.gates.planfile import plan_from, plan_object
from verax.gates.running import FAILURES_THAT_COUNT, GateBroken
from verax.kernel import canonical
from verax.kernel.errors import CanonicalError, RecordError
from verax.kernel.record import Record, TurnSecret
from verax.turn.events import Choice, ToolCall
from verax.turn.record import delivered_bytes

__all__ = ["Shard", "Spread", "Target", "ThreadSpread", "bulk_collect", "take_shard"]

_ANSWER_LIMIT_S = 600.0
_MOST_WAITS = 60

Taken: TypeAlias = dict[str, Any]
"""A sample as it comes back: ``{"key", "calls": [{"record", "secret", "reply"}]}``."""


@dataclass(frozen=True, slots=True)
class Target:
    """The server that is asked."""

    url: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Shard:
    """What one process takes; plain values, so that it can be sent anywhere."""

    target: Target
    plan: Mapping[str, Any]
    keys: tuple[str, ...]


class Spread(Protocol):
    """Runs shards somewhere."""

    def run(self, shards: Sequence[Shard]) -> Iterator[list[Taken]]:
        """Yield what each shard gave, in any order.

        Raises:
            GateBroken: a shard could not be taken.
        """
        ...


class ThreadSpread:
    """Runs shards on threads of this process."""

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def run(self, shards: Sequence[Shard]) -> Iterator[list[Taken]]:
        """Yield what each shard gave, as they end."""
        with ThreadPoolExecutor(self._workers, thread_name_prefix="verax-bulk") as pool:
            pending = [pool.submit(take_shard, shard) for shard in shards]
            try:
                for done in as_completed(pending):
                    yield done.result()
            finally:
                for future in pending:
                    future.cancel()


def bulk_collect(
    plan: Plan, target: Target, spread: Spread, size: int, advance: Callable[[int], None] = lambda _: None
) -> tuple[Collected, Basis]:
    """Take every sample of a plan, and check each turn against its record.

    Args:
        size: Samples of one shard.
        advance: Called with the number of samples that came back.

    Raises:
        GateBroken: a shard could not be taken, or turns ran under different code.
    """
    keys, value = plan.keys, plan_object(plan)
    shards = [Shard(target, value, keys[start : start + size]) for start in range(0, len(keys), size)]
    found: dict[str, SampleLog] = {}
    for taken in spread.run(shards):
        for sample in taken:
            log = _log_of(sample)
            found[log.key] = log
        advance(len(taken))
    runtimes = {call.record.runtime for log in found.values() for call in log.calls}
    if len(runtimes) != 1:
        raise GateBroken(f"turns ran under {len(runtimes)} runtimes, expected one")
    basis, used = Basis(runtimes.pop(), 0), set[str]()
    lost = {key: "it was not taken" for key in keys if key not in found}
    for key in keys:
        problem = find_problem(plan, found[key], basis, used) if key in found else ""
        if problem:
            lost[key] = problem
    return Collected({key: found[key] for key in keys if key not in lost}, lost), basis


def take_shard(shard: Shard) -> list[Taken]:
    """Ask every sample of a shard, one after the other.

    Raises:
        GateBroken: the server refused a call, or could not be reached.
    """
    plan = plan_from(shard.plan)
    tasks = {task_key(arm, item): (arm, item) for arm, item in plan.tasks}
    taken: list[Taken] = []
    for key in shard.keys:
        arm, item = tasks[key]
        calls: list[dict[str, str]] = []
        replies: list[str] = []
        for _ in item.calls:
            answer = _ask(shard.target, plan.body(arm, item, replies))
            choice = answer["choices"][0]
            replies.append(choice["message"]["content"] or "")
            calls.append(
                {
                    "record": canonical.encode(answer["verax"]["record"]).decode(),
                    "secret": answer["verax"]["secret"],
                    "reply": _delivered(choice).decode("utf-8"),
                }
            )
        taken.append({"key": key, "calls": calls})
    return taken


def _ask(target: Target, body: Mapping[str, Any]) -> Any:
    parts = urlsplit(target.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    path = parts.path.rstrip("/") + CHAT
    for _ in range(_MOST_WAITS):
        try:
            return ask_over(kind(parts.hostname or "", parts.port, timeout=_ANSWER_LIMIT_S), target.token, body, path)
        except ServerError as error:
            if error.retry_after_s is None:
                note = "; only a server's own gates count such turns" if error.code in FAILURES_THAT_COUNT else ""
                raise GateBroken(f"{error}{note}") from None
            time.sleep(error.retry_after_s)
        except OSError as error:
            raise GateBroken(f"the server could not be reached: {type(error).__name__}") from None
    raise GateBroken(f"the server was busy {_MOST_WAITS} times")


def _delivered(choice: Mapping[str, Any]) -> bytes:
    message = choice["message"]
    calls = tuple(
        ToolCall(call["id"], call["function"]["name"], call["function"]["arguments"])
        for call in message.get("tool_calls") or ()
    )
    return delivered_bytes([Choice(message["content"] or "", choice["finish_reason"], calls)])[1]


def _log_of(sample: Taken) -> SampleLog:
    item_id, _, arm = str(sample["key"]).rpartition("@")
    try:
        calls = tuple(_call_of(call) for call in sample["calls"])
    except (CanonicalError, RecordError, ValueError, KeyError) as error:
        raise GateBroken(f"sample {sample['key']}: its record cannot be read: {type(error).__name__}") from None
    return SampleLog("head" if arm == "head" else "candidate", item_id, calls)


def _call_of(call: Mapping[str, str]) -> CallLog:
    secret = TurnSecret(canonical.hex_decode(call["secret"]))
    record = Record.from_dict(canonical.decode(call["record"].encode()))
    return CallLog(record, call["reply"], secret.salt("reply").hex(), secret.salt("request").hex())
