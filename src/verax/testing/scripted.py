"""A model that says what a test tells it to; implements the whole `Backend` interface.

Three ways to decide what it says, tried in this order:

* rules: the first whose pattern is found in the last line by the user gives the reply;
* an obedient mode: a function from the joined prompt, as a real model would read it, to text;
* echo: it says the last line by the user again.

A token is a word with the blanks after it. ``max_tokens``, ``stop``, ``n`` and log
probabilities are honoured, so that surfaces can be tested on them.

>>> backend = ScriptedBackend([Rule("Hamlet", "Shakespeare wrote it.")])
>>> backend.identity.kind
'scripted'
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from verax.kernel.errors import ModelUnavailable, RequestError, VeraxError
from verax.kernel.join import rejoin
from verax.kernel.segments import Segment
from verax.models.base import (
    BackendIdentity,
    Delta,
    Finish,
    FinishReason,
    ModelCall,
    ModelEvent,
    Options,
    Sent,
    TokenLogprob,
    ToolDelta,
    Usage,
)
from verax.models.wire import request_body

__all__ = ["Reply", "Rule", "ScriptedBackend", "ScriptedTool"]

_TOKEN = re.compile(r"\S+\s*|\s+")
_DIMENSIONS = 8


@dataclass(frozen=True, slots=True)
class ScriptedTool:
    """A tool call that a reply makes."""

    name: str
    arguments: str = "{}"


@dataclass(frozen=True, slots=True)
class Reply:
    """One scripted reply.

    Attributes:
        texts: Text of each choice; choice i says ``texts[i % len(texts)]``.
        chunk_chars: Characters of one `Delta`; 0 for one token each.
        delay_s: Wait before each `Delta`, on the backend's sleep.
        tools: Tool calls after the text.
        refuses: Raised before `Sent`, as an adapter refuses a request.
        fails: Raised once `fails_after` deltas are out.
    """

    texts: tuple[str, ...] = ("",)
    chunk_chars: int = 0
    delay_s: float = 0.0
    tools: tuple[ScriptedTool, ...] = ()
    refuses: VeraxError | None = None
    fails: Exception | None = None
    fails_after: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """What to say where `pattern` (a regular expression) is found."""

    pattern: str
    reply: Reply | str


class ScriptedBackend:
    """Implements `verax.models.base.Backend` without a model.

    Attributes:
        calls: Every call, oldest first.
        cancelled: Number of calls whose generator was closed before its end.
        deltas: Pieces of text said so far, over all calls.
        closed: Whether `close` was called.
    """

    def __init__(
        self,
        rules: Sequence[Rule] = (),
        *,
        obey: Callable[[str], str] | None = None,
        usual: Reply | None = None,
        tamper: Callable[[tuple[Segment, ...]], tuple[Segment, ...]] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        keeps_context: bool = False,
        identity: BackendIdentity | None = None,
    ) -> None:
        """Make the backend.

        Args:
            obey: The obedient mode.
            usual: How a reply without a rule of its own is cut, delayed and so on; its texts are not used.
            keeps_context: Refuse a prompt of more tokens than the release's context, as real models do.
            tamper: Changes the segments before they are sent: an adapter that cheats, which the turn must catch.
        """
        self.calls: list[ModelCall] = []
        self.cancelled = 0
        self.deltas = 0
        self.closed = False
        self.identity = identity or BackendIdentity("scripted", "unknown", {"name": "scripted"})
        self._rules = [(re.compile(rule.pattern), rule.reply) for rule in rules]
        self._obey = obey
        self._usual = usual or Reply()
        self._tamper = tamper
        self._sleep = sleep
        self._keeps_context = keeps_context

    async def generate(self, call: ModelCall) -> AsyncIterator[ModelEvent]:
        """Say what the script says."""
        if self.closed:
            raise ModelUnavailable("scripted model: closed")
        self.calls.append(call)
        segments = self._tamper(call.segments) if self._tamper else call.segments
        prompt = self._join(replace(call, segments=segments))
        reply = self._reply(call, prompt.decode("utf-8"))
        if reply.refuses is not None:
            raise reply.refuses
        is_whole = False
        try:
            yield Sent(segments, prompt)
            tokens = len(_tokens(prompt.decode("utf-8")))
            if self._keeps_context and tokens > call.release.model.context_tokens:
                raise RequestError(
                    f"prompt: expected at most {call.release.model.context_tokens} tokens, found {tokens}",
                    hint="shorten the conversation or the text, or start a new conversation",
                    param="messages",
                    code="request/context-length",
                )
            async for event in self._say(reply, call.options, tokens):
                yield event
            is_whole = True
        finally:
            self.cancelled += not is_whole

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a small vector that depends on the text alone."""
        if not all(texts):
            raise RequestError("input: expected texts that are not empty", param="input")
        digests = (hashlib.sha256(text.encode("utf-8")).digest() for text in texts)
        return [[byte / 255 for byte in digest[:_DIMENSIONS]] for digest in digests]

    async def close(self) -> None:
        """Say nothing more."""
        self.closed = True

    @staticmethod
    def _join(call: ModelCall) -> bytes:
        """Return what a model in this process reads, or what a remote one would be sent."""
        return request_body(call) if call.release.model.backend == "remote" else rejoin(call.release, call.segments)

    def _reply(self, call: ModelCall, prompt: str) -> Reply:
        said = next((segment.text for segment in reversed(call.segments) if segment.by == "user"), "")
        for pattern, reply in self._rules:
            if pattern.search(said):
                return reply if isinstance(reply, Reply) else self._with_text(reply)
        return self._with_text(self._obey(prompt) if self._obey is not None else said)

    def _with_text(self, text: str) -> Reply:
        usual = self._usual
        return Reply(
            (text,), usual.chunk_chars, usual.delay_s, usual.tools, usual.refuses, usual.fails, usual.fails_after
        )

    async def _say(self, reply: Reply, options: Options, prompt_tokens: int) -> AsyncIterator[ModelEvent]:
        said = 0
        total = 0
        for choice in range(options.n):
            tokens, reason = _limit(reply.texts[choice % len(reply.texts)], options)
            total += len(tokens)
            for delta in _deltas(tokens, reply, choice, options):
                if reply.fails is not None and said >= reply.fails_after:
                    raise reply.fails
                if reply.delay_s:
                    await self._sleep(reply.delay_s)
                yield delta
                said += 1
                self.deltas += 1
            for index, tool in enumerate(reply.tools):
                yield ToolDelta(index, tool.arguments, choice, f"call_{choice}_{index}", tool.name)
            yield Finish("tool_calls" if reply.tools else reason, choice)
        if reply.fails is not None:
            raise reply.fails
        yield Usage(prompt_tokens, total)


def _limit(text: str, options: Options) -> tuple[list[str], FinishReason]:
    """Cut a text at the first stop string, then at the token limit."""
    ends = [position for stop in options.stop if stop and (position := text.find(stop)) >= 0]
    tokens = _tokens(text[: min(ends)] if ends else text)
    if len(tokens) > options.max_tokens:
        return tokens[: options.max_tokens], "length"
    return tokens, "stop"


def _deltas(tokens: list[str], reply: Reply, choice: int, options: Options) -> list[Delta]:
    if options.top_logprobs is not None:
        return [Delta(token, choice, (_logprob(token, options.top_logprobs),)) for token in tokens]
    if reply.chunk_chars <= 0:
        return [Delta(token, choice) for token in tokens]
    text, size = "".join(tokens), reply.chunk_chars
    return [Delta(text[start : start + size], choice) for start in range(0, len(text), size)]


def _logprob(token: str, top: int) -> TokenLogprob:
    others = tuple((f"{token.strip()}{index}", -float(index + 1)) for index in range(top))
    return TokenLogprob(token, -0.25, tuple(token.encode("utf-8")), others)


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text)
