"""Sentences as vectors, by the bundled all-MiniLM-L6-v2 in int8 on `onnxruntime`.

* One text a call, never padded: a batch would change the vector (the scales of activations are
  those of the whole input). The same text gives the same bits on one machine, with any number of
  threads; machines of other kinds may differ in the last digits.
* A vector is kept as 384 signed bytes, its components times 127, rounded: products of such
  vectors are whole numbers, the same everywhere.
* Loaded at first use, on a thread of its own that gives way to others; an idle server pays nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from verax.truth.knowledge.graphs import open_graph
from verax.truth.knowledge.wordpiece import WordPieces

if TYPE_CHECKING:
    import onnxruntime

__all__ = ["ENCODER_FILE", "WIDTH", "Encoder"]

WIDTH = 384
_FOLDER = Path(__file__).with_name("minilm")
ENCODER_FILE = _FOLDER / "encoder.int8.onnx"
_NICENESS = 10


class Encoder:
    """Turns texts into vectors; questions and documents each have a thread.

    Args:
        graph: The weights; those that ship when omitted.
    """

    def __init__(self, graph: Path = ENCODER_FILE) -> None:
        self._graph = graph
        self._lock = threading.Lock()
        self._loaded: tuple[WordPieces, onnxruntime.InferenceSession] | None = None
        self._asked = ThreadPoolExecutor(1, thread_name_prefix="verax-encode-question")
        self._filed = ThreadPoolExecutor(1, thread_name_prefix="verax-encode", initializer=_give_way)

    @property
    def is_available(self) -> bool:
        """Whether the extra ``knowledge`` is installed."""
        return find_spec("onnxruntime") is not None and find_spec("numpy") is not None

    async def encode_question(self, text: str) -> bytes:
        """Return the vector of a question."""
        return await asyncio.get_running_loop().run_in_executor(self._asked, self.encode, text)

    async def encode_passages(self, texts: Sequence[str]) -> list[bytes]:
        """Return the vector of each passage, when nothing else is to be done."""
        loop = asyncio.get_running_loop()
        return [await loop.run_in_executor(self._filed, self.encode, text) for text in texts]

    def encode(self, text: str) -> bytes:
        """Return the vector of a text, 384 signed bytes; blocks for some milliseconds.

        Raises:
            ModelUnavailable: the weights are missing or damaged.
        """
        import numpy as np

        pieces, session = self._load()
        ids = np.array(pieces.encode(text), dtype=np.int64)
        vector = session.run(["vector"], {"ids": ids})[0]
        return bytes(np.clip(np.rint(vector * 127.0), -127, 127).astype(np.int8).tobytes())

    def close(self) -> None:
        """Let what runs end; safe to call twice."""
        self._asked.shutdown(wait=True, cancel_futures=True)
        self._filed.shutdown(wait=True, cancel_futures=True)

    def _load(self) -> tuple[WordPieces, onnxruntime.InferenceSession]:
        with self._lock:
            if self._loaded is None:
                self._loaded = WordPieces(_FOLDER / "vocab.txt"), open_graph(self._graph)
            return self._loaded


def _give_way() -> None:
    """Let turns and questions come first; Linux keeps a niceness for each thread."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
