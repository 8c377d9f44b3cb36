"""What every engine is asked to do, the same for all; the standard library only, since peers import it too."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["CHAT", "Clocked", "clocked", "filler", "rates", "resident_mib"]

CHAT = (
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
    "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
)


@dataclass
class Clocked:
    """Moments of one generation: wall and processor time since its start, seconds."""

    started: float = field(default_factory=time.perf_counter)
    pieces: list[float] = field(default_factory=list)
    spent: list[float] = field(default_factory=list)

    def piece(self) -> None:
        """Note that a piece of the reply came."""
        self.pieces.append(time.perf_counter() - self.started)
        self.spent.append(time.process_time())

    @property
    def first_s(self) -> float:
        """Time to the first piece."""
        return self.pieces[0]

    @property
    def tokens_per_s(self) -> float:
        """Rate from the first piece to the last."""
        return (len(self.pieces) - 1) / (self.pieces[-1] - self.pieces[0])

    @property
    def processor_ms_per_token(self) -> float:
        """What one token costs this process: hardly moved by other work on the machine."""
        return 1000 * (self.spent[-1] - self.spent[0]) / (len(self.pieces) - 1)


def filler(tokens: int, mark: str) -> str:
    """Return a prompt of about that many tokens which begins differently for each `mark`."""
    return CHAT.format(f"{mark}. " + "The quick brown fox jumps. " * (tokens // 6))


def clocked(generate: Callable[[Callable[[], None]], object]) -> Clocked:
    """Run a generation that calls its argument at every piece."""
    moments = Clocked()
    generate(moments.piece)
    return moments


def rates(prompt_tokens: int, prompts: list[Clocked], replies: list[Clocked]) -> dict[str, float]:
    """Return medians over runs of a long prompt and runs of a long reply."""
    return {
        "prompt_tokens_per_s": round(statistics.median(prompt_tokens / run.first_s for run in prompts), 1),
        "generated_tokens_per_s": round(statistics.median(run.tokens_per_s for run in replies), 2),
        "processor_ms_per_token": round(statistics.median(run.processor_ms_per_token for run in replies), 2),
    }


def resident_mib() -> float:
    """Return the resident memory of this process, MiB (Linux)."""
    status = Path("/proc/self/status").read_text().splitlines()
    return round(next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS:")), 1)
