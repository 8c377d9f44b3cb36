"""The body of a chat completion request, to the byte (protocol clause 7).

`request_body` is a pure function of the release, the segments, the options and whether the
reply is streamed. Its result is what goes on the wire and what `Sent.data` holds, so opened
segments give the same bytes again.

* JSON in UTF-8 without spaces; fields in the order in which they stand below.
* ``messages``: consecutive segments of one role are one message, joined with nothing. A
  user's message that holds pictures has a list as its ``content``: ``text`` and ``image_url``
  parts in the order of the segments. With
  tool style ``native`` the segments ``tools``, ``tool_calls`` and ``tool`` hold JSON and
  unfold into OpenAI's shapes; with another style a tool's result is a ``user`` line, since a
  server accepts ``tool`` lines only after calls that it made itself.
* ``model``, ``messages``, ``stream``, ``max_tokens``, ``temperature``, ``top_p`` and ``seed``
  always stand there, so that no default of the server shapes a reply. Other values stand there
  where they are not off: ``presence_penalty``, ``frequency_penalty``, ``stop``, ``n``,
  ``logprobs``, ``response_format``, ``tools``, and, beyond OpenAI's own, ``top_k`` and
  ``repetition_penalty`` as vLLM, SGLang and others name them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from verax.kernel.errors import RequestError
from verax.kernel.segments import Segment
from verax.models.base import ModelCall, Options

__all__ = ["embedding_body", "request_body", "wire_messages"]


def request_body(call: ModelCall) -> bytes:
    """Return the exact bytes of the request.

    Raises:
        RequestError: a native tool segment does not hold its JSON.
    """
    body: dict[str, Any] = {
        "model": call.release.model.name,
        "messages": wire_messages(call.segments, native=call.release.tools.style == "native"),
        "stream": call.stream,
    }
    if call.stream:
        body["stream_options"] = {"include_usage": True}
    body |= _sampling(call.options)
    if call.options.schema is not None:
        body["response_format"] = _response_format(call.options.schema)
    tools = [tool for segment in call.segments if segment.role == "tools" for tool in _parsed(segment, list)]
    if tools:
        body["tools"] = tools
        if call.options.tool_choice is not None:
            body["tool_choice"] = call.options.tool_choice
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def embedding_body(model: str, texts: Sequence[str]) -> bytes:
    """Return the exact bytes of an embeddings request."""
    return json.dumps({"model": model, "input": list(texts)}, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def wire_messages(segments: Sequence[Segment], *, native: bool) -> list[dict[str, Any]]:
    """Return the messages in OpenAI's shape.

    Args:
        native: Whether segments of the roles ``tool_calls`` and ``tool`` hold JSON.

    Raises:
        RequestError: one of them does not.
    """
    messages: list[dict[str, Any]] = []
    for role, group in _groups(segments):
        if role == "tools":
            continue
        if role == "tool_calls":
            _add_calls(messages, [call for segment in _said(group) for call in _parsed(segment, list)])
        elif role == "tool" and native:
            messages += [{"role": "tool", **_parsed(segment, dict)} for segment in _said(group)]
        else:
            messages.append({"role": "user" if role == "tool" else role, "content": _content(group)})
    return messages


def _groups(segments: Sequence[Segment]) -> Iterator[tuple[str, list[Segment]]]:
    group: list[Segment] = []
    for segment in segments:
        if group and _role_of(group[-1]) != _role_of(segment):
            yield _role_of(group[-1]), group
            group = []
        group.append(segment)
    if group:
        yield _role_of(group[-1]), group


def _role_of(segment: Segment) -> str:
    """Return the role of the message that a segment stands in: a picture is part of a user's."""
    return "user" if segment.role == "image" else segment.role


def _content(group: list[Segment]) -> str | list[dict[str, Any]]:
    """Return the texts joined, or, where pictures stand between them, OpenAI's content parts."""
    if all(segment.role != "image" for segment in group):
        return "".join(segment.text for segment in group)
    parts: list[dict[str, Any]] = []
    for segment in group:
        if segment.role == "image":
            parts.append({"type": "image_url", "image_url": {"url": segment.text}})
        elif parts and parts[-1]["type"] == "text":
            parts[-1]["text"] += segment.text
        else:
            parts.append({"type": "text", "text": segment.text})
    return parts


def _said(group: list[Segment]) -> list[Segment]:
    """Leave out the separators that stand between lines of one role."""
    return [segment for segment in group if segment.by != "release"]


def _add_calls(messages: list[dict[str, Any]], calls: list[Any]) -> None:
    if not messages or messages[-1]["role"] != "assistant":
        messages.append({"role": "assistant", "content": None})
    messages[-1]["tool_calls"] = calls


def _parsed(segment: Segment, kind: type) -> Any:
    try:
        value = json.loads(segment.text)
    except (json.JSONDecodeError, RecursionError):
        value = None
    if not isinstance(value, kind):
        raise RequestError(
            f"tools: expected a JSON {kind.__name__} in a segment of role {segment.role!r}", param="tools"
        )
    return value


def _sampling(options: Options) -> dict[str, Any]:
    values: dict[str, Any] = {
        "max_tokens": options.max_tokens,
        "temperature": options.temperature,
        "top_p": options.top_p,
        "seed": options.seed,
    }
    optional = {
        "presence_penalty": (options.presence_penalty, 0.0),
        "frequency_penalty": (options.frequency_penalty, 0.0),
        "stop": (list(options.stop), []),
        "n": (options.n, 1),
        "top_k": (options.top_k, 0),
        "repetition_penalty": (options.repeat_penalty, 1.0),
    }
    values |= {name: value for name, (value, off) in optional.items() if value != off}
    if options.top_logprobs is not None:
        values |= {"logprobs": True, "top_logprobs": options.top_logprobs}
    return values


def _response_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    if schema == {"type": "object"}:
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": "reply", "schema": dict(schema)}}
