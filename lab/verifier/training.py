"""Train a model by a recipe; a run that was stopped goes on from its last checkpoint.

*Life of a checkpoint:* the state (weights, optimiser, step, random state, losses since the last report) is written to
``checkpoint.pt.partial``, flushed to the disk, and renamed to ``checkpoint.pt``. A run that is killed at any moment
finds the last whole one; SIGTERM and SIGINT end the run after the present step with a checkpoint of it.

The learning rate is constant between its rise and its fall ("warmup, stable, decay"), so a run can be ended early by a
recipe with fewer steps: up to where its fall begins the two runs are the same.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

import torch
from torch import Tensor, nn

from lab.storage import CHECKPOINT
from lab.verifier.batches import Encoded, HasIds, batches
from lab.verifier.model import collate, loss, set_dropout
from lab.verifier.recipe import Recipe

PROGRESS = "progress.jsonl"


_Example = TypeVar("_Example", bound=HasIds)
Objective = Callable[[list[_Example]], Tensor]
"""The mean loss of a batch, from which gradients flow into the model."""


class Schedule(Protocol):
    """What training takes from a recipe; `learning_rate` says how it rises and falls."""

    @property
    def seed(self) -> int: ...
    @property
    def batch_tokens(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def weight_decay(self) -> float: ...
    @property
    def steps(self) -> int: ...
    @property
    def warmup_steps(self) -> int: ...
    @property
    def decay_steps(self) -> int: ...


@dataclass(frozen=True)
class Pace:
    """How often a run writes down where it is, and on how many threads it computes."""

    checkpoint_s: float = 180.0
    report_steps: int = 25
    threads: int = 2


@dataclass
class _Signals:
    """Remembers that the run was asked to stop."""

    is_asked: bool = False
    before: dict[signal.Signals, Any] = field(default_factory=dict)

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGINT):
            self.before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _ask(self, *_: object) -> None:
        self.is_asked = True


def learning_rate(recipe: Schedule, step: int) -> float:
    """Return the learning rate of a step, counted from 0."""
    rise = min(1.0, (step + 1) / max(1, recipe.warmup_steps))
    fall = min(1.0, (recipe.steps - step) / max(1, recipe.decay_steps))
    return recipe.learning_rate * rise * fall


def train_pairs(model: nn.Module, examples: Sequence[Encoded], recipe: Recipe, folder: Path, pace: Pace) -> int:
    """Train a model of either kind on its labels; see `train`."""
    set_dropout(model, recipe.dropout)

    def objective(batch: list[Encoded]) -> Tensor:
        labels_B: Tensor = torch.tensor([example.label for example in batch])
        with torch.autocast("cpu", torch.bfloat16, enabled=recipe.is_bfloat16):
            logits_BC = model(*collate(batch))
        return loss(logits_BC, labels_B, recipe.label_smoothing, recipe.reason_weight)

    return train(model, objective, examples, recipe, folder, pace)


def train(
    model: nn.Module,
    objective: Objective[_Example],
    examples: Sequence[_Example],
    recipe: Schedule,
    folder: Path,
    pace: Pace,
) -> int:
    """Run a recipe to its end or until a signal; return the number of steps done so far.

    Raises:
        ValueError: the checkpoint in `folder` was made from other examples.
    """
    torch.set_num_threads(pace.threads)
    folder.mkdir(parents=True, exist_ok=True)
    optimiser = _optimiser(model, recipe)
    run = _Run[_Example](model, optimiser, sum(len(example.ids) for example in examples))
    run.restore(folder / CHECKPOINT, recipe.seed)
    saved_at = time.monotonic()
    with _Signals() as signals:
        while run.step < recipe.steps and not signals.is_asked:
            _take_step(run, objective, run.next_batch(examples, recipe), recipe)
            if run.step % pace.report_steps == 0 or run.step == recipe.steps:
                run.report(folder / PROGRESS, learning_rate(recipe, run.step - 1))
            if time.monotonic() - saved_at >= pace.checkpoint_s:
                run.save(folder / CHECKPOINT)
                saved_at = time.monotonic()
    run.save(folder / CHECKPOINT)
    return run.step


@dataclass
class _Run(Generic[_Example]):
    model: nn.Module
    optimiser: torch.optim.Optimizer
    tokens_in_examples: int
    step: int = 0
    seen: int = 0
    loss_sum: float = 0.0
    loss_steps: int = 0
    seconds: float = 0.0
    _epoch: int = -1
    _first: int = 0  # the step that its epoch began with
    _batches: list[list[int]] = field(default_factory=list)

    def next_batch(self, examples: Sequence[_Example], recipe: Schedule) -> list[_Example]:
        """Return the batch of the present step; epochs follow one another, each in an order of its own."""
        if self._epoch < 0:
            self._open_epoch(examples, recipe, 0, 0)
        # Epochs differ a little in their number of batches, since they are cut by length.
        while self.step - self._first >= len(self._batches):
            self._open_epoch(examples, recipe, self._epoch + 1, self._first + len(self._batches))
        return [examples[index] for index in self._batches[self.step - self._first]]

    def _open_epoch(self, examples: Sequence[_Example], recipe: Schedule, epoch: int, first: int) -> None:
        self._epoch, self._first = epoch, first
        self._batches = batches(examples, recipe.batch_tokens, recipe.seed, epoch)

    def restore(self, path: Path, seed: int) -> None:
        """Go on from a checkpoint, or begin."""
        torch.manual_seed(seed)
        if not path.exists():
            return
        state = torch.load(path, weights_only=True)
        if state["tokens_in_examples"] != self.tokens_in_examples:
            raise ValueError(f"{path}: made from other examples; expected {state['tokens_in_examples']} tokens in all")
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["random"])
        for name in ("step", "seen", "loss_sum", "loss_steps", "seconds"):
            setattr(self, name, state[name])

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        state = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "random": torch.get_rng_state(),
            "tokens_in_examples": self.tokens_in_examples,
            **{name: getattr(self, name) for name in ("step", "seen", "loss_sum", "loss_steps", "seconds")},
        }
        partial = path.with_suffix(".pt.partial")
        with partial.open("wb") as sink:
            torch.save(state, sink)
            sink.flush()
            os.fsync(sink.fileno())
        partial.replace(path)

    def report(self, path: Path, rate: float) -> None:
        """Append the mean loss since the last report."""
        entry = {
            "step": self.step,
            "examples": self.seen,
            "loss": round(self.loss_sum / max(1, self.loss_steps), 4),
            "learning_rate": rate,
            "seconds": round(self.seconds, 1),
        }
        with path.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(entry) + "\n")
        self.loss_sum, self.loss_steps = 0.0, 0


def _take_step(run: _Run[_Example], objective: Objective[_Example], batch: list[_Example], recipe: Schedule) -> None:
    started = time.monotonic()
    for group in run.optimiser.param_groups:
        group["lr"] = learning_rate(recipe, run.step)
    run.model.train()
    value = objective(batch)
    value.backward()
    torch.nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
    run.optimiser.step()
    run.optimiser.zero_grad(set_to_none=True)
    run.step, run.seen = run.step + 1, run.seen + len(batch)
    run.loss_sum, run.loss_steps = run.loss_sum + value.item(), run.loss_steps + 1
    run.seconds += time.monotonic() - started


def _optimiser(model: nn.Module, recipe: Schedule) -> torch.optim.Optimizer:
    """Return AdamW; biases and norms do not decay."""
    trained = [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]
    groups = [
        {
            "params": [weight for _, weight in trained if weight.ndim >= 2],
            "weight_decay": recipe.weight_decay,
        },
        {"params": [weight for _, weight in trained if weight.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate)
