"""A turn passes when its opened prompt is what release and request say, part by part, and what was sent is those parts.

* A part by the ``release`` stands, as it is, in some text of the release. A part by the ``clock`` is short.
* A part by the ``app``, ``user`` or ``tool`` is a text of the request: a line, its tools, its calls. Nobody else wrote
  any part.
* Every text of the request is there, and every example of the release.
* The parts are those that this version's own `compose` gives, in its order. Where the code under test judges itself
  that says nothing; where somebody with other code verifies the report, it does.
* The parts, joined again under the release, give the commitment to what was sent.

What the model said does not matter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from verax.gates.items import Answer, Mark, OpenedPrompt, Sample, lines_of
from verax.gates.suite import each
from verax.kernel.errors import VeraxError
from verax.kernel.release import Release
from verax.kernel.segments import Segment
from verax.turn.compose import compose
from verax.turn.rejoin import rejoined_bytes
from verax.turn.request import Caller, InputItem, TurnRequest
from verax.turn.toolcall import tools_text

__all__ = ["score"]

_CLOCK_CHARS = 40


def _mark(sample: Sample) -> Mark:
    release = sample.release
    if release is None:
        return Mark.failed("no release to compare with")
    for number, answer in enumerate(sample.answers):
        call = sample.item.calls[number]
        problem = _problem(answer, release, lines_of(call, sample.answers), call.tools)
        if problem:
            return Mark.failed(problem)
    return Mark.passed()


def _problem(answer: Answer, release: Release, lines: Sequence[InputItem], tools: Sequence[Any]) -> str:
    prompt = answer.prompt
    if prompt is None:
        return "its prompt is not open"
    ours, theirs = list(_texts(release.manifest)), set(_request_texts(lines, tools))
    for part in prompt.segments:
        if not _is_known(part, ours, theirs):
            return f"a part by {part.by} is neither in the release nor in the request"
    said = {part.text for part in prompt.segments}
    if any(line.text and not any(line.text in text for text in said) for line in lines):
        return "a line of the request is missing"
    if any(example.text not in said for example in release.prompt.examples):
        return "an example of the release is missing"
    if not _is_composed(prompt, release, lines, tools):
        return "this version composes another prompt"
    return "" if _is_sent(prompt, release) else "what was sent is not these parts"


def _is_known(part: Segment, ours: Sequence[str], theirs: set[str]) -> bool:
    if part.by == "release":
        return any(part.text in text for text in ours)
    if part.by == "clock":
        return len(part.text) <= _CLOCK_CHARS
    return part.by in ("app", "user", "tool") and part.text in theirs


def _is_composed(prompt: OpenedPrompt, release: Release, lines: Sequence[InputItem], tools: Sequence[Any]) -> bool:
    request = TurnRequest(prompt.record.channel, Caller(""), tuple(lines), tools=tuple(tools))
    today = datetime.fromtimestamp(prompt.record.time_ms / 1000, UTC).date()
    try:
        return compose(release, request, frozenset(), today, prompt.record.seed).segments == prompt.segments
    except VeraxError:
        return False


def _is_sent(prompt: OpenedPrompt, release: Release) -> bool:
    try:
        return any(
            prompt.secret.commit("sent", data) == prompt.record.sent
            for data in rejoined_bytes(release, prompt.record, prompt.segments)
        )
    except VeraxError:
        return False


def _texts(value: Any) -> Iterator[str]:
    """Yield every text of a manifest."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _request_texts(lines: Sequence[InputItem], tools: Sequence[Any]) -> Iterator[str]:
    """Yield every form in which a text of the request may stand in a prompt."""
    if tools:
        yield tools_text(tools)
        yield _compact(list(tools))
    for line in lines:
        yield line.text
        if line.role == "tool":
            yield _compact({"content": line.text, "tool_call_id": line.tool_call_id})
        for call in line.tool_calls:
            yield f'{{"name":{_compact(call.name)},"arguments":{call.arguments}}}'
        if line.tool_calls:
            calls = [
                {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in line.tool_calls
            ]
            yield _compact(calls)


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


score = each(_mark)
