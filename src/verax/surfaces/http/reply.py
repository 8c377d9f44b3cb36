"""The `verax` object of a reply, and log probabilities in OpenAI's shape.

``verax``: `id` of the turn, `release`, `runtime`, `channel`, `arm`, `mode`, `receipt` (the
receipt's URL), `claims` where the release checks sentences, and once the turn is recorded
`status`, `record`, `promise`, `withheld` where a strict release held sentences back, `drafts` where
several were drawn and, for the owner of the turn only, `secret` (clause 10).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic_core import to_json

from verax.models.base import TokenLogprob
from verax.surfaces.verdicts import claim_object, drafts_object
from verax.turn.events import ClaimVerdict, Completed, Refusal, Started

__all__ = [
    "dump",
    "logprobs_object",
    "receipt_url",
    "refusal_text",
    "stream_headers",
    "system_fingerprint",
    "turn_headers",
    "verax_object",
]

_IMPOSSIBLE = -9999.0


def dump(value: Any) -> bytes:
    """Return compact JSON as UTF-8; what is no number in JSON becomes null."""
    return to_json(value, inf_nan_mode="null")


def receipt_url(base_url: str, turn_id: str) -> str:
    """Return where the receipt of a turn is."""
    return f"{base_url}/v1/receipts/{turn_id}"


def system_fingerprint(started: Started) -> str:
    """Return OpenAI's fingerprint of what answered: here the release."""
    return f"release-{started.release[:12]}"


def turn_headers(started: Started) -> list[tuple[bytes, bytes]]:
    """Return the headers of a reply: they carry the turn's id and nothing else of it (clause 10)."""
    turn_id = started.turn_id.encode("ascii")
    return [(b"x-verax-turn", turn_id), (b"x-request-id", turn_id), (b"cache-control", b"no-store")]


def stream_headers(started: Started) -> list[tuple[bytes, bytes]]:
    """Return the headers of a stream; proxies are asked not to hold it back."""
    return [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"x-accel-buffering", b"no"),
        *turn_headers(started),
    ]


def verax_object(
    started: Started, base_url: str, completed: Completed | None = None, claims: Sequence[ClaimVerdict] = ()
) -> dict[str, Any]:
    """Return the `verax` object; whole once the turn is recorded."""
    result: dict[str, Any] = {
        "id": started.turn_id,
        "release": started.release,
        "runtime": started.runtime,
        "channel": started.channel,
        "arm": started.arm,
        "mode": started.mode,
        "receipt": receipt_url(base_url, started.turn_id),
    }
    if claims:
        result["claims"] = [claim_object(claim) for claim in claims]
    if completed is not None:
        result["status"] = completed.status
        result["record"] = dict(completed.record)
        result["promise"] = completed.promise
        result["secret"] = completed.secret
        if completed.withheld:
            result["withheld"] = completed.withheld
        if completed.drafts is not None:
            result["drafts"] = drafts_object(completed.drafts)
    return result


def refusal_text(refusal: Refusal) -> str:
    """Return what a refusal says: the reason, then what to do instead."""
    return f"{refusal.reason} {refusal.next_step}".strip()


def logprobs_object(tokens: Iterable[TokenLogprob]) -> list[dict[str, Any]]:
    """Return tokens in OpenAI's shape; bytes that the model did not give are the token's UTF-8.

    An impossible token has -9999.0, as at OpenAI: JSON knows no infinity.
    """
    return [
        {
            "token": token.token,
            "logprob": max(token.logprob, _IMPOSSIBLE),
            "bytes": list(token.token.encode("utf-8") if token.bytes is None else token.bytes),
            "top_logprobs": [
                {"token": text, "logprob": max(value, _IMPOSSIBLE), "bytes": list(text.encode("utf-8"))}
                for text, value in token.top
            ],
        }
        for token in tokens
    ]
