"""The verifier that ships: a small cross-encoder of this project's own lab, offline, on the processor.

* The weights are loaded at first use, on the threads that score; an idle server pays nothing.
* A claim is judged on one thread from beginning to end. Two are judged at a time, `MAX_WAITING` wait, and one more is
  *not checked*: ``busy``.
* Whoever is cancelled while waiting for a judgement leaves at once, and the thread stops before its next pair.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

from verax.truth.claims import is_about, language_of, leans, plain
from verax.truth.verdicts import Evidence, Judgement, Verdict
from verax.truth.verifier.judging import Asked, Judging
from verax.truth.verifier.model import Manifest, VerifierModel, read_manifest

__all__ = ["MAX_WAITING", "LocalVerifier"]

MAX_WAITING = 256
_THREADS = 2
_WEIGHTS = Path(__file__).with_name("weights")


class _Stopped(Exception):
    """Nobody waits for this judgement any more."""


class LocalVerifier:
    """Implements `verax.truth.verdicts.Verifier`.

    Args:
        folder: The weights; those that ship when omitted.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or _WEIGHTS
        self._lock = threading.Lock()
        self._model: VerifierModel | None = None
        self._waiting = 0
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="verax-verify")
        self._manifest: Manifest | None = read_manifest(self._folder)

    @property
    def is_available(self) -> bool:
        """Whether there are weights, and the extra ``knowledge`` is installed."""
        return self._manifest is not None and all(find_spec(name) is not None for name in ("onnxruntime", "numpy"))

    @property
    def identity(self) -> str:
        """``local:`` and the digest of the manifest, which names weights and calibration; ``none`` without weights."""
        return f"local:{self._manifest.digest}" if self._manifest is not None else "none"

    async def judge(self, claim: str, context: str, evidence: Sequence[Evidence]) -> Judgement:
        """Judge a claim; `context` counts only where the claim leans on it (`verax.truth.claims.leans`).

        Raises:
            DigestMismatch: the weights are not those of the manifest.
        """
        if not self.is_available:
            return _not_checked("no_verifier")
        texts = [passage.text for passage in evidence]
        if not is_readable(claim, texts):
            return _not_checked("language")
        if self._waiting >= _THREADS + MAX_WAITING:
            return _not_checked("busy")
        stop = threading.Event()
        self._waiting += 1
        try:
            work = asyncio.get_running_loop().run_in_executor(
                self._threads, self._judge, plain(claim), context, evidence, stop
            )
            return await work
        finally:
            self._waiting -= 1
            stop.set()

    def close(self) -> None:
        """Let what runs end; safe to call twice."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _judge(self, claim: str, context: str, evidence: Sequence[Evidence], stop: threading.Event) -> Judgement:
        model = self._load()
        hypothesis = f"{context} {claim}" if context and leans(claim) else claim
        if not model.fits(hypothesis):
            hypothesis = claim
        # What a pronoun stands for may be named by the heading or the document alone.
        leads = [f"{item.document} {item.heading} {item.text}" for item in evidence]
        elsewhere = frozenset(
            index for index, text in enumerate(leads) if hypothesis != claim and not is_about(context, text)
        )
        if not model.fits(hypothesis):
            return _not_checked("too_long")

        def scorer(given: str, piece: str) -> Sequence[float]:
            if stop.is_set():
                raise _Stopped
            return model.logits(given, piece)

        # What is not English among the evidence decides nothing, but keeps its place.
        read = [item.text if language_of(item.text) in ("en", "unknown") else "" for item in evidence]
        asked = Asked(claim, hypothesis, read, elsewhere)
        return Judging(scorer, model.calibration, model.manifest.max_words).judge(asked)

    def _load(self) -> VerifierModel:
        with self._lock:
            if self._model is None:
                if self._manifest is None:
                    raise _Stopped
                self._model = VerifierModel(self._folder, self._manifest)
            return self._model


def is_readable(claim: str, texts: Sequence[str]) -> bool:
    """Say whether a claim and some of its evidence are English, all that the verifier was trained on.

    A claim that does not tell its language by itself is read as its evidence is.
    """
    said = [language_of(text) for text in texts]
    language = language_of(plain(claim))
    if language == "unknown":
        return "en" in said
    return language == "en" and (not said or any(item in ("en", "unknown") for item in said))


def _not_checked(reason: str) -> Judgement:
    return Judgement(Verdict.NOT_CHECKED, None, reason=reason)
