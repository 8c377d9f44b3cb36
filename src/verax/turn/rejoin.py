"""A recorded turn joined again: the bytes that its opened segments stand for (protocol clause 7).

* In this process a prompt is joined from release and segments alone: there is one answer.
* The body sent to a remote server holds options of the call too. The release, `record.params`
  and `record.seed` name most of them. What a record does not name is tried where there are few
  ways: a choice among the tools, the schema that tools give, free JSON. Stop strings and JSON
  schemas are the caller's own; a turn that had them cannot be joined again from its record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from verax.kernel.join import rejoin
from verax.kernel.record import Record
from verax.kernel.release import Release
from verax.kernel.segments import Segment
from verax.models.base import ModelCall, Options
from verax.models.wire import request_body
from verax.turn.toolcall import tool_schema

__all__ = ["offers_tools", "recorded_options", "rejoined_bytes"]


def rejoined_bytes(release: Release, record: Record, segments: Sequence[Segment]) -> Iterator[bytes]:
    """Yield every byte string that the turn can have sent; just one for a model in this process.

    Raises:
        RequestError, ReleaseError: these segments cannot be joined under this release.
    """
    if release.model.backend != "remote":
        yield rejoin(release, segments)
        return
    stream = (record.params or {}).get("stream", True) is not False
    base = recorded_options(release, record)
    for schema in (None, *_schemas(release, segments), {"type": "object"}):
        for choice in _tool_choices(segments):
            options = replace(base, schema=schema, tool_choice=choice)
            yield request_body(ModelCall(release, tuple(segments), options, stream=stream))


def recorded_options(release: Release, record: Record) -> Options:
    """Return the effective options as far as release and record name them."""
    base, params = release.sampling, record.params or {}
    logprobs = params.get("top_logprobs")
    return Options(
        temperature=float(params.get("temperature", base.temperature)),
        top_p=float(params.get("top_p", base.top_p)),
        top_k=base.top_k,
        repeat_penalty=base.repeat_penalty,
        presence_penalty=float(params.get("presence_penalty", base.presence_penalty)),
        frequency_penalty=float(params.get("frequency_penalty", base.frequency_penalty)),
        max_tokens=int(params.get("max_tokens", base.max_tokens)),
        seed=record.seed,
        n=int(params.get("n", 1)),
        top_logprobs=None if logprobs is None else int(logprobs),
    )


def offers_tools(release: Release, segments: Sequence[Segment]) -> bool:
    """Say whether the prompt can hold the definitions of tools."""
    is_native = any(segment.role == "tools" for segment in segments)
    return is_native or next(_schemas(release, segments), None) is not None


def _schemas(release: Release, segments: Sequence[Segment]) -> Iterator[dict[str, Any]]:
    """Yield the schemas that tools of style ``schema`` give; their definitions stand in the prompt."""
    if release.tools.style != "schema":
        return
    for segment in segments:
        functions = _objects(segment.text) if (segment.by, segment.role) == ("app", "system") else []
        if functions and all("name" in function for function in functions):
            tools = [{"type": "function", "function": function} for function in functions]
            yield tool_schema(tools, "auto")
            yield tool_schema(tools, "required")


def _tool_choices(segments: Sequence[Segment]) -> Iterator[str | Mapping[str, Any] | None]:
    """Yield what the caller can have said of native tools; nothing is sent where there were none."""
    yield "auto"
    for segment in segments:
        if segment.role == "tools":
            yield "required"
            for tool in _objects(segment.text):
                function = tool.get("function")
                if isinstance(function, dict):
                    yield {"type": "function", "function": {"name": function.get("name")}}


def _objects(text: str) -> list[dict[str, Any]]:
    """Return the objects of a JSON array, none where the text is something else."""
    try:
        items = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return []
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
