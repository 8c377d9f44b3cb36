"""Step 5, compose: the prompt as segments with their true authors. Pure.

* All wording of ours comes from the release, separators included (invariant 4).
* The system message holds, in this order: the release's prompt, the tool definitions with
  the release's wording around them (style ``schema``), the caller's own system texts between
  ``app_head`` and ``app_tail``. A caller's system line in mid-conversation is moved there:
  models are trained on one leading system message.
* A line that the caller claims is ``app``; only replies that `recall` found are
  ``assistant`` (clause 7).
* Files stand before the text of the line that brings them, between the release's wording; a
  release without such wording takes none (`verax.turn.files`).
* Passages that `recall` found stand before the last line by the user, between the release's
  wording; name, page and text of each are ``retrieved`` (`verax.turn.passages`).
* Neighbouring lines of one role are parted by the release's separator.
* Style ``native`` writes tool definitions, the calls of a line and each result as JSON in a
  segment of its own, for the join to unfold. Style ``schema`` writes them as text between the release's wording.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from verax.kernel.errors import RefusedError, RequestError, UnsupportedParameter
from verax.kernel.release import Release
from verax.kernel.segments import Author, Segment
from verax.kernel.template import Variable, render
from verax.models.base import Options
from verax.truth.verdicts import Evidence
from verax.turn.dispute import Position
from verax.turn.files import file_segments
from verax.turn.passages import passage_segments
from verax.turn.request import InputItem, SamplingRequest, TurnRequest
from verax.turn.toolcall import choose_tools, tool_schema, tools_text
from verax.turn.trim import last_question

__all__ = ["Composition", "compose", "effective_options"]


@dataclass(frozen=True, slots=True)
class Composition:
    """What will be asked of the model.

    Attributes:
        tool_style: ``schema`` when the reply is JSON that holds a tool call, ``native`` when
            the model calls tools itself, ``none`` without tools.
    """

    segments: tuple[Segment, ...]
    options: Options
    tool_style: str


def compose(
    release: Release,
    request: TurnRequest,
    held: frozenset[int],
    today: date,
    fresh_seed: int,
    passages: Sequence[Evidence] = (),
    positions: Sequence[Position] = (),
) -> Composition:
    """Turn a request into segments and effective options.

    Args:
        held: Indices of assistant lines that this installation holds (from `recall`).
        today: The date of the clock, for templates that show it.
        fresh_seed: Seed to use where the caller names none, 0 to 2^31-1.
        passages: What was found for the question, the nearest first.
        positions: What of it disagrees.

    Raises:
        RequestError: tools, formats or sampling values that the release does not allow.
    """
    tools = choose_tools(request.tools, request.tool_choice)
    style = _tool_style(release, tools)
    native = release.tools.style == "native"
    lines = [_system(release, request, tools, style, today)]
    lines += [[Segment("release", example.role, example.text)] for example in release.prompt.examples]
    asked = last_question(request.items)
    for index, item in enumerate(request.items):
        found = passage_segments(release, passages, positions) if index == asked else []
        written = _lines(release, item, "assistant" if index in held else "app", native=native)
        lines += [[*found, *written[0]], *written[1:]] if found and written else written
    options = effective_options(release, request.sampling, fresh_seed)
    return Composition(
        segments=tuple(_join_lines(release, lines)),
        options=_shape(options, request, tools, style),
        tool_style=style,
    )


def effective_options(release: Release, asked: SamplingRequest, fresh_seed: int) -> Options:
    """Narrow the release's sampling by what the caller asks for and the release allows.

    Raises:
        UnsupportedParameter: the release does not let callers set that parameter.
        RequestError: ``max_tokens`` beyond the release's limit.
    """
    base = release.sampling
    values = {
        "temperature": asked.temperature,
        "top_p": asked.top_p,
        "presence_penalty": asked.presence_penalty,
        "frequency_penalty": asked.frequency_penalty,
        "max_tokens": asked.max_tokens,
        "seed": asked.seed,
        "stop": asked.stop or None,
        "n": asked.n if asked.n != 1 else None,
        "logprobs": asked.top_logprobs,
    }
    for name, value in values.items():
        if value is not None and name not in base.allow:
            raise UnsupportedParameter(f"{name}: this channel's release does not let callers set it", param=name)
    if asked.max_tokens is not None and asked.max_tokens > base.max_tokens:
        raise RequestError(
            f"max_tokens: expected at most {base.max_tokens} on this channel, found {asked.max_tokens}",
            hint=f"ask for {base.max_tokens} or fewer",
            param="max_tokens",
        )
    return Options(
        temperature=_pick(asked.temperature, base.temperature),
        top_p=_pick(asked.top_p, base.top_p),
        top_k=base.top_k,
        repeat_penalty=base.repeat_penalty,
        presence_penalty=_pick(asked.presence_penalty, base.presence_penalty),
        frequency_penalty=_pick(asked.frequency_penalty, base.frequency_penalty),
        max_tokens=asked.max_tokens or base.max_tokens,
        seed=fresh_seed if asked.seed is None else asked.seed,
        stop=asked.stop,
        n=max(asked.n, release.truth.replies),
        top_logprobs=asked.top_logprobs,
    )


def _pick(asked: float | None, base: float) -> float:
    return base if asked is None else asked


def _tool_style(release: Release, tools: tuple[Mapping[str, Any], ...]) -> str:
    if not tools:
        return "none"
    if release.tools.style == "none":
        raise UnsupportedParameter("tools: this channel's release offers no tools", param="tools")
    return release.tools.style


def _shape(options: Options, request: TurnRequest, tools: tuple[Mapping[str, Any], ...], style: str) -> Options:
    form = request.response_format
    if style == "schema":
        if form.kind != "text":
            raise RequestError("response_format: not together with tools on this channel", param="response_format")
        if request.sampling.top_logprobs is not None:
            raise RequestError("logprobs: not together with tools on this channel", param="logprobs")
        return replace(options, schema=tool_schema(tools, request.tool_choice))
    if style == "native":
        options = replace(options, tools=tuple(tools), tool_choice=_wire_choice(request))
    if form.kind == "json_object":
        return replace(options, schema={"type": "object"})
    if form.kind == "json_schema":
        return replace(options, schema=form.schema or {"type": "object"})
    return options


def _wire_choice(request: TurnRequest) -> str | Mapping[str, Any]:
    if isinstance(request.tool_choice, tuple):
        return {"type": "function", "function": {"name": request.tool_choice[1]}}
    return request.tool_choice


def _system(
    release: Release, request: TurnRequest, tools: tuple[Mapping[str, Any], ...], style: str, today: date
) -> list[Segment]:
    variables = _variables(release, today)
    segments = list(render(release.prompt.system, variables, "system"))
    separator = Segment("release", "system", release.prompt.separator)
    if style == "schema":
        segments += [separator] if segments else []
        segments += _around(release.tools.head, Segment("app", "system", tools_text(tools)), release.tools.tail)
    elif style == "native":
        segments.append(Segment("app", "tools", _compact(list(tools))))
    for item in request.items:
        if item.role in ("system", "developer") and item.text:
            segments += [separator] if segments else []
            segments += _around(release.prompt.app_head, Segment("app", "system", item.text), release.prompt.app_tail)
    return segments


def _variables(release: Release, today: date) -> dict[str, Variable]:
    """Supply what this version can supply: the date. Anything else refuses the release, not the user."""
    variables: dict[str, Variable] = {}
    for name, spec in release.prompt.variables.items():
        if spec.source != "clock" or spec.type != "date":
            raise RefusedError(
                f"release {release.short_id}: this version cannot supply variable {name!r} from {spec.source}",
                hint="admit a release whose variables are dates of the clock",
                code="release/unsupported",
            )
        variables[name] = spec.bind(today.isoformat())
    return variables


def _around(head: str, segment: Segment, tail: str) -> list[Segment]:
    before = [Segment("release", segment.role, head)] if head else []
    after = [Segment("release", segment.role, tail)] if tail else []
    return [*before, segment, *after]


def _lines(release: Release, item: InputItem, by: Author, *, native: bool) -> list[list[Segment]]:
    """Return the lines of one item, each as its segments; `by` is the author of an assistant line."""
    if item.role in ("system", "developer"):
        return []
    if item.role == "user":
        files = [segment for file in item.files for segment in file_segments(release, file)]
        return [[*files, Segment("user", "user", item.text)] if item.text or not files else files]
    if item.role == "tool":
        if native:
            result = {"content": item.text, "tool_call_id": item.tool_call_id}
            return [[Segment("tool", "tool", _compact(result))]]
        return [_around(release.tools.result_head, Segment("tool", "tool", item.text), release.tools.result_tail)]
    text = [[Segment(by, "assistant", item.text)]] if item.text or not item.tool_calls else []
    return text + _calls(release, item, by, native=native)


def _calls(release: Release, item: InputItem, by: Author, *, native: bool) -> list[list[Segment]]:
    if not item.tool_calls:
        return []
    if native:
        calls = [
            {"id": c.call_id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
            for c in item.tool_calls
        ]
        return [[Segment(by, "tool_calls", _compact(calls))]]
    texts = [f'{{"name":{_compact(call.name)},"arguments":{call.arguments}}}' for call in item.tool_calls]
    head, tail = release.tools.call_head, release.tools.call_tail
    return [_around(head, Segment(by, "assistant", text), tail) for text in texts]


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _join_lines(release: Release, lines: list[list[Segment]]) -> list[Segment]:
    """Part neighbouring lines of one role by the release's separator."""
    result: list[Segment] = []
    for line in lines:
        if result and line and _message_role(result[-1]) == line[0].role and release.prompt.separator:
            result.append(Segment("release", line[0].role, release.prompt.separator))
        result += line
    return result


def _message_role(segment: Segment) -> str:
    return "user" if segment.role == "image" else segment.role
