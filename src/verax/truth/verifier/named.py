"""MiniCheck and HHEM as judges: models of other people, from a folder that the user names.

* The model runs in a process of its own, in an environment of its own (`verax.truth.verifier.scoring`): PyTorch is no
  part of what serves. Nothing is downloaded. The process starts with the first claim and ends with this one.
* Claims and passages are cut, and what decides is looked for, as with the verifier that ships, and the exact checks
  stand on top (`verax.truth.verifier.judging`). The model's own probability is taken as it is, with the published
  threshold of 0.5: it tells *supported* from everything else, so only an exact check calls a claim contradicted.
* Its identity is its kind and the digest of the folder's files. Another folder behind the same path is another judge.
* A process that cannot be started, breaks or is silent for `LIMIT_S` makes a claim *not checked*:
  ``judge_unreachable``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import math
import os
import selectors
import subprocess
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from verax.truth.claims import language_of, leans, plain
from verax.truth.verdicts import Evidence, Judgement, Verdict
from verax.truth.verifier.calibration import Calibration, log_odds
from verax.truth.verifier.judging import Asked, Judging
from verax.truth.verifier.local import MAX_WAITING, is_readable

__all__ = ["JUDGE_KINDS", "JudgeKind", "NamedJudge", "NamedSettings"]

JudgeKind = Literal["minicheck", "hhem"]
JUDGE_KINDS: tuple[JudgeKind, ...] = ("minicheck", "hhem")

LIMIT_S = 120.0
_START_S = 600.0  # gigabytes are read and hashed first
_MAX_LINE_BYTES = 65_536
_WORKER = Path(__file__).with_name("scoring.py")
_WORDS = {"minicheck": 300, "hhem": 300}  # of a piece, so that a pair fits the 512 word pieces of most such models
_UNREAD = "not loaded"
_NEVER = -1e3  # log odds of what such a model does not tell

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NamedSettings:
    """Where a judge lies.

    Attributes:
        folder: Its files as they were published.
        python: The interpreter of an environment that has PyTorch and transformers.
    """

    kind: JudgeKind
    folder: Path
    python: Path


class _Broken(Exception):
    """The process did not do what it was asked; the text says why."""


class NamedJudge:
    """Implements `verax.truth.verdicts.Verifier`."""

    def __init__(self, settings: NamedSettings) -> None:
        self._settings = settings
        self._process: _Scoring | None = None
        self._digest = _UNREAD
        self._waiting = 0
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="verax-judge")

    @property
    def identity(self) -> str:
        """Kind and digest of the folder's files; ``not loaded`` until a claim was judged."""
        return f"{self._settings.kind}:{self._digest}"

    async def judge(self, claim: str, context: str, evidence: Sequence[Evidence]) -> Judgement:
        """Judge a claim; `context` counts only where the claim leans on it."""
        texts = [passage.text for passage in evidence]
        if not is_readable(claim, texts):
            return Judgement(Verdict.NOT_CHECKED, None, reason="language")
        if self._waiting > MAX_WAITING:
            return Judgement(Verdict.NOT_CHECKED, None, reason="busy")
        self._waiting += 1
        try:
            work = asyncio.get_running_loop().run_in_executor(self._threads, self._judge, plain(claim), context, texts)
            return await work
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """End the process; safe to call twice."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._drop()

    def _judge(self, claim: str, context: str, texts: Sequence[str]) -> Judgement:
        hypothesis = f"{context} {claim}" if context and leans(claim) else claim
        read = [text if language_of(text) in ("en", "unknown") else "" for text in texts]
        judging = Judging(self._logits, Calibration(1.0, 0.0), _WORDS[self._settings.kind])
        try:
            return judging.judge(Asked(claim, hypothesis, read))
        except _Broken as error:
            _log.warning("judge %s: %s", self._settings.kind, error)
            self._drop()
            return Judgement(Verdict.NOT_CHECKED, None, reason="judge_unreachable")

    def _logits(self, claim: str, text: str) -> tuple[float, float, float]:
        if self._process is None:
            self._process = _Scoring(self._settings)
            self._digest = self._process.digest
        return log_odds(self._process.score(claim, text)), _NEVER, 0.0

    def _drop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.close()


class _Scoring:
    """The process; used by one thread at a time."""

    def __init__(self, settings: NamedSettings) -> None:
        try:
            self._process = subprocess.Popen(
                [str(settings.python), "-I", "-B", str(_WORKER), settings.kind, str(settings.folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            raise _Broken(f"its environment cannot be started: {error.strerror}") from None
        self._lock = threading.Lock()
        self._rest = b""
        try:
            self.digest = str(self._next(_START_S)["digest"])
        except (_Broken, KeyError) as error:
            self.close()
            raise _Broken(str(error)) from None

    def score(self, claim: str, text: str) -> float:
        """Return the probability that a text supports a claim; raises `_Broken`."""
        with self._lock:
            order = json.dumps({"claim": claim, "text": text}).encode("ascii") + b"\n"
            try:
                if self._process.stdin is None:
                    raise _Broken("it has no input")
                self._process.stdin.write(order)
            except OSError:
                raise _Broken("its process ended") from None
            found = self._next(LIMIT_S).get("probability")
        if not isinstance(found, float | int) or not math.isfinite(found) or not 0 <= found <= 1:
            raise _Broken("it answered with no probability")
        return float(found)

    def close(self) -> None:
        """End it, and reap it."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        for end in (self._process.stdin, self._process.stdout):
            if end is not None:
                end.close()

    def _next(self, limit_s: float) -> dict[str, Any]:
        """Return the next line; raises `_Broken` for none in time, or one that says why there is no answer."""
        if self._process.stdout is None:
            raise _Broken("it has no output")
        number, ends_s = self._process.stdout.fileno(), time.monotonic() + limit_s
        with selectors.DefaultSelector() as selector:
            selector.register(number, selectors.EVENT_READ)
            while b"\n" not in self._rest:
                if not selector.select(max(0.0, ends_s - time.monotonic())):
                    raise _Broken(f"it said nothing for {limit_s:.0f} s")
                part = os.read(number, _MAX_LINE_BYTES)
                if not part or len(self._rest) > _MAX_LINE_BYTES:
                    raise _Broken("its process ended" if not part else "it wrote a line beyond its limit")
                self._rest += part
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            value = json.loads(line)
        except ValueError:
            value = None
        if not isinstance(value, dict) or "problem" in value:
            said = str(value.get("problem")) if isinstance(value, dict) else "it wrote something that is no answer"
            raise _Broken("".join(letter if letter.isprintable() else " " for letter in said)[:300])
        return value
