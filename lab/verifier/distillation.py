"""Distillation: a student learns a teacher's probabilities beside the labels (Hinton, Vinyals and Dean, 2015).

The teacher is asked about each batch as it comes, so only pairs that are trained on are scored, and a run that was
stopped goes on with nothing to keep but its checkpoint. Teacher and student may be of different kinds: each reads a
pair in its own way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from lab.verifier.batches import Encoded
from lab.verifier.kinds import predict
from lab.verifier.model import collate, loss, set_dropout
from lab.verifier.recipe import Recipe
from lab.verifier.training import Pace, train


@dataclass(frozen=True)
class Taught:
    """One example as the student reads it, and as its teacher does."""

    pair: Encoded
    for_teacher: Encoded

    @property
    def ids(self) -> list[int]:
        """The student's ids: batches are cut by what is trained."""
        return self.pair.ids


@dataclass(frozen=True)
class Teacher:
    """A trained model and the recipe that it was trained by."""

    model: nn.Module
    recipe: Recipe


def soft_loss(logits_BC: Tensor, taught_BC: Tensor, temperature: float) -> Tensor:
    """Return the divergence of the student's probabilities from its teacher's, both softened by the temperature, times
    its square: gradients then keep their size whatever the temperature."""
    student_BC = functional.log_softmax(logits_BC.float() / temperature, dim=-1)
    teacher_BC = functional.log_softmax(taught_BC.float() / temperature, dim=-1)
    divergence = functional.kl_div(student_BC, teacher_BC, reduction="batchmean", log_target=True)
    return divergence * temperature**2


def distil_pairs(
    student: nn.Module, teacher: Teacher, examples: Sequence[Taught], recipe: Recipe, folder: Path, pace: Pace
) -> int:
    """Train a student by its recipe, `hard_share` of the loss from the labels and the rest from the teacher; see
    `lab.verifier.training.train`."""
    set_dropout(student, recipe.dropout)
    teacher.model.eval()

    def objective(batch: list[Taught]) -> Tensor:
        labels_B: Tensor = torch.tensor([example.pair.label for example in batch])
        taught_BC = predict(teacher.model, [example.for_teacher for example in batch], teacher.recipe)
        with torch.autocast("cpu", torch.bfloat16, enabled=recipe.is_bfloat16):
            logits_BC = student(*collate([example.pair for example in batch]))
        hard = loss(logits_BC, labels_B, recipe.label_smoothing, recipe.reason_weight)
        return recipe.hard_share * hard + (1 - recipe.hard_share) * soft_loss(logits_BC, taught_BC, recipe.temperature)

    return train(student, objective, examples, recipe, folder, pace)
